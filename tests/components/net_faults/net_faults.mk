# A network card at work, and the tester of disk_faults.
$(call component,net_load,tests/components/net_faults/load.c user/ring/ring.c)
$(call system,net_faults,tests/components/net_faults/net_faults.system,pci_devices virtio_net net_load disk_tester)
TEST_NEEDS += $(OUT)/systems/net_faults/debug/image
