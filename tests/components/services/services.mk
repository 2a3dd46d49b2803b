# Time and random bytes, and a program that uses both.
$(call component,time,user/drivers/timer/component.c user/drivers/timer/timer.c user/drivers/timer/wakeups.c user/drivers/rtc/rtc.c)
$(call component,services_client,tests/components/services/client.c)
$(call system,services,tests/components/services/services.system,pci_devices virtio_rng time random services_client)
TEST_NEEDS += $(OUT)/systems/services/debug/image
