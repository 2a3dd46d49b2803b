# A terminal for components: libvterm turns the bytes that a program sends into a screen of characters, and keys into bytes.

LIBVTERM := $(SOURCES)/libvterm

libvterm_CFLAGS := -isystem $(LIBVTERM)/include

LIBVTERM_FILES := $(addprefix src/,$(addsuffix .c,encoding keyboard mouse parser pen screen state unicode vterm))

# -fwrapv: it adds numbers that programs send.
$(call third_party_library,libvterm,libvterm,$(LIBVTERM_FILES),-std=gnu17 -fwrapv $(libvterm_CFLAGS) $(libc_CFLAGS),\
    $(OUT)/third_party/libc.headers)
