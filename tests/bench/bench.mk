# The benchmark root task, for the kernels that are built for measuring, and the targets that run it.

BENCH_VARIANTS := bench bench_slow
BENCH_NEEDS    := $(foreach variant,$(BENCH_VARIANTS),$(OUT)/$(variant)/kernel32.elf $(OUT)/$(variant)/bench.elf) \
                  $(BUILD)/plugins/kernel_paths.so

$(foreach variant,$(BENCH_VARIANTS),$(eval $(call program_rules,$(variant),bench,$(wildcard tests/bench/*.c))))

bench: $(BENCH_NEEDS) | $(BUILD)/setup/run ## count the instructions of each operation, beside the peer's and the baseline
	$(Q)$(PYTHON) tools/bench/bench.py run

bench-check: bench ## fail when an operation got more than 2 % worse than tests/bench/baseline.json
	$(Q)$(PYTHON) tools/bench/bench.py check

bench-baseline: bench ## make the present figures the baseline; the commit says why
	$(Q)$(PYTHON) tools/bench/bench.py baseline

.PHONY: bench bench-check bench-baseline
