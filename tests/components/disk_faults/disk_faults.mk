# systems/disk with the block server and a load in place of its client, and a tester that restarts everybody.
$(call component,disk_load,tests/components/disk_faults/load.c user/ring/ring.c)
$(call component,disk_tester,tests/components/disk_faults/tester.c)
$(call component,disk_block,user/servers/block/component.c user/servers/block/partitions.c tests/components/disk_faults/block_grants.c \
    user/ring/ring.c)
$(call system,disk_faults,tests/components/disk_faults/disk_faults.system,pci virtio_blk disk_block disk_load disk_tester)
TEST_NEEDS += $(OUT)/systems/disk_faults/debug/image
