/* A fault to its handler, and the handler's answer. */
#include "bench.h"

#define PRIORITY 100

static seL4_CPtr endpoint, reply;
static volatile uint64_t faulted_at, replied_at, to_handler[ROUNDS + WARM_UP], to_thread[ROUNDS + WARM_UP],
    round_trip[ROUNDS + WARM_UP];

static void report(const char *name, const volatile uint64_t *ticks)
{
    samples_begin();
    for (unsigned i = 1; i < ROUNDS + WARM_UP; i++)
        sample(ticks[i]);
    samples_report(name);
}

/* An undefined instruction each round; the handler moves the pc behind it. */
static void faulter(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++) {
        uint64_t before = counter();
        faulted_at = before;
        __asm__ volatile("ud2" ::: "memory");
        uint64_t after = counter();
        to_thread[i] = after - replied_at;
        round_trip[i] = after - before;
    }
}

static void fault_server(struct bench_thread *self)
{
    (void)self;
    seL4_Word ip = 0, sp, flags, number, badge;
    seL4_RecvWithMRs(endpoint, &badge, &ip, &sp, &flags, &number, reply);
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++) {
        to_handler[i] = counter() - faulted_at;
        ip += 2;
        replied_at = counter();
        seL4_ReplyRecvWithMRs(endpoint, seL4_MessageInfo_new(0, 0, 0, 1), &badge, &ip, &sp, &flags, &number, reply);
    }
}

void bench_fault(void)
{
    endpoint = object_new(seL4_EndpointObject, 0);
    reply = object_new(seL4_ReplyObject, 0);
    struct bench_thread *handling = thread_new(PRIORITY, false), *faulting = thread_new(PRIORITY, false);
    check(seL4_TCB_SetSchedParams(faulting->tcb, seL4_CapInitThreadTCB, PRIORITY, PRIORITY, faulting->schedctx, endpoint),
          "handler");
    thread_start(handling, fault_server);
    seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 10);
    seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255);
    thread_make_passive(handling);
    thread_start(faulting, faulter);
    seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 10);
    seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255);
    report("fault_to_handler", to_handler);
    report("fault_reply", to_thread);
    report("fault_round_trip", round_trip);
    thread_stop(faulting);
    thread_stop(handling);
}
