/* Faults: how they are delivered, what their messages hold, and what replies do. */
#include "harness/caller.h"
#include "harness/memory.h"

#define ABOVE (RUNNER_PRIORITY + 1)

#define SEND   (seL4_Word) seL4_SysSend
#define CALL   (seL4_Word) seL4_SysCall
#define RECV   (seL4_Word) seL4_SysRecv
#define NBWAIT (seL4_Word) seL4_SysNBWait
#define NBRECV (seL4_Word) seL4_SysNBRecv

#define UNKNOWN_NUMBER 0x1234
/* Words of an UnknownSyscall message. */
#define SYSCALL_WORDS  19
#define SYSCALL_RAX    0
#define SYSCALL_RDX    3
#define SYSCALL_PC     15
#define SYSCALL_SP     16
#define SYSCALL_FLAGS  17
#define SYSCALL_NUMBER 18

/* A thread whose faults go to `handler`, started at `code` with rdi = argument. */
static struct worker *faulting_at(const char *code, seL4_CPtr handler, seL4_Word argument)
{
    struct worker *worker = worker_new(ABOVE);
    seL4_UserContext registers = worker_registers(worker, code);

    worker_set_fault_handler(worker, handler);
    registers.rdi = argument;
    worker_start_at(worker, &registers);
    return worker;
}

/* --- delivery --------------------------------------------------------------------------------------------------------- */

/* row: fault.delivery.badge fault.delivery.label fault.delivery.blocks */
TEST(fault, delivery)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new();
    struct worker *worker = faulting_at(code_undefined, cap_badged(endpoint, 0x123), 0);

    /* Nobody waited; the badge was the handler capability's. */
    struct answer fault = receive(NBRECV, endpoint, reply);
    expect_eq(fault.badge, 0x123);
    expect_eq(fault.label, seL4_Fault_UserException);
    expect_eq(fault.extra_caps, 0);
    expect_eq(fault.unwrapped, 0);
    /* Somebody waits. */
    struct worker *handler = caller_new(ABOVE, (struct syscall){.number = RECV, .cap = endpoint, .reply = reply_new()});
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0)); /* the instruction once more */
    seL4_UserContext registers = expect_returned(handler);
    expect_eq(registers.rdi, 0x123);
    expect_eq(registers.rsi, INFO(seL4_Fault_UserException, 0, 5));
    expect_eq(registers.r10, (seL4_Word)code_undefined);
    expect_eq(worker_read(worker).rip, (seL4_Word)code_undefined);
}

/* row: fault.delivery.no_handler */
TEST(fault, without_handler)
{
    seL4_CPtr endpoint = endpoint_new();
    struct worker *worker = faulting_at(code_undefined, 0, 0);

    worker_resume(worker);
    expect_eq(worker_read(worker).rip, (seL4_Word)code_undefined);
    worker_set_fault_handler(worker, endpoint);
    worker_resume(worker);
    expect_eq(receive(NBWAIT, endpoint, 0).word[0], (seL4_Word)code_undefined);
}

/* row: fault.delivery.handler_deleted fault.delivery.handler_revoked */
TEST(fault, handler_capability_is_a_copy)
{
    seL4_CPtr endpoint = endpoint_new(), handler = cap_badged(endpoint, 5);
    struct worker *worker = faulting_at(code_undefined, handler, 0);

    expect_eq(receive(NBWAIT, endpoint, 0).badge, 5);
    cap_delete(handler);
    worker_resume(worker);
    expect_eq(receive(NBWAIT, endpoint, 0).badge, 5);
    cap_revoke(endpoint);
    worker_resume(worker);
    expect_nothing(receive(NBWAIT, endpoint, 0));
    expect_eq(worker_read(worker).rip, (seL4_Word)code_undefined);
}

static void answer_faults(struct worker *worker)
{
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_Recv(worker->argument[0], &badge, worker->argument[1]);

    for (;;) {
        worker->result[0]++;
        worker->result[1] = seL4_MessageInfo_get_label(info);
        seL4_SetMR(0, worker->argument[2]);
        info = seL4_ReplyRecv(worker->argument[0], seL4_MessageInfo_new(0, 0, 0, 1), &badge, worker->argument[1]);
    }
}

/* A server that answers faults with the one word `pc`, without scheduling context of its own. */
static struct worker *passive_handler(seL4_CPtr endpoint, seL4_Word pc)
{
    struct worker *handler = worker_new(ABOVE + 1);

    handler->argument[0] = endpoint;
    handler->argument[1] = reply_new();
    handler->argument[2] = pc;
    worker_start(handler, answer_faults);
    expect_no_error(seL4_SchedContext_Unbind(handler->schedctx));
    return handler;
}

/* row: fault.delivery.passive_handler lend.call.fault_reply */
TEST(fault, passive_handler_runs_on_the_threads_context)
{
    seL4_CPtr endpoint = endpoint_new();
    static volatile seL4_Word count;
    struct worker *handler = passive_handler(endpoint, (seL4_Word)code_count);
    struct worker *worker = worker_new_budget(RUNNER_PRIORITY, 100, 100, 0, 0);
    seL4_UserContext registers = worker_registers(worker, code_undefined);

    count = 0;
    registers.rdi = (seL4_Word)&count;
    worker_set_fault_handler(worker, endpoint);
    worker_start_at(worker, &registers);
    seL4_Yield();
    expect_eq(handler->result[0], 1);
    expect_eq(handler->result[1], seL4_Fault_UserException);
    /* It has its context back: it counts, and its context is bound to it. */
    expect(count > 0);
    expect_no_error(seL4_SchedContext_UnbindObject(worker->schedctx, worker->tcb));
}

/* row: fault.delivery.no_buffer */
TEST(fault, handler_without_buffer)
{
    seL4_CPtr endpoint = endpoint_new();
    struct worker *handler = caller_new(ABOVE, (struct syscall){.number = RECV, .cap = endpoint, .reply = reply_new()});

    expect_no_error(seL4_TCB_SetIPCBuffer(handler->tcb, 0, 0));
    handler->buffer->msg[4] = 0x77;
    faulting_at(code_undefined, endpoint, 0);
    seL4_UserContext registers = expect_returned(handler);
    expect_eq(registers.rsi, INFO(seL4_Fault_UserException, 0, 4));
    expect_eq(registers.r10, (seL4_Word)code_undefined);
    expect_eq(registers.r15, 6);
    expect_eq(handler->buffer->msg[4], 0x77);
}

/* row: fault.delivery.endpoint_deleted object.delete.endpoint_fault */
TEST(fault, endpoint_goes_while_the_fault_waits)
{
    seL4_CPtr endpoint = endpoint_new(), later = endpoint_new();
    struct worker *worker = faulting_at(code_undefined, endpoint, 0);

    /* The thread's own copy kept the endpoint alive; another handler takes its place. Let go to run it would fault there. */
    worker_set_fault_handler(worker, later);
    cap_delete(endpoint);
    expect_nothing(receive(NBWAIT, later, 0));
    worker_resume(worker);
    expect_eq(receive(NBWAIT, later, 0).word[0], (seL4_Word)code_undefined);
}

/* row: fault.delivery.reply_deleted */
TEST(fault, reply_object_goes_before_the_reply)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new(), other = reply_new();
    struct worker *worker = faulting_at(code_undefined, endpoint, 0);

    expect_eq(receive(NBRECV, endpoint, reply).label, seL4_Fault_UserException);
    cap_delete(reply);
    expect_nothing(receive(NBRECV, endpoint, other));
    worker_resume(worker);
    expect_eq(receive(NBRECV, endpoint, other).label, seL4_Fault_UserException);
}

/* --- CapFault -------------------------------------------------------------------------------------------------------------- */

/* row: fault.cap.reply_restarts fault.cap.send_phase invoke.any.extra_lookup_fault */
TEST(fault, cap_fault_reply_calls_again)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new(), notification = notification_new(), slot = slot_new();
    struct worker *worker = worker_new(ABOVE);

    worker_set_fault_handler(worker, endpoint);
    worker->buffer->caps_or_badges[0] = 1ul << 40;
    caller_again(worker, (struct syscall){.number = SEND, .cap = cap_badged(notification, 6), .info = INFO(0, 1, 0)});
    for (seL4_Word label = 0; label < 3; label++) {
        expect_message(receive(NBRECV, endpoint, reply), 0, seL4_Fault_CapFault,
                       WORDS((seL4_Word)code_syscall, 1ul << 40, 0, seL4_GuardMismatch, 64, 0, 64 - root_radix()));
        /* Whatever the label and the words. */
        expect_success(call(reply, label, NONE, WORDS(1, 2, 3)));
    }
    receive(NBRECV, endpoint, reply);
    worker->buffer->caps_or_badges[0] = slot; /* an empty slot is no failure */
    expect_success(call(reply, 9, NONE, NONE));
    expect_eq(receive(NBWAIT, notification, 0).badge, 6);
    expect_eq(receive(NBRECV, endpoint, reply).word[0], (seL4_Word)code_syscall_end);
}

/* --- UnknownSyscall --------------------------------------------------------------------------------------------------------- */

static struct worker *unknown_caller(seL4_CPtr endpoint, seL4_Word number)
{
    struct worker *worker = worker_new(ABOVE);
    seL4_UserContext registers = caller_registers(worker, (struct syscall){.number = number,
                                                                           .cap = 0x11,
                                                                           .info = 0x22,
                                                                           .word = {0x33, 0x44, 0x55, 0x66},
                                                                           .reply = 0x77,
                                                                           .dest = 0x88});

    worker_set_fault_handler(worker, endpoint);
    worker_start_at(worker, &registers);
    return worker;
}

/* row: fault.unknown_syscall.message fault.unknown_syscall.address fault.unknown_syscall.number syscall.number.positive */
TEST(fault, unknown_syscall_message)
{
    seL4_CPtr endpoint = endpoint_new();
    struct worker *worker = unknown_caller(endpoint, UNKNOWN_NUMBER);
    struct answer fault = receive(NBRECV, endpoint, reply_new());

    expect_eq(fault.label, seL4_Fault_UnknownSyscall);
    expect_eq(fault.length, SYSCALL_WORDS);
    const seL4_Word wanted[SYSCALL_WORDS] = {0xa1a1a1a1a1a1a1a1,
                                             0xb2b2b2b2b2b2b2b2,
                                             fault.word[2],
                                             UNKNOWN_NUMBER,
                                             0x22,
                                             0x11,
                                             0xd4d4d4d4d4d4d4d4,
                                             0x44,
                                             0x55,
                                             0x33,
                                             fault.word[10],
                                             0x77,
                                             0x88,
                                             0xf6f6f6f6f6f6f6f6,
                                             0x66,
                                             (seL4_Word)code_syscall,
                                             worker_registers(worker, NULL).rsp,
                                             0x202,
                                             UNKNOWN_NUMBER};
    for (unsigned i = 0; i < SYSCALL_WORDS; i++)
        expect_eq(fault.word[i], wanted[i]);
}

/* row: syscall.number.unknown syscall.number.zero syscall.number.positive syscall.number.high_bits syscall.number.not_configured */
TEST(fault, unknown_numbers)
{
    const seL4_Word numbers[] = {0,
                                 1,
                                 60,
                                 (seL4_Word)-18,
                                 (seL4_Word)-19,
                                 (seL4_Word)-20,
                                 (seL4_Word)-21,
                                 (seL4_Word)-25,
                                 (seL4_Word)-29,
                                 (seL4_Word)-30,
                                 (seL4_Word)-31,
                                 (seL4_Word)-32,
                                 (seL4_Word)-34,
                                 (seL4_Word)-128,
                                 0xffffffff,
                                 0xfffffff5,
                                 0x1fffffffb,
                                 0x7fffffffffffffff,
                                 1ul << 63};

    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        seL4_CPtr endpoint = endpoint_new();
        unknown_caller(endpoint, numbers[i]);
        struct answer fault = receive(NBRECV, endpoint, reply_new());
        expect_eq(fault.label, seL4_Fault_UnknownSyscall);
        expect_eq(fault.word[SYSCALL_NUMBER], numbers[i]);
    }
}

/* row: fault.unknown_syscall.reply_same fault.unknown_syscall.reply_skip fault.unknown_syscall.reply_number */
/* row: fault.unknown_syscall.reply_partial fault.unknown_syscall.reply_label */
TEST(fault, unknown_syscall_replies)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new();
    struct worker *worker = unknown_caller(endpoint, UNKNOWN_NUMBER);
    struct answer fault = receive(NBRECV, endpoint, reply);
    seL4_Word words[20];

    /* The same call again; a partial reply changes the first registers only. */
    expect_success(call(reply, 0, NONE, NONE));
    fault = receive(NBRECV, endpoint, reply);
    expect_eq(fault.word[SYSCALL_NUMBER], UNKNOWN_NUMBER);
    expect_eq(fault.word[SYSCALL_PC], (seL4_Word)code_syscall);
    expect_success(call(reply, 0, NONE, WORDS(1, 2)));
    fault = receive(NBRECV, endpoint, reply);
    expect_eq(fault.word[0], 1);
    expect_eq(fault.word[1], 2);
    expect_eq(fault.word[4], 0x22);
    expect_eq(fault.word[14], 0x66);
    /* All words, the address behind the call; the number is not taken, flags are made safe. */
    for (unsigned i = 0; i < 20; i++)
        words[i] = 0x100 + i;
    words[SYSCALL_PC] = (seL4_Word)code_syscall_end;
    words[SYSCALL_SP] = fault.word[SYSCALL_SP];
    words[SYSCALL_FLAGS] = 0xffffffff;
    expect_success(call(reply, 0, NONE, (struct words){20, words}));
    fault = receive(NBRECV, endpoint, reply);
    expect_eq(fault.label, seL4_Fault_UserException);
    expect_eq(fault.word[0], (seL4_Word)code_syscall_end);
    seL4_UserContext registers = worker_read(worker);
    expect_eq(registers.rax, 0x100);
    expect_eq(registers.rbx, 0x101);
    expect_eq(registers.rdx, 0x103);
    expect_eq(registers.rsi, 0x104);
    expect_eq(registers.rdi, 0x105);
    expect_eq(registers.rbp, 0x106);
    expect_eq(registers.r8, 0x107);
    expect_eq(registers.r9, 0x108);
    expect_eq(registers.r10, 0x109);
    expect_eq(registers.r12, 0x10b);
    expect_eq(registers.r13, 0x10c);
    expect_eq(registers.r14, 0x10d);
    expect_eq(registers.r15, 0x10e);
    expect_eq(registers.rsp, words[SYSCALL_SP]);
    expect_eq(registers.rflags & ~0x10000ul, 0xed7);

    /* A label: registers are taken over, the thread stops. */
    worker = unknown_caller(endpoint, UNKNOWN_NUMBER);
    receive(NBRECV, endpoint, reply);
    words[SYSCALL_PC] = (seL4_Word)code_spin;
    expect_success(call(reply, 1, NONE, (struct words){16, words}));
    expect_nothing(receive(NBRECV, endpoint, reply));
    expect_eq(worker_read(worker).rax, 0x100);
    expect_eq(worker_read(worker).rip, (seL4_Word)code_spin);
}

/* row: tcb.set_flags.foreign tcb.set_flags.foreign_address tcb.set_flags.foreign_off */
TEST(fault, foreign_thread)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new(), target = notification_new();
    const seL4_Word numbers[] = {(seL4_Word)seL4_SysNBSend,
                                 (seL4_Word)seL4_SysCall,
                                 (seL4_Word)seL4_SysYield,
                                 (seL4_Word)seL4_SysSetTLSBase,
                                 (seL4_Word)-12,
                                 0,
                                 7};
    struct worker *worker = worker_new(ABOVE);

    worker_set_fault_handler(worker, endpoint);
    expect_answer(call(worker->tcb, TCBSetFlags, NONE, WORDS(0, 1ul << 32)), seL4_NoError, WORDS(1ul << 32));
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        caller_again(worker, (struct syscall){.number = numbers[i], .cap = target});
        struct answer fault = receive(NBRECV, endpoint, reply);
        expect_eq(fault.label, seL4_Fault_UnknownSyscall);
        expect_eq(fault.word[SYSCALL_NUMBER], numbers[i]);
        expect_eq(fault.word[SYSCALL_PC], (seL4_Word)code_syscall_end);
        /* One word, the result, and it goes on behind the call. */
        expect_success(call(reply, 0, NONE, WORDS(0x4242)));
        fault = receive(NBRECV, endpoint, reply);
        expect_eq(fault.label, seL4_Fault_UserException);
        expect_eq(fault.word[0], (seL4_Word)code_syscall_end);
        expect_eq(worker_read(worker).rax, 0x4242);
        expect_eq(worker_read(worker).rbx, 0xb2b2b2b2b2b2b2b2);
    }
    expect_nothing(receive(NBWAIT, target, 0));
    expect_answer(call(worker->tcb, TCBSetFlags, NONE, WORDS(1ul << 32, 0)), seL4_NoError, WORDS(0));
    caller_again(worker, (struct syscall){.number = (seL4_Word)seL4_SysNBSend, .cap = cap_badged(target, 3)});
    expect_eq(receive(NBRECV, endpoint, reply).word[0], (seL4_Word)code_syscall_end);
    expect_eq(receive(NBWAIT, target, 0).badge, 3);
}

/* --- UserException ---------------------------------------------------------------------------------------------------------- */

/* row: fault.user_exception.message fault.user_exception.reply_words fault.user_exception.reply_more */
/* row: fault.user_exception.reply_label exception.number.undefined */
TEST(fault, user_exception)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new();
    struct worker *worker = faulting_at(code_undefined, endpoint, 0);
    seL4_Word stack = worker_registers(worker, NULL).rsp;

    struct answer fault = receive(NBRECV, endpoint, reply);
    fault.word[2] &= ~0x10000ul; /* the resume flag is the processor's */
    expect_message(fault, 0, seL4_Fault_UserException, WORDS((seL4_Word)code_undefined, stack, 0x202, 6, 0));
    /* Address, stack and flags are taken, the rest is not. */
    expect_success(call(reply, 0, NONE, WORDS((seL4_Word)code_syscall_end, stack - 64, 0xffffffff, 99, 98)));
    fault = receive(NBRECV, endpoint, reply);
    fault.word[2] &= ~0x10000ul;
    expect_message(fault, 0, seL4_Fault_UserException, WORDS((seL4_Word)code_syscall_end, stack - 64, 0xed7, 6, 0));
    /* Fewer words: only those. */
    expect_success(call(reply, 0, NONE, WORDS((seL4_Word)code_undefined)));
    fault = receive(NBRECV, endpoint, reply);
    expect_eq(fault.word[0], (seL4_Word)code_undefined);
    expect_eq(fault.word[1], stack - 64);
    expect_success(call(reply, 5, NONE, WORDS((seL4_Word)code_spin, stack)));
    expect_nothing(receive(NBRECV, endpoint, reply));
    expect_eq(worker_read(worker).rip, (seL4_Word)code_spin);
    expect_eq(worker_read(worker).rsp, stack);
}

/* --- VMFault -------------------------------------------------------------------------------------------------------------------- */

#define NOWHERE 0x123456789000

/* row: fault.vm.read fault.vm.write fault.status.read fault.status.write fault.vm.kernel_address */
TEST(fault, vm_fault)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new();

    faulting_at(code_load, endpoint, NOWHERE + 8);
    expect_message(receive(NBRECV, endpoint, reply), 0, seL4_Fault_VMFault,
                   WORDS((seL4_Word)code_load, NOWHERE + 8, 0, 4));
    faulting_at(code_store, endpoint, NOWHERE + 16);
    expect_message(receive(NBRECV, endpoint, reply), 0, seL4_Fault_VMFault,
                   WORDS((seL4_Word)code_store, NOWHERE + 16, 0, 6));
    faulting_at(code_store, endpoint, 0);
    expect_message(receive(NBRECV, endpoint, reply), 0, seL4_Fault_VMFault, WORDS((seL4_Word)code_store, 0, 0, 6));
    /* The kernel's addresses are like any other, present or not. */
    for (seL4_Word i = 0; i < 3; i++) {
        const seL4_Word addresses[] = {0xffffffff80200000, 0xffff800000100000, 0xfffffffffffffff8};
        faulting_at(code_load, endpoint, addresses[i]);
        struct answer fault = receive(NBRECV, endpoint, reply);
        expect_eq(fault.label, seL4_Fault_VMFault);
        expect_eq(fault.word[0], (seL4_Word)code_load);
        expect_eq(fault.word[1], addresses[i]);
        expect_eq(fault.word[3] & ~1ul, 4);
    }
}

/* row: fault.vm.fetch */
TEST(fault, vm_fault_of_a_fetch)
{
    seL4_CPtr endpoint = endpoint_new();
    struct worker *worker = worker_new(ABOVE);
    seL4_UserContext registers = worker_registers(worker, (const void *)NOWHERE);

    worker_set_fault_handler(worker, endpoint);
    worker_start_at(worker, &registers);
    struct answer fault = receive(NBRECV, endpoint, reply_new());
    expect_eq(fault.label, seL4_Fault_VMFault);
    expect_eq(fault.length, 4);
    expect_eq(fault.word[0], NOWHERE);
    expect_eq(fault.word[1], NOWHERE);
    /* Whether the processor says that it was a fetch depends on the protections it has on. */
    expect_eq(fault.word[3] & 7, 4);
    expect_eq(fault.word[2], fault.word[3] >> 4 & 1);
}

/* row: fault.vm.write_read_only fault.status.write_present fault.vm.reply_restarts */
TEST(fault, vm_fault_reply_runs_the_instruction_again)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new(), frame = frame_new();
    struct window window = window_new();

    window_map(&window, frame);
    expect_no_error(seL4_X86_Page_Map(frame, seL4_CapInitThreadVSpace, window.address, seL4_CanRead, 0));
    faulting_at(code_store, endpoint, window.address);
    for (seL4_Word label = 0; label < 3; label++) {
        expect_message(receive(NBRECV, endpoint, reply), 0, seL4_Fault_VMFault,
                       WORDS((seL4_Word)code_store, window.address, 0, 7));
        expect_success(call(reply, label, NONE, WORDS(1, 2, 3)));
    }
    receive(NBRECV, endpoint, reply);
    expect_no_error(seL4_X86_Page_Map(frame, seL4_CapInitThreadVSpace, window.address, seL4_ReadWrite, 0));
    expect_success(call(reply, 9, NONE, NONE));
    expect_eq(receive(NBRECV, endpoint, reply).label, seL4_Fault_UserException);
}
