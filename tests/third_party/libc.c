/* The C library in a component: text, numbers, time, memory from a heap, and what is not there. */
#include "tests/components/features/check.h"

#include <component_libc.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    OUTPUT_BYTES = 256,
    BLOCKS = 200,
    ROUNDS = 20000,
    BLOCK_MOST = 9000,
    LARGE = 300000,
    SECONDS = 1700000000,
    PARTS_MOST = 1000
};

static char output[OUTPUT_BYTES];
static size_t output_used;

void component_output(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes && output_used < OUTPUT_BYTES - 1; i++)
        output[output_used++] = text[i];
    output[output_used] = '\0';
}

int component_clock(clockid_t clock, struct timespec *now)
{
    if (clock != CLOCK_REALTIME)
        return -EINVAL;
    *now = (struct timespec){SECONDS, 1};
    return 0;
}

static void check_text(void)
{
    char text[64];
    char list[] = "one,two,,three";
    char *rest = list;

    check(snprintf(text, sizeof text, "%5d|%-4s|%#llx|%.3f|%c", -42, "ab", 0xfeedfacecafeull, 3.14159, 'x') == 33,
          "the length that snprintf returns");
    check(strcmp(text, "  -42|ab  |0xfeedfacecafe|3.142|x") == 0, "formatted text");
    check(snprintf(text, 4, "%d", INT_MAX) == 10 && strcmp(text, "214") == 0, "text that is cut");
    check(strtoul("0xffffffffffffffff", NULL, 0) == ULONG_MAX && strtol("-12z", &rest, 10) == -12 && *rest == 'z',
          "numbers out of text");
    errno = 0;
    check(strtol("99999999999999999999", NULL, 10) == LONG_MAX && errno == ERANGE, "a number that is too large");
    rest = list;
    check(strcmp(strsep(&rest, ","), "one") == 0 && strcmp(strsep(&rest, ","), "two") == 0 &&
              *strsep(&rest, ",") == '\0',
          "text in parts");
    check(strcasecmp("HeLLo", "hEllO") == 0 && isxdigit('f') && !isxdigit('g') && toupper('q') == 'Q',
          "kinds of characters");
    check(strcmp(strerror(ENOSPC), "No space left on device") == 0, "names of errors");
    check(sscanf("17 apples", "%d %63s", &(int){0}, text) == 2 && strcmp(text, "apples") == 0, "sscanf");
}

static void check_output(void)
{
    printf("%s %d\n", "line", 1);
    check(strcmp(output, "line 1\n") == 0, "a line is passed on as it ends");
    printf("not yet");
    check(strcmp(output, "line 1\n") == 0, "what is no line is kept");
    fflush(stdout);
    fprintf(stderr, "!");
    check(strcmp(output, "line 1\nnot yet!") == 0, "until it is flushed; errors are passed on at once");
}

static void check_time(void)
{
    struct tm parts = *gmtime(&(time_t){SECONDS});
    struct timespec now;

    check(time(NULL) == SECONDS, "the component's clock");
    check(parts.tm_year == 123 && parts.tm_mon == 10 && parts.tm_mday == 14 && parts.tm_hour == 22 &&
              parts.tm_min == 13 && parts.tm_sec == 20 && parts.tm_wday == 2,
          "a date out of seconds");
    check(timegm(&parts) == SECONDS, "seconds out of a date");
    check(clock_gettime(CLOCK_MONOTONIC, &now) == -1 && errno == EINVAL, "a clock that the component has not");
}

static int compare(const void *a, const void *b)
{
    unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;

    return (left > right) - (left < right);
}

static void check_sorting(void)
{
    static unsigned numbers[PARTS_MOST];
    seL4_Bool is_sorted = seL4_True;

    for (unsigned i = 0; i < PARTS_MOST; i++)
        numbers[i] = i * 7919 % PARTS_MOST;
    qsort(numbers, PARTS_MOST, sizeof *numbers, compare);
    for (unsigned i = 0; i < PARTS_MOST; i++)
        is_sorted &= numbers[i] == i;
    check(is_sorted, "qsort");
    check(bsearch(&(unsigned){613}, numbers, PARTS_MOST, sizeof *numbers, compare) == numbers + 613, "bsearch");
}

static jmp_buf place;

static __attribute__((noinline)) void jump_from_below(void)
{
    longjmp(place, 7);
}

static void check_jumps(void)
{
    volatile int steps = 0;
    int value = setjmp(place);

    if (value == 0) {
        steps++;
        jump_from_below();
    }
    check(value == 7 && steps == 1, "longjmp comes back to setjmp");
}

/* Blocks of random sizes, filled with a number of their own; none may change another. */
static void check_memory(void)
{
    static unsigned char *blocks[BLOCKS];
    static size_t sizes[BLOCKS];
    unsigned seed = 1;
    seL4_Bool is_whole = seL4_True, is_zero = seL4_True;

    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned which = (unsigned)rand_r(&seed) % BLOCKS;
        size_t size = (unsigned)rand_r(&seed) % BLOCK_MOST + 1;

        for (size_t i = 0; i < sizes[which]; i++)
            is_whole &= blocks[which][i] == (unsigned char)which;
        if (round % 3 == 0) {
            free(blocks[which]);
            blocks[which] = calloc(1, size);
            for (size_t i = 0; i < size; i++)
                is_zero &= blocks[which][i] == 0;
        } else {
            blocks[which] = realloc(blocks[which], size);
        }
        sizes[which] = size;
        memset(blocks[which], (int)which, size);
    }
    check(is_whole, "no block of memory changes another");
    check(is_zero, "calloc gives zeroes");
    for (unsigned i = 0; i < BLOCKS; i++)
        free(blocks[i]);

    size_t before = component_heap_free();
    void *large = malloc(LARGE);
    void *aligned = aligned_alloc(4096, LARGE);
    check(large && aligned && (uintptr_t)aligned % 4096 == 0, "large and aligned blocks");
    check(component_heap_free() <= before - 2 * LARGE, "are of the heap");
    free(large);
    free(aligned);
    check(component_heap_free() == before, "and go back to it");
    errno = 0;
    check(!malloc(component_heap_bytes) && errno == ENOMEM, "more than there is");
    for (int i = 0; i < 1000; i++) {
        void *block = malloc(LARGE);
        is_whole &= block != NULL;
        free(block);
    }
    check(is_whole, "memory can be used again and again");
}

void init(void)
{
    check(component_heap_bytes > 0, "the heap that the description gives");
    memset((void *)component_heap_start, 0xa5, component_heap_bytes); /* what was there before must not be seen */
    check_text();
    check_output();
    check_time();
    check_sorting();
    check_jumps();
    check_memory();
    errno = 0;
    check(close(5) == -1 && errno == ENOSYS, "there are no files");
    check_end();
}

void notified(microkit_channel ch)
{
    (void)ch;
}
