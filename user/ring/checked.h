/*
 * Rings of components whose mistakes last, as those of a disk.
 */
#pragma once

#include "ring/ring.h"
#include <pecan/component.h>

/*
 * As ring_publish, but if there is something to be made visible the component looks at its own memory before (pecan_check): if that was
 * written to, what it has worked out meanwhile may be wrong, and nobody is to see it.
 */
static inline bool ring_publish_checked(struct ring_producer *producer)
{
    if (ring_is_ahead(producer))
        pecan_check();
    return ring_publish(producer);
}
