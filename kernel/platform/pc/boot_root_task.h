/* The root task: an ELF64 executable that the loader left somewhere in memory, checked and laid out for its first run. */
#pragma once

#include "hal/entry.h"
#include "platform/pc/boot_loader.h"
#include "platform/pc/boot_memory.h"

/*
 * What is wrong with the ELF file of `size` bytes at `file`, whose addresses must lie below `user_top`: a sentence for the
 * console, with `*segment` set to the program header it is about (or left alone); null when it can be loaded. `image` gets
 * virtual_start and entry, and memory = [0, size).
 */
const char *root_task_check(const void *file, uint64_t size, uint64_t user_top, unsigned *segment,
                            struct boot_image *image);

/*
 * Copies the root task into free memory right behind the kernel image (or the first place that holds it), bss and gaps
 * cleared. Refuses to boot with a message that says what is wrong. `ram` is what is free; it is not changed.
 */
struct boot_image root_task_load(const struct loader_facts *loader, const struct region_list *ram, uint64_t kernel_end,
                                 uint64_t user_top);
