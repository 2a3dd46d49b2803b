# The network server, and a program that uses it.
$(call component,net_client,tests/components/net/client.c user/ring/ring.c)
$(call system,net,tests/components/net/net.system,pci_devices rtc time virtio_net random net net_client)
TEST_NEEDS += $(OUT)/systems/net/debug/image
