# The host tool `pecan`, and the folder that programs outside the tree are built with: $(OUT)/sdk.

PECAN_SOURCES := $(sort $(wildcard tools/pecan/*.c)) user/init/plan.c user/init/check.c
PECAN_OBJECTS := $(patsubst %,$(BUILD)/host/obj/%.o,$(PECAN_SOURCES))
HOST_CFLAGS   := -std=c17 -D_GNU_SOURCE -O2 -g -MMD -MP $(WARNINGS) -Iuser -Itools/pecan

$(eval $(call remember,$(BUILD)/host/pecan.flags,$(CC) $(HOST_CFLAGS)))

$(PECAN_OBJECTS): $(BUILD)/host/obj/%.o: % $(BUILD)/host/pecan.flags | $(BUILD)/setup/build
	$(say) CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -c $< -o $@

$(PECAN): $(PECAN_OBJECTS)
	$(say) LINK $@
	$(Q)$(CC) $(PECAN_OBJECTS) -lexpat -lelf -o $@

-include $(PECAN_OBJECTS:.o=.d)

# The same tool with sanitizers, for its tests.
PECAN_CHECKED := $(BUILD)/host/pecan-checked
$(PECAN_CHECKED): $(PECAN_OBJECTS)
	$(say) LINK $@
	$(Q)$(CC) $(filter-out -MMD -MP -O2,$(HOST_CFLAGS)) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all $(PECAN_SOURCES) \
	    -lexpat -lelf -o $@
