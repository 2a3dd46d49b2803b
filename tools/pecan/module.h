/*
 * The boot module: init's program with the compiled description behind it, as one ELF file.
 */
#pragma once

#include "compile.h"

/* Fails if the file at `init_path` is not init. */
struct file_bytes module_make(const char *init_path, const struct compiled *compiled);
