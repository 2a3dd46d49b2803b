/*
 * The component of a virtio source of random bytes: keeps some in store and hands each out once (protocols/random.h).
 */
#include "drivers/virtio/component.h"
#include "drivers/virtio_rng/virtio_rng.h"
#include "protocols/random.h"
#include <microkit.h>
#include <pecan/component.h>

static struct virtio_resources resources;
static struct virtio_rng rng;
static bool has_rng, client_waits;
static uint64_t store[VIRTIO_RNG_MOST_BYTES / sizeof(uint64_t)];
static unsigned stored; /* words */

static void refill(void)
{
    if (!has_rng)
        return;
    if (!stored)
        stored = (unsigned)(virtio_rng_take(&rng, store, sizeof store) / sizeof *store);
    if (!stored)
        virtio_rng_ask(&rng);
    if (virtio_rng_is_broken(&rng))
        pecan_give_up("the device breaks the rules");
    if (stored && client_waits) {
        client_waits = false;
        microkit_notify(CLIENT);
    }
}

void init(void)
{
    has_rng = virtio_open(&resources) && virtio_check_start(virtio_rng_start(&rng, &resources));
    microkit_dbg_puts(has_rng ? "virtio-rng: started\n" : "virtio-rng: no device\n");
    refill();
}

void notified(microkit_channel ch)
{
    virtio_end_interrupt(ch, has_rng ? &rng.device : NULL, &resources);
    refill();
    if (ch == MESSAGE_INTERRUPT || ch == LINE_INTERRUPT)
        microkit_irq_ack(ch);
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    if (ch != CLIENT || microkit_msginfo_get_label(msginfo) != RANDOM_TAKE || microkit_msginfo_get_count(msginfo) != 1)
        return microkit_msginfo_new(RANDOM_BAD_CALL, 0);
    seL4_Word wanted = microkit_mr_get(0);
    if (wanted > RANDOM_MOST_WORDS)
        wanted = RANDOM_MOST_WORDS;
    seL4_Uint16 count = 0;
    while (count < wanted && stored) {
        microkit_mr_set((seL4_Uint8)count++, store[--stored]);
        store[stored] = 0;
    }
    client_waits = !count;
    refill();
    return microkit_msginfo_new(RANDOM_OK, count);
}
