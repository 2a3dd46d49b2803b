# Long kernel operations, measured by latency.py.

$(call program,latency,$(wildcard tests/latency/*.c tests/latency/*.S tests/support/*.c))

TEST_NEEDS += $(foreach variant,$(VARIANTS),$(OUT)/$(variant)/latency.elf) $(PLUGINS)
