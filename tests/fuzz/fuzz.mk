# The hostile-input test: a root task, run by run.py.

$(call program,hostile,$(wildcard tests/fuzz/*.c tests/fuzz/*.S tests/support/*.c))

TEST_NEEDS += $(foreach variant,$(VARIANTS),$(OUT)/$(variant)/hostile.elf) $(PLUGINS)
