# Formatting, and what editors need.

CLANG_FORMAT := clang-format-14
C_FILES       = $(sort $(filter-out $(CACHE)/%,$(foreach folder,kernel protocols user sdk systems tests third_party tools,\
                    $(shell find $(folder) -name '*.[ch]' 2>/dev/null))))

format: | $(BUILD)/setup/test ## format all C sources
	$(Q)$(CLANG_FORMAT) -i $(C_FILES)

format-check: | $(BUILD)/setup/test ## say which C sources are not formatted
	$(Q)$(CLANG_FORMAT) --dry-run --Werror $(C_FILES)

compile_commands.json: headers ## tell editors and analysers how each file is compiled
	$(Q)$(MAKE) -B -n V=1 $(OUT)/debug/kernel.elf $(OUT)/components/debug/linux.elf $(OUT)/debug/hello.elf \
	    | $(PYTHON) tools/build/compile_commands.py > $@

.PHONY: format format-check compile_commands.json
