# The benchmark root task, for the kernels that are built for measuring, and the targets that run it.

BENCH_VARIANTS := bench bench_slow
LINUX          := $(CACHE)/linux/vmlinuz
BENCH_NEEDS    := $(foreach variant,$(BENCH_VARIANTS),$(OUT)/$(variant)/kernel32.elf $(OUT)/$(variant)/bench.elf) \
                  $(foreach program,kernel32 conformance latency hostile,$(OUT)/release/$(program).elf) plugins

$(foreach variant,$(BENCH_VARIANTS),$(eval $(call program_rules,$(variant),bench,$(wildcard tests/bench/*.c))))

OPERATION ?= call_0_other_as
SLOW      ?=
QUICK     ?=

bench: bench-operations ## count the instructions of each operation, beside the peer's and the baseline, and of the way of data; QUICK=1 leaves out the time with interrupts off and the way of data
	$(if $(QUICK),,$(Q)$(MAKE) --no-print-directory bench-datapath)

bench-operations: $(BENCH_NEEDS) | $(BUILD)/setup/run
	$(Q)$(PYTHON) tools/bench/bench.py run $(if $(QUICK),--quick)

bench-check: bench-operations ## fail when an operation got more than 2 % worse than tests/bench/baseline.json
	$(Q)$(PYTHON) tools/bench/bench.py check

bench-baseline: bench-operations ## make the present figures the baseline; the commit says why
	$(Q)$(PYTHON) tools/bench/bench.py baseline


# A test of what the kernel for measuring offers.
MEASURING_SOURCES := tests/bench/measuring/main.c tests/kernel/machine/probe.c tests/kernel/machine/probes.S

$(eval $(call program_rules,bench,measuring,$(MEASURING_SOURCES)))

TEST_NEEDS += $(OUT)/bench/kernel32.elf $(OUT)/bench/measuring.elf

bench-path: ## show which functions the instructions of OPERATION are in, as the last make bench saw them
	$(Q)$(PYTHON) tools/bench/bench.py path --operation $(OPERATION) --variant $(if $(SLOW),bench_slow,bench)

bench-personality: $(OUT)/release/kernel32.elf $(OUT)/release/roottask.elf $(LINUX) | $(BUILD)/setup/run $(BUILD)/setup/test ## count what Linux calls cost, beside Debian's Linux kernel
	$(Q)$(PYTHON) tests/bench/personality.py

bench-datapath: $(OUT)/release/kernel32.elf $(OUT)/release/roottask.elf | $(BUILD)/setup/run $(BUILD)/setup/test ## count what blocks, packets and bytes of the console cost in each component, and how long restarts take
	$(Q)$(PYTHON) tests/bench/datapath.py

$(LINUX): | $(BUILD)/setup/build
	$(Q)tools/bench/fetch_linux $(@D)

.PHONY: bench-path bench-personality bench-datapath bench bench-operations bench-check bench-baseline
