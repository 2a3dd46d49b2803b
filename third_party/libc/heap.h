/*
 * Pages of the component's heap: what malloc (and whoever calls mmap for memory) gets.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEAP_PAGE_BYTES = 4096 };

/* Zeroed pages, one after the other; null if there are none. */
void *heap_take(size_t page_count);

/* Gives pages back. False, and nothing is changed, if they are not all pages of the heap. */
bool heap_give(uintptr_t start, size_t page_count);
