/* Deleting capabilities, and with the last one the object; revoking. */
#include "internal.h"

#include <stdlib.h>

/* The waiting threads of an endpoint or notification that goes away. */
static void let_all_go(struct model *m, struct model_queue *queue)
{
    while (queue->count > 0) {
        struct model_thread *t = queue_best(queue);
        bool has_fault = t->fault != FAULT_NONE;
        cancel_ipc(m, t);
        t->state = has_fault ? STATE_INACTIVE : STATE_RESTART;
        if (!has_fault)
            unblock(m, t);
    }
}

static void end_thread(struct model *m, struct model_thread *t)
{
    suspend(m, t);
    if (t->bound)
        t->bound->bound = NULL;
    t->bound = NULL;
    if (t->schedctx) {
        finish_yield(m, t->schedctx);
        unbind_schedctx(m, t->schedctx);
    }
}

static void end_schedctx(struct model *m, struct model_schedctx *sc)
{
    finish_yield(m, sc);
    unbind_schedctx(m, sc);
    unbind_schedctx_notification(sc);
    sc->chain_length = 0;
    sc->is_configured = false;
    if (m->current_schedctx == sc) {
        m->current_schedctx = NULL;
        m->consumed = 0;
    }
}

static void end_notification(struct model *m, struct model_notification *n)
{
    let_all_go(m, &n->waiting);
    if (n->bound)
        n->bound->bound = NULL;
    n->bound = NULL;
    if (n->schedctx)
        unbind_schedctx_notification(n->schedctx);
}

static void end_irq(struct model *m, unsigned irq)
{
    delete_slot(m, &m->irq[irq].notification);
    m->irq[irq].is_issued = false;
}

/* What the object's end means; its slots are not yet emptied. */
static void end_object(struct model *m, struct model_cap cap)
{
    switch (cap.kind) {
    case KIND_ENDPOINT:
        let_all_go(m, &cap.object->endpoint->waiting);
        break;
    case KIND_NOTIFICATION:
        end_notification(m, cap.object->notification);
        break;
    case KIND_REPLY:
        end_reply(m, cap.object->reply);
        break;
    case KIND_TCB:
        end_thread(m, cap.object->thread);
        break;
    case KIND_SCHED_CONTEXT:
        end_schedctx(m, cap.object->schedctx);
        break;
    case KIND_IRQ_HANDLER:
        end_irq(m, cap.number);
        break;
    case KIND_IO_PORT:
        for (unsigned port = cap.number; port <= cap.last; port++)
            m->port_issued[port] = false;
        break;
    default:
        break;
    }
}

void delete_slot(struct model *m, struct model_slot *slot)
{
    if (slot_is_empty(slot) || slot->is_being_deleted)
        return;
    struct model_cap cap = slot->cap;
    if (!model_is_last(m, slot)) {
        tree_remove(slot);
        return;
    }
    slot->is_being_deleted = true; /* it may stand in one of the object's own slots */
    end_object(m, cap);
    struct model_object *object = cap.object;
    for (unsigned i = object ? object->slot_count : 0; i > 0; i--)
        delete_slot(m, &object->slot[i - 1]);
    tree_remove(slot);
    if (object && cap.kind != KIND_ASID_CONTROL)
        object->is_alive = false;
}

void revoke_slot(struct model *m, struct model_slot *slot)
{
    while (model_has_children(slot))
        delete_slot(m, slot->first_child);
}
