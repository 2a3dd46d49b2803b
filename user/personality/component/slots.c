#include "personality/component/slots.h"

#include "personality/component/layout.h"
#include "personality/component/own_memory.h"
#include "personality/component/untyped.h"

#include <microkit.h>

/* A new leaf takes slots itself, for the memory of its part of the list: so many are kept back for that. */
enum { TOP_BITS = 10, LEAF_BITS = 13, WORD_BITS = 64, RESERVE = 32 };

/* The capability space in which a component starts: a root whose slot 0 leads to a node with all of the above. */
enum { FIRST_ROOT_BITS = 6, FIRST_NODE_BITS = 9 };

static seL4_CPtr root; /* the node that addresses are looked up in; while it is 0, the space is the one of the start */
static seL4_CPtr next_slot, end_slot; /* of the newest leaf: what was never used */
static seL4_Word leaf_count;
static uint64_t used;

/* Freed slots are chained through this table, which is mapped as far as there are leaves. */
static uint32_t *const next_free = (uint32_t *)SLOT_TABLE_BASE;
static uint32_t first_free;
static bool list_is_there;

seL4_CPtr slots_root(void)
{
    return root;
}

uint64_t slots_used(void)
{
    return used;
}

struct slot_place slot_place(seL4_CPtr slot)
{
    if (!root)
        return (struct slot_place){0, FIRST_ROOT_BITS, slot};
    return (struct slot_place){slot >> LEAF_BITS, WORD_BITS - LEAF_BITS, slot & ((1ul << LEAF_BITS) - 1)};
}

bool slots_initialise(void)
{
    seL4_Word guard_bits = WORD_BITS - TOP_BITS - LEAF_BITS;
    if (!untyped_make_node(TOP_BITS, CAP_FIRST_ROOT, slot_place(CAP_TOP)))
        return false;
    /* The component's node becomes leaf 0: what is in it keeps its address. */
    if (seL4_CNode_Mint(CAP_TOP, 0, TOP_BITS, CAP_FIRST_ROOT, 0, FIRST_ROOT_BITS, seL4_AllRights,
                        LEAF_BITS - FIRST_NODE_BITS) ||
        seL4_CNode_Mint(CAP_FIRST_ROOT, CAP_TOP_GUARDED, WORD_BITS, CAP_FIRST_ROOT, CAP_TOP, WORD_BITS, seL4_AllRights,
                        guard_bits))
        return false;
    if (!untyped_make_node(LEAF_BITS, CAP_TOP, (struct slot_place){0, 0, 1}) ||
        seL4_TCB_SetSpace(CAP_TCB, CAP_FAULT_HANDLER, CAP_TOP_GUARDED, 0, VSPACE_CAP, 0))
        return false;
    root = CAP_TOP_GUARDED;
    next_slot = 1ul << LEAF_BITS;
    end_slot = 2ul << LEAF_BITS;
    leaf_count = 2;
    return true;
}

void slots_start_list(void)
{
    list_is_there = own_memory_extend(SLOT_TABLE_BASE, (leaf_count << LEAF_BITS) * sizeof(uint32_t));
}

static void slot_free(seL4_CPtr slot)
{
    if (list_is_there) {
        next_free[slot] = first_free;
        first_free = (uint32_t)slot;
    }
}

static bool leaf_add(void)
{
    if (leaf_count == 1ul << TOP_BITS)
        return false;
    if (list_is_there && !own_memory_extend(SLOT_TABLE_BASE, ((leaf_count + 1) << LEAF_BITS) * sizeof(uint32_t)))
        return false;
    if (!untyped_make_node(LEAF_BITS, CAP_TOP, (struct slot_place){0, 0, leaf_count}))
        return false;
    while (next_slot < end_slot)
        slot_free(next_slot++);
    next_slot = leaf_count << LEAF_BITS;
    leaf_count++;
    end_slot = leaf_count << LEAF_BITS;
    return true;
}

/* Whether that many slots that were never used are left; makes a new leaf if not. */
static bool fresh_slots(seL4_Word wanted)
{
    static bool is_adding;
    if (end_slot - next_slot >= wanted)
        return true;
    if (is_adding)
        return false;
    is_adding = true;
    bool added = leaf_add();
    is_adding = false;
    return added;
}

seL4_CPtr slot_allocate(void)
{
    seL4_CPtr slot = first_free;
    if (slot) {
        first_free = next_free[slot];
    } else {
        /* The reserve is for a call that comes here while a leaf is being added, and for the very end. */
        if (!fresh_slots(1 + RESERVE) && next_slot == end_slot)
            return 0;
        slot = next_slot++;
    }
    used++;
    return slot;
}

void slot_give_back(seL4_CPtr slot)
{
    used--;
    slot_free(slot);
}

void slot_delete(seL4_CPtr slot)
{
    seL4_CNode_Delete(root, slot, SLOT_DEPTH);
    slot_give_back(slot);
}

seL4_CPtr slot_allocate_run(void)
{
    while (next_slot % SLOT_RUN && next_slot < end_slot)
        slot_free(next_slot++);
    if (!fresh_slots(SLOT_RUN + RESERVE))
        return 0;
    seL4_CPtr slot = next_slot;
    next_slot += SLOT_RUN;
    used += SLOT_RUN;
    return slot;
}
