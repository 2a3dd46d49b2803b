/*
 * Keys and the mouse: one ring (user/ring) from the driver to its client. When the client does not take what comes, what comes then is
 * lost; when it was restarted, it gets what comes from then on.
 */
#pragma once

#include "ring/ring.h"

enum input_kind { INPUT_KEY = 1, INPUT_MOTION = 2 };

struct input_event {
    uint8_t kind;    /* enum input_kind */
    uint8_t key;     /* its scan code of set 1, with bit 7 set if that has a prefix (user/drivers/ps2/keyboard.h) */
    uint8_t is_down; /* the key; again when it repeats */
    uint8_t buttons; /* of the mouse that are down: left 1, right 2, middle 4 */
    int16_t right, down, wheel; /* steps since the last motion */
    uint8_t reserved[6];
};

#define INPUT_EVENTS ((struct ring_shape){64, sizeof(struct input_event)})

/* The driver's region is the producer's area, the client's the consumer's. */
enum { INPUT_REGION_BYTES = 4096 };
