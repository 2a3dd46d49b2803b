/* The host's clock: a test moves it. */
#pragma once

#include "lib/compiler.h"

uint64_t host_time(void);

static inline uint64_t hal_time(void)
{
    return host_time();
}
