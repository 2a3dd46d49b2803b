# The conformance tests: a root task that holds the kernel against the interface.
CONFORMANCE_HARNESS := $(sort $(wildcard tests/conformance/harness/*.c tests/conformance/harness/*.S))
# A part of the tests: make conformance CONFORMANCE="tests/conformance/cnode.c"
CONFORMANCE         ?= $(sort $(wildcard tests/conformance/*.c))

$(call program,conformance,$(CONFORMANCE_HARNESS) $(CONFORMANCE))
TEST_NEEDS += $(foreach variant,$(VARIANTS),$(OUT)/$(variant)/conformance.elf $(OUT)/$(variant)/kernel32.elf)
