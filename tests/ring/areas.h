/* The two areas of a ring in memory of exactly their size, so that a sanitizer sees each access beyond. */
#pragma once

#include "ring/ring.h"
#include <stdlib.h>
#include <string.h>

struct areas {
    struct ring_shape shape;
    void *producer, *consumer;
};

static inline struct areas areas_allocate(struct ring_shape shape)
{
    struct areas areas = {shape, aligned_alloc(RING_LINE_BYTES, ring_producer_area_bytes(shape)),
                          aligned_alloc(RING_LINE_BYTES, ring_consumer_area_bytes())};
    memset(areas.producer, 0, ring_producer_area_bytes(shape));
    memset(areas.consumer, 0, ring_consumer_area_bytes());
    return areas;
}

static inline void areas_free(struct areas areas)
{
    free(areas.producer);
    free(areas.consumer);
}

static inline bool areas_start_producer(struct areas areas, struct ring_producer *producer)
{
    return ring_producer_start(producer, areas.producer, areas.consumer, areas.shape);
}

static inline bool areas_start_consumer(struct areas areas, struct ring_consumer *consumer)
{
    return ring_consumer_start(consumer, areas.consumer, areas.producer, areas.shape);
}
