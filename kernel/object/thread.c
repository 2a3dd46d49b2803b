#include "object/thread.h"

#include "core/sched.h"
#include "core/system.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedctx.h"

void thread_init(struct thread *thread, unsigned domain)
{
    context_init(&thread->context);
    hal_fpu_init(&thread->fpu);
    thread->domain = (uint8_t)domain;
    for (unsigned i = 0; i < THREAD_SLOT_COUNT; i++)
        thread->slot[i].next_word = CAP_SLOT_OF_THREAD;
    hal_thread_space_changed(thread);
#if CONFIG_DEBUG_BUILD
    thread->debug_next = system_state.debug_threads;
    if (thread->debug_next)
        thread->debug_next->debug_prev = thread;
    system_state.debug_threads = thread;
#endif
}

void thread_set_name(struct thread *thread, const char *name)
{
#if CONFIG_DEBUG_BUILD
    size_t i = 0;
    for (; i < THREAD_NAME_LENGTH - 1 && name[i]; i++)
        thread->name[i] = name[i];
    thread->name[i] = '\0';
#else
    (void)thread;
    (void)name;
#endif
}

static void forget_name(struct thread *thread)
{
#if CONFIG_DEBUG_BUILD
    if (thread->debug_prev)
        thread->debug_prev->debug_next = thread->debug_next;
    else
        system_state.debug_threads = thread->debug_next;
    if (thread->debug_next)
        thread->debug_next->debug_prev = thread->debug_prev;
#else
    (void)thread;
#endif
}

void thread_cancel_ipc(struct thread *thread)
{
    switch (thread->state) {
    case THREAD_BLOCKED_SEND:
    case THREAD_BLOCKED_RECEIVE:
        endpoint_withdraw(thread->blocking_object, thread);
        break;
    case THREAD_BLOCKED_REPLY:
        reply_abandon(thread->reply);
        break;
    case THREAD_BLOCKED_NOTIFICATION:
        notification_withdraw(thread->blocking_object, thread);
        break;
    default:
        break;
    }
    thread->fault.type = ABI_FAULT_NULL;
}

/* The result of a YieldTo that will not be waited for any more. */
static void cancel_yield_to(struct thread *thread)
{
    if (thread->yield_to)
        schedctx_complete_yield(thread->yield_to);
}

void thread_suspend(struct thread *thread)
{
    /* A thread that is stopped between two instructions goes on at the next one. */
    if (thread->state == THREAD_RUNNING)
        context_stop_here(&thread->context);
    thread_cancel_ipc(thread);
    cancel_yield_to(thread);
    sched_dequeue(thread);
    if (thread->schedctx)
        sched_unpostpone(thread->schedctx);
    thread->state = THREAD_INACTIVE;
}

void thread_resume(struct thread *thread)
{
    if (thread->state != THREAD_INACTIVE && !thread_is_blocked(thread))
        return;
    thread_cancel_ipc(thread);
    thread->state = THREAD_RESTART;
    sched_unblock(thread);
}

void thread_destroy(struct thread *thread)
{
    thread_suspend(thread);
    notification_unbind(thread);
    if (thread->schedctx) {
        schedctx_complete_yield(thread->schedctx);
        schedctx_unbind_thread(thread->schedctx);
    }
    hal_forget_thread(thread);
    forget_name(thread);
}

static void buffer_changed(struct thread *thread)
{
    struct cap frame = thread->slot[THREAD_SLOT_BUFFER].cap;
    uint64_t address = thread->ipc_buffer;
    thread->buffer_readable = address ? hal_buffer_window(frame, address, RIGHT_READ) : NULL;
    thread->buffer_writable = address ? hal_buffer_window(frame, address, RIGHT_READ | RIGHT_WRITE) : NULL;
}

static void cspace_changed(struct thread *thread)
{
    struct cap root = thread->slot[THREAD_SLOT_CSPACE].cap;
    bool spans = cap_is_spanning_cnode(root);
    thread->cspace = spans ? cap_pointer(root) : NULL;
    thread->cspace_size = spans ? BIT(cap_cnode_radix(root)) : 0;
}

void thread_slot_changed(struct cap_slot *slot)
{
    struct thread *thread = (struct thread *)align_down((uintptr_t)slot, ABI_TCB_BITS);
    switch (slot - thread->slot) {
    case THREAD_SLOT_CSPACE:
        cspace_changed(thread);
        break;
    case THREAD_SLOT_VSPACE:
        hal_thread_space_changed(thread);
        break;
    case THREAD_SLOT_BUFFER:
        buffer_changed(thread);
        break;
    default:
        break;
    }
}

void thread_set_buffer_address(struct thread *thread, uint64_t address)
{
    thread->ipc_buffer = address;
    buffer_changed(thread);
}

void thread_set_flags(struct thread *thread, uint64_t flags)
{
    thread->flags = flags;
    thread->special &= (uint8_t) ~(THREAD_IS_FOREIGN | THREAD_FPU_DISABLED);
    if (flags & ABI_TCB_FLAG_FOREIGN)
        thread->special |= THREAD_IS_FOREIGN;
    if (flags & ABI_TCB_FLAG_FPU_DISABLED)
        thread->special |= THREAD_FPU_DISABLED;
    hal_flags_changed(thread);
}

void thread_set_priority(struct thread *thread, unsigned priority)
{
    if (thread->state == THREAD_BLOCKED_SEND || thread->state == THREAD_BLOCKED_RECEIVE ||
        thread->state == THREAD_BLOCKED_NOTIFICATION) {
        /* Sorted anew, behind those of the new priority. */
        struct wait_queue *queue = thread->blocking_object;
        unsigned state = wait_queue_state(queue);
        const struct thread *cursor = queue->cursor;
        uint64_t badge = cursor ? cursor->cancel_badge : 0;
        wait_queue_remove(queue, thread);
        thread->priority = (uint8_t)priority;
        wait_queue_insert(queue, thread, state);
        if (UNLIKELY(cursor != NULL)) {
            /* An interrupted walk for a badge begins again: the thread may stand where it has been already. */
            queue->cursor = wait_queue_first(queue);
            queue->cursor->cancel_badge = badge;
        }
        return;
    }
    sched_dequeue(thread);
    thread->priority = (uint8_t)priority;
    if (!sched_is_schedulable(thread))
        return;
    sched_reconsider();
    sched_enqueue_head(thread);
}
