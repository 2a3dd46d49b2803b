# Set-up of the machine: the Debian packages of packages.txt, each group when a target first needs it.
# A stamp says that a group is there, so nothing is looked up (and no network is needed) afterwards.

CACHE := third_party/cache

$(BUILD)/setup/%: packages.txt
	$(Q)tools/build/setup packages $*
	@mkdir -p $(@D) && touch $@

# A Debian package that is unpacked, not installed: $(CACHE)/NAME holds its files.
$(CACHE)/%/.unpacked: packages.txt | $(BUILD)/setup/build
	$(Q)tools/build/setup fetch $* $(CACHE)
	@touch $@

BUSYBOX := $(CACHE)/busybox-static/bin/busybox
$(BUSYBOX): $(CACHE)/busybox-static/.unpacked
	@touch -c $@

setup: $(BUILD)/setup/build $(BUILD)/setup/run $(BUILD)/setup/test $(BUSYBOX) ## install what is missing of the packages that building, running and testing need

.PHONY: setup
