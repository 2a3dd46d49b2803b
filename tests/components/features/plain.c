/*
 * Uses the FPU that it must not use. It has types of its own by names that are in stdint.h and stdbool.h: microkit.h brings neither.
 */
typedef enum { false, true } bool;
typedef struct {
    bool is_high;
} uint64_t, uint32_t;

#include <microkit.h>

static volatile double number = 1.5;

void init(void)
{
    number = number * number;
}

void notified(microkit_channel ch)
{
    (void)ch;
}
