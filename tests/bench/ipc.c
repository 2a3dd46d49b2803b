/* Call and ReplyRecv between a client and a server, and Send. */
#include "bench.h"

#define PRIORITY 100

static seL4_CPtr endpoint, reply;
/* Written right before a system call, read right after the partner's returns: both sides see the same memory. */
static volatile uint64_t sent_at, call_ticks[ROUNDS + WARM_UP], reply_ticks[ROUNDS + WARM_UP];
static bool uses_fpu;

static inline void touch_fpu(void)
{
    if (uses_fpu)
        __asm__ volatile("addpd %%xmm1, %%xmm0" ::: "xmm0");
}

/* The system calls themselves, as the stubs make them, without the stubs' copies to and from memory. */
static inline void raw_call(seL4_CPtr cap, seL4_Word info)
{
    seL4_Word mr0 = 0, mr1 = 0, mr2 = 0, mr3 = 0;
    seL4_MessageInfo_t tag = { { info } };
    seL4_CallWithMRs(cap, tag, &mr0, &mr1, &mr2, &mr3);
}

static void server(struct bench_thread *self)
{
    seL4_Word length = self->word[0];
    seL4_MessageInfo_t info = seL4_MessageInfo_new(0, 0, 0, length);
    seL4_Word badge, mr0, mr1, mr2, mr3;
    /* Tells the root that it is ready, by the first Call of the client finding it here. */
    seL4_RecvWithMRs(endpoint, &badge, &mr0, &mr1, &mr2, &mr3, reply);
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++) {
        call_ticks[i] = counter() - sent_at;
        touch_fpu();
        sent_at = counter();
        seL4_ReplyRecvWithMRs(endpoint, info, &badge, &mr0, &mr1, &mr2, &mr3, reply);
    }
}

static void client(struct bench_thread *self)
{
    seL4_Word info = self->word[0];
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++) {
        touch_fpu();
        sent_at = counter();
        raw_call(endpoint, info);
        reply_ticks[i] = counter() - sent_at;
    }
}

static void report(const char *what, const char *name, const volatile uint64_t *ticks)
{
    char full[64];
    unsigned i = 0, j = 0;
    while (what[i]) {
        full[i] = what[i];
        i++;
    }
    while (name[j])
        full[i++] = name[j++];
    full[i] = '\0';
    samples_begin();
    for (unsigned k = 0; k < ROUNDS + WARM_UP; k++)
        sample(ticks[k]);
    samples_report(full);
}

struct ipc_case {
    const char *name;
    bool other_space, passive, fpu;
    unsigned length;
    unsigned client_priority, server_priority;
};

static void run_case(const struct ipc_case *test)
{
    struct bench_thread *serving = thread_new(test->server_priority, test->other_space);
    struct bench_thread *calling = thread_new(test->client_priority, false);
    uses_fpu = test->fpu;
    serving->word[0] = calling->word[0] = test->length;
    thread_start(serving, server);
    seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 10); /* lets the server reach its receive */
    seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255);
    if (test->passive)
        thread_make_passive(serving);
    thread_start(calling, client);
    seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 10);
    seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255);
    report("call_", test->name, call_ticks);
    report("replyrecv_", test->name, reply_ticks);
    thread_stop(calling);
    thread_stop(serving);
}

/* --- Send --------------------------------------------------------------------------------------------------------- */

static void sender(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++) {
        sent_at = counter();
        seL4_Send(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
    }
}

static void receiver(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS + WARM_UP; i++) {
        seL4_Wait(endpoint, NULL);
        call_ticks[i] = counter() - sent_at;
    }
}

static void bench_send(void)
{
    struct bench_thread *receiving = thread_new(PRIORITY + 1, false), *sending = thread_new(PRIORITY, false);
    thread_start(receiving, receiver);
    thread_start(sending, sender);
    seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 10);
    seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255);
    report("send_", "to_higher", call_ticks);
    thread_stop(receiving);
    thread_stop(sending);
}

void bench_ipc(void)
{
    static const struct ipc_case cases[] = {
        { "0_same_as", false, true, false, 0, PRIORITY, PRIORITY },
        { "0_other_as", true, true, false, 0, PRIORITY, PRIORITY },
        { "0_fpu", true, true, true, 0, PRIORITY, PRIORITY },
        { "10_other_as", true, false, false, 10, PRIORITY, PRIORITY },
        { "4_other_as", true, true, false, 4, PRIORITY, PRIORITY },
        { "120_other_as", true, true, false, 120, PRIORITY, PRIORITY },
        { "0_active_higher", true, false, false, 0, PRIORITY, PRIORITY + 1 },
        { "0_active_lower", true, false, false, 0, PRIORITY + 1, PRIORITY },
    };
    endpoint = object_new(seL4_EndpointObject, 0);
    reply = object_new(seL4_ReplyObject, 0);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        run_case(&cases[i]);
    bench_send();
}
