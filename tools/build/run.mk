# Booting in QEMU: tools/run does the work. PROGRAM is the root task that run, debug and iso boot; for that of the shell system
# (systems/shell), gdb knows the names in the Linux personality.

PROGRAM   ?= roottask
QEMUFLAGS ?=
GDBFLAGS  ?=
export GDBFLAGS

BOOTED := $(OUT)/$(VARIANT)
BOOT    = tools/run/boot --cpu '$(CPU)' --mem '$(MEM)' --qemu '$(QEMU)'
SYMBOLS = $(if $(filter roottask,$(PROGRAM)),$(OUT)/components/$(if $(filter debug,$(VARIANT)),debug,release)/linux.elf,$(BOOTED)/$(PROGRAM).elf)
# The graphics card. The shell system knows this one; with others its screen is what the CD image's boot loader has set up.
SCREEN  ?= -vga none -device bochs-display,addr=6
# What the shell system finds in the machine; systems/shell/shell.system knows the places.
DEVICES  = -drive if=none,id=disk,format=raw,file=$(DISK) -device virtio-blk-pci,drive=disk,addr=3 \
           -netdev user,id=net -device virtio-net-pci,netdev=net,addr=4 -device virtio-rng-pci,addr=5 $(SCREEN)
FOUND    = $(if $(filter roottask,$(PROGRAM)),$(DEVICES))
FOUND_DISK := $(if $(filter roottask,$(PROGRAM)),$(BUILD)/disk.img)
IMAGE   = --kernel $(BOOTED)/kernel32.elf --module $(BOOTED)/$(PROGRAM).elf

# $(call boot,ARGUMENTS): a recipe that boots a machine, and with it make ends with the machine's status.
MAKE_STATUS := $(BUILD)/make_status.so
BOOT_STATUS := $(BUILD)/boot-status
boot = $(if $(filter load,$(.FEATURES)),$(eval -load $(MAKE_STATUS)))$(Q)rm -f $(BOOT_STATUS); \
       $(BOOT) $1 || { status=$$?; echo $$status > $(BOOT_STATUS); exit $$status; }

$(MAKE_STATUS): tools/run/make_status.c | $(BUILD)/setup/build
	$(say) CC $@
	$(Q)$(CC) -std=c17 -O1 -fPIC -shared $(WARNINGS) $< -o $@

# The second serial port, where the shell system's supervisor has its console.
CONSOLE := $(BUILD)/console.socket
SECOND_PORT = -serial unix:$(CONSOLE),server=on,wait=off

run: $(BOOTED)/kernel32.elf $(BOOTED)/$(PROGRAM).elf $(MAKE_STATUS) | $(BUILD)/setup/run $(FOUND_DISK) ## boot to the shell (leave QEMU with Ctrl-A X)
	$(call boot,$(IMAGE) -- $(SECOND_PORT) $(FOUND) $(QEMUFLAGS))

console: ## connect to the supervisor's console of a system that `make run` has booted (leave it with Ctrl-])
	$(Q)tools/run/console $(CONSOLE)

hello: $(BOOTED)/kernel32.elf $(BOOTED)/hello.elf $(MAKE_STATUS) | $(BUILD)/setup/run ## boot the smallest root task, sdk/examples/hello
	$(call boot,--kernel $(BOOTED)/kernel32.elf --module $(BOOTED)/hello.elf -- $(QEMUFLAGS))

debug: $(BOOTED)/kernel32.elf $(BOOTED)/kernel.elf $(BOOTED)/$(PROGRAM).elf | $(BUILD)/setup/run $(FOUND_DISK) ## boot stopped, with gdb attached
	$(Q)$(BOOT) $(IMAGE) --gdb --symbols $(BOOTED)/kernel.elf $(SYMBOLS) -- $(FOUND) $(QEMUFLAGS)

iso: $(BOOTED)/$(PROGRAM).iso ## make a bootable CD image (GRUB, multiboot 2)

run-iso: $(BOOTED)/$(PROGRAM).iso $(MAKE_STATUS) | $(FOUND_DISK) ## boot the CD image
	$(call boot,--iso $< -- $(SECOND_PORT) $(FOUND) $(QEMUFLAGS))

$(OUT)/%.iso: $(OUT)/%.elf tools/run/grub.cfg | $(BUILD)/setup/run
	$(say) ISO $@
	$(Q)rm -rf $@.files && mkdir -p $@.files/boot/grub
	$(Q)cp $(@D)/kernel.elf $@.files/boot/kernel.elf && cp $< $@.files/boot/roottask.elf
	$(Q)cp tools/run/grub.cfg $@.files/boot/grub/grub.cfg
	$(Q)grub-mkrescue -d /usr/lib/grub/i386-pc -o $@ $@.files 2>$@.log || { cat $@.log; exit 1; }
	$(Q)rm -rf $@.files $@.log

$(foreach variant,$(ALL_VARIANTS),$(eval $(OUT)/$(variant)/%.iso: $(OUT)/$(variant)/kernel.elf))

.PHONY: run console hello debug iso run-iso
