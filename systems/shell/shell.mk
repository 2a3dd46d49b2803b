# The system that `make run` boots, and the archive of its first files.

INITRD         := $(OUT)/initrd.cpio
INITRD_BUILDER := systems/shell/build_initrd.py

$(INITRD): $(BUSYBOX) $(INITRD_BUILDER) $(shell find systems/shell/root -type f -o -type d)
	$(say) INITRD $@
	@mkdir -p $(@D)
	$(Q)$(PYTHON) $(INITRD_BUILDER) --output $@ --busybox $(BUSYBOX) --root systems/shell/root $(TEST_PROGRAMS)

$(call component,pci_shell,$(wildcard user/drivers/pci/*.c) user/drivers/virtio/layout.c systems/shell/grants.c)
$(call component,block_shell,user/servers/block/component.c user/servers/block/partitions.c systems/shell/block_grants.c \
    user/ring/ring.c)
$(call system,shell,systems/shell/shell.system,pci_shell rtc time serial16550 ps2 display virtio_blk virtio_net virtio_rng supervisor \
    block_shell fs random console net log names linux)
$(foreach config,$(COMPONENT_CONFIGS),$(eval $(OUT)/systems/shell/$(config)/image: $(INITRD)))

# Beside each kernel, its image; kernels that measure are release kernels.
define shell_image
$(OUT)/$1/roottask.elf: $(OUT)/systems/shell/$(if $(filter debug,$1),debug,release)/image
	@mkdir -p $$(@D)
	$(Q)cp $$< $$@
endef
$(foreach variant,$(ALL_VARIANTS),$(eval $(call shell_image,$(variant))))

# The disk that `make run` attaches is made once, and then keeps what is written to it.
DISK := $(BUILD)/disk.img
$(DISK): | $(BUILD)/setup/run
	$(say) DISK $@
	$(Q)systems/shell/make_disk.py --output $@
