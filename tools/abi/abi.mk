# The reference page of the kernel interface.

$(BUILD)/docs/interface.md: $(GENERATOR_INPUTS) $(wildcard abi/rows/*.toml abi/rows/*/*.toml) $(OUT)/debug/options
	$(say) DOC $@
	$(Q)$(PYTHON) tools/abi/generate.py --arch $(ARCH) --variant debug $(addprefix --option ,$(OPTIONS)) --docs $@

docs: $(BUILD)/docs/interface.md ## make the reference page of the kernel interface, build/docs/interface.md

.PHONY: docs
