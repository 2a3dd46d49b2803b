# The file server.
FS_SOURCES := $(addprefix user/servers/fs/,cache.c content.c files.c log_channel.c names.c rename.c requests.c transaction.c volume.c)
$(call component,fs,$(FS_SOURCES) user/servers/fs/component.c user/servers/fs/disk.c user/ring/ring.c,libext2fs libc)
