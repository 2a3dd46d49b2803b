/* What a thread sees of an x86_64 CPU beyond what tests/kernel tries: stepping, alignment, flags, return addresses. */
#include "harness/caller.h"
#include "harness/memory.h"

#include "lib/string.h"

#define ABOVE (RUNNER_PRIORITY + 1)

#define NBRECV (seL4_Word) seL4_SysNBRecv
#define NBWAIT (seL4_Word) seL4_SysNBWait
#define SEND   (seL4_Word) seL4_SysSend

#define FLAG_TF 0x100
#define FLAG_DF 0x400
#define FLAG_AC 0x40000
/* Set by the processor in what it saves. */
#define FLAG_RF 0x10000

/* Pages of the program can be written and run, whatever its file says: code is made where it is needed. */
static uint8_t code[4][64];

/* A thread started at these bytes, followed by ud2; faults go to `endpoint`. */
static struct worker *run_bytes(seL4_CPtr endpoint, unsigned place, const uint8_t *bytes, size_t count, seL4_Word rax,
                                seL4_Word rdi)
{
    struct worker *worker = worker_new(ABOVE);
    seL4_UserContext registers = worker_registers(worker, code[place]);

    memset(code[place], 0, sizeof(code[place]));
    memcpy(code[place], bytes, count);
    memcpy(code[place] + count, "\x0f\x0b", 2);
    registers.rax = rax;
    registers.rdi = rdi;
    worker_set_fault_handler(worker, endpoint);
    worker_start_at(worker, &registers);
    return worker;
}
#define RUN(endpoint, rax, rdi, ...)                                                                                   \
    run_bytes(endpoint, 0, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), rax, rdi)

/* row: exception.number.trap_flag */
TEST(x86_machine, trap_flag)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new();

    /* push rax; popfq; nop; nop; nop */
    RUN(endpoint, 0x202 | FLAG_TF, 0, 0x50, 0x9d, 0x90, 0x90, 0x90);
    struct answer fault = receive(NBRECV, endpoint, reply);
    expect_eq(fault.label, seL4_Fault_UserException);
    expect_eq(fault.word[0], (seL4_Word)code[0] + 3);
    expect(fault.word[2] & FLAG_TF);
    expect_eq(fault.word[3], 1);
    expect_eq(fault.word[4], 0);
    /* A reply without flags steps on. */
    expect_success(call(reply, 0, NONE, NONE));
    fault = receive(NBRECV, endpoint, reply);
    expect_eq(fault.word[0], (seL4_Word)code[0] + 4);
    expect_eq(fault.word[3], 1);
    /* One with flags does not. */
    expect_success(call(reply, 0, NONE, WORDS(fault.word[0], fault.word[1], fault.word[2])));
    fault = receive(NBRECV, endpoint, reply);
    expect_eq(fault.word[0], (seL4_Word)code[0] + 5);
    expect_eq(fault.word[3], 6);
    expect(!(fault.word[2] & FLAG_TF));
}

/* row: exception.number.alignment */
TEST(x86_machine, alignment_is_not_checked)
{
    seL4_CPtr endpoint = endpoint_new();
    static seL4_Word cells[2];

    /* push rax; popfq; mov rax, [rdi] */
    RUN(endpoint, 0x202 | FLAG_AC, (seL4_Word)cells + 1, 0x50, 0x9d, 0x48, 0x8b, 0x07);
    struct answer fault = receive(NBRECV, endpoint, reply_new());
    expect_eq(fault.word[3], 6);
    expect_eq(fault.word[0], (seL4_Word)code[0] + 5);
}

/* row: exception.number.simd */
TEST(x86_machine, unmasked_sse_exception)
{
    seL4_CPtr endpoint = endpoint_new();
    static uint32_t control;
    uint32_t status;

    control = 0x1f80 & ~0x80u; /* invalid operation is not masked */
    /* ldmxcsr [rdi]; xorps xmm0, xmm0; divps xmm0, xmm0; stmxcsr [rdi] */
    RUN(endpoint, 0, (seL4_Word)&control, 0x0f, 0xae, 0x17, 0x0f, 0x57, 0xc0, 0x0f, 0x5e, 0xc0, 0x0f, 0xae, 0x1f);
    struct answer fault = receive(NBRECV, endpoint, reply_new());
    status = *(volatile uint32_t *)&control;
    expect_eq(fault.label, seL4_Fault_UserException);
    if (fault.word[3] == 6) {
        /* An emulator that has no such exceptions: the operation is done and its flag stands in the status. */
        expect_eq(status & 1, 1);
    } else {
        expect_eq(fault.word[3], 19);
        expect_eq(fault.word[0], (seL4_Word)code[0] + 6);
    }
}

/* row: kernel.safety.direction */
TEST(x86_machine, direction_flag_during_a_long_message)
{
    seL4_CPtr endpoint = endpoint_new(), notification = notification_new(), slot = slot_new(), empty = slot_new();
    struct worker *sender = caller_new(ABOVE, (struct syscall){0});
    seL4_UserContext registers =
        caller_registers(sender, (struct syscall){.number = SEND, .cap = endpoint, .info = INFO(1, 1, 120)});

    caller_fault(sender);
    for (unsigned i = 0; i < 120; i++)
        sender->buffer->msg[i] = 0x4000 + i;
    sender->buffer->caps_or_badges[0] = notification;
    seL4_SetCapReceivePath(ROOT, slot, 64);
    registers.rip = (seL4_Word)code_flags;
    registers.rax = 0x202 | FLAG_DF;
    worker_start_at(sender, &registers);
    struct answer message = receive(NBWAIT, endpoint, 0);
    expect_eq(message.length, 120);
    expect_eq(message.extra_caps, 1);
    for (int i = 4; i < 120; i++)
        expect_eq(seL4_GetMR(i), 0x4000 + (seL4_Word)i);
    /* Memory is cleared and a fault delivered with the flag set. */
    struct answer fault = caller_fault(sender);
    expect_eq(fault.word[0], (seL4_Word)code_flags_end);
    expect_eq(worker_read(sender).rbx & FLAG_DF, FLAG_DF);
    registers.rdi = untyped_new(14);
    registers.rdx = (seL4_Word)seL4_SysCall;
    registers.rsi = INFO(UntypedRetype, 1, 6);
    registers.r10 = seL4_CapTableObject;
    registers.r8 = 9;
    registers.r9 = 0;
    registers.r15 = 0;
    sender->buffer->caps_or_badges[0] = ROOT;
    sender->buffer->msg[4] = slot_new();
    sender->buffer->msg[5] = 1;
    worker_start_at(sender, &registers);
    expect_eq(caller_fault(sender).word[0], (seL4_Word)code_flags_end);
    expect_eq(worker_read(sender).rsi, 0);
    for (seL4_Word i = 0; i < 512; i++)
        expect_lookup(call(sender->buffer->msg[4], CNodeMove, CAPS(ROOT), WORDS(i, 9, empty, 64)), 1,
                      seL4_MissingCapability, 64);
}

/* row: kernel.safety.canonical_return registers.sanitise.rip */
TEST(x86_machine, return_address_that_is_not_canonical)
{
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new(), frame = frame_new();
    struct window window = window_new();
    const seL4_Word top = 0x7fffffffe000;
    struct worker *worker = worker_new(ABOVE);
    seL4_UserContext registers = worker_registers(worker, (const void *)(top + 4094));

    /* A call in the last two bytes that can be mapped: it returns to an address behind all user pages. */
    uint8_t *page = window_map(&window, frame);
    memcpy(page + 4094, "\x0f\x05", 2);
    window_unmap(&window);
    tables_map(seL4_CapInitThreadVSpace, top);
    expect_no_error(seL4_X86_Page_Map(frame, seL4_CapInitThreadVSpace, top, seL4_ReadWrite, 0));
    worker_set_fault_handler(worker, endpoint);
    registers.rdx = (seL4_Word)seL4_SysYield;
    worker_start_at(worker, &registers);
    struct answer fault = receive(NBRECV, endpoint, reply);
    expect_eq(fault.label, seL4_Fault_VMFault);
    expect_eq(fault.word[0], top + 4096);
    /* Addresses that a reply or another thread gives: 0 instead. */
    worker = caller_new(ABOVE, (struct syscall){.number = 99});
    worker_set_fault_handler(worker, endpoint);
    worker_suspend(worker);
    worker_resume(worker);
    fault = receive(NBRECV, endpoint, reply);
    expect_eq(fault.label, seL4_Fault_UnknownSyscall);
    fault.word[15] = 0x800000000000;
    expect_success(call(reply, 0, NONE, (struct words){16, fault.word}));
    fault = receive(NBRECV, endpoint, reply);
    expect_eq(fault.label, seL4_Fault_VMFault);
    expect_eq(fault.word[0], 0);
}

static void set_own_base(struct worker *worker)
{
    /* Neither the stubs nor anything thread-local may be used in between. */
    seL4_Word first = worker->argument[0], own, seen;

    __asm__ volatile("movq %%fs:0, %0" : "=r"(own));
    pecan_syscall_word((seL4_Word)seL4_SysSetTLSBase, first);
    __asm__ volatile("movq %%fs:0, %0" : "=r"(seen));
    pecan_syscall_word((seL4_Word)seL4_SysSetTLSBase, own);
    worker->result[0] = seen;
}

/* row: syscall.number.tls_base */
TEST(x86_machine, set_tls_base_call)
{
    static seL4_Word cell = 0x7777777;
    struct worker *worker = worker_new(ABOVE);
    struct syscall syscall = {
        .number = (seL4_Word)seL4_SysSetTLSBase, .cap = 0x12345000, .info = 5, .word = {1, 2, 3, 4}};

    worker->argument[0] = (seL4_Word)&cell;
    worker_start(worker, set_own_base);
    expect_eq(worker->result[0], 0x7777777);
    seL4_UserContext registers = expect_returned(caller_new(ABOVE, syscall));
    expect_eq(registers.fs_base, 0x12345000);
    expect_eq(registers.rsi, 5);
    expect_eq(registers.r10, 1);
    syscall.cap = 1ul << 63;
    expect_eq(expect_returned(caller_new(ABOVE, syscall)).fs_base, 0);
}
