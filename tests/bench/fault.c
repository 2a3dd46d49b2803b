/* Faults to a passive handler, and the handler's answer. */
#include "bench.h"

#include <pecan/features.h>

#define UNKNOWN_SYSCALL     1000
#define EXCEPTION_WORD_PC   0
#define SYSCALL_WORD_PC     15
#define SYSCALL_WORD_RESULT 0
#define INSTRUCTION_BYTES   2 /* of ud2 and of syscall */

struct fault_case {
    const char *name;
    void (*raise)(void);
    unsigned answer_length;
    unsigned pc_word; /* the word of the answer that moves the thread behind the instruction */
    bool moves_pc;
    bool needs_page;
    seL4_Word thread_flags;
};

static const struct fault_case *test;
static bool measures_legs; /* to the handler and back apart; else the round trip, with nothing in between */
static unsigned to_handler, back;
static seL4_CPtr endpoint, reply, frame;

static void undefined_raise(void)
{
    __asm__ volatile("ud2" ::: "memory");
}

static void syscall_raise(void)
{
    seL4_Word number = UNKNOWN_SYSCALL, result = 0;
    __asm__ volatile("mov %%rsp, %%rbx\n\tsyscall\n\tmov %%rbx, %%rsp"
                     : "+a"(result)
                     : "d"(number)
                     : "rbx", "rcx", "r11", "memory");
}

static void page_raise(void)
{
    *(volatile seL4_Word *)SPARE_ADDRESS = 1;
}

static void faulter(struct bench_thread *self)
{
    (void)self;
    for (unsigned i = 0; i < ROUNDS; i++) {
        span_begin();
        test->raise();
        sample(back, i, span_end());
        if (test->needs_page)
            seL4_X86_Page_Unmap(frame);
    }
}

/* Ends with the message behind the last: a foreign thread cannot even end itself. The message's first words stay in CPU registers; the others are in the buffer, where the answer takes them from. */
static void handler(struct bench_thread *self)
{
    (void)self;
    seL4_MessageInfo_t info = seL4_MessageInfo_new(0, 0, 0, test->answer_length);
    seL4_Word badge, mr0, mr1, mr2, mr3;
    seL4_RecvWithMRs(endpoint, &badge, &mr0, &mr1, &mr2, &mr3, reply);
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (measures_legs)
            sample(to_handler, i, span_end());
        if (test->needs_page)
            seL4_X86_Page_Map(frame, seL4_CapInitThreadVSpace, SPARE_ADDRESS, seL4_ReadWrite,
                              seL4_X86_Default_VMAttributes);
        else if (!test->moves_pc)
            mr0 = 0;
        else if (test->pc_word == EXCEPTION_WORD_PC)
            mr0 += INSTRUCTION_BYTES;
        else
            seL4_SetMR((int)test->pc_word, seL4_GetMR((int)test->pc_word) + INSTRUCTION_BYTES);
        if (measures_legs)
            span_begin();
        seL4_ReplyRecvWithMRs(endpoint, info, &badge, &mr0, &mr1, &mr2, &mr3, reply);
    }
}

static void run_case(const struct fault_case *next, bool legs)
{
    group_begin();
    test = next;
    measures_legs = legs;
    if (legs)
        to_handler = operation_new(ROUNDS, test->name, "_to_handler");
    back = operation_new(ROUNDS, test->name, legs ? "_reply" : "_round_trip");
    endpoint = object_new(seL4_EndpointObject, 0);
    reply = object_new(seL4_ReplyObject, 0);
    if (test->needs_page) {
        spare_tables_map(seL4_CapInitThreadVSpace);
        frame = object_new(seL4_X86_4K, 0);
    }
    struct bench_thread *handling = thread_new(PRIORITY, ROOT_SPACE), *faulting = thread_new(PRIORITY, ROOT_SPACE);
    check(
        seL4_TCB_SetSchedParams(faulting->tcb, seL4_CapInitThreadTCB, PRIORITY, PRIORITY, faulting->schedctx, endpoint),
        "handler");
    if (test->thread_flags)
        check((seL4_Error)seL4_TCB_SetFlags(faulting->tcb, 0, test->thread_flags).error, "flags");
    thread_start(handling, handler);
    threads_run();
    thread_make_passive(handling);
    thread_start(faulting, faulter);
    threads_run();
    group_end();
}

void bench_fault(void)
{
    static const struct fault_case cases[] = {
        {"fault", undefined_raise, 1, EXCEPTION_WORD_PC, true, false, 0},
        {"page_fault", page_raise, 0, 0, false, true, 0},
        {"unknown_syscall", syscall_raise, SYSCALL_WORD_PC + 1, SYSCALL_WORD_PC, true, false, 0},
        {"foreign_syscall", syscall_raise, SYSCALL_WORD_RESULT + 1, 0, false, false, PECAN_TCB_FLAG_FOREIGN},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        run_case(&cases[i], true);
        run_case(&cases[i], false);
    }
}
