# A file system under load, and the tester of disk_faults.
$(call component,files_load,tests/components/files/load.c tests/components/files/session.c user/ring/ring.c,libc)
$(call component,files_block,user/servers/block/component.c user/servers/block/partitions.c tests/components/files/block_grants.c \
    user/ring/ring.c)
$(call system,files,tests/components/files/files.system,pci virtio_blk files_block fs files_load disk_tester)
TEST_NEEDS += $(OUT)/systems/files/debug/image
