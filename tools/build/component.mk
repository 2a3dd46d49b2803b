# Components of this tree: programs of protection domains, linked with the library that sdk/ builds, and systems of them.
#   $(call component,NAME,SOURCES[,LIBRARIES])  $(OUT)/components/CONFIG/NAME.elf
#   $(call system,NAME,DESCRIPTION,COMPONENTS)  $(OUT)/systems/NAME/CONFIG/image
# for each CONFIG of debug and release. (Programs outside of the tree use sdk/pecan.make.)
# LIBRARIES are of third_party, those that need others first, as in `libext2fs libc`. All but libc need libc.

COMPONENT_CONFIGS := debug release
COMPONENT_BOARD    = $(OUT)/sdk/board/x86_64_generic/$1
COMPONENT_CFLAGS  := $(COMMON_CFLAGS) $(ARCH_USER_CFLAGS) -O2 -Iuser -I.

# Where the objects of components with these libraries are; sources are compiled anew for each set of libraries.
component_folder = $(OUT)/components/$1/obj$(subst $(space),,$(addprefix -,$(strip $2)))
component_flags  = $(COMPONENT_CFLAGS) $(foreach library,$2,$($(library)_CFLAGS))
empty :=
space := $(empty) $(empty)

# $(call component_objects,CONFIG,LIBRARIES)
define component_objects
COMPONENT_OBJECTS_ARE_KNOWN += $(call component_folder,$1,$2)
$(call remember,$(call component_folder,$1,$2).flags,$$(CC) $$(call component_flags,$1,$2))

$(call component_folder,$1,$2)/%.o: % $(COMPONENT_BOARD)/include/.stamp $(call component_folder,$1,$2).flags \
    $(patsubst %,$(OUT)/third_party/%.headers,$2)
	$$(say) CC $$@
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(call component_flags,$1,$2) $(if $2,$$(COMPILER_HEADERS)) -I$(COMPONENT_BOARD)/include -c $$< -o $$@
endef

# $(call component_rules,CONFIG,NAME,SOURCES,LIBRARIES)
define component_rules
$(if $(filter $(call component_folder,$1,$4),$(COMPONENT_OBJECTS_ARE_KNOWN)),,$(call component_objects,$1,$4))
$(call remember,$(OUT)/components/$1/$2.sources,$3 $4)

$(OUT)/components/$1/$2.elf: $(patsubst %,$(call component_folder,$1,$4)/%.o,$3) $(patsubst %,$(OUT)/third_party/%.a,$4) \
                             $(COMPONENT_BOARD)/lib/libmicrokit.a $(COMPONENT_BOARD)/lib/microkit.ld \
                             $(OUT)/components/$1/$2.sources
	$$(say) LINK $$@
	$$(Q)ld -nostdlib -z noexecstack --gc-sections -T $(COMPONENT_BOARD)/lib/microkit.ld $$(filter %.o %.a,$$^) -o $$@

-include $(patsubst %,$(call component_folder,$1,$4)/%.d,$3)
endef
component = $(foreach config,$(COMPONENT_CONFIGS),$(eval $(call component_rules,$(config),$1,$2,$(strip $3))))

# $(call system_rules,CONFIG,NAME,DESCRIPTION,COMPONENTS)
define system_rules
$(OUT)/systems/$2/$1/image: $3 $(patsubst %,$(OUT)/components/$1/%.elf,$4) $(OUT)/sdk/bin/pecan \
                            $(addprefix $(COMPONENT_BOARD)/elf/,sel4.elf sel4_32.elf initialiser.elf)
	$$(say) SYSTEM $$@
	@mkdir -p $$(@D)
	$$(Q)$(OUT)/sdk/bin/pecan build $3 --search-path $(OUT)/components/$1 --search-path $(OUT) --board x86_64_generic --config $1 \
	    -o $$@ -r $$(@D)/report.txt
endef
system = $(foreach config,$(COMPONENT_CONFIGS),$(eval $(call system_rules,$(config),$1,$2,$3)))
