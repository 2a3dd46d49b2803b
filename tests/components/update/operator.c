/*
 * Hands updates to init: bad ones change nothing, a good one changes the service.
 */
#include "../features/check.h"

#include <pecan/component.h>
#include <pecan/supervisor.h>

enum { SERVICE = 1, INDEX_OPERATOR = 0, INDEX_SERVICE = 1, INDEX_FIXED = 2 };
enum { UPDATES = 5, BAD_BITS = 64, MAGIC_WORD = 0, BYTES_WORD = 2, NAME_WORD = 3, ENTRY_WORD = 11, SEGMENTS_WORD = 12 };

seL4_Word *update; /* where the region with the update is, and how long each is */
seL4_Word update_bytes, region_bytes;

static seL4_Word region_address;

/* Asks the service for its version and how often it was asked. */
static void expect(seL4_Word version, seL4_Word count, const char *what)
{
    microkit_msginfo answer = microkit_ppcall(SERVICE, microkit_msginfo_new(0, 0));
    check(microkit_msginfo_get_label(answer) == 0 && microkit_mr_get(0) == version && microkit_mr_get(1) == count,
          what);
    check(microkit_mr_get(2) != 0 && (!region_address || region_address == microkit_mr_get(2)), "its region's address");
    region_address = microkit_mr_get(2);
}

static seL4_Word hand_over(seL4_Word bytes)
{
    return pecan_supervisor_update(INDEX_SERVICE, update, bytes);
}

/* The update with a wrong word in it is refused. */
static void refuse(unsigned word, seL4_Word value, const char *what)
{
    seL4_Word good = update[word];
    update[word] = value;
    check(hand_over(update_bytes) == PECAN_SUPERVISOR_NO_UPDATE, what);
    update[word] = good;
}

static void bad_updates(void)
{
    refuse(MAGIC_WORD, 1, "an update without its mark");
    refuse(BYTES_WORD, update_bytes + 8, "an update that is cut off");
    refuse(NAME_WORD, 0, "an update for another domain");
    refuse(ENTRY_WORD, 0, "an entry outside the program");
    refuse(SEGMENTS_WORD, 0xffffffff00000000, "segments outside the update");
    for (unsigned i = 0; i < BAD_BITS; i++) {
        unsigned word = (unsigned)(update_bytes / sizeof(*update) * i / BAD_BITS);
        refuse(word, update[word] ^ 1ul << i, "a wrong bit");
    }
    check(pecan_supervisor_update(INDEX_SERVICE, update, region_bytes + 1) == PECAN_SUPERVISOR_NO_ADDRESS, "too long");
    check(pecan_supervisor_update(INDEX_SERVICE, (void *)8, 8) == PECAN_SUPERVISOR_NO_ADDRESS, "no region there");
    check(pecan_supervisor_update(INDEX_FIXED, update, update_bytes) == PECAN_SUPERVISOR_NO_ROOM,
          "no room for updates");
    check(hand_over(region_bytes) == PECAN_SUPERVISOR_NO_ROOM, "too little room for this one");
    check(pecan_supervisor_update(99, update, update_bytes) == PECAN_SUPERVISOR_NO_DOMAIN, "no such domain");
}

static seL4_Word used_slots(void)
{
    pecan_supervisor_call(PECAN_SUPERVISOR_ACCOUNTS, 0);
    return seL4_GetMR(1);
}

void init(void)
{
    expect(1, 1, "the first version runs");
    bad_updates();
    expect(1, 2, "bad updates change nothing");
    check(hand_over(update_bytes) == PECAN_SUPERVISOR_OK, "a good update");
    expect(2, 1, "the second version runs");
    seL4_Word slots = used_slots();
    for (int i = 0; i < UPDATES; i++) {
        check(hand_over(update_bytes) == PECAN_SUPERVISOR_OK, "the same update again");
        expect(2, 1, "the second version begins afresh");
    }
    check(used_slots() == slots, "updates take no slots");
    check(pecan_supervisor_call(PECAN_SUPERVISOR_RESTART, INDEX_SERVICE) == PECAN_SUPERVISOR_OK, "a restart");
    expect(2, 1, "a restart keeps the new version");
    check_end();
}

void notified(microkit_channel ch)
{
    (void)ch;
}
