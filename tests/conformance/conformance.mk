# The conformance tests: a root task that holds the kernel against the interface.
CONFORMANCE_HARNESS := $(sort $(wildcard tests/conformance/harness/*.c tests/conformance/harness/*.S))

$(call program,conformance,$(CONFORMANCE_HARNESS) $(sort $(wildcard tests/conformance/*.c)))
TEST_NEEDS += $(foreach variant,$(VARIANTS),$(OUT)/$(variant)/conformance.elf $(OUT)/$(variant)/kernel32.elf)
