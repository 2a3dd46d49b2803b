# User-level programs: static, linked at a fixed address with user/lib, no libc.
#
# A folder's fragment declares its program:
#   $(call program,NAME,SOURCES)            builds $(OUT)/VARIANT/NAME.elf for each variant
# Sources are .c and .S files, by their path from the top.

LIBRARY_SOURCES := $(sort $(wildcard user/lib/*.c user/lib/*.S user/lib/$(ARCH)/*.c user/lib/$(ARCH)/*.S))
PROGRAM_SCRIPT  := user/lib/program.lds

USER_CFLAGS  := $(COMMON_CFLAGS) $(ARCH_USER_CFLAGS) -ftls-model=local-exec -DHAVE_AUTOCONF -Iuser
USER_CFLAGS_debug   := -O1 -fno-omit-frame-pointer
USER_CFLAGS_release := -O2
USER_CFLAGS_slow    := $(USER_CFLAGS_release)
USER_CFLAGS_bench      := $(USER_CFLAGS_release)
USER_CFLAGS_bench_slow := $(USER_CFLAGS_release)
USER_LDFLAGS := -nostdlib -static -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack \
                -Wl,--gc-sections

# $(call library_rules,VARIANT): libpecan.a, and how any user-level source is compiled. FILE_CFLAGS is for a fragment to set
# for objects of its own.
define library_rules
$(call remember,$(OUT)/$1/user.flags,$(CC) $(USER_CFLAGS) $(USER_CFLAGS_$1) $(USER_LDFLAGS))

$(OUT)/$1/obj/%.o: % $(OUT)/$1/gen/.stamp $(OUT)/$1/user.flags
	$$(say) CC $$@
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $(USER_CFLAGS) $(USER_CFLAGS_$1) $$(FILE_CFLAGS) -I$(OUT)/$1/gen/user/include -c $$< -o $$@

$(call remember,$(OUT)/$1/libpecan.sources,$(LIBRARY_SOURCES))

$(OUT)/$1/libpecan.a: $(call objects,$1,$(LIBRARY_SOURCES)) $(OUT)/$1/libpecan.sources
	$$(say) AR $$@
	$$(Q)rm -f $$@ && $$(AR) rcsD $$@ $$(filter %.o,$$^)

-include $(patsubst %.o,%.d,$(call objects,$1,$(LIBRARY_SOURCES)))
endef

# $(call program_rules,VARIANT,NAME,SOURCES)
define program_rules
$(call remember,$(OUT)/$1/$2.sources,$3)

$(OUT)/$1/$2.elf: $(call objects,$1,$3) $(OUT)/$1/libpecan.a $(PROGRAM_SCRIPT) $(OUT)/$1/$2.sources
	$$(say) LINK $$@
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $(ARCH_USER_CFLAGS) $(USER_LDFLAGS) -Wl,-T,$(PROGRAM_SCRIPT) -Wl,-Map,$$(@:.elf=.map) \
	    $$(filter %.o %.a,$$^) -lgcc -o $$@

-include $(patsubst %.o,%.d,$(call objects,$1,$3))
endef

program = $(call per_variant,program_rules,$1,$2)

$(call per_variant,library_rules)
