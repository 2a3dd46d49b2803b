/*
 * The attacker's thread: round after round of valid calls, each preceded by garbage and by mutations of itself.
 *
 * It has no writable memory but `attacker`, its stack and its IPC buffer, and no thread-local storage: its TLS base is
 * one of the things that its calls ruin. What it has counted stays when it is started anew.
 */
#include "../support/random.h"
#include "call.h"
#include "trap.h"

#include <sel4/sel4.h>

/* What happens at each call of a round, in this order or with the last two exchanged. */
enum part { PART_GARBAGE, PART_FIRST, PART_SECOND, PART_COUNT };

_Static_assert(sizeof(struct attacker) <= PAGE_BYTES, "memory.S reserves one page");
_Static_assert(__builtin_offsetof(struct attacker, out) == 136, "trap.S");
_Static_assert(__builtin_offsetof(struct attacker, kind) == 272, "trap.S");
_Static_assert(__builtin_offsetof(struct attacker, real_rsp) == 280, "trap.S");
_Static_assert(__builtin_offsetof(struct attacker, vectors) == 320, "trap.S");
_Static_assert(nArchInvocationLabels == LABEL_COUNT, "the calls of a round are for this set of labels");

_Noreturn void attacker_main(void);

/* --- saying what is done ---------------------------------------------------------------------------------------------- */

static void put(char character)
{
#ifdef CONFIG_PRINTING
    seL4_DebugPutChar(character);
#else
    (void)character;
#endif
}

static void put_text(const char *text)
{
    for (; *text; text++)
        put(*text);
}

static void put_hex(uint64_t value)
{
    bool started = false;

    put(' ');
    for (int shift = 60; shift >= 0; shift -= 4) {
        unsigned digit = value >> shift & 15;

        started |= digit != 0 || shift == 0;
        if (started)
            put("0123456789abcdef"[digit]);
    }
}

void attacker_about_to_run(const char *what)
{
    const uint64_t *value = (const uint64_t *)&attacker.in;

    attacker.calls++;
    if (attacker.calls < attacker.trace_from)
        return;
    put_hex(attacker.calls);
    put(' ');
    put_text(what);
    put_hex(attacker.kind);
    put_text(":");
    for (unsigned i = 0; i < sizeof(attacker.in) / sizeof(uint64_t); i++)
        put_hex(value[i]);
    put_text("\r\n");
}

/* --- making a call ----------------------------------------------------------------------------------------------------- */

static void call_prepare(const struct call *call, uint64_t *random)
{
    seL4_IPCBuffer *buffer = (seL4_IPCBuffer *)BUFFER_ADDRESS;
    uint64_t *value = (uint64_t *)&attacker.in;

    for (unsigned i = 0; i < sizeof(attacker.in) / sizeof(uint64_t); i++)
        value[i] = random_next(random);
    attacker.in.rdx = (uint64_t)call->number;
    attacker.in.rdi = call->cap;
    attacker.in.rsi = call->label << 12 | call->info_bits | call->extra_count << 7 | call->length;
    attacker.in.r10 = call->words[0];
    attacker.in.r8 = call->words[1];
    attacker.in.r9 = call->words[2];
    attacker.in.r15 = call->words[3];
    attacker.in.r12 = call->number == seL4_SysReplyRecv ? call->cap : OWN_REPLY;
    attacker.in.r13 = call->cap;
    attacker.in.flags = call->flags;
    if (call->number == seL4_SysReplyRecv || call->number == seL4_SysNBSendRecv)
        attacker.in.rdi = OWN_NOTIFICATION;
    for (unsigned i = 4; i < CALL_WORDS; i++)
        buffer->msg[i] = call->words[i];
    for (unsigned i = 0; i < CALL_CAPS; i++)
        buffer->caps_or_badges[i] = call->caps[i];
    buffer->receiveCNode = OWN_CNODE;
    buffer->receiveIndex = MADE_END + random_below(random, 4);
    buffer->receiveDepth = seL4_WordBits;
    attacker.kind = (uint64_t)trap_syscall;
}

/*
 * Every register that a Call does not write comes back as it was. When none of the random ones does, these are another
 * thread's: with CopyRegisters the attacker may have made one that runs its own code and has stored over `out`.
 */
static bool registers_are_kept(void)
{
    const struct registers *in = &attacker.in, *out = &attacker.out;
    unsigned kept = (in->rax == out->rax) + (in->rbx == out->rbx) + (in->rbp == out->rbp) + (in->r14 == out->r14);

    return kept == 0 ||
           (kept == 4 && in->rdx == out->rdx && in->r12 == out->r12 && in->r13 == out->r13 && in->flags == out->flags);
}

/*
 * Makes the call; true when it was a Call that succeeded. It counts as a success of `label` only, with `cap`: a message to
 * an endpoint, notification or reply succeeds whatever its label.
 */
static bool call_run(const struct call *call, uint64_t label, uint64_t cap, const char *what)
{
    call_prepare(call, &attacker.random);
    attacker_about_to_run(what);
    trap_run();
    if (call->number != seL4_SysCall)
        return false;
    if (call->label != TCBCopyRegisters && !registers_are_kept()) {
        attacker.wrong_registers++;
        attacker.wrong_in = attacker.in;
        attacker.wrong_out = attacker.out;
    }
    if (call->cap == MADE_ENDPOINT || call->cap == OWN_ENDPOINT) {
        attacker.answered_calls++;
        return false;
    }
    if (attacker.out.rsi >> 12 != seL4_NoError || call->label != label || call->cap != cap)
        return false;
    attacker.succeeded[label]++;
    return true;
}

/* --- the loop -------------------------------------------------------------------------------------------------------------- */

static void run_mutated(unsigned index)
{
    struct call call;

    round_call(index, &call);

    uint64_t label = call.label, cap = call.cap;

    if (round_is_guarded(index))
        round_vary_guarded(&call);
    else
        call_mutate(&call);
    attacker.mutated_calls++;
    call_run(&call, label, cap, "mutated");
}

static void run_plain(unsigned index)
{
    struct call call;

    round_call(index, &call);
    call.flags = flags_random(&attacker.random);
    attacker.plain_calls++;
    /* Without its own CNode and untyped memory, with which each round begins, nothing more would succeed. */
    if (!call_run(&call, call.label, call.cap, "plain") && index == 0)
        attacker.want_rebuild = 1;
}

static void run_part(unsigned index, enum part part)
{
    bool mutated_first = index & 1;

    if (part == PART_GARBAGE)
        garbage_run();
    else if ((part == PART_FIRST) == mutated_first)
        run_mutated(index);
    else
        run_plain(index);
}

_Noreturn void attacker_main(void)
{
    for (;;) {
        uint64_t stage = attacker.stage++;

        run_part((unsigned)(stage / PART_COUNT % round_length), (enum part)(stage % PART_COUNT));
        if (attacker.want_rebuild)
            __builtin_trap();
    }
}
