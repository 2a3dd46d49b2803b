/*
 * The file server: serves an ext4 file system on a partition of the block server's to one client (protocols/file.h).
 */
#include "protocols/file.h"
#include "ring/checked.h"
#include "servers/fs/disk.h"
#include "servers/fs/disk_ring.h"
#include "servers/fs/requests.h"
#include "servers/fs/volume.h"
#include <microkit.h>
#include <pecan/component.h>

enum { BLOCK = 0, CLIENT = 1 };

/* Filled in from the description. */
uintptr_t server_region, client_region; /* the rings to the client, */
uintptr_t server_texts, client_texts;   /* and the texts */

static struct ring_pair client;

void requests_answer(const struct file_answer *answer)
{
    /* There is room: no more requests are taken. A client that has restarted meanwhile misses nothing. */
    ring_put(&client.out, answer, 1);
}

void requests_give_up(const char *why)
{
    if (pecan_gives_up())
        pecan_give_up(why);
}

static unsigned requests_room(void)
{
    unsigned room = ring_pair_state(&client) == RING_OPEN ? ring_room(&client.out) : 0;
    return room > requests_under_way() ? room - requests_under_way() : 0;
}

static void take_requests(void)
{
    static struct file_request batch[FILE_RING_ENTRIES];
    uint32_t count = ring_take(&client.in, batch, requests_room());
    requests_do(batch, count);
    /* What they have begun goes out, and what is over comes in. */
    disk_ring_serve();
    bool is_asked_for = ring_publish_checked(&client.out);
    if (ring_release(&client.in) || is_asked_for)
        microkit_notify(CLIENT);
}

static bool must_wait_for_client(void)
{
    /* A client that has started again is accepted when what the one before asked for is over. */
    if (ring_pair_state(&client) != RING_OPEN)
        return requests_under_way() || ring_pair_waits_for_entries(&client, 1);
    if (requests_room())
        return ring_pair_waits_for_entries(&client, 1);
    return requests_under_way() || ring_pair_waits_for_room(&client, 1);
}

static void serve(void)
{
    do {
        disk_ring_serve();
        if (!requests_under_way() && ring_pair_accept(&client))
            microkit_notify(CLIENT);
        take_requests();
    } while (!disk_ring_waits() || !must_wait_for_client());
}

void init(void)
{
    const char *why;
    disk_ring_start(BLOCK);
    /* The block server has accepted this one when it answers: nothing of an earlier one touches the client's pages then. */
    enum file_result result = volume_mount(&why);
    microkit_dbg_puts("fs: ");
    microkit_dbg_puts(result == FILE_OK ? "mounted" : why);
    microkit_dbg_puts("\n");
    if (result != FILE_OK && disk_ring_has_failed())
        result = FILE_FAILED;
    requests_start(result, (const char *)client_texts, (char *)server_texts);
    ring_pair_start(&client, (void *)server_region, (const void *)client_region, FILE_ANSWERS, FILE_REQUESTS);
    microkit_notify(CLIENT);
    serve();
}

void notified(microkit_channel ch)
{
    (void)ch;
    serve();
}
