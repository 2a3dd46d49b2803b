# Components of this tree: programs of protection domains, linked with the library that sdk/ builds, and systems of them.
#   $(call component,NAME,SOURCES)              $(OUT)/components/CONFIG/NAME.elf
#   $(call system,NAME,DESCRIPTION,COMPONENTS)  $(OUT)/systems/NAME/CONFIG/image
# for each CONFIG of debug and release. (Programs outside of the tree use sdk/pecan.make.)

COMPONENT_CONFIGS := debug release
COMPONENT_BOARD    = $(OUT)/sdk/board/x86_64_generic/$1
COMPONENT_CFLAGS  := $(COMMON_CFLAGS) $(ARCH_USER_CFLAGS) -O2 -Iuser -I.

define component_objects
$(call remember,$(OUT)/components/$1/flags,$(CC) $(COMPONENT_CFLAGS))

$(OUT)/components/$1/obj/%.o: % $(COMPONENT_BOARD)/include/.stamp $(OUT)/components/$1/flags
	$$(say) CC $$@
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $(COMPONENT_CFLAGS) -I$(COMPONENT_BOARD)/include -c $$< -o $$@
endef
$(foreach config,$(COMPONENT_CONFIGS),$(eval $(call component_objects,$(config))))

# $(call component_rules,CONFIG,NAME,SOURCES)
define component_rules
$(call remember,$(OUT)/components/$1/$2.sources,$3)

$(OUT)/components/$1/$2.elf: $(patsubst %,$(OUT)/components/$1/obj/%.o,$3) $(COMPONENT_BOARD)/lib/libmicrokit.a \
                             $(COMPONENT_BOARD)/lib/microkit.ld $(OUT)/components/$1/$2.sources
	$$(say) LINK $$@
	$$(Q)ld -nostdlib -z noexecstack --gc-sections -T $(COMPONENT_BOARD)/lib/microkit.ld $$(filter %.o %.a,$$^) -o $$@

-include $(patsubst %,$(OUT)/components/$1/obj/%.d,$3)
endef
component = $(foreach config,$(COMPONENT_CONFIGS),$(eval $(call component_rules,$(config),$1,$2)))

# $(call system_rules,CONFIG,NAME,DESCRIPTION,COMPONENTS)
define system_rules
$(OUT)/systems/$2/$1/image: $3 $(patsubst %,$(OUT)/components/$1/%.elf,$4) $(OUT)/sdk/bin/pecan \
                            $(addprefix $(COMPONENT_BOARD)/elf/,sel4.elf sel4_32.elf initialiser.elf)
	$$(say) SYSTEM $$@
	@mkdir -p $$(@D)
	$$(Q)$(OUT)/sdk/bin/pecan build $3 --search-path $(OUT)/components/$1 --board x86_64_generic --config $1 \
	    -o $$@ -r $$(@D)/report.txt
endef
system = $(foreach config,$(COMPONENT_CONFIGS),$(eval $(call system_rules,$(config),$1,$2,$3)))
