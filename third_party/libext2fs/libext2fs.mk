# File systems ext2, ext3 and ext4 for components: libext2fs of e2fsprogs, and recovery of journals of its programs.

E2FSPROGS     := $(SOURCES)/e2fsprogs
E2FSPROGS_GEN := $(OUT)/third_party/libext2fs-headers

libext2fs_CFLAGS := -Ithird_party/libext2fs/include $(addprefix -isystem ,$(E2FSPROGS_GEN) $(E2FSPROGS)/lib)

# DEBUGFS selects the flavour of the journal's code that needs libext2fs only.
LIBEXT2FS_CFLAGS := -std=gnu17 -DDEBUGFS -Ithird_party/libext2fs/shim $(libext2fs_CFLAGS) \
                    $(addprefix -isystem ,$(E2FSPROGS_GEN)/ext2fs $(E2FSPROGS)/lib/ext2fs $(E2FSPROGS)/lib/et $(E2FSPROGS)/e2fsck $(E2FSPROGS)/debugfs) \
                    $(libc_CFLAGS)

LIBEXT2FS_FILES := $(addprefix lib/ext2fs/,$(addsuffix .c,alloc alloc_sb alloc_stats alloc_tables badblocks bb_inode bitmaps bitops \
        blkmap64_ba blkmap64_rb blknum block bmap check_desc closefs crc16 crc32c csum dblist dblist_dir dirblock dirhash dir_iterate \
        expanddir ext_attr extent fallocate fileio freefs gen_bitmap gen_bitmap64 get_num_dirs get_pathname hashmap i_block icount \
        ind_block initialize inline inline_data inode inode_io io_manager link lookup mkdir mkjournal mmp namei native newdir \
        nls_utf8 openfs orphan progress punch rbtree read_bb res_gdt rw_bitmaps sha512 swapfs symlink unlink valid_blk version)) \
    $(addprefix lib/et/,com_err.c error_message.c et_name.c init_et.c com_right.c) $(addprefix lib/uuid/,isnull.c unpack.c unparse.c) \
    debugfs/journal.c e2fsck/recovery.c e2fsck/revoke.c

# Error numbers out of their table, and the table of a checksum.
$(E2FSPROGS_GEN)/.stamp: $(E2FSPROGS)/.unpacked third_party/libext2fs/libext2fs.mk
	$(say) GEN $(@D)
	@mkdir -p $(@D)/ext2fs $(@D)/uuid
	$(Q)sed 's/@E2FSPROGS_VERSION@/1.47.0/' $(E2FSPROGS)/lib/ext2fs/ext2_err.et.in > $(@D)/ext2_err.et
	$(Q)awk -f $(E2FSPROGS)/lib/et/et_h.awk outfile=$(@D)/ext2fs/ext2_err.h outfn=ext2_err.h $(@D)/ext2_err.et
	$(Q)awk -f $(E2FSPROGS)/lib/et/et_c.awk outfile=$(@D)/ext2_err.c outfn=ext2_err.c $(@D)/ext2_err.et
	$(Q)cp $(E2FSPROGS)/lib/uuid/uuid.h.in $(@D)/uuid/uuid.h
	$(Q)$(CC) -w $(E2FSPROGS)/lib/ext2fs/gen_crc32ctable.c -o $(@D)/gen_crc32ctable
	$(Q)$(@D)/gen_crc32ctable > $(@D)/ext2fs/crc32c_table.h
	@touch $@

$(call third_party_library,libext2fs,e2fsprogs,$(LIBEXT2FS_FILES),$(LIBEXT2FS_CFLAGS),$(E2FSPROGS_GEN)/.stamp $(OUT)/third_party/libc.headers)
