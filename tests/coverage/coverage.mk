# Line coverage of the kernel by all tests.

coverage: test-needs host-coverage ## line coverage of the kernel by the tests on the target and on the host (some minutes)
	$(Q)tests/coverage/coverage.py

.PHONY: coverage
