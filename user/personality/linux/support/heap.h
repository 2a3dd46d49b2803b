/*
 * The personality's small memory: objects of at most HEAP_LARGEST bytes, cut from frames by size class.
 *
 * A frame whose objects are all free goes back at once, so that the number of free frames shows a leak.
 */
#pragma once

#include <stddef.h>

enum { HEAP_LARGEST = 2016 };

void *heap_allocate(size_t bytes); /* zeroed; null when memory is exhausted or `bytes` too large */
void heap_free(void *object);      /* null is allowed */
char *heap_string(const char *text, size_t length);
