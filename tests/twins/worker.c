/*
 * Workers: threads that make one system call or fault after the other, most of them sensible for their role. They run with
 * capabilities, stacks and TLS registers of their own and use nothing of the library.
 */
#include "twins.h"

enum fault_label { FAULT_CAP = 1, FAULT_SYSCALL = 2, FAULT_EXCEPTION = 3, FAULT_MEMORY = 6 };

#define LENGTH_MOST               127
#define INFO(label, caps, length) ((uint64_t)(label) << 12 | (uint64_t)(caps) << 7 | (length))
#define LABEL(info)               ((info) >> 12)
#define LENGTH(info)              ((info)&LENGTH_MOST)

uint64_t slot_address(struct worker *worker, unsigned slot)
{
    uint64_t address = 0;
    unsigned used = 0;

    for (unsigned i = 0; i < worker->levels; i++) {
        const struct level *level = &worker->level[i];
        unsigned bits = level->guard_bits + level->radix;
        uint64_t index = i + 1 == worker->levels ? slot : level->index;

        address = bits == 64 ? 0 : address << bits;
        address |= level->guard << level->radix | index;
        used += bits;
    }
    return used == 64 ? address : address << (64 - used) | random_next(&worker->random) >> used;
}

/* --- what a step begins with ---------------------------------------------------------------------------------------------- */

static uint64_t below(struct worker *worker, uint64_t bound)
{
    return random_below(&worker->random, bound);
}

static unsigned some_slot(struct worker *worker)
{
    return (unsigned)below(worker, 4) ? SLOT_ENDPOINT + (unsigned)below(worker, SLOT_RECEIVE_END - SLOT_ENDPOINT)
                                      : (unsigned)below(worker, SLOT_COUNT);
}

/* Names a slot, or once in a while nothing. */
static uint64_t name(struct worker *worker, unsigned slot)
{
    uint64_t address = slot_address(worker, slot);

    return below(worker, world.is_calm ? 1000 : 60) ? address : address ^ 1ul << below(worker, 64);
}

static void choose_registers(struct worker *worker)
{
    struct step_area *area = worker->area;

    for (unsigned i = 0; i < STEP_REGISTERS; i++)
        area->in[i] = random_next(&worker->random);
    /* Carry to overflow, NT, AC and ID. */
    area->flags_in = (random_next(&worker->random) & 0x244cd5) | 0x202;
    area->has_floats = worker->has_floats;
    if (worker->has_floats)
        for (unsigned i = 0; i < STEP_FLOAT_WORDS; i++)
            area->floats_in[i] = random_next(&worker->random);
}

static unsigned some_length(struct worker *worker)
{
    unsigned kind = (unsigned)below(worker, 20);

    if (kind < 11 || (world.is_calm && kind < 18))
        return (unsigned)below(worker, 5);
    if (kind < 15)
        return 5 + (unsigned)below(worker, 8);
    return kind < 19 ? (unsigned)below(worker, 121) : (unsigned)below(worker, LENGTH_MOST + 1);
}

/* Label, length, capabilities: and what they stand for in the buffer. */
static uint64_t some_message(struct worker *worker)
{
    unsigned caps = below(worker, world.is_calm ? 20 : 5) ? 0 : (unsigned)below(worker, 4);
    unsigned length = some_length(worker);
    uint64_t label = below(worker, 3) ? below(worker, 4) : random_next(&worker->random) >> 12;
    uint64_t unwrapped = below(worker, 8) ? 0 : below(worker, 8);

    if (worker->has_buffer) {
        for (unsigned i = 4; i < length && i < seL4_MsgMaxLength; i++)
            worker->buffer->msg[i] = random_next(&worker->random);
        for (unsigned i = 0; i < caps; i++)
            worker->buffer->caps_or_badges[i] = name(worker, some_slot(worker));
    }
    return INFO(label, caps, length) | unwrapped << 9;
}

static void choose_syscall(struct worker *worker, int number, uint64_t cap, uint64_t info)
{
    struct step_area *area = worker->area;

    area->instruction = step_syscall;
    area->in[STEP_RDX] = (uint64_t)number;
    area->in[STEP_RDI] = cap;
    area->in[STEP_RSI] = info;
    area->in[STEP_R12] = name(worker, SLOT_REPLY);
}

static void choose_fault(struct worker *worker)
{
    static const char *const instructions[] = {step_undefined, step_undefined, step_breakpoint, step_interrupt,
                                               step_interrupt, step_load,      step_divide,     step_syscall};

    worker->area->instruction = instructions[below(worker, sizeof(instructions) / sizeof(instructions[0]))];
    if (below(worker, 2))
        worker->area->in[STEP_RDI] = 0x20000000 + below(worker, 1 << 20); /* nothing is there */
    if (worker->area->instruction == step_syscall)
        worker->area->in[STEP_RDX] = below(worker, 400) + 100; /* no call of the kernel */
}

/* An invocation of what is no endpoint. */
static void choose_invocation(struct worker *worker)
{
    static const seL4_Word thread_labels[] = {TCBSuspend, TCBResume, TCBReadRegisters, TCBUnbindNotification};
    struct step_area *area = worker->area;

    if (below(worker, 2)) {
        choose_syscall(worker, seL4_SysCall, name(worker, SLOT_CNODE),
                       INFO(below(worker, 4) ? CNodeDelete : CNodeRevoke, 0, 2));
        area->in[STEP_R10] = SLOT_RECEIVE + below(worker, SLOT_RECEIVE_END - SLOT_RECEIVE);
        area->in[STEP_R8] = SLOT_BITS;
    } else {
        choose_syscall(worker, seL4_SysCall, name(worker, SLOT_THREAD),
                       INFO(thread_labels[below(worker, 4)], 0, below(worker, 3)));
        area->in[STEP_R10] = below(worker, 3) == 0;
        area->in[STEP_R8] = 20;
    }
}

static unsigned some_endpoint(struct worker *worker)
{
    return SLOT_ENDPOINT + (unsigned)below(worker, world.endpoint_count);
}

static unsigned some_notification(struct worker *worker)
{
    return SLOT_NOTIFICATION + (unsigned)below(worker, world.notification_count);
}

/* Any call on anything. */
static void choose_any(struct worker *worker)
{
    choose_syscall(worker, -1 - (int)below(worker, 11), name(worker, some_slot(worker)), some_message(worker));
    if (below(worker, 2))
        worker->area->in[STEP_R12] = name(worker, some_slot(worker));
    worker->area->in[STEP_R13] = name(worker, some_slot(worker));
}

/* --- roles ------------------------------------------------------------------------------------------------------------------ */

/* The answer to a fault that lets the thread go on behind its instruction; other messages are answered at random. */
static uint64_t some_answer(struct worker *worker)
{
    struct step_area *area = worker->area;
    uint64_t label = LABEL(area->out[STEP_RSI]), length = LENGTH(area->out[STEP_RSI]);

    if (label == FAULT_EXCEPTION && length == 5 && below(worker, 4)) {
        area->in[STEP_R10] = area->out[STEP_R10] + 2;
        area->in[STEP_R8] = area->out[STEP_R8];
        area->in[STEP_R9] = area->out[STEP_R9];
        return INFO(0, 0, 3);
    }
    if (label == FAULT_SYSCALL && length == 19 && worker->has_buffer && below(worker, 4)) {
        area->in[STEP_R10] = area->out[STEP_R10];
        area->in[STEP_R8] = area->out[STEP_R8];
        area->in[STEP_R9] = area->out[STEP_R9];
        area->in[STEP_R15] = area->out[STEP_R15];
        worker->buffer->msg[15] += 2;
        return INFO(0, 0, below(worker, 2) ? 18 : 16);
    }
    return some_message(worker);
}

/* For middlemen: in calm scripts one behind their own, so that they do not wait for each other in a ring. */
static unsigned next_endpoint(struct worker *worker)
{
    uint64_t left = world.endpoint_count - 1 - worker->endpoint;

    if (!world.is_calm || !left)
        return some_endpoint(worker);
    return SLOT_ENDPOINT + (unsigned)(worker->endpoint + 1 + (world.has_chain ? 0 : below(worker, left)));
}

/* A fault that would happen again. */
static bool is_hopeless(const struct worker *worker)
{
    uint64_t info = worker->area->out[STEP_RSI], label = LABEL(info);

    return (label == FAULT_CAP || label == FAULT_MEMORY) && LENGTH(info) >= 4;
}

/* In calm scripts servers nearly always answer and clients call. */
static bool keeps_role(struct worker *worker)
{
    return world.is_calm && below(worker, 40);
}

static void choose_as_server(struct worker *worker)
{
    unsigned home = below(worker, 12) ? SLOT_ENDPOINT + (unsigned)worker->endpoint : some_endpoint(worker);
    unsigned kind = keeps_role(worker) ? 0 : (unsigned)below(worker, 100);

    if (worker->steps == 1 || (is_hopeless(worker) && below(worker, 8))) {
        kind = 82; /* Recv */
    } else if (worker->role == ROLE_MIDDLEMAN && below(worker, 8)) {
        worker->has_called = !worker->has_called;
        kind = worker->has_called ? 70 : 0;
    }
    if (kind < 62) {
        uint64_t info = some_answer(worker);
        choose_syscall(worker, seL4_SysReplyRecv, name(worker, home), info);
    } else if (kind < 66) {
        choose_syscall(worker, seL4_SysNBSendRecv, name(worker, home), some_answer(worker));
        worker->area->in[STEP_R13] = name(worker, below(worker, 2) ? SLOT_REPLY : some_slot(worker));
    } else if (kind < 68) {
        choose_syscall(worker, seL4_SysNBSendWait, name(worker, below(worker, 2) ? home : some_notification(worker)),
                       some_answer(worker));
    } else if (kind < 76) {
        choose_syscall(worker, seL4_SysCall, name(worker, next_endpoint(worker)), some_message(worker));
    } else if (kind < 79) {
        choose_syscall(worker, seL4_SysSend, name(worker, SLOT_REPLY), some_answer(worker));
    } else if (kind < 84) {
        choose_syscall(worker, seL4_SysRecv, name(worker, home), worker->area->in[STEP_RSI]);
    } else if (kind < 86) {
        choose_syscall(worker, seL4_SysNBRecv, name(worker, home), worker->area->in[STEP_RSI]);
    } else if (kind < 88) {
        choose_syscall(worker, seL4_SysWait, name(worker, below(worker, 2) ? home : some_notification(worker)), 0);
    } else if (kind < 91) {
        choose_syscall(worker, seL4_SysSend, name(worker, some_notification(worker)), INFO(0, 0, 1));
    } else if (kind < 93) {
        choose_syscall(worker, seL4_SysYield, 0, 0);
    } else if (kind < 95) {
        choose_fault(worker);
    } else if (kind < 97) {
        choose_invocation(worker);
    } else {
        choose_any(worker);
    }
}

static void choose_as_client(struct worker *worker)
{
    unsigned kind = keeps_role(worker) ? 0 : (unsigned)below(worker, 100);

    if (kind < 56) {
        unsigned slot = below(worker, 10) ? some_endpoint(worker) : SLOT_MORE_ENDPOINT;
        choose_syscall(worker, seL4_SysCall, name(worker, slot), some_message(worker));
    } else if (kind < 62) {
        choose_syscall(worker, seL4_SysSend, name(worker, some_endpoint(worker)), some_message(worker));
    } else if (kind < 68) {
        choose_syscall(worker, seL4_SysNBSend, name(worker, some_endpoint(worker)), some_message(worker));
    } else if (kind < 76) {
        choose_syscall(worker, seL4_SysSend, name(worker, some_notification(worker)), INFO(0, 0, 1));
    } else if (kind < 80) {
        choose_syscall(worker, seL4_SysWait, name(worker, some_notification(worker)), 0);
    } else if (kind < 83) {
        choose_syscall(worker, seL4_SysNBWait, name(worker, some_notification(worker)), 0);
    } else if (kind < 86) {
        choose_syscall(worker, seL4_SysYield, 0, 0);
    } else if (kind < 93) {
        choose_fault(worker);
    } else if (kind < 96) {
        choose_invocation(worker);
    } else {
        choose_any(worker);
    }
}

void step_choose(struct worker *worker)
{
    choose_registers(worker);
    if (worker->has_buffer && below(worker, 4) == 0) {
        worker->buffer->receiveCNode = name(worker, SLOT_CNODE);
        worker->buffer->receiveIndex = SLOT_RECEIVE + below(worker, SLOT_RECEIVE_END - SLOT_RECEIVE);
        worker->buffer->receiveDepth = below(worker, 20) ? SLOT_BITS : below(worker, 65);
    }
    if (world.events > world.events_most)
        worker->area->instruction = step_undefined;
    else if (below(worker, 24) == 0)
        choose_syscall(worker, seL4_SysSend, slot_address(worker, SLOT_DIRECTOR), INFO(0, 0, 1));
    else if (worker_serves(worker))
        choose_as_server(worker);
    else if (worker->role == ROLE_CLIENT)
        choose_as_client(worker);
    else
        choose_any(worker);
}

/* --- the life of a worker ----------------------------------------------------------------------------------------------------- */

static void log_step(const struct worker *worker)
{
    const struct step_area *area = worker->area;
    uint64_t words[STEP_REGISTERS + 9], *word = words;

    for (unsigned i = 0; i < STEP_REGISTERS; i++)
        *word++ = area->out[i];
    *word++ = area->flags_out;
    *word++ = area->selector;
    *word++ = area->tls;
    *word++ = worker->has_floats ? hash_words(area->floats_out, STEP_FLOAT_WORDS) : 0;
    *word++ = hash_words((const uint64_t *)worker->buffer, sizeof(seL4_IPCBuffer) / sizeof(uint64_t));
    *word++ = *(const uint64_t *)SPACE_ADDRESS;
    *word++ = (uint64_t)area->instruction;
    *word++ = area->in[STEP_RDX];
    *word++ = area->in[STEP_RDI];
    log_entry("step", worker->number, words, sizeof(words) / sizeof(words[0]));
}

_Noreturn void worker_run(struct worker *worker)
{
    for (;;) {
        world.events++;
        worker->steps++;
        if (below(worker, BURNS_EVERY) == 0)
            burn(BURN_US * INSTRUCTIONS_PER_US);
        step_choose(worker);
        step();
        log_step(worker);
    }
}
