# The folder that programs outside the tree are built with, in Microkit's shape, and its examples, built as an outsider
# would build them: in that folder, with their own Makefiles.
#   $(OUT)/sdk/bin/pecan                              the tool
#   $(OUT)/sdk/board/x86_64_generic/{debug,release}/  include, lib, elf
#   $(OUT)/sdk/libc/                                  the C library, for those who want it
#   $(OUT)/sdk/{doc,example}/                         pages to read, systems to begin with

PECAN       := $(BUILD)/host/pecan
SDK         := $(OUT)/sdk
SDK_BOARD   := x86_64_generic
SDK_CONFIGS := debug release
MICROKIT_SOURCES := $(sort $(wildcard user/microkit/*.c user/microkit/*.S)) user/lib/string.c user/lib/x86_64/memory.c
MICROKIT_HEADERS := $(shell find user/microkit/include -name "*.h")
MICROKIT_CFLAGS  := $(COMMON_CFLAGS) $(ARCH_USER_CFLAGS) -O2 -Iuser
RING_SOURCES     := $(wildcard user/ring/*.c)
# What is included as in the tree: "ring/ring.h", "drivers/mmio.h", "protocols/block.h".
SDK_HEADERS      := $(wildcard user/ring/*.h user/drivers/*.h protocols/*.h)

# $(call sdk_rules,CONFIG): the IPC buffer's address is a plain variable here, so these headers are not the tree's own.
define sdk_rules
$(call remember,$(OUT)/sdk-$1.flags,$(CC) $(MICROKIT_CFLAGS) $(OPTIONS))

$(SDK)/board/$(SDK_BOARD)/$1/include/.stamp: sdk/sdk.mk $(GENERATOR_INPUTS) $(MICROKIT_HEADERS) $(SDK_HEADERS) $(OUT)/sdk-$1.flags
	$$(say) GEN $$(@D)
	$$(Q)rm -rf $$(@D) && mkdir -p $$(@D)
	$$(Q)$$(PYTHON) tools/abi/generate.py --arch $(ARCH) --variant $1 --option LIB_SEL4_USE_THREAD_LOCALS=0 \
	    $(addprefix --option ,$(OPTIONS)) --kernel-out $$(@D)/../kernel-headers --user-out $$(@D)
	$$(Q)rm -rf $$(@D)/../kernel-headers && cp -R user/microkit/include/. $$(@D)
	$$(Q)mkdir $$(@D)/ring $$(@D)/drivers $$(@D)/protocols
	$$(Q)cp user/ring/*.h $$(@D)/ring && cp user/drivers/*.h $$(@D)/drivers && cp protocols/*.h $$(@D)/protocols
	$$(Q)touch $$@

$(OUT)/microkit/$1/%.o: % $(SDK)/board/$(SDK_BOARD)/$1/include/.stamp
	$$(say) CC $$@
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $(MICROKIT_CFLAGS) -I$(SDK)/board/$(SDK_BOARD)/$1/include -c $$< -o $$@

$(SDK)/board/$(SDK_BOARD)/$1/lib/libmicrokit.a: $(patsubst %,$(OUT)/microkit/$1/%.o,$(MICROKIT_SOURCES))
$(SDK)/board/$(SDK_BOARD)/$1/lib/libring.a: $(patsubst %,$(OUT)/microkit/$1/%.o,$(RING_SOURCES))
$(SDK)/board/$(SDK_BOARD)/$1/lib/lib%.a:
	$$(say) AR $$@
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && $$(AR) rcsD $$@ $$^

$(SDK)/board/$(SDK_BOARD)/$1/lib/microkit.ld: user/microkit/microkit.ld
	@mkdir -p $$(@D)
	$$(Q)cp $$< $$@

$(SDK)/board/$(SDK_BOARD)/$1/elf/%.elf: $(OUT)/$1/%.elf
	@mkdir -p $$(@D)
	$$(Q)cp $$< $$@
$(SDK)/board/$(SDK_BOARD)/$1/elf/sel4.elf: $(OUT)/$1/kernel.elf
	@mkdir -p $$(@D)
	$$(Q)cp $$< $$@
$(SDK)/board/$(SDK_BOARD)/$1/elf/sel4_32.elf: $(OUT)/$1/kernel32.elf
	@mkdir -p $$(@D)
	$$(Q)cp $$< $$@
$(SDK)/board/$(SDK_BOARD)/$1/elf/initialiser.elf: $(OUT)/$1/init.elf
	@mkdir -p $$(@D)
	$$(Q)cp $$< $$@

SDK_FILES_$1 := $(SDK_COMMON) $(addprefix $(SDK)/board/$(SDK_BOARD)/$1/,include/.stamp lib/libmicrokit.a lib/libring.a \
               lib/microkit.ld elf/sel4.elf elf/sel4_32.elf elf/initialiser.elf)
-include $(patsubst %,$(OUT)/microkit/$1/%.d,$(MICROKIT_SOURCES) $(RING_SOURCES))
endef
SDK_COMMON := $(addprefix $(SDK)/,bin/pecan bin/microkit pecan.mk LICENSE VERSION)
$(foreach config,$(SDK_CONFIGS),$(eval $(call sdk_rules,$(config))))

$(SDK)/bin/pecan: $(PECAN)
	@mkdir -p $(@D)
	$(Q)cp -f $< $@
$(SDK)/bin/microkit: $(SDK)/bin/pecan
	$(Q)ln -sf pecan $@
$(SDK)/pecan.mk: sdk/pecan.make
	@mkdir -p $(@D)
	$(Q)cp -f $< $@
$(SDK)/LICENSE: LICENSE
	@mkdir -p $(@D)
	$(Q)cp -f $< $@

# Headers of musl lie in several folders; those behind replace those in front.
SDK_LIBC := $(SDK)/libc/.stamp
$(SDK_LIBC): $(OUT)/third_party/libc.a $(OUT)/third_party/libc.headers sdk/sdk.mk
	$(say) GEN $(@D)
	$(Q)rm -rf $(@D) && mkdir -p $(@D)/include/bits $(@D)/lib
	$(Q)cp -R $(MUSL)/include/. $(@D)/include && rm $(@D)/include/*.in
	$(Q)for folder in $(MUSL)/arch/generic $(MUSL)/arch/$(ARCH) $(MUSL_GEN); do cp -R $$folder/bits/*.h $(@D)/include/bits; done
	$(Q)cp third_party/libc/include/*.h $(@D)/include
	$(Q)cp $(MUSL)/COPYRIGHT third_party/libc/README.md $(@D) && cp $< $(@D)/lib && touch $@

SDK_PAGES := docs/first-component.md docs/components.md docs/rings.md docs/drivers.md
$(SDK)/doc/.stamp: $(SDK_PAGES) sdk/sdk.mk
	$(Q)rm -rf $(@D) && mkdir -p $(@D)
	$(Q)cp $(SDK_PAGES) $(@D) && touch $@

EXAMPLES      := hello-component client-server driver squares
EXAMPLE_FILES := $(shell find $(addprefix sdk/examples/,$(EXAMPLES)) -type f)
$(SDK)/example/.stamp: $(EXAMPLE_FILES) sdk/sdk.mk
	$(Q)rm -rf $(@D) && mkdir -p $(@D)
	$(Q)cp -R $(addprefix sdk/examples/,$(EXAMPLES)) $(@D) && touch $@

# The version of Microkit's interface that the folder offers.
$(SDK)/VERSION: sdk/sdk.mk
	@mkdir -p $(@D)
	$(Q)echo 2.3.0 > $@

SDK_FILES := $(foreach config,$(SDK_CONFIGS),$(SDK_FILES_$(config))) $(SDK_LIBC) $(SDK)/doc/.stamp $(SDK)/example/.stamp
# Whoever asks for it wants to boot what they make.
sdk: $(SDK_FILES) | $(BUILD)/setup/run ## build what programs outside the tree need, in build/x86_64/sdk
	@:

# $(call example,FOLDER,NAME): the system in FOLDER becomes $(OUT)/systems/NAME/CONFIG/image.
define example_rules
$(OUT)/systems/$2/$3/image: $(SDK_FILES_$3) $(if $(filter $(SDK)/%,$1),$(SDK)/example/.stamp,$(shell find $1 -type f))
	$$(say) SYSTEM $$@
	$$(Q)$$(MAKE) -s -C $1 BUILD_DIR=$$(abspath $$(@D)) MICROKIT_SDK=$$(abspath $(SDK)) MICROKIT_BOARD=$(SDK_BOARD) \
	    MICROKIT_CONFIG=$3 CC=$(CC)
endef
example = $(foreach config,$(SDK_CONFIGS),$(eval $(call example_rules,$1,$2,$(config))))

$(foreach name,$(EXAMPLES),$(call example,$(SDK)/example/$(name),$(name:%-component=%)))
examples: $(foreach name,$(EXAMPLES:%-component=%),$(foreach config,$(SDK_CONFIGS),$(OUT)/systems/$(name)/$(config)/image)) ## build the SDK's examples
	@:

.PHONY: sdk examples
all: $(SDK_FILES) examples
