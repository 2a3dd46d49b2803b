# Headers made from the interface statement in abi/: constants for the kernel, the include tree for programs.
#   $(OUT)/VARIANT/gen/kernel/abi/*.h          $(OUT)/VARIANT/gen/user/include/sel4/...

GENERATOR_INPUTS := $(sort $(wildcard abi/*.toml tools/abi/*.py) $(shell find user/lib -name "*.h"))

# A variant that is neither debug nor release (coverage, say) names the one whose options it takes.
VARIANT_OPTIONS_debug   := debug
VARIANT_OPTIONS_release := release

# $(call generate_rules,VARIANT)
define generate_rules
$(call remember,$(OUT)/$1/options,$(OPTIONS))

$(OUT)/$1/gen/.stamp: $(GENERATOR_INPUTS) $(OUT)/$1/options
	$$(say) GEN $$(@D)
	$$(Q)rm -rf $$(@D) && mkdir -p $$(@D)
	$$(Q)$$(PYTHON) tools/abi/generate.py --arch $(ARCH) --variant $(VARIANT_OPTIONS_$1) $(addprefix --option ,$(OPTIONS)) \
	    --kernel-out $$(@D)/kernel --user-out $$(@D)/user/include
	$$(Q)touch $$@
endef

$(call per_variant,generate_rules)
