# QEMU plugins that watch the kernel run. QEMU's header for them comes out of Debian's source package and stays in the cache.

PLUGIN_HEADER := $(CACHE)/qemu-plugin/qemu-plugin.h
PLUGIN_CFLAGS := -std=gnu17 -O2 -g -fPIC -fvisibility=hidden $(WARNINGS)
PLUGINS       := $(patsubst tools/plugins/%.c,$(BUILD)/plugins/%.so,$(wildcard tools/plugins/*.c))

$(PLUGIN_HEADER): | $(BUILD)/setup/build
	$(Q)tools/build/source_package file qemu include/qemu/qemu-plugin.h $@

$(BUILD)/plugins/%.so: tools/plugins/%.c $(PLUGIN_HEADER)
	$(say) CC $@
	@mkdir -p $(@D)
	$(Q)gcc $(PLUGIN_CFLAGS) -shared -isystem $(dir $(PLUGIN_HEADER)) $< -o $@

plugins: $(PLUGINS) ## build the QEMU plugins that measure the kernel

setup: $(PLUGIN_HEADER)

.PHONY: plugins
