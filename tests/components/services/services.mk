# Time and random bytes, and a program that uses both.
$(call component,services_client,tests/components/services/client.c)
$(call system,services,tests/components/services/services.system,pci_devices virtio_rng rtc time random services_client)
TEST_NEEDS += $(OUT)/systems/services/debug/image
