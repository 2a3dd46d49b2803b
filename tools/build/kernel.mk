# The kernel: every source of these folders, one linker script, no library.

KERNEL_FOLDERS := object core lib device platform/$(PLATFORM) arch/$(ARCH)
KERNEL_SOURCES := $(sort $(wildcard $(foreach folder,$(KERNEL_FOLDERS),kernel/$(folder)/*.c kernel/$(folder)/*.S)))
KERNEL_SCRIPT  := kernel/arch/$(ARCH)/kernel.lds

KERNEL_CFLAGS  := $(COMMON_CFLAGS) $(ARCH_KERNEL_CFLAGS) -Wframe-larger-than=1024 -Ikernel -Ikernel/arch/$(ARCH)
KERNEL_CFLAGS_debug   := -O1 -fno-omit-frame-pointer -fno-optimize-sibling-calls -DPECAN_DEBUG=1
KERNEL_CFLAGS_release := -O2 -fomit-frame-pointer -DPECAN_DEBUG=0
KERNEL_CFLAGS_slow    := $(KERNEL_CFLAGS_release)
KERNEL_CFLAGS_bench   := $(KERNEL_CFLAGS_release)
KERNEL_CFLAGS_bench_slow := $(KERNEL_CFLAGS_release)
# What programs do once, or never, is built for size where the rest is built for speed.
KERNEL_COLD_SOURCES := $(addprefix kernel/,object/schedctx.c object/domain.c core/debug.c core/trace.c lib/print.c \
                                           arch/x86_64/ioport.c arch/x86_64/irq_control.c)
KERNEL_COLD_CFLAGS_release    := -Os
KERNEL_COLD_CFLAGS_slow       := $(KERNEL_COLD_CFLAGS_release)
KERNEL_COLD_CFLAGS_bench      := $(KERNEL_COLD_CFLAGS_release)
KERNEL_COLD_CFLAGS_bench_slow := $(KERNEL_COLD_CFLAGS_release)
KERNEL_SYMBOLS_debug  := --symbols
KERNEL_LDFLAGS := -nostdlib -static -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack \
                  -Wl,--gc-sections -Wl,--no-warn-rwx-segments

# $(call kernel_rules,VARIANT)
define kernel_rules
$(call remember,$(OUT)/$1/kernel.flags,$(CC) $(KERNEL_CFLAGS) $(KERNEL_CFLAGS_$1) $(KERNEL_COLD_CFLAGS_$1) $(KERNEL_COLD_SOURCES) \
    $(KERNEL_LDFLAGS))

$(call remember,$(OUT)/$1/kernel.sources,$(KERNEL_SOURCES))

$(OUT)/$1/obj/kernel/%.o: kernel/% $(OUT)/$1/gen/.stamp $(OUT)/$1/kernel.flags
	$$(say) CC $$@
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $(KERNEL_CFLAGS) $(KERNEL_CFLAGS_$1) $$(if $$(filter $$<,$(KERNEL_COLD_SOURCES)),$(KERNEL_COLD_CFLAGS_$1)) -I$(OUT)/$1/gen/kernel -c $$< -o $$@

$(OUT)/$1/kernel.elf: $(call objects,$1,$(KERNEL_SOURCES)) $(KERNEL_SCRIPT) $(OUT)/$1/kernel.sources \
                      tools/build/link_kernel.py
	$$(say) LINK $$@
	$$(Q)$$(PYTHON) tools/build/link_kernel.py $(KERNEL_SYMBOLS_$1) $$@ $$(CC) $(ARCH_KERNEL_CFLAGS) $(KERNEL_LDFLAGS) \
	    -Wl,-T,$(KERNEL_SCRIPT) -Wl,-Map,$$(@:.elf=.map) $$(filter %.o,$$^)

$(call arch_kernel_rules,$1)

-include $(patsubst %.o,%.d,$(call objects,$1,$(KERNEL_SOURCES)))
endef

$(call per_variant,kernel_rules)
