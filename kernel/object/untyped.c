#include "object/untyped.h"

#include "abi/object.h"
#include "core/captree.h"
#include "core/cpu.h"
#include "core/preempt.h"
#include "hal/hal.h"
#include "lib/assert.h"
#include "object/thread.h"

/* Cleared at a time; a preempted reset has lost at most this much work. */
#define RESET_CHUNK_BYTES 1024u

struct retype {
    unsigned type, object_bits;
    uint64_t size_bits; /* what the user gave: radix, or log2 of the size */
    struct cap_slot *first;
    uint64_t count;
    uint64_t done; /* of `count`, before the call was preempted */
    bool is_device;
};

static bool type_is_frame(unsigned type)
{
    return type > ABI_OBJECT_REPLY && hal_object_is_frame(type);
}

/* log2 of the object's bytes; size_bits is below 64. */
static uint64_t object_bits(unsigned type, uint64_t size_bits)
{
    switch (type) {
    case ABI_OBJECT_UNTYPED:
    case ABI_OBJECT_SCHED_CONTEXT:
        return size_bits;
    case ABI_OBJECT_TCB:
        return ABI_TCB_BITS;
    case ABI_OBJECT_ENDPOINT:
        return ABI_ENDPOINT_BITS;
    case ABI_OBJECT_NOTIFICATION:
        return ABI_NOTIFICATION_BITS;
    case ABI_OBJECT_CAP_TABLE:
        return size_bits + ABI_SLOT_BITS;
    case ABI_OBJECT_REPLY:
        return ABI_REPLY_BITS;
    default:
        return hal_object_size_bits(type);
    }
}

static bool size_is_too_small(unsigned type, uint64_t size_bits)
{
    return (type == ABI_OBJECT_CAP_TABLE && size_bits < 1) ||
           (type == ABI_OBJECT_UNTYPED && size_bits < ABI_MIN_UNTYPED_BITS) ||
           (type == ABI_OBJECT_SCHED_CONTEXT && size_bits < ABI_MIN_SCHED_CONTEXT_BITS);
}

/* --- where the new capabilities go --------------------------------------------------------------------------------------- */

static struct refusal find_destination(struct invocation *invocation, struct retype *retype)
{
    struct cap cnode = invocation_extra_cap(invocation, 0);
    uint64_t index = invocation_word(invocation, 2), depth = invocation_word(invocation, 3);
    uint64_t offset = invocation_word(invocation, 4), count = invocation_word(invocation, 5);
    if (depth != 0) {
        struct slot_lookup found = slot_lookup(cnode, index, depth, false);
        if (refused(found.refusal))
            return found.refusal;
        cnode = found.slot->cap;
    }
    if (cap_type(cnode) != ABI_CAP_TYPE_CNODE)
        return refuse_lookup(false, lookup_missing_capability((unsigned)depth));
    uint64_t slots = BIT(cap_cnode_radix(cnode));
    if (offset > slots - 1)
        return refuse_range(0, slots - 1);
    if (count < 1 || count > CONFIG_RETYPE_FAN_OUT_LIMIT)
        return refuse_range(1, CONFIG_RETYPE_FAN_OUT_LIMIT);
    if (count > slots - offset)
        return refuse_range(1, slots - offset);
    retype->done = invocation->progress < count ? invocation->progress : 0;
    retype->first = (struct cap_slot *)cap_pointer(cnode) + offset + retype->done;
    retype->count = count -= retype->done;
    for (uint64_t i = 0; i < count; i++)
        if (!cap_slot_is_empty(&retype->first[i]))
            return refuse(ABI_ERROR_DELETE_FIRST);
    return NO_REFUSAL;
}

/* --- memory -------------------------------------------------------------------------------------------------------------- */

static void set_watermark(struct cap_slot *slot, uint64_t watermark)
{
    struct cap cap = slot->cap;
    slot->cap = cap_untyped_new(cap_paddr(cap), cap_untyped_size_bits(cap), cap_untyped_is_device(cap), watermark);
}

/* Takes the watermark down to zero, clearing what lies behind it. May be preempted and repeated. */
static struct refusal reset(struct cap_slot *slot)
{
    struct preemption preemption = {0};
    if (cap_untyped_is_device(slot->cap)) {
        set_watermark(slot, 0);
        return NO_REFUSAL;
    }
    uint8_t *memory = hal_window(cap_paddr(slot->cap));
    uint64_t watermark = cap_untyped_watermark(slot->cap);
    while (watermark > 0) {
        uint64_t chunk = (watermark - 1) % RESET_CHUNK_BYTES + 1;
        watermark -= chunk;
        hal_clear(memory + watermark, chunk);
        set_watermark(slot, watermark);
        if (watermark > 0 && preempt_due(&preemption))
            return PREEMPTED;
    }
    return NO_REFUSAL;
}

/* --- objects --------------------------------------------------------------------------------------------------------------- */

static struct cap create_object(const struct retype *retype, uint64_t paddr)
{
    switch (retype->type) {
    case ABI_OBJECT_UNTYPED:
        return cap_untyped_new(paddr, retype->object_bits, retype->is_device, 0);
    case ABI_OBJECT_TCB:
        thread_init(hal_window(paddr), this_cpu()->domain);
        return cap_thread_new(hal_window(paddr));
    case ABI_OBJECT_ENDPOINT:
        return cap_endpoint_new(hal_window(paddr), RIGHTS_ALL, 0);
    case ABI_OBJECT_NOTIFICATION:
        return cap_notification_new(hal_window(paddr), RIGHTS_ALL, 0);
    case ABI_OBJECT_CAP_TABLE:
        return cap_cnode_new(hal_window(paddr), (unsigned)retype->size_bits, 0);
    case ABI_OBJECT_SCHED_CONTEXT:
        return cap_schedctx_new(hal_window(paddr), retype->object_bits);
    case ABI_OBJECT_REPLY:
        return cap_reply_new(hal_window(paddr), true);
    default:
        return hal_object_create(retype->type, paddr, retype->is_device);
    }
}

/*
 * Makes the objects. When it is preempted, `*progress` says how many there are, and the repeated call makes the others (if
 * it still can: between the two, other threads may have filled slots or used the memory).
 */
static struct refusal create_objects(struct cap_slot *untyped, const struct retype *retype, uint64_t offset,
                                     uint32_t *progress)
{
    struct preemption preemption = {0};
    uint64_t start = cap_paddr(untyped->cap);
    for (uint64_t i = 0; i < retype->count; i++) {
        uint64_t paddr = start + offset;
        offset += BIT(retype->object_bits);
        /* Before the capability: what it names must already be accounted for. */
        set_watermark(untyped, offset);
        captree_insert_original(untyped, &retype->first[i], create_object(retype, paddr));
        if (i + 1 < retype->count && preempt_due(&preemption)) {
            *progress = (uint32_t)(retype->done + i + 1);
            return PREEMPTED;
        }
    }
    return NO_REFUSAL;
}

static struct refusal retype_untyped(struct invocation *invocation)
{
    if (invocation->length < 6 || invocation->extra_count < 1)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    uint64_t type = invocation_word(invocation, 0), size_bits = invocation_word(invocation, 1);
    if (type >= ABI_OBJECT_COUNT)
        return refuse_number(ABI_ERROR_INVALID_ARGUMENT, 0);
    if (size_bits >= 64 || object_bits((unsigned)type, size_bits) > ABI_MAX_UNTYPED_BITS)
        return refuse_range(0, ABI_MAX_UNTYPED_BITS);
    if (size_is_too_small((unsigned)type, size_bits))
        return refuse_number(ABI_ERROR_INVALID_ARGUMENT, 1);
    struct retype retype = {.type = (unsigned)type,
                            .object_bits = (unsigned)object_bits((unsigned)type, size_bits),
                            .size_bits = size_bits,
                            .is_device = cap_untyped_is_device(invocation->cap)};
    struct refusal refusal = find_destination(invocation, &retype);
    if (refused(refusal))
        return refusal;

    struct cap_slot *slot = invocation->slot;
    bool is_reset = !captree_has_children(slot);
    uint64_t watermark = is_reset ? 0 : cap_untyped_watermark(slot->cap);
    uint64_t bytes_left = BIT(cap_untyped_size_bits(slot->cap)) - watermark;
    if (retype.count > bytes_left >> retype.object_bits)
        return refuse_number(ABI_ERROR_NOT_ENOUGH_MEMORY, bytes_left);
    if (retype.is_device && type != ABI_OBJECT_UNTYPED && !type_is_frame(retype.type))
        return refuse_number(ABI_ERROR_INVALID_ARGUMENT, 1);
    /* Sizes are powers of two: what fits into the bytes left still fits behind the rounded watermark. */
    uint64_t offset = align_up(watermark, retype.object_bits);

    if (is_reset) {
        refusal = reset(slot);
        if (refused(refusal))
            return refusal;
    }
    return create_objects(slot, &retype, offset, &invocation->progress);
}

struct refusal untyped_invoke(struct invocation *invocation)
{
    if (invocation->label != ABI_LABEL_UNTYPED_RETYPE)
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    return retype_untyped(invocation);
}
