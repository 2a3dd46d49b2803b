/*
 * Executes an instruction that there is not, then writes where nothing is.
 */
#include "steps.h"

#include <microkit.h>

void init(void)
{
    __asm__ volatile("ud2");
    fail_at(MENDED_ADDRESS);
}

void notified(microkit_channel ch)
{
    (void)ch;
}
