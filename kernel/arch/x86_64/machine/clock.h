/* The clock, which every kernel entry reads. */
#pragma once

#include "arch/x86_64/machine/instructions.h"

static inline uint64_t hal_time(void)
{
    return tsc_read();
}
