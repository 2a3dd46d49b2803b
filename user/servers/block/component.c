/*
 * The block server: gives each client one partition of a disk as if it were a disk of its own. Requests and answers pass through; the
 * data does not: the device reads and writes the clients' buffers.
 *
 * A request has a slot from when it is taken until it is answered, and is sent again from there when the disk's driver was restarted,
 * which no client notices.
 */
#include "protocols/block.h"
#include "ring/checked.h"
#include "servers/block/grants.h"
#include "servers/block/partitions.h"
#include <microkit.h>
#include <pecan/component.h>

enum { DISK = 0 };
enum { SLOTS = BLOCK_RING_ENTRIES };

/* Filled in from the description. */
uintptr_t server_region, disk_region; /* the rings to the disk */
uintptr_t window_start;               /* memory for the partition table */
uint64_t window_bytes;

struct client {
    struct ring_pair pair;
    struct partition partition;
    unsigned under_way; /* requests that have a slot */
};

/* `owner` is the client's number, or one of these. */
enum { OWNER_NONE = BLOCK_MOST_CLIENTS, OWNER_SERVER };

struct slot {
    unsigned owner;
    uint64_t id;                  /* the client's */
    struct block_request request; /* as the disk gets it, with the slot's number */
};

/*
 * The partition table is read first: the size, the beginning, and if that is damaged, the end; and the records of logical partitions, one by
 * one.
 */
static enum { READS_SIZE, READS_START, READS_END, READS_RECORD, KNOWS_PARTITIONS } stage;

static struct ring_pair disk;
static bool is_sent; /* all that is in slots, to the disk's present incarnation; before, nothing else is */
static struct client clients[BLOCK_MOST_CLIENTS];
static struct slot slots[SLOTS];
static unsigned free_slots = SLOTS;
static bool lacks_disk;  /* at least one answer said so */
static bool lacks_table; /* the disk could not read it */
static uint64_t disk_sectors;
static uint64_t window_first, window_count; /* the sectors that are read into the window */

/* --- to the disk ---------------------------------------------------------------------------------------------------- */

/* There is a free slot, and room in the ring if the disk is there. */
static void send(unsigned owner, uint64_t id, struct block_request request)
{
    unsigned number = 0;
    while (slots[number].owner != OWNER_NONE)
        number++;
    request.id = number;
    slots[number] = (struct slot){owner, id, request};
    free_slots--;
    if (is_sent)
        ring_put(&disk.out, &slots[number].request, 1);
}

static void send_all(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (slots[i].owner != OWNER_NONE)
            ring_put(&disk.out, &slots[i].request, 1);
    }
}

static void ask_for_window(uint64_t first, uint64_t count)
{
    window_first = first;
    window_count = count;
    send(OWNER_SERVER, 0,
         (struct block_request){.operation = BLOCK_READ,
                                .bytes = (uint32_t)(count * BLOCK_SECTOR_BYTES),
                                .sector = first,
                                .buffer = block_window_buffer});
}

/* --- the partition table -------------------------------------------------------------------------------------------- */

static uint64_t window_sectors(void)
{
    return disk_sectors < PARTITION_WINDOW_SECTORS ? disk_sectors : PARTITION_WINDOW_SECTORS;
}

/*
 * The rings to clients start here. As the disk has accepted this server, nothing of what an earlier one asked for touches the clients'
 * buffers any more.
 */
static void use_partitions(const struct partitions *partitions)
{
    stage = KNOWS_PARTITIONS;
    for (unsigned i = 0; i < block_grant_count; i++) {
        ring_pair_start(&clients[i].pair, block_grants[i].server_region, block_grants[i].client_region, BLOCK_ANSWERS,
                        BLOCK_REQUESTS);
        microkit_notify(block_grants[i].channel);
        unsigned number = block_grants[i].partition;
        if (!number)
            clients[i].partition = (struct partition){0, disk_sectors};
        else if (number <= PARTITIONS_MOST)
            clients[i].partition = partitions->at[number - 1];
    }
}

static void print_partitions(const struct partitions *partitions)
{
    microkit_dbg_puts("block: partitions:");
    for (unsigned i = 0; i < PARTITIONS_MOST; i++) {
        if (partitions->at[i].count) {
            microkit_dbg_puts(" ");
            microkit_dbg_put32(i + 1);
        }
    }
    microkit_dbg_puts("\n");
}

/* An answer to the server itself. */
static void read_partitions(const struct block_answer *answer)
{
    static struct partitions partitions;
    enum partitions_result result = PARTITIONS_NONE;
    const struct partition_window window = {(const uint8_t *)window_start, window_first, window_count};
    lacks_table = lacks_table || answer->result == BLOCK_FAILED;
    if (stage == READS_SIZE && answer->result == BLOCK_OK) {
        disk_sectors = answer->sectors;
        stage = READS_START;
        if (disk_sectors && window_sectors() * BLOCK_SECTOR_BYTES <= window_bytes) {
            ask_for_window(0, window_sectors());
            return;
        }
    } else if (stage == READS_START && answer->result == BLOCK_OK) {
        result = partitions_read(&window, disk_sectors, &partitions);
    } else if (stage == READS_END && answer->result == BLOCK_OK) {
        result = partitions_read_copy(&window, disk_sectors, &partitions);
    } else if (stage == READS_RECORD && answer->result == BLOCK_OK) {
        result = partitions_read_record(&window, &partitions);
    }
    if (result == PARTITIONS_SEE_RECORD) {
        stage = READS_RECORD;
        ask_for_window(partitions.records[partitions.record_count], 1);
        return;
    }
    if (result == PARTITIONS_SEE_END || (stage == READS_START && answer->result != BLOCK_OK)) {
        stage = READS_END;
        ask_for_window(disk_sectors - window_sectors(), window_sectors());
        return;
    }
    /* What is at one place is not missed at the other. */
    lacks_table = lacks_table && result != PARTITIONS_OK;
    use_partitions(&partitions);
    if (lacks_table)
        microkit_dbg_puts("block: the partition table could not be read\n");
    else if (disk_sectors)
        print_partitions(&partitions);
    else
        microkit_dbg_puts("block: no disk\n");
}

/* --- clients -------------------------------------------------------------------------------------------------------- */

/* There is room: no more requests are taken. A client that has restarted meanwhile misses nothing. */
static void answer(struct client *client, uint64_t id, enum block_result result)
{
    struct block_answer entry = {.id = id, .result = result, .sectors = client->partition.count};
    ring_put(&client->pair.out, &entry, 1);
}

static void take_answers(void)
{
    struct block_answer batch[SLOTS];
    uint32_t count = ring_take(&disk.in, batch, SLOTS);
    for (uint32_t i = 0; i < count; i++) {
        struct slot *slot = &slots[batch[i].id < SLOTS ? batch[i].id : 0];
        unsigned owner = slot->owner;
        if (batch[i].id >= SLOTS || owner == OWNER_NONE)
            continue;
        slot->owner = OWNER_NONE;
        free_slots++;
        lacks_disk = lacks_disk || batch[i].result == BLOCK_NO_DISK;
        if (owner == OWNER_SERVER) {
            read_partitions(&batch[i]);
            continue;
        }
        clients[owner].under_way--;
        answer(&clients[owner], slot->id, batch[i].result);
    }
    if (ring_release(&disk.in))
        microkit_notify(DISK);
}

/* A client that has started (again) is accepted once nothing of what the one before asked for is under way. */
static void accept_client(unsigned number)
{
    struct client *client = &clients[number];
    if (!client->under_way && ring_pair_accept(&client->pair))
        microkit_notify(block_grants[number].channel);
}

/* How many requests of one client may be taken: each is certain of a slot, of room in the disk's ring, and of room for its answer. */
static unsigned requests_room(struct client *client)
{
    if (!is_sent || ring_pair_state(&client->pair) != RING_OPEN)
        return 0;
    unsigned share = SLOTS / block_grant_count - client->under_way;
    /* There is no room at all once the client has started again. */
    unsigned for_answers = ring_room(&client->pair.out);
    for_answers = for_answers > client->under_way ? for_answers - client->under_way : 0;
    unsigned at_disk = ring_room(&disk.out);
    unsigned room = share < for_answers ? share : for_answers;
    room = room < free_slots ? room : free_slots;
    return room < at_disk ? room : at_disk;
}

/* Makes the client's request one to the disk; false if it cannot be. */
static bool translate(unsigned number, struct block_request *request)
{
    const struct partition *partition = &clients[number].partition;
    uint64_t count = request->bytes / BLOCK_SECTOR_BYTES;
    if (request->operation == BLOCK_FLUSH)
        return !request->bytes;
    if ((request->operation != BLOCK_READ && request->operation != BLOCK_WRITE) ||
        request->buffer >= block_grants[number].buffer_count || request->bytes % BLOCK_SECTOR_BYTES || !count ||
        request->sector > partition->count || count > partition->count - request->sector)
        return false;
    request->sector += partition->first;
    request->buffer += block_grants[number].first_buffer;
    return true;
}

/* What a client is told that has no partition. */
static enum block_result why_nothing(void)
{
    if (lacks_table && pecan_gives_up())
        pecan_give_up("another start may have more luck with the partition table");
    return lacks_table ? BLOCK_FAILED : BLOCK_NO_DISK;
}

static void take_requests(unsigned number)
{
    struct client *client = &clients[number];
    struct block_request batch[SLOTS];
    uint32_t count = ring_take(&client->pair.in, batch, requests_room(client));
    for (uint32_t i = 0; i < count; i++) {
        uint64_t id = batch[i].id;
        if (!client->partition.count) {
            answer(client, id, why_nothing());
        } else if (batch[i].operation == BLOCK_SIZE) {
            answer(client, id, BLOCK_OK);
        } else if (!translate(number, &batch[i])) {
            answer(client, id, BLOCK_REFUSED);
        } else {
            client->under_way++;
            send(number, id, batch[i]);
        }
    }
    bool is_asked_for = ring_publish_checked(&client->pair.out);
    if (ring_release(&client->pair.in) || is_asked_for)
        microkit_notify(block_grants[number].channel);
}

/* Whether there is nothing to do for a client until it or the disk notifies. */
static bool must_wait_for(struct client *client)
{
    if (!client->under_way && ring_pair_state(&client->pair) != RING_OPEN)
        return ring_pair_waits_for_entries(&client->pair, 1);
    if (requests_room(client))
        return ring_pair_waits_for_entries(&client->pair, 1);
    return client->under_way || !is_sent || !free_slots || !ring_room(&disk.out) ||
           ring_pair_waits_for_room(&client->pair, 1);
}

static bool must_wait(void)
{
    if (!ring_pair_waits_for_entries(&disk, 1) || (!ring_room(&disk.out) && !ring_pair_waits_for_room(&disk, 1)))
        return false;
    for (unsigned i = 0; i < block_grant_count && stage == KNOWS_PARTITIONS; i++) {
        if (!must_wait_for(&clients[i]))
            return false;
    }
    return true;
}

static void serve(void)
{
    do {
        if (ring_pair_accept(&disk)) {
            if (lacks_disk)
                pecan_give_up("another start of the driver may find a disk");
            is_sent = false;
            microkit_notify(DISK);
        }
        if (!is_sent && ring_pair_state(&disk) == RING_OPEN) {
            is_sent = true;
            send_all();
        }
        take_answers();
        for (unsigned i = 0; i < block_grant_count && stage == KNOWS_PARTITIONS; i++) {
            accept_client(i);
            take_requests(i);
        }
        if (ring_publish_checked(&disk.out))
            microkit_notify(DISK);
    } while (!must_wait());
}

void init(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        slots[i].owner = OWNER_NONE;
    ring_pair_start(&disk, (void *)server_region, (const void *)disk_region, BLOCK_REQUESTS, BLOCK_ANSWERS);
    microkit_notify(DISK);
    send(OWNER_SERVER, 0, (struct block_request){.operation = BLOCK_SIZE});
    serve();
}

void notified(microkit_channel ch)
{
    (void)ch;
    serve();
}
