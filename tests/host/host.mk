# The kernel's core, compiled for the host: unit tests, and the kernel beside its model.
#
#   $(HOST_OUT)/checked/   with sanitizers: unit_test, model_test
#   $(HOST_OUT)/plain/     without: what the seeded bugs are built from (bugs/find_bugs.py)
#   $(HOST_OUT)/coverage/  instrumented: `make host-coverage` runs both programs there and leaves .gcno and .gcda beside the objects

HOST_OUT     := $(OUT)/host
HOST_GEN     := $(HOST_OUT)/gen
HOST_CC      := gcc
HOST_OPTIONS := ROOT_CNODE_SIZE_BITS=8 NUM_DOMAINS=3 DOMAIN_SCHEDULE_ENTRIES=5

HOST_KERNEL  := $(wildcard kernel/core/*.c kernel/object/*.c) kernel/lib/print.c
HOST_MACHINE := tests/host/hal_host.c tests/host/hal_host_objects.c
HOST_MODEL   := $(wildcard tests/model/*.c tests/host/model/*.c)
HOST_UNIT    := tests/host/test.c tests/host/world.c $(wildcard tests/host/core/*.c tests/host/object/*.c tests/host/lib/*.c)

# The C library has functions of the same names as some of the kernel's, and uses them itself.
HOST_RENAMED := -Dsched_yield=kernel_sched_yield

HOST_CFLAGS  := $(HOST_RENAMED) -std=gnu17 -g -fno-strict-aliasing -MMD -MP -Wall -Wextra -Werror -Wshadow -Wvla -Wpointer-arith -Wwrite-strings \
                -Itests/host/replaced -Itests/host -Itests -Ikernel -I$(HOST_GEN)
HOST_CFLAGS_checked  := -O2 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
HOST_CFLAGS_plain    := -O1
HOST_CFLAGS_coverage := -O0 --coverage -Wno-maybe-uninitialized

$(eval $(call remember,$(HOST_OUT)/options,$(HOST_OPTIONS)))

$(HOST_GEN)/.stamp: $(GENERATOR_INPUTS) $(HOST_OUT)/options
	$(say) GEN $(@D)
	$(Q)$(PYTHON) tools/abi/generate.py --arch $(ARCH) --variant debug $(addprefix --option ,$(HOST_OPTIONS)) --kernel-out $(@D)
	$(Q)touch $@

host_objects = $(patsubst %.c,$(HOST_OUT)/$1/%.o,$2)

# $(call host_rules,VARIANT)
define host_rules
$(call remember,$(HOST_OUT)/$1/flags,$(HOST_CC) $(HOST_CFLAGS) $(HOST_CFLAGS_$1))

$(HOST_OUT)/$1/%.o: %.c $(HOST_GEN)/.stamp $(HOST_OUT)/$1/flags
	$$(say) HOSTCC $$@
	@mkdir -p $$(@D)
	$$(Q)$(HOST_CC) $(HOST_CFLAGS) $(HOST_CFLAGS_$1) -c $$< -o $$@

$(HOST_OUT)/$1/model_test: $(call host_objects,$1,$(HOST_KERNEL) $(HOST_MACHINE) $(HOST_MODEL))
	$$(say) HOSTLD $$@
	$$(Q)$(HOST_CC) $(HOST_CFLAGS_$1) $$^ -o $$@

$(HOST_OUT)/$1/unit_test: $(call host_objects,$1,$(HOST_KERNEL) $(HOST_MACHINE) $(HOST_UNIT))
	$$(say) HOSTLD $$@
	$$(Q)$(HOST_CC) $(HOST_CFLAGS_$1) $$^ -o $$@

-include $(patsubst %.o,%.d,$(call host_objects,$1,$(HOST_KERNEL) $(HOST_MACHINE) $(HOST_MODEL) $(HOST_UNIT)))
endef

$(foreach variant,checked plain coverage,$(eval $(call host_rules,$(variant))))

TEST_NEEDS += $(HOST_OUT)/checked/unit_test $(HOST_OUT)/checked/model_test $(HOST_OUT)/plain/model_test

# How many random steps `make model` takes, and from which seed on.
STEPS ?= 5000000
SEED  ?= $(shell date +%s)

model: $(HOST_OUT)/checked/model_test ## run the kernel beside its model for STEPS random steps from SEED on
	$< --seed $(SEED) --steps $(STEPS) --length 400

# The same, led by libFuzzer: inputs that reach new parts of the kernel are kept in $(HOST_OUT)/corpus.
HOST_FUZZED  := $(filter-out tests/host/model/main.c,$(HOST_KERNEL) $(HOST_MACHINE) $(HOST_MODEL)) tests/host/fuzz/model_fuzz.c
FUZZ_SECONDS ?= 300

$(HOST_OUT)/model_fuzz: $(HOST_FUZZED) $(wildcard kernel/*/*.h tests/host/*.h tests/host/*/*.h tests/model/*.h) $(HOST_GEN)/.stamp
	$(say) CLANG $@
	$(Q)clang $(filter-out -MMD -MP -W%,$(HOST_CFLAGS)) -O1 -fsanitize=fuzzer,address,undefined $(HOST_FUZZED) -o $@

model-fuzz: $(HOST_OUT)/model_fuzz ## the same, led by libFuzzer, for FUZZ_SECONDS
	@mkdir -p $(HOST_OUT)/corpus
	$< -max_total_time=$(FUZZ_SECONDS) -max_len=4096 $(HOST_OUT)/corpus

host-coverage: $(HOST_OUT)/coverage/unit_test $(HOST_OUT)/coverage/model_test ## run the host tests instrumented, for gcov
	$(Q)find $(HOST_OUT)/coverage -name '*.gcda' -delete
	$(HOST_OUT)/coverage/unit_test
	$(HOST_OUT)/coverage/model_test --steps 200000

.PHONY: model model-fuzz host-coverage
