# The conformance tests: a root task that holds the kernel against the interface.
CONFORMANCE_HARNESS := $(sort $(wildcard tests/conformance/harness/*.c tests/conformance/harness/*.S))
# A part of the tests: make conformance CONFORMANCE="tests/conformance/cnode.c"
CONFORMANCE         ?= $(sort $(wildcard tests/conformance/*.c))

$(call program,conformance,$(CONFORMANCE_HARNESS) $(CONFORMANCE))
TEST_NEEDS += $(foreach variant,$(VARIANTS),$(OUT)/$(variant)/conformance.elf $(OUT)/$(variant)/kernel32.elf)

# Root tasks of their own: what they try ends the program that tries it.
$(call program,debug_calls,tests/conformance/alone/debug_calls.c)
$(call program,revoked_slots,tests/conformance/alone/revoked_slots.c)
$(call program,long_sleep,tests/conformance/alone/long_sleep.c)
TEST_NEEDS += $(foreach variant,$(VARIANTS),$(foreach name,debug_calls revoked_slots long_sleep,$(OUT)/$(variant)/$(name).elf))
