# The root task of the shell system: the Linux personality, the drivers it needs, and the archive of its first files.

ROOTTASK_DRIVERS := serial16550 timer rtc
ROOTTASK_SOURCES := $(sort $(foreach name,$(ROOTTASK_DRIVERS),user/drivers/$(name)/$(name).c) $(wildcard user/roottask/*.c \
                      user/personality/linux/*.c user/personality/linux/*/*.c user/personality/linux/*/*.S))
INITRD           := $(OUT)/initrd.cpio
INITRD_SOURCE    := $(OUT)/initrd.S
INITRD_BUILDER   := systems/shell/build_initrd.py

$(INITRD): $(BUSYBOX) $(INITRD_BUILDER) $(shell find systems/shell/root -type f 2>/dev/null) $(TEST_PROGRAMS)
	$(say) INITRD $@
	@mkdir -p $(@D)
	$(Q)$(PYTHON) $(INITRD_BUILDER) --output $@ --busybox $(BUSYBOX) --root systems/shell/root $(TEST_PROGRAMS)

# The archive goes into the program as it is, between two symbols.
$(INITRD_SOURCE): $(INITRD) user/roottask/roottask.mk
	@mkdir -p $(@D)
	$(Q)printf '%s\n' '.section .rodata' '.balign 4096' '.globl initrd_start, initrd_end' 'initrd_start:' \
	    '.incbin "$(INITRD)"' 'initrd_end:' '.section .note.GNU-stack, "", @progbits' > $@

$(call program,roottask,$(ROOTTASK_SOURCES) $(INITRD_SOURCE))
