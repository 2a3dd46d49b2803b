#include "worker.h"

#include "lib/start.h"
#include "lib/string.h"
#include "lib/tls.h"
#include "supervisor.h"

#define STACK_BYTES 8192
#define TLS_BYTES   256
/* Long against every test, so that equal priorities do not take turns by themselves. */
#define SLICE_US 1000000

static struct worker workers[WORKER_COUNT];
static unsigned worker_count;
static _Alignas(16) char stacks[WORKER_COUNT][STACK_BYTES];
static _Alignas(16) char thread_locals[WORKER_COUNT][TLS_BYTES];
static _Alignas(4096) char buffers[WORKER_COUNT][4096];

extern const char __image_start[];

/* The frame capability of a page of the program. */
static seL4_CPtr frame_of(const void *page)
{
    return pecan_boot_info()->userImageFrames.start + ((uintptr_t)page - (uintptr_t)__image_start) / 4096;
}

static struct worker *worker_prepare(seL4_Word priority, seL4_CPtr schedctx)
{
    expect(worker_count < WORKER_COUNT);
    struct worker *worker = &workers[worker_count];
    void *page = buffers[worker_count];

    memset(worker, 0, sizeof(*worker));
    memset(page, 0, 4096);
    worker->number = worker_count++;
    worker->buffer = page;
    worker->buffer_frame = frame_of(page);
    worker->schedctx = schedctx;
    worker->tcb = tcb_new();
    worker->done = notification_new();
    expect_eq(
        seL4_TCB_Configure(worker->tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, (seL4_Word)page, worker->buffer_frame),
        seL4_NoError);
    seL4_CPtr faults = cap_badged(report_endpoint, REPORT_FAULT + worker->number);
    expect_eq(seL4_TCB_SetSchedParams(worker->tcb, seL4_CapInitThreadTCB, seL4_MaxPrio, priority, schedctx, faults),
              seL4_NoError);
    return worker;
}

struct worker *worker_new(seL4_Word priority)
{
    return worker_prepare(priority, schedctx_new(SLICE_US, SLICE_US));
}

struct worker *worker_new_passive(seL4_Word priority)
{
    return worker_prepare(priority, 0);
}

struct worker *worker_new_budget(seL4_Word priority, seL4_Word budget, seL4_Word period, seL4_Word extra_refills,
                                 seL4_Word flags)
{
    seL4_CPtr schedctx = schedctx_unconfigured(10);
    struct worker *worker = worker_prepare(priority, 0);

    expect_eq(seL4_SchedControl_ConfigureFlags(pecan_boot_info()->schedcontrol.start, schedctx, budget, period,
                                               extra_refills, worker->number, flags),
              seL4_NoError);
    expect_eq(seL4_SchedContext_Bind(schedctx, worker->tcb), seL4_NoError);
    worker->schedctx = schedctx;
    return worker;
}

static _Noreturn void worker_main(struct worker *worker)
{
    seL4_SetIPCBuffer(worker->buffer);
    worker->run(worker);
    worker->finished = true;
    seL4_Signal(worker->done);
    for (;;)
        seL4_TCB_Suspend(worker->tcb);
}

seL4_UserContext worker_registers(const struct worker *worker, const void *pc)
{
    return (seL4_UserContext){.rip = (uintptr_t)pc,
                              /* As after a call: the return address would lie 8 bytes below a multiple of 16. */
                              .rsp = (uintptr_t)stacks[worker->number] + STACK_BYTES - 8,
                              .rflags = 0x202,
                              .fs_base = tls_init(thread_locals[worker->number])};
}

void worker_start_at(struct worker *worker, const seL4_UserContext *registers)
{
    seL4_UserContext copy = *registers;

    expect_eq(seL4_TCB_WriteRegisters(worker->tcb, 1, 0, sizeof(copy) / sizeof(seL4_Word), &copy), seL4_NoError);
}

void worker_start(struct worker *worker, void (*run)(struct worker *worker))
{
    seL4_UserContext registers = worker_registers(worker, (const void *)(uintptr_t)worker_main);

    worker->run = run;
    worker->finished = false;
    registers.rdi = (uintptr_t)worker;
    worker_start_at(worker, &registers);
}

void worker_join(struct worker *worker)
{
    seL4_Wait(worker->done, NULL);
}

seL4_UserContext worker_read(const struct worker *worker)
{
    seL4_UserContext registers;

    expect_eq(seL4_TCB_ReadRegisters(worker->tcb, 0, 0, sizeof(registers) / sizeof(seL4_Word), &registers),
              seL4_NoError);
    return registers;
}

void worker_set_fault_handler(struct worker *worker, seL4_CPtr endpoint)
{
    expect_eq(seL4_TCB_SetSpace(worker->tcb, endpoint, ROOT, 0, seL4_CapInitThreadVSpace, 0), seL4_NoError);
}

void worker_set_timeout_handler(struct worker *worker, seL4_CPtr endpoint)
{
    expect_eq(seL4_TCB_SetTimeoutEndpoint(worker->tcb, endpoint), seL4_NoError);
}

void worker_set_priority(struct worker *worker, seL4_Word priority)
{
    expect_eq(seL4_TCB_SetPriority(worker->tcb, seL4_CapInitThreadTCB, priority), seL4_NoError);
}

void worker_suspend(struct worker *worker)
{
    expect_eq(seL4_TCB_Suspend(worker->tcb), seL4_NoError);
}

void worker_resume(struct worker *worker)
{
    expect_eq(seL4_TCB_Resume(worker->tcb), seL4_NoError);
}

struct worker *runner(void)
{
    return &workers[0];
}

/* --- the runner ---------------------------------------------------------------------------------------------------- */

static const struct test *running;

static void runner_main(struct worker *worker)
{
    (void)worker;
    running->run();
    seL4_Send(report_cap, seL4_MessageInfo_new(REPORT_DONE, 0, 0, 0));
}

const struct test *test_current(void)
{
    return running;
}

void runner_start(const struct test *test)
{
    worker_count = 0;
    running = test;
    worker_start(worker_new(RUNNER_PRIORITY), runner_main);
}

void runner_stop(void)
{
    for (unsigned i = 0; i < worker_count; i++)
        seL4_TCB_Suspend(workers[i].tcb);
}
