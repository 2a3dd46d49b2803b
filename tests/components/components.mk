# What the tests of components boot: the examples of the SDK, and systems of their own.
$(call example,tests/components/restart,restart)
$(call example,tests/components/inject,inject)
$(call example,tests/components/features,features)
$(OUT)/systems/features/debug/image $(OUT)/systems/features/release/image: $(SDK_LIBC)
$(call example,tests/components/update,update)
# What they include of others.
$(foreach config,$(SDK_CONFIGS),$(OUT)/systems/inject/$(config)/image $(OUT)/systems/update/$(config)/image): tests/components/features/check.h
$(foreach config,$(SDK_CONFIGS),$(OUT)/systems/inject/$(config)/image): $(wildcard tests/components/restart/*.[ch])
$(call example,tests/components/domains,domains)

# init's check of descriptions, for the host, with sanitizers.
DAMAGED_SOURCES := tests/components/damaged_description.c user/init/check.c user/init/plan.c
DAMAGED         := $(BUILD)/host/damaged_description
$(DAMAGED): $(DAMAGED_SOURCES) $(wildcard user/init/*.h) | $(BUILD)/setup/build
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE -O1 -g $(WARNINGS) -Iuser -fsanitize=address,undefined -fno-sanitize-recover=all $(DAMAGED_SOURCES) -o $@

TEST_NEEDS += examples $(OUT)/systems/disk/debug/image $(OUT)/systems/restart/debug/image $(OUT)/systems/inject/debug/image $(OUT)/systems/features/debug/image $(OUT)/systems/update/debug/image $(BUILD)/host/pecan-checked $(DAMAGED)
