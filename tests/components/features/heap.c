/*
 * A program outside the tree that uses the C library of the SDK: memory, text, sorting.
 */
#include "check.h"

#include <component_libc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 1000 };

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

void init(void)
{
    char text[32];
    size_t free_bytes = component_heap_free();
    int *numbers = malloc(NUMBERS * sizeof(*numbers));
    check(numbers && (uintptr_t)numbers >= component_heap_start, "malloc gives memory of the region");
    if (numbers) {
        for (int i = 0; i < NUMBERS; i++)
            numbers[i] = (i * 7 + 3) % NUMBERS;
        qsort(numbers, NUMBERS, sizeof(*numbers), compare);
        check(numbers[0] == 0 && numbers[NUMBERS - 1] == NUMBERS - 1, "qsort sorts");
    }
    check(!malloc(free_bytes), "there is no more than the region");
    check(snprintf(text, sizeof(text), "%s %d", "heap", -1) == 7 && !strcmp(text, "heap -1"), "snprintf writes");
    check_end();
}

void notified(microkit_channel ch)
{
    (void)ch;
}
