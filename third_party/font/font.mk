# A font for screens: Terminus Font, 8 by 16 pixels, regular and bold, out of Debian's package of console fonts. convert.py makes
# C of it, which is then compiled like a library's sources.

FONT_PACKAGE := $(CACHE)/console-setup-linux
FONT_FILES   := $(FONT_PACKAGE)/usr/share/consolefonts/Uni2-Terminus
FONT_SHA256_regular := 76b38323e80e09cd44a4ca4b0eaa681101874f208b8b5ba00c8c594cfd3b91c2
FONT_SHA256_bold    := e47636ab76907452e449194dd4c3cd47f7a2c72afcdd9597d3eb8c8f95a0ebed

font_CFLAGS := -Ithird_party/font/include

setup: $(FONT_PACKAGE)/.unpacked

$(SOURCES)/font/.unpacked: third_party/font/convert.py third_party/font/font.mk $(FONT_PACKAGE)/.unpacked
	$(say) FONT $(@D)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) $< font_regular $(FONT_FILES)16.psf.gz $(FONT_SHA256_regular) > $(@D)/regular.c
	$(Q)$(PYTHON) $< font_bold $(FONT_FILES)Bold16.psf.gz $(FONT_SHA256_bold) > $(@D)/bold.c
	@touch $@

$(call third_party_library,font,font,regular.c bold.c,-std=gnu17 $(font_CFLAGS))
