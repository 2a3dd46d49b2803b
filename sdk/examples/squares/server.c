/*
 * The server squares numbers. Its first incarnation fails in the middle of the work; nobody notices but who reads the log.
 */
#include <microkit.h>

#include "squares.h"

enum { UNLUCKY = 500 };

seL4_Word own_region, peer_region, notes;

static struct ring_pair client;
static uint64_t starts;

static struct answer square(struct request request)
{
    if (request.number == UNLUCKY && starts == 1)
        __builtin_trap();
    return (struct answer){request.number, request.number * request.number};
}

/* Takes no more requests than there is room for answers. True: it would have taken more. */
static bool take_requests(void)
{
    struct request batch[BATCH];
    uint32_t room = ring_room(&client.out);
    uint32_t most = room < BATCH ? room : BATCH, count = ring_take(&client.in, batch, most);

    for (uint32_t i = 0; i < count; i++) {
        struct answer answer = square(batch[i]);
        ring_put(&client.out, &answer, 1);
    }
    bool is_asked_for = ring_publish(&client.out);
    if (ring_release(&client.in) || is_asked_for)
        microkit_notify(PEER);
    return count < most;
}

static void work(void)
{
    bool must_wait;
    do {
        if (ring_pair_accept(&client))
            microkit_notify(PEER);
        if (take_requests())
            must_wait = ring_pair_waits_for_entries(&client, 1);
        else
            must_wait = ring_pair_waits_for_room(&client, 1);
    } while (!must_wait);
}

void init(void)
{
    starts = ++*(seL4_Word *)notes;
    microkit_dbg_puts("server: start ");
    microkit_dbg_put32((seL4_Uint32)starts);
    microkit_dbg_puts("\n");
    ring_pair_start(&client, (void *)own_region, (const void *)peer_region, answers, requests);
    microkit_notify(PEER);
    work();
}

void notified(microkit_channel ch)
{
    (void)ch;
    work();
}
