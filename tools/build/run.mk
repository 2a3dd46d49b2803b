# Booting in QEMU: tools/run does the work. PROGRAM is the root task that run, debug and iso boot.

PROGRAM   ?= roottask
QEMUFLAGS ?=
GDBFLAGS  ?=
export GDBFLAGS

BOOTED := $(OUT)/$(VARIANT)
BOOT    = tools/run/boot --cpu '$(CPU)' --mem '$(MEM)' --qemu '$(QEMU)'
IMAGE   = --kernel $(BOOTED)/kernel32.elf --module $(BOOTED)/$(PROGRAM).elf

run: $(BOOTED)/kernel32.elf $(BOOTED)/$(PROGRAM).elf | $(BUILD)/setup/run ## boot to the shell (leave QEMU with Ctrl-A X)
	$(Q)$(BOOT) $(IMAGE) -- $(QEMUFLAGS)

hello: $(BOOTED)/kernel32.elf $(BOOTED)/hello.elf | $(BUILD)/setup/run ## boot the smallest root task, sdk/examples/hello
	$(Q)$(BOOT) --kernel $(BOOTED)/kernel32.elf --module $(BOOTED)/hello.elf -- $(QEMUFLAGS)

debug: $(BOOTED)/kernel32.elf $(BOOTED)/kernel.elf $(BOOTED)/$(PROGRAM).elf | $(BUILD)/setup/run ## boot stopped, with gdb attached
	$(Q)$(BOOT) $(IMAGE) --gdb --symbols $(BOOTED)/kernel.elf $(BOOTED)/$(PROGRAM).elf -- $(QEMUFLAGS)

iso: $(BOOTED)/$(PROGRAM).iso ## make a bootable CD image (GRUB, multiboot 2)

run-iso: $(BOOTED)/$(PROGRAM).iso ## boot the CD image
	$(Q)$(BOOT) --iso $< -- $(QEMUFLAGS)

$(OUT)/%.iso: $(OUT)/%.elf tools/run/grub.cfg | $(BUILD)/setup/run
	$(say) ISO $@
	$(Q)rm -rf $@.files && mkdir -p $@.files/boot/grub
	$(Q)cp $(@D)/kernel.elf $@.files/boot/kernel.elf && cp $< $@.files/boot/roottask.elf
	$(Q)cp tools/run/grub.cfg $@.files/boot/grub/grub.cfg
	$(Q)grub-mkrescue -d /usr/lib/grub/i386-pc -o $@ $@.files 2>$@.log || { cat $@.log; exit 1; }
	$(Q)rm -rf $@.files $@.log

$(foreach variant,$(ALL_VARIANTS),$(eval $(OUT)/$(variant)/%.iso: $(OUT)/$(variant)/kernel.elf))

.PHONY: run hello debug iso run-iso
