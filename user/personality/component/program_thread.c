#include "personality/component/program_thread.h"

#include "personality/component/block.h"
#include "personality/component/events.h"
#include "personality/component/slots.h"
#include "personality/component/space.h"
#include "personality/component/untyped.h"

#include <pecan/features.h>
#include <pecan/kernel_trace.h>
#include <pecan/trace.h>

/* One below the component's own, which the description gives (systems/shell/shell.system). */
enum { PROGRAM_PRIORITY = 99, TIME_SLICE_US = 5000 };

static struct machine_thread threads[THREAD_LIMIT];
static seL4_CPtr fault_endpoints[THREAD_LIMIT]; /* badged, made when first needed */
static seL4_CPtr reports_endpoint, empty_cspace;

bool threads_initialise(seL4_CPtr endpoint)
{
    reports_endpoint = endpoint;
    empty_cspace = untyped_make_new(seL4_CapTableObject, 1);
    return empty_cspace;
}

struct machine_thread *thread_from_badge(seL4_Word badge)
{
    seL4_Word number = badge & ~BADGE_THREAD;
    return badge & BADGE_THREAD && number < THREAD_LIMIT && threads[number].owner ? &threads[number] : NULL;
}

static seL4_CPtr fault_endpoint(unsigned number)
{
    seL4_CPtr *place = &fault_endpoints[number];
    if (*place)
        return *place;
    seL4_CPtr slot = slot_allocate();
    if (!slot)
        return 0;
    if (seL4_CNode_Mint(slots_root(), slot, SLOT_DEPTH, slots_root(), reports_endpoint, SLOT_DEPTH, seL4_AllRights,
                        BADGE_THREAD | number)) {
        slot_give_back(slot);
        return 0;
    }
    /* With each number comes the reply object that its thread needs while it waits. */
    if (!reply_add()) {
        slot_delete(slot);
        return 0;
    }
    return *place = slot;
}

static bool thread_configure(struct machine_thread *thread, struct machine_space *space, int id)
{
    seL4_Word trace_id = PECAN_TRACE_ID_PROGRAM + (seL4_Word)id % (PECAN_TRACE_ID_IDLE - PECAN_TRACE_ID_PROGRAM);
    seL4_CPtr endpoint = fault_endpoint((unsigned)(thread - threads));
    thread->block = endpoint ? block_allocate() : 0;
    if (!thread->block)
        return false;
    thread->tcb = block_make(thread->block, seL4_TCBObject, 0);
    thread->schedctx = thread->tcb ? block_make(thread->block, seL4_SchedContextObject, seL4_MinSchedContextBits) : 0;
    if (!thread->schedctx)
        return false;
    if (seL4_SchedControl_ConfigureFlags(CAP_SCHED_CONTROL, thread->schedctx, TIME_SLICE_US, TIME_SLICE_US, 0, 0, 0))
        return false;
    if (seL4_TCB_SetSpace(thread->tcb, endpoint, empty_cspace, 0, space_root(space), 0))
        return false;
    if (seL4_TCB_SetSchedParams(thread->tcb, CAP_TCB, 0, PROGRAM_PRIORITY, thread->schedctx, endpoint))
        return false;
    return !seL4_TCB_SetFlags(thread->tcb, 0, PECAN_TCB_FLAG_FOREIGN | trace_id << PECAN_TCB_TRACE_ID_SHIFT).error;
}

struct machine_thread *machine_thread_create(struct machine_space *space, void *owner, int id)
{
    for (unsigned i = 0; i < THREAD_LIMIT; i++) {
        struct machine_thread *thread = &threads[i];
        if (thread->owner)
            continue;
        *thread = (struct machine_thread){.owner = owner};
        if (thread_configure(thread, space, id))
            return thread;
        machine_thread_destroy(thread);
        return NULL;
    }
    return NULL;
}

void machine_thread_destroy(struct machine_thread *thread)
{
    events_forget(thread);
    if (thread->tcb)
        slot_delete(thread->tcb);
    if (thread->schedctx)
        slot_delete(thread->schedctx);
    if (thread->block)
        block_free(thread->block);
    if (thread->reply)
        reply_give_back(thread->reply);
    *thread = (struct machine_thread){0};
}

_Static_assert(sizeof(struct user_registers) == sizeof(seL4_UserContext), "the same registers in the same order");

void machine_thread_start(struct machine_thread *thread, const struct user_registers *registers)
{
    seL4_UserContext context;
    __builtin_memcpy(&context, registers, sizeof context);
    /*
     * Of several threads that are woken the last one runs first. An answer that is still to be sent goes before, so that
     * after fork the child runs: a program that is started in the background is there before the next one looks for it.
     */
    events_flush_answer();
    /* Whatever it waited for is over, and so is the use of the reply object. */
    seL4_TCB_WriteRegisters(thread->tcb, 1, 0, sizeof context / sizeof(seL4_Word), &context);
    if (thread->reply)
        reply_give_back(thread->reply);
    thread->reply = 0;
}

void machine_thread_read(struct machine_thread *thread, struct user_registers *registers)
{
    seL4_UserContext context = {0};
    seL4_TCB_ReadRegisters(thread->tcb, 0, 0, sizeof context / sizeof(seL4_Word), &context);
    __builtin_memcpy(registers, &context, sizeof context);
}

void machine_thread_answer(struct machine_thread *thread, uint64_t result)
{
    events_answer(thread->reply, 1, result);
    thread->reply = 0;
}

void machine_thread_retry(struct machine_thread *thread)
{
    events_answer(thread->reply, 0, 0);
    thread->reply = 0;
}

bool machine_thread_stop(struct machine_thread *thread)
{
    /* Its report may be waiting in the endpoint, where stopping it would lose it. */
    events_collect();
    if (thread->has_report)
        return false;
    seL4_TCB_Suspend(thread->tcb);
    return true;
}

uint64_t machine_thread_time_ns(struct machine_thread *thread)
{
    seL4_SchedContext_Consumed_t consumed = seL4_SchedContext_Consumed(thread->schedctx);
    if (!consumed.error)
        thread->time_us += consumed.consumed;
    return thread->time_us * 1000;
}
