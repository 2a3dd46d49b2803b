/*
 * What a component that is linked with the C library supplies to it, or may.
 *
 * There are no files and no threads: functions that need either fail with ENOSYS. Before the first malloc the component
 * says where the heap is, either in its description (setvar_vaddr="component_heap_start" setvar_size="component_heap_bytes" of
 * a map) or in init(). Without a heap malloc returns null.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* The memory that malloc gives out. It need not be zeroed. Nothing else may use it, or change these two afterwards. */
extern uintptr_t component_heap_start;
extern size_t component_heap_bytes;

/* Bytes of the heap that no allocation holds, in whole pages; what malloc keeps for later counts as held. */
size_t component_heap_free(void);

/* Takes what is printed to stdout and stderr; the library's own prints it as debug output. */
void component_output(const char *text, size_t bytes);

/* Fills in *now for a clock (CLOCK_REALTIME, CLOCK_MONOTONIC) and returns 0, or returns a negative error number; the
   library's own knows no time: it returns -ENOSYS, and time() is then 0. */
int component_clock(clockid_t clock, struct timespec *now);
