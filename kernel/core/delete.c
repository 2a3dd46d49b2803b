/*
 * Deleting and revoking: taking capabilities away, and with the last one the object, piece by piece.
 *
 * CNodes and threads hold slots of their own. The last capability to one becomes a zombie in its slot ("top"), which counts
 * down the slots that may still be occupied. There is no recursion. When a slot of the object Z being emptied holds the last
 * capability of another such object A, that one is emptied first, where it is; and when a slot of A holds the last one of B,
 * the two are exchanged, so that the slot of Z always holds the object being worked on, and A is parked in slot 0 of B:
 *
 *      top: Z    Z[n]: A    A[m]: B    B[0]: c       →      top: Z    Z[n]: B    A[m]: c    B[0]: A
 *
 * When B is empty but for slot 0, A comes back to Z[n]. Between two units of work every slot is in a state that a later call can
 * go on from; and as the top keeps its zombie until nothing is left below, who revoked it finds it again.
 */
#include "core/captree.h"
#include "core/cpu.h"
#include "core/preempt.h"
#include "core/system.h"
#include "hal/hal.h"
#include "lib/assert.h"
#include "object/endpoint.h"
#include "object/irq.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedctx.h"
#include "object/thread.h"

static struct cap_slot *zombie_slots(struct cap zombie)
{
    return cap_pointer(zombie);
}

static uint64_t zombie_slot_count(struct cap zombie)
{
    return cap_zombie_is_thread(zombie) ? THREAD_SLOT_COUNT : BIT(cap_cnode_radix(zombie));
}

static struct cap zombie_with_remaining(struct cap zombie, uint64_t remaining)
{
    return cap_zombie_new(zombie_slots(zombie), cap_cnode_radix(zombie), cap_zombie_is_thread(zombie), remaining);
}

static bool lies_inside(const struct cap_slot *slot, struct cap zombie)
{
    const struct cap_slot *first = zombie_slots(zombie);
    return slot >= first && slot < first + zombie_slot_count(zombie);
}

/* Lets all waiters of a dying notification go; then lets go of what is bound to it. */
static struct refusal drain_notification(struct notification *notification, struct preemption *preemption)
{
    while (notification_cancel_one(notification, preemption))
        if (preempt_due(preemption))
            return PREEMPTED;
    notification_destroy(notification);
    return NO_REFUSAL;
}

static struct refusal drain_endpoint(struct endpoint *endpoint, struct preemption *preemption)
{
    while (endpoint_cancel_one(endpoint, preemption))
        if (preempt_due(preemption))
            return PREEMPTED;
    return NO_REFUSAL;
}

/* The line's handler goes: with it the stored notification capability, which may be the last one. */
static struct refusal drain_irq(unsigned irq, struct preemption *preemption)
{
    struct cap_slot *stored = &system_state.irq[irq].notification;
    if (!cap_slot_is_empty(stored)) {
        if (captree_is_final(stored)) {
            struct refusal refusal = drain_notification(cap_pointer(stored->cap), preemption);
            if (refused(refusal))
                return refusal;
        }
        captree_remove(stored);
    }
    irq_release(irq);
    return NO_REFUSAL;
}

/*
 * Destroys what can be destroyed at once and empties the slot, or turns it into a zombie when there are slots to empty.
 * The slot holds neither nothing nor a zombie.
 */
static struct refusal begin(struct cap_slot *slot, struct preemption *preemption)
{
    struct cap cap = slot->cap;
    bool is_final = captree_is_final(slot);
    struct refusal refusal = NO_REFUSAL;
    if (cap_is_arch(cap)) {
        refusal = hal_cap_finalise(cap, is_final, preemption);
    } else if (is_final) {
        switch (cap_type(cap)) {
        case ABI_CAP_TYPE_CNODE:
            captree_replace(slot,
                            cap_zombie_new(cap_pointer(cap), cap_cnode_radix(cap), false, BIT(cap_cnode_radix(cap))));
            return NO_REFUSAL;
        case ABI_CAP_TYPE_TCB:
            thread_destroy(cap_pointer(cap));
            captree_replace(slot, cap_zombie_new(cap_pointer(cap), 0, true, THREAD_SLOT_COUNT));
            return NO_REFUSAL;
        case ABI_CAP_TYPE_ENDPOINT:
            refusal = drain_endpoint(cap_pointer(cap), preemption);
            break;
        case ABI_CAP_TYPE_NOTIFICATION:
            refusal = drain_notification(cap_pointer(cap), preemption);
            break;
        case ABI_CAP_TYPE_IRQ_HANDLER:
            refusal = drain_irq(cap_irq_handler_irq(cap), preemption);
            break;
        case ABI_CAP_TYPE_REPLY:
            reply_destroy(cap_pointer(cap));
            break;
        case ABI_CAP_TYPE_SCHED_CONTEXT:
            schedctx_destroy(cap_pointer(cap));
            break;
        default:
            break;
        }
    }
    if (!refused(refusal))
        captree_remove(slot);
    return refusal;
}

/* The last slot of the zombie's object that may be occupied; it has some left. */
static struct cap_slot *last_slot(struct cap zombie)
{
    return &zombie_slots(zombie)[cap_zombie_remaining(zombie) - 1];
}

/* One slot less of the zombie in `slot` may be occupied. */
static void count_down(struct cap_slot *slot)
{
    slot->cap = zombie_with_remaining(slot->cap, cap_zombie_remaining(slot->cap) - 1);
}

/* `inner`, a slot of the zombie in `outer`, holds a zombie too: brings that to `outer` (picture above). */
static void descend(struct cap_slot *outer, struct cap_slot *inner)
{
    struct cap outer_zombie = outer->cap;
    struct cap_slot *parking = zombie_slots(inner->cap);
    captree_swap(outer, outer_zombie, inner, inner->cap);
    if (cap_slot_is_empty(parking))
        captree_move(inner, parking, outer_zombie);
    else
        captree_swap(inner, outer_zombie, parking, parking->cap);
}

/*
 * An object below `top` holds `top`: the ring is opened by moving the zombie there into its own object, where what is below it
 * stays in reach. What stood in that place is put into `top`. Returns the new top.
 */
static struct cap_slot *hold_itself(struct cap_slot *top)
{
    struct cap zombie = top->cap;
    struct cap_slot *first = zombie_slots(zombie);
    if (cap_zombie_remaining(zombie) == 1) {
        /* Slot 0 is in use: the next one is empty, and counts again. */
        captree_move(top, first + 1, zombie_with_remaining(zombie, 2));
        return first + 1;
    }
    if (cap_slot_is_empty(first))
        captree_move(top, first, zombie);
    else
        captree_swap(top, zombie, first, first->cap);
    return first;
}

/* One unit of emptying the zombie in `nested`, the last slot of the zombie in `*top`. */
static struct refusal empty_nested(struct cap_slot **top, struct cap_slot *nested, struct preemption *preemption)
{
    struct cap zombie = nested->cap;
    if (lies_inside(*top, zombie)) {
        *top = hold_itself(*top);
        return NO_REFUSAL;
    }
    if (cap_zombie_remaining(zombie) == 0) {
        captree_remove(nested);
        return NO_REFUSAL;
    }
    struct cap_slot *last = last_slot(zombie);
    if (cap_slot_is_empty(last)) {
        count_down(nested);
    } else if (cap_type(last->cap) != ABI_CAP_TYPE_ZOMBIE) {
        return begin(last, preemption);
    } else if (cap_zombie_remaining(last->cap) == 0) {
        captree_remove(last); /* another deletion, stopped right before its end */
    } else if (lies_inside(*top, last->cap)) {
        *top = hold_itself(*top);
    } else if (cap_zombie_remaining(zombie) > 1) {
        descend(nested, last);
    } else {
        /* Slot 0 is the last occupied: this object is empty, what was parked there comes back. */
        struct cap parked = last->cap;
        captree_remove(nested);
        captree_move(last, nested, parked);
    }
    return NO_REFUSAL;
}

/* One unit of emptying the zombie in `*top`. */
static struct refusal empty_one(struct cap_slot **top, struct preemption *preemption)
{
    if (cap_zombie_remaining((*top)->cap) == 0) {
        captree_remove(*top);
        return NO_REFUSAL;
    }
    struct cap_slot *last = last_slot((*top)->cap);
    if (last == *top || cap_slot_is_empty(last)) {
        count_down(*top);
        return NO_REFUSAL;
    }
    if (cap_type(last->cap) != ABI_CAP_TYPE_ZOMBIE)
        return begin(last, preemption);
    return empty_nested(top, last, preemption);
}

/* Empties the slot, which may be preempted; `preemption` goes on counting where the caller is. */
static struct refusal empty(struct cap_slot *slot, struct preemption *preemption)
{
    this_cpu()->space_stale = true; /* the slot may be the one that says in which space the current thread lives */
    while (!cap_slot_is_empty(slot)) {
        struct refusal refusal =
            cap_type(slot->cap) == ABI_CAP_TYPE_ZOMBIE ? empty_one(&slot, preemption) : begin(slot, preemption);
        if (refused(refusal))
            return refusal;
        if (!cap_slot_is_empty(slot) && preempt_due(preemption))
            return PREEMPTED;
    }
    return NO_REFUSAL;
}

struct refusal cap_delete(struct cap_slot *slot)
{
    struct preemption preemption = {0};
    return empty(slot, &preemption);
}

struct refusal cap_revoke(struct cap_slot *slot)
{
    struct preemption preemption = {0};
    while (captree_has_children(slot)) {
        struct refusal refusal = empty(cap_slot_next(slot), &preemption);
        if (refused(refusal))
            return refusal;
        if (preempt_due(&preemption) && captree_has_children(slot))
            return PREEMPTED;
    }
    return NO_REFUSAL;
}
