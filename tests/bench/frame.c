/* Objects, address spaces and threads of the benchmarks. */
#include "bench.h"

#include "lib/console.h"
#include "lib/print.h"
#include "lib/start.h"
#include "lib/tls.h"

#define STACK_BYTES      4096
#define MAX_THREADS      104
#define TLS_BYTES        1024
#define GROUP_BITS       24
#define ROOT_WAITS       10
#define PAUSE_PRIORITY   20
#define BUDGET_US        1000000
#define HIGHEST_PRIORITY 255

extern const char __image_start[]; /* of the linker script */

static seL4_CPtr next_slot, memory, all_memory, group_untyped, first_group_slot, second_space, pause_notification;

static struct bench_thread threads[MAX_THREADS];
static unsigned thread_count;
static struct {
    _Alignas(16) char stack[STACK_BYTES];
    _Alignas(64) char tls[TLS_BYTES];
} thread_memory[MAX_THREADS];
static _Alignas(PAGE_BYTES) char buffers[MAX_THREADS][PAGE_BYTES];

void check(seL4_Error error, const char *what)
{
    if (error == seL4_NoError)
        return;
    printf("bench: %s: error %d\n", what, (int)error);
    program_exit(1);
}

seL4_CPtr slot_new(void)
{
    return next_slot++;
}

seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits)
{
    seL4_CPtr slot = slot_new();
    check(seL4_Untyped_Retype(memory, type, size_bits, seL4_CapInitThreadCNode, 0, 0, slot, 1), "retype");
    return slot;
}

seL4_CPtr group_memory(void)
{
    return group_untyped;
}

void group_begin(void)
{
    memory = group_untyped;
    first_group_slot = next_slot;
    thread_count = 0;
}

void group_end(void)
{
    check(seL4_CNode_Revoke(seL4_CapInitThreadCNode, group_untyped, seL4_WordBits), "revoke the group");
    while (next_slot > first_group_slot)
        check(seL4_CNode_Delete(seL4_CapInitThreadCNode, --next_slot, seL4_WordBits), "delete a slot");
    memory = all_memory;
    operations_report();
}

/* --- address spaces ------------------------------------------------------------------------------------------------ */

static void table_map(seL4_CPtr space, seL4_Word address)
{
    seL4_X86_VMAttributes plain = seL4_X86_Default_VMAttributes;
    switch (seL4_MappingFailedLookupLevel()) {
    case SEL4_MAPPING_LOOKUP_NO_PT:
        check(seL4_X86_PageTable_Map(object_new(seL4_X86_PageTableObject, 0), space, address, plain), "map table");
        break;
    case SEL4_MAPPING_LOOKUP_NO_PD:
        check(seL4_X86_PageDirectory_Map(object_new(seL4_X86_PageDirectoryObject, 0), space, address, plain),
              "map directory");
        break;
    default:
        check(seL4_X86_PDPT_Map(object_new(seL4_X86_PDPTObject, 0), space, address, plain), "map pdpt");
        break;
    }
}

static void page_map(seL4_CPtr frame, seL4_CPtr space, seL4_Word address)
{
    seL4_Error error;
    while ((error = seL4_X86_Page_Map(frame, space, address, seL4_ReadWrite, seL4_X86_Default_VMAttributes)) ==
           seL4_FailedLookup)
        table_map(space, address);
    check(error, "map page");
}

void spare_tables_map(seL4_CPtr space)
{
    seL4_CPtr frame = object_new(seL4_X86_4K, 0);
    page_map(frame, space, SPARE_ADDRESS);
    check(seL4_X86_Page_Unmap(frame), "unmap");
}

/* Maps a copy of every page of the image into a new address space. */
static seL4_CPtr space_new(void)
{
    const seL4_BootInfo *info = pecan_boot_info();
    seL4_CPtr space = object_new(seL4_X64_PML4Object, 0);
    check(seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, space), "assign");
    seL4_Word address = (seL4_Word)__image_start;
    for (seL4_CPtr page = info->userImageFrames.start; page < info->userImageFrames.end; page++) {
        seL4_CPtr frame = slot_new();
        check(seL4_CNode_Copy(seL4_CapInitThreadCNode, frame, seL4_WordBits, seL4_CapInitThreadCNode, page,
                              seL4_WordBits, seL4_AllRights),
              "copy frame");
        page_map(frame, space, address);
        address += PAGE_BYTES;
    }
    return space;
}

seL4_CPtr other_space(void)
{
    return second_space;
}

/* The frame of a page of the image. */
static seL4_CPtr image_frame(const void *page)
{
    return pecan_boot_info()->userImageFrames.start + ((seL4_Word)page - (seL4_Word)__image_start) / PAGE_BYTES;
}

/* --- threads --------------------------------------------------------------------------------------------------------- */

struct bench_thread *thread_new(unsigned priority, enum bench_space space)
{
    struct bench_thread *thread = &threads[thread_count];
    thread->buffer = (seL4_IPCBuffer *)buffers[thread_count++];
    thread->tcb = object_new(seL4_TCBObject, 0);
    check(seL4_TCB_Configure(thread->tcb, seL4_CapInitThreadCNode, 0,
                             space == ROOT_SPACE ? seL4_CapInitThreadVSpace : second_space, 0,
                             (seL4_Word)thread->buffer, image_frame(thread->buffer)),
          "configure");
    thread->schedctx = object_new(seL4_SchedContextObject, seL4_MinSchedContextBits);
    check(seL4_SchedControl_ConfigureFlags(pecan_boot_info()->schedcontrol.start, thread->schedctx, BUDGET_US,
                                           BUDGET_US, 0, 0, 0),
          "schedctx");
    check(seL4_TCB_SetSchedParams(thread->tcb, seL4_CapInitThreadTCB, priority, priority, thread->schedctx, 0),
          "sched params");
    return thread;
}

static void thread_entry(struct bench_thread *thread)
{
    seL4_SetIPCBuffer(thread->buffer);
    thread->run(thread);
    seL4_TCB_Suspend(thread->tcb);
}

void thread_start(struct bench_thread *thread, void (*run)(struct bench_thread *thread))
{
    unsigned index = (unsigned)(thread - threads);
    thread->run = run;
    seL4_UserContext context = {0};
    context.rip = (seL4_Word)thread_entry;
    context.rsp = (seL4_Word)(thread_memory[index].stack + STACK_BYTES) - 8;
    context.rdi = (seL4_Word)thread;
    context.fs_base = tls_init(thread_memory[index].tls);
    check(seL4_TCB_WriteRegisters(thread->tcb, true, 0, sizeof(context) / sizeof(seL4_Word), &context), "start");
}

void thread_make_passive(struct bench_thread *thread)
{
    check(seL4_SchedContext_Unbind(thread->schedctx), "unbind");
}

void threads_run(void)
{
    check(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, ROOT_WAITS), "sink");
    check(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, HIGHEST_PRIORITY), "rise");
}

void run_alone(void (*run)(struct bench_thread *thread))
{
    thread_start(thread_new(PRIORITY, ROOT_SPACE), run);
    threads_run();
}

/* --- pauses ------------------------------------------------------------------------------------------------------------ */

static volatile bool has_finished;

static void pause_ender(struct bench_thread *self)
{
    (void)self;
    while (!has_finished)
        seL4_Signal(pause_notification);
}

void pause_finish(void)
{
    has_finished = true;
}

void pause_prepare(void)
{
    has_finished = false;
    pause_notification = object_new(seL4_NotificationObject, 0);
    thread_start(thread_new(PAUSE_PRIORITY, ROOT_SPACE), pause_ender);
}

void pause(void)
{
    seL4_Wait(pause_notification, NULL); /* a signal that was left */
    seL4_Wait(pause_notification, NULL);
}

/* --- all of it ----------------------------------------------------------------------------------------------------------- */

static void memory_find(void)
{
    const seL4_BootInfo *info = pecan_boot_info();
    unsigned largest = 0;
    for (seL4_Word i = 0; i < info->untyped.end - info->untyped.start; i++)
        if (!info->untypedList[i].isDevice && info->untypedList[i].sizeBits > largest) {
            largest = info->untypedList[i].sizeBits;
            all_memory = info->untyped.start + i;
        }
    memory = all_memory;
}

int main(void)
{
    static void (*const groups[])(void) = {
        bench_call,      bench_send, bench_signal, bench_yield, bench_fault,
        bench_interrupt, bench_page, bench_retype, bench_cnode, bench_thread,
    };

    next_slot = pecan_boot_info()->empty.start;
    if (console_open(slot_new()) || tls_size() > TLS_BYTES)
        return 1;
    memory_find();
    group_untyped = object_new(seL4_UntypedObject, GROUP_BITS);
    second_space = space_new();
    printf("bench begins\n");
    for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        groups[i]();
    printf("bench ends\n");
    return 0;
}
