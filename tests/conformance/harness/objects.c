#include "objects.h"

#include "lib/start.h"
#include "supervisor.h"

#define ARENA_SIZE_BITS 25
/* Smallest untyped for what the supervisor holds; tests use smaller ones. */
#define SUPERVISOR_SIZE_BITS 21
/* At the end of the empty slots: machine_stop's, and what the supervisor holds for the whole run. */
#define RESERVED_SLOTS 20

static seL4_CPtr arena_cap, next_slot, first_slot;
static unsigned supervisor_slots_used;

static seL4_CPtr memory_untyped(seL4_Word size_bits)
{
    const seL4_BootInfo *info = pecan_boot_info();
    seL4_Word best_bits = seL4_WordBits;
    seL4_CPtr best = 0;

    for (seL4_CPtr cap = info->untyped.start; cap < info->untyped.end; cap++) {
        const seL4_UntypedDesc *description = &info->untypedList[cap - info->untyped.start];
        if (description->isDevice || description->sizeBits < size_bits || description->sizeBits >= best_bits)
            continue;
        best = cap;
        best_bits = description->sizeBits;
    }
    return best;
}

seL4_CPtr supervisor_slot(void)
{
    return pecan_boot_info()->empty.end - RESERVED_SLOTS + supervisor_slots_used++;
}

bool objects_open(void)
{
    seL4_CPtr memory = memory_untyped(ARENA_SIZE_BITS);

    first_slot = next_slot = pecan_boot_info()->empty.start;
    arena_cap = supervisor_slot();
    return memory && !seL4_Untyped_Retype(memory, seL4_UntypedObject, ARENA_SIZE_BITS, ROOT, 0, 0, arena_cap, 1);
}

seL4_CPtr supervisor_object(seL4_Word type, seL4_Word size_bits)
{
    seL4_CPtr slot = supervisor_slot();
    seL4_CPtr memory = memory_untyped(SUPERVISOR_SIZE_BITS);

    return seL4_Untyped_Retype(memory, type, size_bits, ROOT, 0, 0, slot, 1) ? 0 : slot;
}

bool objects_clean(void)
{
    bool failed = seL4_CNode_Revoke(ROOT, arena_cap, ROOT_DEPTH) != seL4_NoError;

    for (seL4_CPtr slot = first_slot; slot < next_slot; slot++)
        failed |= seL4_CNode_Delete(ROOT, slot, ROOT_DEPTH) != seL4_NoError;
    next_slot = first_slot;
    return !failed;
}

seL4_Word root_radix(void)
{
    return pecan_boot_info()->initThreadCNodeSizeBits;
}

seL4_CPtr slots_new(seL4_Word count)
{
    seL4_CPtr slot = next_slot;

    expect(slot + count <= pecan_boot_info()->empty.end - RESERVED_SLOTS);
    next_slot += count;
    return slot;
}

seL4_CPtr slot_new(void)
{
    return slots_new(1);
}

bool slot_is_empty(seL4_CPtr slot)
{
    /* Moved onto itself a full slot is a full destination; an empty one is found out as a source. */
    return seL4_CNode_Move(ROOT, slot, ROOT_DEPTH, ROOT, slot, ROOT_DEPTH) == seL4_FailedLookup;
}

seL4_CPtr arena(void)
{
    return arena_cap;
}

seL4_CPtr objects_new(seL4_Word type, seL4_Word size_bits, seL4_Word count)
{
    seL4_CPtr slot = slots_new(count);
    seL4_Error error = seL4_Untyped_Retype(arena_cap, type, size_bits, ROOT, 0, 0, slot, count);

    if (error)
        test_fail(__FILE__, __LINE__, "no object of type %lu and size %lu: error %u", type, size_bits, (unsigned)error);
    return slot;
}

seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits)
{
    return objects_new(type, size_bits, 1);
}

seL4_CPtr untyped_new(seL4_Word size_bits)
{
    return object_new(seL4_UntypedObject, size_bits);
}

seL4_CPtr endpoint_new(void)
{
    return object_new(seL4_EndpointObject, 0);
}

seL4_CPtr notification_new(void)
{
    return object_new(seL4_NotificationObject, 0);
}

seL4_CPtr reply_new(void)
{
    return object_new(seL4_ReplyObject, 0);
}

seL4_CPtr tcb_new(void)
{
    return object_new(seL4_TCBObject, 0);
}

seL4_CPtr frame_new(void)
{
    return object_new(seL4_X86_4K, 0);
}

seL4_CPtr cnode_new(seL4_Word radix)
{
    return object_new(seL4_CapTableObject, radix);
}

seL4_CPtr cspace_new(seL4_Word radix)
{
    return cap_mint(cnode_new(radix), seL4_AllRights, seL4_WordBits - radix);
}

seL4_CPtr schedctx_unconfigured(seL4_Word size_bits)
{
    return object_new(seL4_SchedContextObject, size_bits);
}

seL4_CPtr schedctx_new(seL4_Word budget, seL4_Word period)
{
    seL4_CPtr schedctx = schedctx_unconfigured(seL4_MinSchedContextBits);

    expect_eq(
        seL4_SchedControl_ConfigureFlags(pecan_boot_info()->schedcontrol.start, schedctx, budget, period, 0, 0, 0),
        seL4_NoError);
    return schedctx;
}

seL4_CPtr cap_copy(seL4_CPtr cap, seL4_CapRights_t rights)
{
    seL4_CPtr slot = slot_new();

    expect_eq(seL4_CNode_Copy(ROOT, slot, ROOT_DEPTH, ROOT, cap, ROOT_DEPTH, rights), seL4_NoError);
    return slot;
}

seL4_CPtr cap_mint(seL4_CPtr cap, seL4_CapRights_t rights, seL4_Word data)
{
    seL4_CPtr slot = slot_new();

    expect_eq(seL4_CNode_Mint(ROOT, slot, ROOT_DEPTH, ROOT, cap, ROOT_DEPTH, rights, data), seL4_NoError);
    return slot;
}

seL4_CPtr cap_badged(seL4_CPtr cap, seL4_Word badge)
{
    return cap_mint(cap, seL4_AllRights, badge);
}

void cap_move(seL4_CPtr from, seL4_CPtr to)
{
    expect_eq(seL4_CNode_Move(ROOT, to, ROOT_DEPTH, ROOT, from, ROOT_DEPTH), seL4_NoError);
}

void cap_delete(seL4_CPtr cap)
{
    expect_eq(seL4_CNode_Delete(ROOT, cap, ROOT_DEPTH), seL4_NoError);
}

void cap_revoke(seL4_CPtr cap)
{
    expect_eq(seL4_CNode_Revoke(ROOT, cap, ROOT_DEPTH), seL4_NoError);
}

seL4_CPtr device_untyped(seL4_Word size_bits)
{
    const seL4_BootInfo *info = pecan_boot_info();

    for (seL4_CPtr cap = info->untyped.start; cap < info->untyped.end; cap++) {
        const seL4_UntypedDesc *description = &info->untypedList[cap - info->untyped.start];
        if (description->isDevice && description->sizeBits >= size_bits && !slot_is_empty(cap))
            return cap;
    }
    return 0;
}
