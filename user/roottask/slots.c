#include "roottask/slots.h"

#include "roottask/layout.h"
#include "roottask/root_memory.h"
#include "roottask/untyped.h"

/* A new leaf takes slots itself, for the memory of its part of the list: so many are kept back for that. */
enum { TOP_BITS = 10, WORD_BITS = 64, RESERVE = 32 };

static seL4_Word leaf_bits;
static seL4_CPtr root = seL4_CapInitThreadCNode;
static seL4_CPtr next_slot, end_slot; /* of the newest leaf: what was never used */
static seL4_Word leaf_count = 1;
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
    if (root == seL4_CapInitThreadCNode)
        return (struct slot_place){0, 0, slot};
    return (struct slot_place){slot >> leaf_bits, WORD_BITS - leaf_bits, slot & ((1ul << leaf_bits) - 1)};
}

bool slots_initialise(const seL4_BootInfo *info)
{
    leaf_bits = info->initThreadCNodeSizeBits;
    next_slot = info->empty.start;
    end_slot = info->empty.end;

    seL4_CPtr top = slot_allocate(), top_guarded = slot_allocate();
    seL4_Word guard_bits = WORD_BITS - TOP_BITS - leaf_bits;
    if (!untyped_make(seL4_CapTableObject, TOP_BITS, top))
        return false;
    /* The old root becomes leaf 0, without a guard; the new one has the rest of the word as its guard. */
    if (seL4_CNode_Mint(top, 0, TOP_BITS, seL4_CapInitThreadCNode, seL4_CapInitThreadCNode, WORD_BITS, seL4_AllRights,
                        0) ||
        seL4_CNode_Mint(seL4_CapInitThreadCNode, top_guarded, WORD_BITS, seL4_CapInitThreadCNode, top, WORD_BITS,
                        seL4_AllRights, guard_bits))
        return false;
    if (seL4_TCB_SetSpace(seL4_CapInitThreadTCB, 0, top_guarded, 0, seL4_CapInitThreadVSpace, 0))
        return false;
    root = top_guarded;
    return true;
}

void slots_start_list(void)
{
    list_is_there = root_memory_extend(SLOT_TABLE_BASE, (leaf_count << leaf_bits) * sizeof(uint32_t));
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
    if (list_is_there && !root_memory_extend(SLOT_TABLE_BASE, ((leaf_count + 1) << leaf_bits) * sizeof(uint32_t)))
        return false;
    if (!untyped_make_leaf(leaf_bits, root, leaf_count))
        return false;
    while (next_slot < end_slot)
        slot_free(next_slot++);
    next_slot = leaf_count << leaf_bits;
    leaf_count++;
    end_slot = leaf_count << leaf_bits;
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
