/* Sends that expect no answer, and receives. */
#include "bench.h"

#define SENDER   253
#define RECEIVER 254

static seL4_CPtr endpoint, reply;
static unsigned operation;

static const seL4_MessageInfo_t empty = {{0}};

/* --- a receiver of higher priority: sending switches to it, receiving again switches back -------------------------------- */

static unsigned receive_operation;

static void sender(struct bench_thread *self)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        span_begin();
        if (self->word[0])
            seL4_NBSendWithMRs(endpoint, empty, NULL, NULL, NULL, NULL);
        else
            seL4_SendWithMRs(endpoint, empty, NULL, NULL, NULL, NULL);
        sample(receive_operation, i, span_end());
    }
}

static void receiver(struct bench_thread *self)
{
    (void)self;
    seL4_Word badge;
    for (unsigned i = 0;; i++) {
        span_begin();
        seL4_RecvWithMRs(endpoint, &badge, NULL, NULL, NULL, NULL, reply);
        uint64_t ticks = span_end();
        if (i < ROUNDS)
            sample(operation, i, ticks);
    }
}

static void send_to_higher(bool tries)
{
    group_begin();
    operation = operation_new(ROUNDS, tries ? "nbsend" : "send", "_to_higher");
    receive_operation = operation_new(ROUNDS, tries ? "recv_to_nbsender" : "recv_to_sender", "");
    endpoint = object_new(seL4_EndpointObject, 0);
    reply = object_new(seL4_ReplyObject, 0);
    struct bench_thread *receiving = thread_new(RECEIVER, ROOT_SPACE), *sending = thread_new(SENDER, ROOT_SPACE);
    sending->word[0] = tries;
    thread_start(receiving, receiver);
    threads_run();
    thread_start(sending, sender);
    threads_run();
    group_end();
}

/* --- the measuring thread goes on ---------------------------------------------------------------------------------------- */

static void send_forever(struct bench_thread *self)
{
    (void)self;
    while (true)
        seL4_SendWithMRs(endpoint, empty, NULL, NULL, NULL, NULL);
}

static void receive_forever(struct bench_thread *self)
{
    (void)self;
    while (true)
        seL4_Wait(endpoint, NULL);
}

static void own_send(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS; i++) {
        pause();
        span_begin();
        seL4_SendWithMRs(endpoint, empty, NULL, NULL, NULL, NULL);
        sample(operation, i, span_end());
    }
    pause_finish();
}

static void own_receive(struct bench_thread *self)
{
    (void)self;
    seL4_Word badge;
    for (unsigned i = 0; i < ROUNDS; i++) {
        pause();
        span_begin();
        seL4_RecvWithMRs(endpoint, &badge, NULL, NULL, NULL, NULL, reply);
        sample(operation, i, span_end());
    }
    pause_finish();
}

static void own_tries(struct bench_thread *self)
{
    (void)self;
    unsigned nbsend = operation_new(ROUNDS, "nbsend_to_nobody", ""),
             nbrecv = operation_new(ROUNDS, "nbrecv_nobody", "");
    for (unsigned i = 0; i < ROUNDS; i++) {
        span_begin();
        seL4_NBSendWithMRs(endpoint, empty, NULL, NULL, NULL, NULL);
        sample(nbsend, i, span_end());
        span_begin();
        seL4_NBRecv(endpoint, NULL, reply);
        sample(nbrecv, i, span_end());
    }
}

static void with_lower(const char *name, void (*own)(struct bench_thread *), void (*partner)(struct bench_thread *))
{
    group_begin();
    operation = operation_new(ROUNDS, name, "");
    endpoint = object_new(seL4_EndpointObject, 0);
    reply = object_new(seL4_ReplyObject, 0);
    pause_prepare();
    thread_start(thread_new(PRIORITY - 1, OTHER_SPACE), partner);
    run_alone(own);
    group_end();
}

void bench_send(void)
{
    send_to_higher(false);
    send_to_higher(true);
    with_lower("send_to_lower", own_send, receive_forever);
    with_lower("recv_from_queue", own_receive, send_forever);

    group_begin();
    endpoint = object_new(seL4_EndpointObject, 0);
    reply = object_new(seL4_ReplyObject, 0);
    run_alone(own_tries);
    group_end();
}
