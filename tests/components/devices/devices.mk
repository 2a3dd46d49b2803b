# A network card and a source of random bytes, and a program that uses both.
$(call component,pci_devices,$(wildcard user/drivers/pci/*.c) user/drivers/virtio/layout.c tests/components/devices/grants.c)
$(call component,devices_client,tests/components/devices/client.c user/ring/ring.c)
$(call system,devices,tests/components/devices/devices.system,pci_devices virtio_net virtio_rng devices_client)
TEST_NEEDS += $(OUT)/systems/devices/debug/image
