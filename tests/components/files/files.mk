# A file system under load, and the tester of disk_faults. The block server has the partition and the places that it has in the shell's system.
$(call component,files_load,tests/components/files/load.c tests/components/files/session.c user/ring/ring.c,libc)
$(call system,files,tests/components/files/files.system,pci virtio_blk block_shell fs files_load disk_tester)
TEST_NEEDS += $(OUT)/systems/files/debug/image
