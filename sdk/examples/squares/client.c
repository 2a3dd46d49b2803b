/*
 * The client wants many squares. It keeps what it asked for until that is answered, so that it can ask a server that was
 * restarted again.
 */
#include <microkit.h>

#include "squares.h"

enum { NUMBERS = 1000 };

seL4_Word own_region, peer_region;

static struct ring_pair server;
static uint64_t sent, answered, sum; /* numbers are asked for, and answered, in order */

static void take_answers(void)
{
    struct answer batch[BATCH];
    uint32_t count;

    while ((count = ring_take(&server.in, batch, BATCH)) > 0)
        for (uint32_t i = 0; i < count; i++) {
            if (batch[i].number != answered) {
                microkit_dbg_puts("client: that is not what I asked for\n");
                return;
            }
            answered++;
            sum += batch[i].square;
            if (answered == NUMBERS) {
                microkit_dbg_puts("client: 1000 squares, their sum is ");
                microkit_dbg_put32((seL4_Uint32)sum);
                microkit_dbg_puts("\n");
            }
        }
}

static void put_requests(void)
{
    while (sent < NUMBERS && ring_put(&server.out, &(struct request){sent}, 1))
        sent++;
}

static void work(void)
{
    do {
        if (ring_pair_accept(&server)) {
            sent = answered;
            microkit_notify(PEER);
        }
        take_answers();
        put_requests();
        bool is_asked_for = ring_publish(&server.out);
        if (ring_release(&server.in) || is_asked_for)
            microkit_notify(PEER);
    } while (!ring_pair_waits_for_entries(&server, 1));
}

void init(void)
{
    ring_pair_start(&server, (void *)own_region, (const void *)peer_region, requests, answers);
    microkit_notify(PEER);
    work();
}

void notified(microkit_channel ch)
{
    (void)ch;
    work();
}
