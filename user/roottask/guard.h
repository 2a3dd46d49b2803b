/*
 * A second thread that waits for a fault of the first one: nobody else would notice. It reports the fault and ends the
 * machine, so that a run never hangs because of it.
 */
#pragma once

#include <stdbool.h>

/* False: no memory. From then on faults of the calling thread are noticed. */
bool guard_start(void);
