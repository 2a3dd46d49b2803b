/*
 * What `pecan build` writes for people: how much memory each domain takes, and what each may do.
 */
#pragma once

#include "compile.h"

/* The text, of which `size` bytes count. */
struct file_bytes report_make(const struct system *system, const struct compiled *compiled);
