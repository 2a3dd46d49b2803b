# The file server on a simulated disk, for the host: its own sources with sanitizers, libext2fs with that of addresses.
# What other fragments define is used in recipes only: they are read later.
HOST_FS         := $(OUT)/host/fs
HOST_FS_INCLUDE  = -Itests -Iuser -I. -Ithird_party/libext2fs/include $(addprefix -isystem ,$(E2FSPROGS_GEN) $(E2FSPROGS)/lib)
HOST_FS_LIBRARY  = -w -g -O1 -fsanitize=address -std=gnu17 -DDEBUGFS -ffunction-sections -Ithird_party/libext2fs/shim $(HOST_FS_INCLUDE) \
                   $(addprefix -isystem ,$(E2FSPROGS_GEN)/ext2fs $(addprefix $(E2FSPROGS)/,lib/ext2fs lib/et e2fsck debugfs))

# The component's library comes first: its sources and headers are there then.
$(HOST_FS)/libext2fs.a: $(OUT)/third_party/libext2fs.a tests/host/fs/fs.mk
	$(say) HOSTCC $@
	$(Q)rm -rf $(@D)/objects && mkdir -p $(@D)/objects
	$(Q)printf '%s\n' $(addprefix $(E2FSPROGS)/,$(LIBEXT2FS_FILES)) $(wildcard third_party/libext2fs/*.c) | \
	    xargs -P 2 -I '{}' sh -c '$(HOST_CC) $(HOST_FS_LIBRARY) -c {} -o $(@D)/objects/$$(echo {} | tr / -).o'
	$(Q)rm -f $@ && $(AR) rcsD $@ $(@D)/objects/*.o

HOST_FS_PROGRAMS := $(addprefix $(HOST_FS)/,power_cuts hostile damaged failing)
HOST_FS_COMMON   := tests/host/fs/disk_image.c tests/host/fs/client.c

$(HOST_FS_PROGRAMS): $(HOST_FS)/%: tests/host/fs/%.c $(HOST_FS_COMMON) $(wildcard tests/host/fs/*.h) \
    $(wildcard user/servers/fs/*.[ch]) protocols/file.h $(HOST_FS)/libext2fs.a
	$(say) HOSTLD $@
	$(Q)$(HOST_CC) -std=gnu17 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -Wall -Wextra -Werror \
	    $(HOST_FS_INCLUDE) -Itests/host/fs -Wl,--gc-sections $< $(HOST_FS_COMMON) $(FS_SOURCES) $(HOST_FS)/libext2fs.a -o $@

TEST_NEEDS += $(HOST_FS_PROGRAMS)
