# Headers made from the interface statement in abi/: constants for the kernel, the include tree for programs.
#   $(OUT)/VARIANT/gen/kernel/abi/*.h          $(OUT)/VARIANT/gen/user/include/sel4/...

GENERATOR_INPUTS := $(sort $(wildcard abi/*.toml tools/abi/*.py) $(shell find user/lib -name "*.h"))

# A variant that is neither debug nor release (coverage, say) names the one whose options it takes.
VARIANT_OPTIONS_debug   := debug
VARIANT_OPTIONS_release := release

# The release kernel without its fast paths (tests/twins).
VARIANT_OPTIONS_slow  := release
VARIANT_SETTINGS_slow := FASTPATH=0

# The builds for measuring (make BENCH=1): the release kernel with counters, MSR and benchmark calls for user programs;
# the second has its fast paths left out.
VARIANT_OPTIONS_bench      := release
VARIANT_OPTIONS_bench_slow := release
VARIANT_SETTINGS_bench := BENCHMARK_GENERIC=1 KERNEL_X86_DANGEROUS_MSR=1 EXPORT_PMC_USER=1 ROOT_CNODE_SIZE_BITS=15
VARIANT_SETTINGS_bench_slow := $(VARIANT_SETTINGS_bench) FASTPATH=0

# $(call generate_rules,VARIANT): OPTIONS come behind the variant's settings, so they prevail.
define generate_rules
$(call remember,$(OUT)/$1/options,$(VARIANT_SETTINGS_$1) $(OPTIONS))

$(OUT)/$1/gen/.stamp: $(GENERATOR_INPUTS) $(OUT)/$1/options
	$$(say) GEN $$(@D)
	$$(Q)rm -rf $$(@D) && mkdir -p $$(@D)
	$$(Q)$$(PYTHON) tools/abi/generate.py --arch $(ARCH) --variant $(VARIANT_OPTIONS_$1) $(addprefix --option ,$(VARIANT_SETTINGS_$1) $(OPTIONS)) \
	    --kernel-out $$(@D)/kernel --user-out $$(@D)/user/include
	$$(Q)touch $$@
endef

$(call per_variant,generate_rules)
