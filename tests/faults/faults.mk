# Faults under load: `make faults`, and a part of it in `make test`.

N       ?= 200
SEED    ?= 1
TARGETS ?=

# (tests/programs puts it into the archive.)
$(OUT)/programs/load: tests/faults/load.c | $(BUILD)/setup/build
	$(say) MUSL $@
	@mkdir -p $(@D)
	$(Q)musl-gcc $(TEST_PROGRAM_FLAGS) $< -o $@

faults: $(BOOTED)/kernel32.elf $(BOOTED)/roottask.elf $(BUILD)/setup/run $(BUILD)/setup/test ## break components under load; N=200, SEED=1, TARGETS="fs net"
	$(Q)tests/faults/faults.py --count $(N) --seed $(SEED) $(TARGETS)

TEST_NEEDS += $(OUT)/debug/roottask.elf

.PHONY: faults
