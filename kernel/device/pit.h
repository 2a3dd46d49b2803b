/* Channel 2 of the PC's interval timer: the known clock that the other clocks are measured with at boot. */
#pragma once

#include "lib/compiler.h"

#define PIT_FREQUENCY_HZ 1193182u

/* Starts counting `ticks` (1..65535) down. */
void pit_start(unsigned ticks);
bool pit_is_done(void);
