/* Call and ReplyRecv between a client and a server. */
#include "bench.h"

struct call_case {
    const char *name;
    enum bench_space server_space;
    bool passive, with_fpu, with_cap;
    unsigned length;
    unsigned client_priority, server_priority;
};

static const struct call_case *test;
static seL4_CPtr endpoint, reply, client_slot, server_slot;
static unsigned call_operation, reply_operation;

static inline void fpu_touch(void)
{
    if (test->with_fpu)
        __asm__ volatile("addpd %%xmm1, %%xmm0" ::: "xmm0");
}

static inline seL4_MessageInfo_t message(void)
{
    return seL4_MessageInfo_new(0, 0, test->with_cap, test->length);
}

/* Words in CPU registers are sent as zeros and not kept: the stub moves none to or from memory. The rest is in the buffer. */
static void server(struct bench_thread *self)
{
    (void)self;
    seL4_MessageInfo_t info = message();
    seL4_Word badge;
    seL4_SetCapReceivePath(seL4_CapInitThreadCNode, server_slot, seL4_WordBits);
    seL4_RecvWithMRs(endpoint, &badge, NULL, NULL, NULL, NULL, reply);
    for (unsigned i = 0;; i++) {
        uint64_t ticks = span_end();
        if (i < ROUNDS)
            sample(call_operation, i, ticks);
        if (test->with_cap) {
            seL4_CNode_Delete(seL4_CapInitThreadCNode, server_slot, seL4_WordBits);
            seL4_SetCap(0, endpoint);
        }
        fpu_touch();
        span_begin();
        seL4_ReplyRecvWithMRs(endpoint, info, &badge, NULL, NULL, NULL, NULL, reply);
    }
}

static void client(struct bench_thread *self)
{
    (void)self;
    seL4_MessageInfo_t info = message();
    seL4_SetCapReceivePath(seL4_CapInitThreadCNode, client_slot, seL4_WordBits);
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (test->with_cap)
            seL4_SetCap(0, endpoint);
        fpu_touch();
        span_begin();
        seL4_CallWithMRs(endpoint, info, NULL, NULL, NULL, NULL);
        sample(reply_operation, i, span_end());
        if (test->with_cap)
            seL4_CNode_Delete(seL4_CapInitThreadCNode, client_slot, seL4_WordBits);
    }
}

static void run_case(const struct call_case *next)
{
    group_begin();
    test = next;
    call_operation = operation_new(ROUNDS, "call_", test->name);
    reply_operation = operation_new(ROUNDS, "replyrecv_", test->name);
    endpoint = object_new(seL4_EndpointObject, 0);
    reply = object_new(seL4_ReplyObject, 0);
    client_slot = slot_new();
    server_slot = slot_new();
    struct bench_thread *serving = thread_new(test->server_priority, test->server_space);
    struct bench_thread *calling = thread_new(test->client_priority, ROOT_SPACE);
    thread_start(serving, server);
    threads_run();
    if (test->passive)
        thread_make_passive(serving);
    thread_start(calling, client);
    threads_run();
    group_end();
}

void bench_call(void)
{
    static const struct call_case cases[] = {
        {"0_same_as", ROOT_SPACE, true, false, false, 0, PRIORITY, PRIORITY},
        {"0_other_as", OTHER_SPACE, true, false, false, 0, PRIORITY, PRIORITY},
        {"0_fpu", OTHER_SPACE, true, true, false, 0, PRIORITY, PRIORITY},
        {"1_other_as", OTHER_SPACE, true, false, false, 1, PRIORITY, PRIORITY},
        {"4_other_as", OTHER_SPACE, true, false, false, 4, PRIORITY, PRIORITY},
        {"10_other_as", OTHER_SPACE, false, false, false, 10, PRIORITY, PRIORITY},
        {"10_passive", OTHER_SPACE, true, false, false, 10, PRIORITY, PRIORITY},
        {"120_other_as", OTHER_SPACE, true, false, false, 120, PRIORITY, PRIORITY},
        {"cap_other_as", OTHER_SPACE, true, false, true, 0, PRIORITY, PRIORITY},
        {"0_passive_higher", OTHER_SPACE, true, false, false, 0, PRIORITY, PRIORITY + 1},
        {"0_passive_lower", OTHER_SPACE, true, false, false, 0, PRIORITY, PRIORITY - 1},
        {"0_active_equal", OTHER_SPACE, false, false, false, 0, PRIORITY, PRIORITY},
        {"0_active_higher", OTHER_SPACE, false, false, false, 0, PRIORITY, PRIORITY + 1},
        {"0_active_lower", OTHER_SPACE, false, false, false, 0, PRIORITY, PRIORITY - 1},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        run_case(&cases[i]);
}
