# The drivers as components of systems. The owner of the PCI buses is linked with a system's table of grants, and is in that system's fragment.
VIRTIO_DRIVER := user/drivers/virtio/component.c user/drivers/virtio/device.c user/drivers/virtio/queue.c

$(call component,virtio_blk,$(wildcard user/drivers/virtio_blk/*.c) $(VIRTIO_DRIVER) user/ring/ring.c)
$(call component,virtio_net,$(wildcard user/drivers/virtio_net/*.c) $(VIRTIO_DRIVER) user/ring/ring.c)
$(call component,virtio_rng,$(wildcard user/drivers/virtio_rng/*.c) $(VIRTIO_DRIVER))
$(call component,serial16550,$(wildcard user/drivers/serial16550/*.c) user/ring/stream.c)
$(call component,ps2,$(wildcard user/drivers/ps2/*.c) user/ring/ring.c)
$(call component,display,$(wildcard user/drivers/framebuffer/*.c))
$(call component,time,$(wildcard user/drivers/timer/*.c))
$(call component,rtc,$(wildcard user/drivers/rtc/*.c))
