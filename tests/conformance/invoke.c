/* What all invocations have in common. */
#include "harness/caller.h"

#define ABOVE (RUNNER_PRIORITY + 1)

#define SEND   (seL4_Word) seL4_SysSend
#define NBSEND (seL4_Word) seL4_SysNBSend
#define CALL   (seL4_Word) seL4_SysCall
#define NBWAIT (seL4_Word) seL4_SysNBWait

/* row: invoke.any.null invoke.any.extra_words invoke.any.extra_caps invoke.any.null_extra */
TEST(invoke, capabilities_and_words)
{
    seL4_CPtr empty = slot_new(), reply = reply_new(), tcb = tcb_new(), schedctx = schedctx_new(1000, 1000);

    expect_answer(call(empty, CNodeDelete, NONE, NONE), seL4_InvalidCapability, WORDS(0));
    expect_answer(call(0, 12345, CAPS(reply), WORDS(1, 2, 3)), seL4_InvalidCapability, WORDS(0));
    expect_success(call(ROOT, CNodeDelete, CAPS(reply, reply, reply), WORDS(empty, 64, 1, 2, 3, 4, 5, 6)));
    expect_success(call(tcb, TCBSetPriority, CAPS(seL4_CapInitThreadTCB, reply, 0), WORDS(1, 2)));
    /* An empty slot is "none" where that is allowed, and the wrong type where not. */
    expect_success(call(tcb, TCBSetSchedParams, CAPS(seL4_CapInitThreadTCB, empty, empty), WORDS(1, 1)));
    expect_answer(call(schedctx, SchedContextBind, CAPS(empty), NONE), seL4_InvalidCapability, WORDS(1));
}

/* row: invoke.any.pml4 */
TEST(invoke, address_space_root)
{
    for (seL4_Word label = 0; label < 70; label++)
        expect_answer(call(seL4_CapInitThreadVSpace, label, CAPS(ROOT), WORDS(0, 0, 0, 0)), seL4_IllegalOperation,
                      NONE);
}

/* row: invoke.any.success invoke.any.result */
TEST(invoke, registers_of_an_answer)
{
    seL4_CPtr empty = slot_new();
    struct syscall delete = {
        .number = CALL, .cap = ROOT, .info = INFO(CNodeDelete, 0, 2), .word = {empty, 64, 3, 4}, .reply = 5, .dest = 6};
    seL4_UserContext registers = expect_returned(caller_new(ABOVE, delete));

    expect_eq(registers.rdi, 0);
    expect_eq(registers.rsi, 0);
    expect_eq(registers.r10, empty);
    expect_eq(registers.r8, 64);
    expect_eq(registers.r9, 3);
    expect_eq(registers.r15, 4);
    expect_eq(registers.r12, 5);
    expect_eq(registers.r13, 6);
    expect_eq(registers.rdx, CALL);
    expect_eq(registers.rax, 0xa1a1a1a1a1a1a1a1);
    /* A result fills as many words as it has. */
    struct syscall flags = {.number = CALL, .cap = tcb_new(), .info = INFO(TCBSetFlags, 0, 2), .word = {0, 1, 3, 4}};
    registers = expect_returned(caller_new(ABOVE, flags));
    expect_eq(registers.rsi, INFO(0, 0, 1));
    expect_eq(registers.r10, 1);
    expect_eq(registers.r8, 1);
    expect_eq(registers.r9, 3);
}

/* row: invoke.any.send_silent invoke.any.nbsend_silent invoke.any.error */
TEST(invoke, without_an_answer)
{
    seL4_CPtr full = reply_new(), other = reply_new(), empty = slot_new();
    struct syscall delete = {.number = SEND, .cap = ROOT, .info = INFO(CNodeDelete, 0, 2), .word = {full, 64, 3, 4}};
    seL4_UserContext registers = expect_returned(caller_new(ABOVE, delete));

    expect(slot_is_empty(full));
    expect_eq(registers.rdi, ROOT);
    expect_eq(registers.rsi, delete.info);
    expect_eq(registers.r10, full);
    delete.number = NBSEND;
    delete.word[0] = other;
    registers = expect_returned(caller_new(ABOVE, delete));
    expect(slot_is_empty(other));
    expect_eq(registers.rsi, delete.info);
    /* Errors are not reported either. */
    delete.number = SEND;
    delete.word[1] = 65;
    registers = expect_returned(caller_new(ABOVE, delete));
    expect_eq(registers.rsi, delete.info);
    expect_eq(registers.r8, 65);
    expect_returned(caller_new(ABOVE, (struct syscall){.number = SEND, .cap = empty}));
    delete.number = CALL;
    registers = expect_returned(caller_new(ABOVE, delete));
    expect_eq(registers.rsi, INFO(seL4_RangeError, 0, 2));
    expect_eq(registers.rdi, 0);
    expect_eq(registers.r10, 1);
    expect_eq(registers.r8, 64);
    expect_eq(registers.r9, 3);
}

/* row: invoke.any.nbsend_lookup invoke.any.nbsend_extra_lookup */
TEST(invoke, nbsend_ignores_lookup_failures)
{
    seL4_CPtr notification = notification_new();
    struct worker *caller = caller_new(ABOVE, (struct syscall){.number = NBSEND, .cap = 1ul << 40});

    expect_returned(caller);
    caller->buffer->caps_or_badges[0] = 1ul << 40;
    caller_again(caller, (struct syscall){.number = NBSEND, .cap = notification, .info = INFO(0, 1, 0)});
    expect_returned(caller);
    expect_nothing(receive(NBWAIT, notification, 0));
}

/* row: invoke.any.lookup_fault invoke.any.extra_lookup_fault */
TEST(invoke, lookup_failures_of_calls_are_faults)
{
    struct worker *caller = caller_new(ABOVE, (struct syscall){.number = CALL, .cap = 1ul << 40});
    const seL4_Word bits = 64 - root_radix();

    expect_cap_fault(caller, 1ul << 40, 0, seL4_GuardMismatch, 64, 0, bits);
    caller->buffer->caps_or_badges[1] = 1ul << 41;
    caller_again(caller, (struct syscall){.number = CALL, .cap = tcb_new(), .info = INFO(TCBSuspend, 2, 0)});
    expect_cap_fault(caller, 1ul << 41, 0, seL4_GuardMismatch, 64, 0, bits);
}

/* row: invoke.any.error_no_buffer */
TEST(invoke, fifth_word_needs_a_buffer)
{
    struct worker *caller = caller_new(ABOVE, (struct syscall){0});
    struct syscall delete = {.number = CALL, .cap = ROOT, .info = INFO(CNodeDelete, 0, 2), .word = {1ul << 40, 64}};

    caller_fault(caller);
    caller->buffer->msg[4] = 0x5555;
    caller_again(caller, delete);
    expect_eq(expect_returned(caller).rsi, INFO(seL4_FailedLookup, 0, 5));
    expect_eq(caller->buffer->msg[4], 64 - root_radix());
    caller->buffer->msg[4] = 0x5555;
    expect_no_error(seL4_TCB_SetIPCBuffer(caller->tcb, 0, 0));
    caller_again(caller, delete);
    seL4_UserContext registers = expect_returned(caller);
    expect_eq(registers.rsi >> 12, seL4_FailedLookup);
    expect_eq(registers.r10, 0);
    expect_eq(registers.r8, seL4_GuardMismatch);
    expect_eq(registers.r9, 64);
    expect_eq(registers.r15, 0);
    expect_eq(caller->buffer->msg[4], 0x5555);
}
