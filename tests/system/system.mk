# What the tests of whole images boot.
TEST_NEEDS += $(foreach variant,$(VARIANTS),$(OUT)/$(variant)/hello.elf) $(OUT)/debug/hello.iso \
              $(OUT)/release/hello.iso $(OUT)/debug/roottask.iso

# What a supervisor is handed to replace a component of the shell system.
SHELL_UPDATE := $(OUT)/systems/shell/debug/names.update
$(SHELL_UPDATE): $(OUT)/systems/shell/debug/image
	$(say) UPDATE $@
	$(Q)$(OUT)/sdk/bin/pecan update systems/shell/shell.system --domain names --search-path $(OUT)/components/debug \
	    --search-path $(OUT) --board x86_64_generic --config debug -o $@
TEST_NEEDS += $(SHELL_UPDATE)
