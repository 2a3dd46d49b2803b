$(call program,machine_test,tests/kernel/machine/main.c tests/kernel/machine/probe.c tests/kernel/machine/probes.S)
TEST_NEEDS += $(foreach variant,$(VARIANTS),$(OUT)/$(variant)/machine_test.elf)
