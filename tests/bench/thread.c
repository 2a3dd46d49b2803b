/* System calls that do nothing, and threads that come and go. */
#include "bench.h"

#include "lib/start.h"

#define ARENA_BITS      14
#define YOUNG_PRIORITY  50
#define YOUNG_BUDGET_US 1000

static seL4_CPtr arena, tcb, schedctx;

static void own_null(struct bench_thread *self)
{
    (void)self;
    unsigned null = operation_new(ROUNDS, "null_syscall", "");
    for (unsigned i = 0; i < ROUNDS; i++) {
        span_begin();
        seL4_BenchmarkNullSyscall();
        sample(null, i, span_end());
    }
}

/* A thread of lower priority, ready to run: both objects, the spaces, the parameters and the registers. */
static seL4_Error young_create(void)
{
    seL4_UserContext context = {0};
    seL4_Error error = seL4_Untyped_Retype(arena, seL4_TCBObject, 0, seL4_CapInitThreadCNode, 0, 0, tcb, 1);
    error |= seL4_Untyped_Retype(arena, seL4_SchedContextObject, seL4_MinSchedContextBits, seL4_CapInitThreadCNode, 0,
                                 0, schedctx, 1);
    error |= seL4_TCB_Configure(tcb, seL4_CapInitThreadCNode, 0, seL4_CapInitThreadVSpace, 0, 0, 0);
    error |= seL4_SchedControl_ConfigureFlags(pecan_boot_info()->schedcontrol.start, schedctx, YOUNG_BUDGET_US,
                                              YOUNG_BUDGET_US, 0, 0, 0);
    error |= seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, YOUNG_PRIORITY, YOUNG_PRIORITY, schedctx, 0);
    error |= seL4_TCB_WriteRegisters(tcb, true, 0, sizeof(context) / sizeof(seL4_Word), &context);
    return error;
}

static void own_threads(struct bench_thread *self)
{
    (void)self;
    unsigned create = operation_new(ROUNDS, "thread_create", ""), destroy = operation_new(ROUNDS, "thread_destroy", "");
    for (unsigned i = 0; i < ROUNDS; i++) {
        span_begin();
        seL4_Error error = young_create();
        uint64_t ticks = span_end();
        sample(create, i, ticks);
        check(error, "thread");
        span_begin();
        error = seL4_CNode_Delete(seL4_CapInitThreadCNode, tcb, seL4_WordBits);
        error |= seL4_CNode_Delete(seL4_CapInitThreadCNode, schedctx, seL4_WordBits);
        ticks = span_end();
        sample(destroy, i, ticks);
        check(error, "end of a thread");
    }
}

void bench_thread(void)
{
    group_begin();
    run_alone(own_null);
    arena = object_new(seL4_UntypedObject, ARENA_BITS);
    tcb = slot_new();
    schedctx = slot_new();
    run_alone(own_threads);
    group_end();
}
