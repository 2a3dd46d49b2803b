/* Reading, writing and copying the registers of threads. */
#include "harness/invoke.h"
#include "harness/objects.h"
#include "harness/worker.h"

#define REGISTERS 20
/* Positions in seL4_UserContext. */
#define RIP     0
#define RSP     1
#define RFLAGS  2
#define RAX     3
#define FS_BASE 18
#define GS_BASE 19

#define RESUME_TARGET    2
#define TRANSFER_FRAME   4
#define TRANSFER_INTEGER 8

/* A stopped thread whose registers are all different. */
static struct worker *patterned(seL4_Word seed)
{
    struct worker *worker = worker_new(RUNNER_PRIORITY - 1);
    seL4_Word words[REGISTERS];

    for (unsigned i = 0; i < REGISTERS; i++)
        words[i] = seed + i;
    words[RFLAGS] = 0x202;
    expect_no_error(seL4_TCB_WriteRegisters(worker->tcb, 0, 0, REGISTERS, (seL4_UserContext *)words));
    return worker;
}

static void expect_pattern(struct worker *worker, unsigned first, unsigned end, seL4_Word seed)
{
    seL4_UserContext context = worker_read(worker);
    const seL4_Word *words = (const seL4_Word *)&context;

    for (unsigned i = first; i < end; i++)
        expect_eq(words[i], i == RFLAGS ? 0x202 : seed + i);
}

/* row: tcb.any.label */
TEST(thread, label)
{
    seL4_CPtr tcb = tcb_new();

    expect_answer(call(tcb, CNodeDelete, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(tcb, UntypedRetype, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(tcb, SchedContextBind, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(tcb, X86PageMap, NONE, NONE), seL4_IllegalOperation, NONE);
}

/* --- reading ------------------------------------------------------------------------------------------------------------ */

/* row: tcb.read_registers.length tcb.read_registers.count_zero tcb.read_registers.count_max tcb.read_registers.self */
TEST(thread, read_registers_checks)
{
    seL4_CPtr tcb = tcb_new(), self = runner()->tcb;

    expect_answer(call(tcb, TCBReadRegisters, NONE, NONE), seL4_TruncatedMessage, NONE);
    expect_answer(call(tcb, TCBReadRegisters, NONE, WORDS(0)), seL4_TruncatedMessage, NONE);
    expect_answer(call(tcb, TCBReadRegisters, NONE, WORDS(0, 0)), seL4_RangeError, WORDS(1, REGISTERS));
    expect_answer(call(tcb, TCBReadRegisters, NONE, WORDS(0, REGISTERS + 1)), seL4_RangeError, WORDS(1, REGISTERS));
    expect_answer(call(tcb, TCBReadRegisters, NONE, WORDS(0, ~0ul)), seL4_RangeError, WORDS(1, REGISTERS));
    expect_answer(call(self, TCBReadRegisters, NONE, WORDS(0, 0)), seL4_RangeError, WORDS(1, REGISTERS));
    expect_answer(call(self, TCBReadRegisters, NONE, WORDS(0, 1)), seL4_IllegalOperation, NONE);
}

/* row: tcb.read_registers.values invoke.any.result */
TEST(thread, read_registers)
{
    struct worker *worker = patterned(0x1000);

    expect_answer(call(worker->tcb, TCBReadRegisters, NONE, WORDS(0, 1)), seL4_NoError, WORDS(0x1000));
    expect_answer(call(worker->tcb, TCBReadRegisters, NONE, WORDS(0, 5)), seL4_NoError,
                  WORDS(0x1000, 0x1001, 0x202, 0x1003, 0x1004));
    expect_eq(call(worker->tcb, TCBReadRegisters, NONE, WORDS(0, REGISTERS)).length, REGISTERS);
    expect_pattern(worker, 0, REGISTERS, 0x1000);
}

static volatile seL4_Word counter;

static struct worker *counting(seL4_Word priority)
{
    struct worker *worker = worker_new(priority);
    seL4_UserContext registers = worker_registers(worker, code_count);

    counter = 0;
    registers.rdi = (seL4_Word)&counter;
    worker_start_at(worker, &registers);
    return worker;
}

/* Lets threads of the runner's priority run once. */
static bool counts(void)
{
    seL4_Word before = counter;

    seL4_Yield();
    return counter != before;
}

/* Its slice is short, so that the turn comes back. */
static struct worker *counting_beside(void)
{
    struct worker *worker = worker_new_budget(RUNNER_PRIORITY, 100, 100, 0, 0);
    seL4_UserContext registers = worker_registers(worker, code_count);

    counter = 0;
    registers.rdi = (seL4_Word)&counter;
    worker_start_at(worker, &registers);
    return worker;
}

/* row: tcb.read_registers.suspend tcb.read_registers.no_suspend tcb.suspend.stops sched.choice.first_come */
TEST(thread, read_registers_suspends)
{
    struct worker *worker = counting_beside();

    expect(counts());
    expect_eq(call(worker->tcb, TCBReadRegisters, NONE, WORDS(0, 1)).label, seL4_NoError);
    expect(counts());
    struct answer registers = call(worker->tcb, TCBReadRegisters, NONE, WORDS(1, 1));
    expect(registers.word[0] >= (seL4_Word)code_count && registers.word[0] < (seL4_Word)code_count + 16);
    expect(!counts());
    worker_resume(worker);
    expect(counts());
    worker_suspend(worker);
    expect(!counts());
}

/* A worker that waits to send `word` to the endpoint. */
static struct worker *sending(seL4_CPtr endpoint, seL4_Word word)
{
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);
    seL4_UserContext registers = worker_registers(worker, code_syscall);

    worker_set_fault_handler(worker, endpoint_new());
    registers.rdx = (seL4_Word)seL4_SysSend;
    registers.rdi = endpoint;
    registers.rsi = seL4_MessageInfo_new(0, 0, 0, 1).words[0];
    registers.r10 = word;
    worker_start_at(worker, &registers);
    return worker;
}

/* A call that is yet to be issued, again, is issued by who gets back the registers that were read. */
static void expect_call_is_kept(struct worker *worker, seL4_CPtr endpoint, seL4_Word badge, seL4_Word word)
{
    seL4_UserContext registers = worker_read(worker);

    expect_eq(registers.rip, (seL4_Word)code_syscall);
    expect_no_error(seL4_TCB_WriteRegisters(worker->tcb, 1, 0, REGISTERS, &registers));
    worker_set_priority(worker, RUNNER_PRIORITY + 1);
    expect_message(receive(seL4_SysNBWait, endpoint, 0), badge, 0, WORDS(word));
}

/* row: tcb.read_registers.restart */
TEST(thread, read_registers_in_the_middle_of_a_call)
{
    seL4_CPtr endpoint = endpoint_new(), badged = cap_mint(endpoint, seL4_AllRights, 3);
    struct worker *worker = sending(badged, 0x11);

    worker_suspend(worker);
    expect_call_is_kept(worker, endpoint, 3, 0x11);

    worker = sending(badged, 0x22);
    worker_set_priority(worker, RUNNER_PRIORITY - 1);
    expect_success(call(ROOT, CNodeCancelBadgedSends, NONE, WORDS(badged, 64)));
    expect_call_is_kept(worker, endpoint, 3, 0x22);

    struct worker *copy = worker_new(RUNNER_PRIORITY + 1);
    worker_set_fault_handler(copy, endpoint_new());
    worker = sending(badged, 0x33);
    worker_suspend(worker);
    expect_success(call(copy->tcb, TCBCopyRegisters, CAPS(worker->tcb), WORDS(TRANSFER_FRAME | TRANSFER_INTEGER)));
    expect_call_is_kept(copy, endpoint, 3, 0x33);
}

/* --- writing -------------------------------------------------------------------------------------------------------------- */

/* row: tcb.write_registers.length tcb.write_registers.count tcb.write_registers.self */
TEST(thread, write_registers_checks)
{
    struct worker *worker = patterned(0x2000);

    expect_answer(call(worker->tcb, TCBWriteRegisters, NONE, NONE), seL4_TruncatedMessage, NONE);
    expect_answer(call(worker->tcb, TCBWriteRegisters, NONE, WORDS(0)), seL4_TruncatedMessage, NONE);
    expect_answer(call(worker->tcb, TCBWriteRegisters, NONE, WORDS(0, 3, 1, 2)), seL4_TruncatedMessage, NONE);
    expect_answer(call(worker->tcb, TCBWriteRegisters, NONE, WORDS(0, ~0ul, 1, 2)), seL4_TruncatedMessage, NONE);
    expect_answer(call(runner()->tcb, TCBWriteRegisters, NONE, WORDS(0, 3, 1, 2)), seL4_TruncatedMessage, NONE);
    expect_answer(call(runner()->tcb, TCBWriteRegisters, NONE, WORDS(0, 2, 1, 2)), seL4_IllegalOperation, NONE);
    expect_pattern(worker, 0, REGISTERS, 0x2000);
}

/* row: tcb.write_registers.values tcb.write_registers.count_beyond */
TEST(thread, write_registers)
{
    struct worker *worker = patterned(0x3000);
    seL4_Word words[2 + REGISTERS + 3] = {0, REGISTERS + 3};

    expect_success(call(worker->tcb, TCBWriteRegisters, NONE, WORDS(0, 0)));
    expect_pattern(worker, 0, REGISTERS, 0x3000);
    expect_success(call(worker->tcb, TCBWriteRegisters, NONE, WORDS(0, 2, 0x77, 0x88, 0x99)));
    expect_eq(worker_read(worker).rip, 0x77);
    expect_eq(worker_read(worker).rsp, 0x88);
    expect_pattern(worker, 2, REGISTERS, 0x3000);
    for (unsigned i = 0; i < REGISTERS + 3; i++)
        words[2 + i] = i == RFLAGS ? 0x202 : 0x4000 + i;
    expect_success(call(worker->tcb, TCBWriteRegisters, NONE, (struct words){2 + REGISTERS + 3, words}));
    expect_pattern(worker, 0, REGISTERS, 0x4000);
}

/* row: tcb.write_registers.restart tcb.write_registers.resume tcb.write_registers.no_resume tcb.resume.restarts */
TEST(thread, write_registers_and_resume)
{
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);
    seL4_CPtr faults = endpoint_new();
    seL4_UserContext registers = worker_registers(worker, code_undefined);

    worker_set_fault_handler(worker, faults);
    expect_no_error(seL4_TCB_WriteRegisters(worker->tcb, 0, 0, REGISTERS, &registers));
    expect_nothing(receive(seL4_SysNBWait, faults, 0));
    worker_resume(worker);
    struct answer fault = receive(seL4_SysNBWait, faults, 0);
    expect_eq(fault.label, seL4_Fault_UserException);
    expect_eq(fault.word[0], (seL4_Word)code_undefined);
    /* Blocked in a call: written and resumed it does not make that call again. */
    registers.rip = (seL4_Word)code_syscall;
    registers.rdx = (seL4_Word)seL4_SysWait;
    registers.rdi = notification_new();
    worker_start_at(worker, &registers);
    expect_nothing(receive(seL4_SysNBWait, faults, 0));
    registers.rip = (seL4_Word)code_undefined;
    worker_start_at(worker, &registers);
    expect_eq(receive(seL4_SysNBWait, faults, 0).word[0], (seL4_Word)code_undefined);
}

/* row: tcb.write_registers.not_stopped */
TEST(thread, write_registers_of_a_running_thread)
{
    struct worker *worker = counting(RUNNER_PRIORITY - 1);
    static volatile seL4_Word other;
    seL4_UserContext registers = worker_registers(worker, code_count);

    other = 0;
    registers.rdi = (seL4_Word)&other;
    expect_no_error(seL4_TCB_WriteRegisters(worker->tcb, 0, 0, REGISTERS, &registers));
    worker_set_priority(worker, RUNNER_PRIORITY);
    expect_no_error(
        seL4_SchedControl_ConfigureFlags(seL4_GetBootInfo()->schedcontrol.start, worker->schedctx, 100, 100, 0, 0, 0));
    seL4_Yield();
    expect(other != 0);
    expect_eq(counter, 0);
}

/* row: registers.sanitise.flags registers.sanitise.rip registers.sanitise.fs_base registers.sanitise.gs_base */
TEST(thread, written_registers_are_made_safe)
{
    struct worker *worker = worker_new(1);
    seL4_UserContext registers = worker_registers(worker, code_undefined);

    registers.rflags = 0xffffffff;
    registers.rip = 0x800000000000;
    registers.fs_base = 0x8000000000000000;
    registers.gs_base = 0xffff7fffffffffff;
    expect_no_error(seL4_TCB_WriteRegisters(worker->tcb, 0, 0, REGISTERS, &registers));
    seL4_UserContext read = worker_read(worker);
    expect_eq(read.rflags, 0xed7);
    expect_eq(read.rip, 0);
    expect_eq(read.fs_base, 0);
    expect_eq(read.gs_base, 0);
    registers.rflags = 0;
    registers.rip = 0x7fffffffffff;
    registers.fs_base = 0x7fffffffffff;
    registers.gs_base = 0x12345678;
    expect_no_error(seL4_TCB_WriteRegisters(worker->tcb, 0, 0, REGISTERS, &registers));
    read = worker_read(worker);
    expect_eq(read.rflags, 0x202);
    expect_eq(read.rip, 0x7fffffffffff);
    expect_eq(read.fs_base, 0x7fffffffffff);
    expect_eq(read.gs_base, 0x12345678);
}

/* --- copying ---------------------------------------------------------------------------------------------------------------- */

static struct answer copy(struct worker *target, struct worker *source, seL4_Word flags)
{
    return call(target->tcb, TCBCopyRegisters, CAPS(source->tcb), WORDS(flags));
}

/* row: tcb.copy_registers.length tcb.copy_registers.no_source tcb.copy_registers.source_type tcb.copy_registers.frame */
/* row: tcb.copy_registers.integer tcb.copy_registers.neither error.words.invalid_capability */
TEST(thread, copy_registers)
{
    struct worker *source = patterned(0x5000), *target = patterned(0x6000);

    expect_answer(call(target->tcb, TCBCopyRegisters, CAPS(source->tcb), NONE), seL4_TruncatedMessage, NONE);
    expect_answer(call(target->tcb, TCBCopyRegisters, NONE, WORDS(12)), seL4_TruncatedMessage, NONE);
    expect_answer(call(target->tcb, TCBCopyRegisters, CAPS(endpoint_new()), WORDS(12)), seL4_InvalidCapability,
                  WORDS(1));
    expect_success(copy(target, source, 0));
    expect_pattern(target, 0, REGISTERS, 0x6000);
    expect_success(copy(target, source, TRANSFER_FRAME));
    expect_pattern(target, 0, FS_BASE, 0x5000);
    expect_pattern(target, FS_BASE, REGISTERS, 0x6000);
    source = patterned(0x7000);
    expect_success(copy(target, source, TRANSFER_INTEGER));
    expect_pattern(target, 0, FS_BASE, 0x5000);
    expect_pattern(target, FS_BASE, REGISTERS, 0x7000);
    expect_success(copy(target, source, TRANSFER_INTEGER | TRANSFER_FRAME | 0xff00));
    expect_pattern(target, 0, REGISTERS, 0x7000);
}

/* row: tcb.copy_registers.suspend_source tcb.copy_registers.resume_target */
TEST(thread, copy_registers_suspends_and_resumes)
{
    struct worker *source = counting_beside(), *target = worker_new(RUNNER_PRIORITY - 1);

    expect(counts());
    expect_success(copy(target, source, 0));
    expect(counts());
    expect_success(copy(target, source, 1 | TRANSFER_FRAME));
    expect(!counts());
    /* Below the runner the copy counts only when it is raised, and then it would not stop: it is given a short budget. */
    seL4_CPtr schedctx = schedctx_new(100, 100);
    expect_no_error(seL4_SchedContext_Unbind(target->schedctx));
    worker_set_priority(target, RUNNER_PRIORITY);
    expect_no_error(seL4_SchedContext_Bind(schedctx, target->tcb));
    expect(!counts());
    expect_success(copy(target, source, RESUME_TARGET));
    expect(counts());
}

/* row: tcb.copy_registers.self */
TEST(thread, copy_registers_of_the_caller)
{
    struct worker *target = patterned(0x8000);
    seL4_Word own_base; /* the first word of thread-local storage is its own address */

    __asm__("movq %%fs:0, %0" : "=r"(own_base));
    expect_success(copy(target, runner(), TRANSFER_INTEGER));
    expect_eq(worker_read(target).fs_base, own_base);
    expect_success(copy(runner(), target, 0));
    expect_success(copy(runner(), runner(), TRANSFER_INTEGER));
}
