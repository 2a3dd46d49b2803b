# A program that reads and writes a disk: its components, and their system.
$(call component,pci,user/drivers/pci/component.c user/drivers/pci/config.c user/drivers/pci/pci.c \
    user/drivers/virtio/layout.c systems/disk/grants.c)
$(call component,virtio_blk,user/drivers/virtio_blk/component.c user/drivers/virtio_blk/virtio_blk.c \
    user/drivers/virtio/component.c user/drivers/virtio/device.c user/drivers/virtio/queue.c user/ring/ring.c)
$(call component,disk_client,systems/disk/client.c user/ring/ring.c)
$(call system,disk,systems/disk/disk.system,pci virtio_blk disk_client)

disk: $(foreach config,debug release,$(OUT)/systems/disk/$(config)/image) ## build the system that reads and writes a disk
	@:

.PHONY: disk
all: disk
