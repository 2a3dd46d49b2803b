# A component for each library of third_party, which uses it and checks what comes.
CHECKED_LIBRARIES := libc filesystem network terminal
$(call component,check_libc,tests/third_party/libc.c,libc)
$(call component,check_filesystem,tests/third_party/filesystem.c,libext2fs libc)
$(call component,check_network,tests/third_party/network.c,lwip libc)
$(call component,check_terminal,tests/third_party/terminal.c,libvterm font libc)
$(call system,third_party,tests/third_party/third_party.system,$(addprefix check_,$(CHECKED_LIBRARIES)))
TEST_NEEDS += $(OUT)/systems/third_party/debug/image

# A file system for the component to work on: a small file and a big one.
$(OUT)/components/%/filesystem.image: tests/third_party/third_party.mk | $(BUILD)/setup/test
	$(say) MKE2FS $@
	@rm -rf $@ $@.files && mkdir -p $@.files
	$(Q)echo a file that mke2fs wrote > $@.files/greeting
	$(Q)yes abcdefg | head -c 1228800 > $@.files/big
	$(Q)/sbin/mke2fs -q -t ext4 -b 4096 -J size=4 -d $@.files $@ 12M > /dev/null
$(foreach config,$(COMPONENT_CONFIGS),$(eval $(OUT)/systems/third_party/$(config)/image: $(OUT)/components/$(config)/filesystem.image))
