# A network card and a source of random bytes, and a program that uses both.
VIRTIO_DRIVER := user/drivers/virtio/component.c user/drivers/virtio/device.c user/drivers/virtio/queue.c

$(call component,pci_devices,user/drivers/pci/component.c user/drivers/pci/config.c user/drivers/pci/pci.c \
    user/drivers/virtio/layout.c tests/components/devices/grants.c)
$(call component,virtio_net,user/drivers/virtio_net/component.c user/drivers/virtio_net/virtio_net.c $(VIRTIO_DRIVER) \
    user/ring/ring.c)
$(call component,virtio_rng,user/drivers/virtio_rng/component.c user/drivers/virtio_rng/virtio_rng.c $(VIRTIO_DRIVER))
$(call component,devices_client,tests/components/devices/client.c user/ring/ring.c)
$(call system,devices,tests/components/devices/devices.system,pci_devices virtio_net virtio_rng devices_client)
TEST_NEEDS += $(OUT)/systems/devices/debug/image
