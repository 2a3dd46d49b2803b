/* Objects, threads and samples of the benchmarks, and their order. */
#include "bench.h"

#include "lib/console.h"
#include "lib/print.h"
#include "lib/start.h"
#include "lib/string.h"
#include "lib/tls.h"

#define STACK_BYTES  8192
#define MAX_THREADS  64
#define PAGE_BYTES   4096
#define TLS_BYTES    1024

extern const char __image_start[]; /* of the linker script */

uint64_t empty_cost;

static seL4_CPtr next_slot, memory;

static struct bench_thread threads[MAX_THREADS];
static unsigned thread_count;
static struct {
    _Alignas(16) char stack[STACK_BYTES];
    _Alignas(64) char tls[TLS_BYTES];
} thread_memory[MAX_THREADS];
static _Alignas(PAGE_BYTES) char buffers[MAX_THREADS][PAGE_BYTES];

static uint64_t samples[ROUNDS + WARM_UP];
static unsigned sample_count;

void check(seL4_Error error, const char *what)
{
    if (error == seL4_NoError)
        return;
    printf("bench: %s: error %d\n", what, (int)error);
    seL4_TCB_Suspend(seL4_CapInitThreadTCB);
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

/* --- address spaces ------------------------------------------------------------------------------------------------ */

/* Maps a copy of every page of the image into a new address space. */
static seL4_CPtr space_new(void)
{
    const seL4_BootInfo *info = pecan_boot_info();
    seL4_Word address = (seL4_Word)__image_start;
    seL4_CPtr space = object_new(seL4_X64_PML4Object, 0);
    check(seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, space), "assign");
    seL4_Word count = info->userImageFrames.end - info->userImageFrames.start;
    for (seL4_Word i = 0; i < count; i++) {
        seL4_CPtr frame = slot_new();
        check(seL4_CNode_Copy(seL4_CapInitThreadCNode, frame, seL4_WordBits, seL4_CapInitThreadCNode,
                              info->userImageFrames.start + i, seL4_WordBits, seL4_AllRights),
              "copy frame");
        seL4_Error error;
        while ((error = seL4_X86_Page_Map(frame, space, address, seL4_ReadWrite, seL4_X86_Default_VMAttributes)) ==
               seL4_FailedLookup) {
            if (seL4_MappingFailedLookupLevel() == SEL4_MAPPING_LOOKUP_NO_PT)
                check(seL4_X86_PageTable_Map(object_new(seL4_X86_PageTableObject, 0), space, address,
                                             seL4_X86_Default_VMAttributes),
                      "map table");
            else if (seL4_MappingFailedLookupLevel() == SEL4_MAPPING_LOOKUP_NO_PD)
                check(seL4_X86_PageDirectory_Map(object_new(seL4_X86_PageDirectoryObject, 0), space, address,
                                                 seL4_X86_Default_VMAttributes),
                      "map directory");
            else
                check(seL4_X86_PDPT_Map(object_new(seL4_X86_PDPTObject, 0), space, address,
                                        seL4_X86_Default_VMAttributes),
                      "map pdpt");
        }
        check(error, "map page");
        address += PAGE_BYTES;
    }
    return space;
}

/* --- threads --------------------------------------------------------------------------------------------------------- */

/* The frame of a page of the image. */
static seL4_CPtr image_frame(const void *page)
{
    return pecan_boot_info()->userImageFrames.start + ((seL4_Word)page - (seL4_Word)__image_start) / PAGE_BYTES;
}

struct bench_thread *thread_new(unsigned priority, bool other_space)
{
    struct bench_thread *thread = &threads[thread_count++];
    thread->tcb = object_new(seL4_TCBObject, 0);
    thread->space = other_space ? space_new() : seL4_CapInitThreadVSpace;
    thread->buffer = (seL4_IPCBuffer *)buffers[thread - threads];
    seL4_CPtr frame = slot_new();
    check(seL4_CNode_Copy(seL4_CapInitThreadCNode, frame, seL4_WordBits, seL4_CapInitThreadCNode,
                          image_frame(thread->buffer), seL4_WordBits, seL4_AllRights),
          "copy buffer");
    check(seL4_TCB_Configure(thread->tcb, seL4_CapInitThreadCNode, 0, thread->space, 0, (seL4_Word)thread->buffer, frame),
          "configure");
    thread->schedctx = object_new(seL4_SchedContextObject, seL4_MinSchedContextBits);
    check(seL4_SchedControl_ConfigureFlags(pecan_boot_info()->schedcontrol.start, thread->schedctx, 1000000, 1000000, 0, 0,
                                           0),
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
    for (;;)
        seL4_Yield();
}

void thread_start(struct bench_thread *thread, void (*run)(struct bench_thread *thread))
{
    unsigned index = (unsigned)(thread - threads);
    thread->run = run;
    seL4_UserContext context = { 0 };
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

void thread_stop(struct bench_thread *thread)
{
    check(seL4_TCB_Suspend(thread->tcb), "suspend");
}

/* --- samples --------------------------------------------------------------------------------------------------------- */

void samples_begin(void)
{
    sample_count = 0;
}

void sample(uint64_t ticks)
{
    if (sample_count < ROUNDS + WARM_UP)
        samples[sample_count++] = ticks > empty_cost ? ticks - empty_cost : 0;
}

void samples_report(const char *name)
{
    uint64_t *first = samples + WARM_UP;
    unsigned count = sample_count > WARM_UP ? sample_count - WARM_UP : 0;
    for (unsigned i = 1; i < count; i++)
        for (unsigned j = i; j > 0 && first[j - 1] > first[j]; j--) {
            uint64_t swap = first[j];
            first[j] = first[j - 1];
            first[j - 1] = swap;
        }
    if (count == 0)
        printf("operation %s none\n", name);
    else
        printf("operation %s %lu %lu\n", name, first[count / 2], first[count - 1]);
}

static void measure_empty(void)
{
    empty_cost = UINT64_MAX;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t before = counter();
        uint64_t after = counter();
        if (after - before < empty_cost)
            empty_cost = after - before;
    }
}

int main(void)
{
    const seL4_BootInfo *info = pecan_boot_info();
    next_slot = info->empty.start;
    if (console_open(slot_new()))
        return 1;
    unsigned largest = 0;
    if (tls_size() > TLS_BYTES)
        return 1;
    for (seL4_Word i = 0; i < info->untyped.end - info->untyped.start; i++)
        if (!info->untypedList[i].isDevice && info->untypedList[i].sizeBits > largest) {
            largest = info->untypedList[i].sizeBits;
            memory = info->untyped.start + i;
        }
    measure_empty();
    printf("bench begins, empty measurement %lu\n", empty_cost);
    bench_ipc();
    bench_signal();
    bench_fault();
    bench_memory();
    printf("bench ends\n");
    return 0;
}
