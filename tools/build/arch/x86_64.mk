# What is particular to x86_64 in the build.

PLATFORM           := pc
ARCH_KERNEL_CFLAGS := -m64 -mcmodel=kernel -mno-red-zone -mgeneral-regs-only
ARCH_USER_CFLAGS   := -m64 -march=x86-64

# QEMU's multiboot loader wants a 32-bit ELF file; the contents are the same.
define arch_kernel_rules
$(OUT)/$1/kernel32.elf: $(OUT)/$1/kernel.elf
	$$(say) OBJCOPY $$@
	$$(Q)$$(OBJCOPY) --strip-debug -O elf32-i386 $$< $$@
endef
