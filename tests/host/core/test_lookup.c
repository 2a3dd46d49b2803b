/* Address resolution against the rules taken one bit at a time. */
#include "core/lookup.h"

#include "abi/boot.h"
#include "object/invocation.h"
#include "world.h"

/* What the interface's table says, in its own order. */
struct walked {
    unsigned failure;
    uint64_t word[3];
    const struct cap_slot *slot;
    unsigned left;
};

static struct walked walk_by_the_rules(struct cap cap, uint64_t address, unsigned left)
{
    if (cap_type(cap) != ABI_CAP_TYPE_CNODE)
        return (struct walked){.failure = ABI_LOOKUP_INVALID_ROOT};
    for (;;) {
        unsigned guard_size = cap_cnode_guard_size(cap), radix = cap_cnode_radix(cap), index = 0;
        uint64_t guard = cap_cnode_guard(cap);
        bool matches = guard_size <= left;
        for (unsigned i = 0; matches && i < guard_size; i++)
            matches = ((address >> (left - 1 - i)) & 1) == ((guard >> (guard_size - 1 - i)) & 1);
        if (!matches)
            return (struct walked){.failure = ABI_LOOKUP_GUARD_MISMATCH, .word = {left, guard, guard_size}};
        if (guard_size + radix > left)
            return (struct walked){.failure = ABI_LOOKUP_DEPTH_MISMATCH, .word = {left, guard_size + radix}};
        left -= guard_size;
        for (unsigned i = 0; i < radix; i++)
            index = index * 2 + ((address >> (left - 1 - i)) & 1);
        left -= radix;
        const struct cap_slot *slot = (const struct cap_slot *)cap_pointer(cap) + index;
        if (left == 0 || cap_type(slot->cap) != ABI_CAP_TYPE_CNODE)
            return (struct walked){.slot = slot, .left = left};
        cap = slot->cap;
    }
}

TEST(lookup, follows_the_rules_bit_by_bit)
{
    enum { CNODES = 8, SLOTS = 8 };
    world_reset();
    for (unsigned round = 0; round < 3000; round++) {
        static struct cap_slot slots[CNODES][SLOTS];
        static int endpoint[4];
        for (unsigned i = 0; i < CNODES; i++)
            for (unsigned j = 0; j < SLOTS; j++) {
                uint64_t guard_size = world_random(world_random(4) ? 8 : 60);
                struct cap cnode = cap_cnode_new(slots[world_random(CNODES)], 1 + (unsigned)world_random(3),
                                                 (world_random(4) ? 0 : world_random(256)) << 6 | guard_size);
                slots[i][j].cap = world_random(4) ? cnode : cap_endpoint_new(endpoint, RIGHTS_ALL, 0);
            }
        uint64_t address = world_random(4) ? world_random(1024) : world_random(BIT(31)) << 33 | world_random(BIT(31));
        unsigned bits = 1 + (unsigned)world_random(64);
        struct cap root = slots[0][0].cap;
        struct walked wanted = walk_by_the_rules(root, address, bits);
        struct slot_walk walk = lookup_walk(root, address, bits);
        expect_eq(walk.failure.type, wanted.failure);
        expect_ptr_eq(walk.slot, wanted.slot);
        if (wanted.failure == ABI_LOOKUP_NONE)
            expect_eq(walk.bits_left, wanted.left);
        if (wanted.failure > ABI_LOOKUP_MISSING_CAPABILITY)
            expect_eq(walk.failure.bits_left, wanted.word[0]);
        if (wanted.failure == ABI_LOOKUP_DEPTH_MISMATCH)
            expect_eq(walk.failure.bits_found, wanted.word[1]);
        if (wanted.failure == ABI_LOOKUP_GUARD_MISMATCH) {
            expect_eq(walk.failure.guard, wanted.word[1]);
            expect_eq(walk.failure.bits_found, wanted.word[2]);
        }
    }
}

TEST(lookup, a_slot_named_by_an_operation_uses_all_bits)
{
    struct cap_slot slots[4] = {{.cap = cap_domain_new()}};
    struct cap root = cap_cnode_new(slots, 2, 0);
    expect_ptr_eq(slot_lookup(root, 3, 2, false).slot, &slots[3]);
    struct slot_lookup deep = slot_lookup(root, 0, 5, true);
    expect_eq(refusal_error(deep.refusal), ABI_ERROR_FAILED_LOOKUP);
    expect_eq(refusal_is_source(deep.refusal), 1);
    expect_eq(refusal_lookup(deep.refusal).type, ABI_LOOKUP_DEPTH_MISMATCH);
    expect_eq(refusal_lookup(deep.refusal).bits_left, 3);
    expect_eq(refusal_lookup(deep.refusal).bits_found, 0);
    for (uint64_t depth = 0; depth < 200; depth += 65) {
        struct slot_lookup wrong = slot_lookup(root, 0, depth ? depth : 0, false);
        expect_eq(refusal_error(wrong.refusal), ABI_ERROR_RANGE_ERROR);
        expect_eq(refusal_minimum(wrong.refusal), 1);
        expect_eq(wrong.refusal.value, 64);
    }
    expect_eq(refusal_lookup(slot_lookup(cap_domain_new(), 0, 0, false).refusal).type, ABI_LOOKUP_INVALID_ROOT);
    expect_eq(refusal_error(slot_lookup_empty(root, 0, 2).refusal), ABI_ERROR_DELETE_FIRST);
    expect_eq(refusal_error(slot_lookup_empty(root, 1, 2).refusal), ABI_ERROR_NONE);
}

/* --- giving way in deep capability spaces ----------------------------------------------------------------------------------- */

#define ROOT                 ABI_INIT_SLOT_CNODE
#define LEVELS               64
#define RIGHTS               15
#define IN_DEEP_ENDPOINT     0
#define IN_DEEP_NOTIFICATION 1

static void put(uint64_t cnode, unsigned index, uint64_t cap)
{
    expect_eq(
        world_invoke(cnode, (struct world_message){ABI_LABEL_CNODE_COPY, WORDS(index, 1, cap, 64, RIGHTS), CAPS(ROOT)}),
        0);
}

/* The first thread in a space of 64 CNodes with an endpoint and a notification at its end; the notification is returned. */
static struct notification *deep_world(void)
{
    world_reset();
    uint64_t chain = world_new_some(ABI_OBJECT_CAP_TABLE, 1, LEVELS);
    uint64_t endpoint = world_new(ABI_OBJECT_ENDPOINT, 0), notification = world_new(ABI_OBJECT_NOTIFICATION, 0);
    for (unsigned i = 0; i + 1 < LEVELS; i++)
        put(chain + i, 0, chain + i + 1);
    put(chain + LEVELS - 1, IN_DEEP_ENDPOINT, endpoint);
    put(chain + LEVELS - 1, IN_DEEP_NOTIFICATION, notification);
    struct notification *object = cap_pointer(world_slot(notification)->cap);
    expect_eq(world_invoke(ABI_INIT_SLOT_TCB, (struct world_message){ABI_LABEL_TCB_SET_SPACE, WORDS(0, 0),
                                                                     CAPS(0, chain, ABI_INIT_SLOT_VSPACE)}),
              0);
    host_cpu.levels_walked = 0;
    return object;
}

/* Signals, then waits at the endpoint; the interrupt comes after so many looks. */
static void signal_and_wait(unsigned looks_before)
{
    host_interrupt_after(looks_before);
    world_call(ABI_SYSCALL_NBSEND_WAIT, IN_DEEP_ENDPOINT, 1, IN_DEEP_NOTIFICATION);
    host_no_interrupt();
}

TEST(lookup, far_walk_gives_way_before_anything_is_changed)
{
    struct notification *notification = deep_world();
    struct thread *caller = world_current();
    uint64_t call_pc = caller->context.pc;
    signal_and_wait(0);
    expect_eq(caller->context.pc, call_pc);
    expect(!notification->is_active);
    host_call();
    expect(notification->is_active);
    expect_eq(caller->state, THREAD_BLOCKED_RECEIVE);
}

/* A server that lives on what it is lent has no time between its answer and its receive. */
TEST(lookup, far_walk_does_not_give_way_between_two_halves)
{
    struct notification *notification = deep_world();
    struct thread *caller = world_current();
    signal_and_wait(1);
    expect(notification->is_active);
    expect_eq(caller->state, THREAD_BLOCKED_RECEIVE);
}
