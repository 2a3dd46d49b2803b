# Libraries of others, compiled for components: where their sources come from, and how they are built.

# $(call source,NAME,PACKAGE,TARBALL,SHA256[,PARTS]): the original sources in Debian's source package, as $(SOURCES)/NAME.
# PARTS are the folders and files that are wanted. Patches third_party/*/NAME-*.patch are applied. Rules take
# $(SOURCES)/NAME/.unpacked as prerequisite. Only third_party/sources.mk calls it.
SOURCES := $(BUILD)/third_party

define source_rules
SOURCE_PINS     += $2 $3 $4
SOURCE_ARCHIVES += $(CACHE)/sources/$3

$(call remember,$(SOURCES)/$1.source,$3 $4 $5)

$(SOURCES)/$1/.unpacked: $(CACHE)/sources/$3 $(SOURCES)/$1.source $(wildcard third_party/*/$1-*.patch)
	$$(say) UNPACK $$(@D)
	$(Q)tools/build/source_package unpack $$< $4 $$(@D) $5
	$(Q)for file in $$(filter %.patch,$$^); do patch --binary -s -p1 -d $$(@D) < $$$$file || exit 1; done
	@touch $$@
endef
source = $(eval $(call source_rules,$1,$2,$3,$4,$5))

# $(call fetch_sources), behind all sources: they are fetched together.
define fetch_rules
$(SOURCE_ARCHIVES) &: | $(BUILD)/setup/build
	$(Q)tools/build/source_package fetch $(CACHE)/sources $(SOURCE_PINS)

# When one cannot be fetched, the others stay.
.PRECIOUS: $(SOURCE_ARCHIVES)

setup: $(SOURCE_ARCHIVES)
endef
fetch_sources = $(eval $(call fetch_rules))

# $(call third_party_library,NAME,SOURCE,FILES,FLAGS,HEADERS): $(OUT)/third_party/NAME.a, for all variants, of FILES, which are
# paths in $(SOURCES)/SOURCE, and of our own files third_party/NAME/*.c. FLAGS are for both; warnings of others' code are off.
# HEADERS are what must be there before anything that includes its headers is compiled: generated files, other libraries'
# NAME.headers. Components that name the library (component.mk) are compiled with NAME_CFLAGS, which its fragment sets.
# Headers are the C library's, never the machine's; the compiler's own are for what that has none of, such as stdatomic.h.
THIRD_PARTY_CFLAGS := $(filter-out -std=% $(WARNINGS),$(COMMON_CFLAGS)) $(ARCH_USER_CFLAGS) -O2
COMPILER_HEADERS    = -nostdinc -isystem $$($(CC) -print-file-name=include)

define third_party_rules
$(call remember,$(OUT)/third_party/$1.flags,$(CC) $(THIRD_PARTY_CFLAGS) $4 $3)

$(OUT)/third_party/$1.headers: $(SOURCES)/$2/.unpacked $(wildcard $(addprefix third_party/$1/,*.h */*.h */*/*.h)) $5
	@mkdir -p $$(@D) && touch $$@

$(OUT)/third_party/$1/%.o: $(OUT)/third_party/$1.headers $(OUT)/third_party/$1.flags
	$$(say) CC $$@
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $(THIRD_PARTY_CFLAGS) $4 $$(COMPILER_HEADERS) -w -c $(SOURCES)/$2/$$* -o $$@

$(OUT)/third_party/$1/own/%.o: third_party/$1/% $(OUT)/third_party/$1.headers $(OUT)/third_party/$1.flags
	$$(say) CC $$@
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $(THIRD_PARTY_CFLAGS) $(WARNINGS) $4 $$(COMPILER_HEADERS) -c $$< -o $$@

$(OUT)/third_party/$1.a: $(patsubst %,$(OUT)/third_party/$1/%.o,$3) \
                         $(patsubst third_party/$1/%,$(OUT)/third_party/$1/own/%.o,$(wildcard third_party/$1/*.c))
	$$(say) AR $$@
	$$(Q)rm -f $$@ && $$(AR) rcsD $$@ $$(filter %.o,$$^)

-include $(patsubst third_party/$1/%,$(OUT)/third_party/$1/own/%.d,$(wildcard third_party/$1/*.c))
endef
third_party_library = $(eval $(call third_party_rules,$1,$2,$3,$4,$5))
