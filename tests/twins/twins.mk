# The program that runs on the kernel with fast paths and on the one without.

$(call program,twins,$(wildcard tests/twins/*.c tests/twins/*.S tests/support/*.c))

# What workers execute: their floating point registers are not the compiler's.
$(foreach variant,$(ALL_VARIANTS),$(call objects,$(variant),tests/twins/worker.c tests/twins/log.c)): FILE_CFLAGS := -mgeneral-regs-only

TEST_NEEDS += $(OUT)/release/twins.elf $(OUT)/slow/kernel32.elf
