/* Copying, minting, moving, deleting and revoking capabilities. */
#include "bench.h"

#define MOST_CHILDREN 1024

static seL4_CPtr parent, children, places;

static seL4_Error child_copy(unsigned i)
{
    return seL4_CNode_Copy(seL4_CapInitThreadCNode, children + i, seL4_WordBits, seL4_CapInitThreadCNode, parent,
                           seL4_WordBits, seL4_AllRights);
}

static seL4_Error child_mint(unsigned i)
{
    return seL4_CNode_Mint(seL4_CapInitThreadCNode, children + i, seL4_WordBits, seL4_CapInitThreadCNode, parent,
                           seL4_WordBits, seL4_AllRights, i + 1);
}

static seL4_Error child_move(unsigned i)
{
    return seL4_CNode_Move(seL4_CapInitThreadCNode, places + i, seL4_WordBits, seL4_CapInitThreadCNode, children + i,
                           seL4_WordBits);
}

static seL4_Error child_delete(unsigned i)
{
    return seL4_CNode_Delete(seL4_CapInitThreadCNode, places + i, seL4_WordBits);
}

static seL4_Error parent_revoke(unsigned i)
{
    (void)i;
    return seL4_CNode_Revoke(seL4_CapInitThreadCNode, parent, seL4_WordBits);
}

/* One sample: the operation on each of `count` children. */
static void measure(unsigned operation, unsigned round, seL4_Error (*act)(unsigned), unsigned count)
{
    seL4_Error error = seL4_NoError;
    span_begin();
    for (unsigned i = 0; i < count; i++)
        error |= act(i);
    uint64_t ticks = span_end();
    sample(operation, round, ticks);
    check(error, "capability operation");
}

static void own_operations(struct bench_thread *self)
{
    static const struct {
        const char *suffix;
        unsigned count, rounds;
    } sizes[] = {{"", 1, ROUNDS}, {"_16", 16, ROUNDS}, {"_1024", MOST_CHILDREN, FEW_ROUNDS}};
    (void)self;
    for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        unsigned count = sizes[s].count, rounds = sizes[s].rounds;
        unsigned copy = operation_new(rounds, "cap_copy", sizes[s].suffix),
                 move = operation_new(rounds, "cap_move", sizes[s].suffix),
                 delete = operation_new(rounds, "cap_delete", sizes[s].suffix),
                 mint = operation_new(rounds, "cap_mint", sizes[s].suffix),
                 revoke = operation_new(rounds, "cap_revoke", sizes[s].suffix);
        for (unsigned i = 0; i < rounds; i++) {
            measure(copy, i, child_copy, count);
            measure(move, i, child_move, count);
            measure(delete, i, child_delete, count);
            measure(mint, i, child_mint, count);
            measure(revoke, i, parent_revoke, 1);
        }
    }
}

void bench_cnode(void)
{
    group_begin();
    parent = object_new(seL4_EndpointObject, 0);
    children = slot_new();
    for (unsigned i = 1; i < MOST_CHILDREN; i++)
        slot_new();
    places = slot_new();
    for (unsigned i = 1; i < MOST_CHILDREN; i++)
        slot_new();
    run_alone(own_operations);
    group_end();
}
