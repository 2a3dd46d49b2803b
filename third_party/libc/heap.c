#include "heap.h"

#include <component_libc.h>
#include <string.h>

enum { WORD_BITS = 64 };

uintptr_t component_heap_start;
size_t component_heap_bytes;

/* A bit for each page, set while it is taken. The map is at the start of the heap; set up by the first use. */
static uint64_t *taken;
static uintptr_t first_page;
static size_t page_total;
static size_t pages_free;
static size_t lowest_free; /* no page below this one is free */

static bool page_is_taken(size_t page)
{
    return taken[page / WORD_BITS] >> page % WORD_BITS & 1;
}

static void set_up(void)
{
    if (taken || component_heap_start == 0)
        return;

    uintptr_t start = (component_heap_start + HEAP_PAGE_BYTES - 1) & -(uintptr_t)HEAP_PAGE_BYTES;
    uintptr_t end = component_heap_start + component_heap_bytes;
    size_t count = end > start ? (end - start) / HEAP_PAGE_BYTES : 0;
    size_t map_bytes = (count + WORD_BITS - 1) / WORD_BITS * sizeof(uint64_t);
    size_t map_pages = (map_bytes + HEAP_PAGE_BYTES - 1) / HEAP_PAGE_BYTES;

    if (count <= map_pages)
        return;
    taken = (uint64_t *)start;
    memset(taken, 0, map_bytes);
    first_page = start + map_pages * HEAP_PAGE_BYTES;
    page_total = pages_free = count - map_pages;
}

static size_t pages_free_from(size_t page, size_t wanted)
{
    size_t count = 0;

    while (count < wanted && page + count < page_total && !page_is_taken(page + count))
        count++;
    return count;
}

void *heap_take(size_t page_count)
{
    set_up();
    if (page_count == 0 || page_count > pages_free)
        return NULL;
    while (lowest_free < page_total && page_is_taken(lowest_free))
        lowest_free++;

    size_t page = lowest_free;
    while (page < page_total) {
        size_t found = pages_free_from(page, page_count);
        if (found == page_count)
            break;
        page += found + 1;
    }
    if (page >= page_total)
        return NULL;
    for (size_t i = page; i < page + page_count; i++)
        taken[i / WORD_BITS] |= UINT64_C(1) << i % WORD_BITS;
    pages_free -= page_count;
    return memset((void *)(first_page + page * HEAP_PAGE_BYTES), 0, page_count * HEAP_PAGE_BYTES);
}

bool heap_give(uintptr_t start, size_t page_count)
{
    size_t page = (start - first_page) / HEAP_PAGE_BYTES;

    if (start < first_page || start % HEAP_PAGE_BYTES || page >= page_total || page_count > page_total - page)
        return false;
    for (size_t i = page; i < page + page_count; i++) {
        pages_free += page_is_taken(i);
        taken[i / WORD_BITS] &= ~(UINT64_C(1) << i % WORD_BITS);
    }
    if (page < lowest_free)
        lowest_free = page;
    return true;
}

size_t component_heap_free(void)
{
    set_up();
    return pages_free * HEAP_PAGE_BYTES;
}
