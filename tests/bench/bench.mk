# The benchmark root task; only for the kernels that are built for measuring.

BENCH_SOURCES := $(wildcard tests/bench/*.c)

$(foreach variant,bench bench_slow,$(eval $(call program_rules,$(variant),bench,$(BENCH_SOURCES))))
