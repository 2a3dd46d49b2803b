# A program that reads and writes a disk: its components, and their system.
$(call component,pci,$(wildcard user/drivers/pci/*.c) user/drivers/virtio/layout.c systems/disk/grants.c)
$(call component,disk_client,systems/disk/client.c user/ring/ring.c)
$(call system,disk,systems/disk/disk.system,pci virtio_blk disk_client)

disk: $(foreach config,debug release,$(OUT)/systems/disk/$(config)/image) ## build the system that reads and writes a disk
	@:

.PHONY: disk
all: disk
