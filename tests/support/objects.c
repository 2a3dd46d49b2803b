#include "objects.h"

#include "lib/print.h"
#include "lib/start.h"

#include <pecan/features.h>

static seL4_CPtr next_slot, memory, device_memory;

void must(seL4_Error error, const char *what)
{
    if (error == seL4_NoError)
        return;
    printf("not ok %s: error %u\n", what, (unsigned)error);
    program_exit(1);
}

_Noreturn void give_up(const char *why)
{
    printf("not ok %s\n", why);
    program_exit(1);
}

static bool is_better(const seL4_UntypedDesc *untyped, const seL4_UntypedDesc *best)
{
    return !best || untyped->sizeBits > best->sizeBits;
}

void objects_init(void)
{
    const seL4_BootInfo *info = seL4_GetBootInfo();
    const seL4_UntypedDesc *best = seL4_Null, *best_device = seL4_Null;

    for (seL4_Word i = 0; i < info->untyped.end - info->untyped.start; i++) {
        const seL4_UntypedDesc *untyped = &info->untypedList[i];

        if (!untyped->isDevice && is_better(untyped, best))
            best = untyped;
        /* Above all memory and all devices that a firmware places below 64 GiB. */
        if (untyped->isDevice && untyped->paddr >= 1ul << 36 && is_better(untyped, best_device))
            best_device = untyped;
    }
    if (!best || !best_device)
        give_up("there is no memory to make objects of");
    memory = info->untyped.start + (seL4_Word)(best - info->untypedList);
    device_memory = info->untyped.start + (seL4_Word)(best_device - info->untypedList);
    next_slot = info->empty.start;
}

seL4_CPtr slots_take(seL4_Word count)
{
    seL4_CPtr first = next_slot;

    next_slot += count;
    return first;
}

void objects_make_at(seL4_Word type, seL4_Word size_bits, seL4_CPtr first, seL4_Word count)
{
    must(seL4_Untyped_Retype(memory, type, size_bits, seL4_CapInitThreadCNode, 0, 0, first, count), "make objects");
}

seL4_CPtr objects_make(seL4_Word type, seL4_Word size_bits, seL4_Word count)
{
    seL4_CPtr first = slots_take(count);

    for (seL4_Word i = 0; i < count; i++)
        objects_make_at(type, size_bits, first + i, 1);
    return first;
}

seL4_CPtr object_make(seL4_Word type, seL4_Word size_bits)
{
    return objects_make(type, size_bits, 1);
}

seL4_CPtr device_make(seL4_Word size_bits)
{
    seL4_CPtr slot = slots_take(1);

    must(seL4_Untyped_Retype(device_memory, seL4_UntypedObject, size_bits, seL4_CapInitThreadCNode, 0, 0, slot, 1),
         "make device memory");
    return slot;
}

seL4_CPtr schedctx_make(seL4_Word size_bits, seL4_Word budget_us, seL4_Word period_us, seL4_Word extra_refills,
                        bool is_sporadic)
{
    seL4_CPtr schedctx = object_make(seL4_SchedContextObject, size_bits);

    must(seL4_SchedControl_ConfigureFlags(seL4_GetBootInfo()->schedcontrol.start, schedctx, budget_us, period_us,
                                          extra_refills, 0,
                                          is_sporadic ? seL4_SchedContext_Sporadic : seL4_SchedContext_NoFlag),
         "configure a scheduling context");
    return schedctx;
}

seL4_Word machine_ticks_per_us(void)
{
    const seL4_BootInfoHeader *chunk = pecan_boot_chunk(seL4_GetBootInfo(), SEL4_BOOTINFO_HEADER_X86_TSC_FREQ);

    if (!chunk)
        give_up("the boot information has no clock frequency");
    return *(const unsigned *)(chunk + 1);
}

struct own_thread thread_make(seL4_Word priority, seL4_Word budget_us, seL4_Word period_us, bool is_sporadic,
                              seL4_CPtr fault_endpoint)
{
    struct own_thread thread = {.tcb = object_make(seL4_TCBObject, 0),
                                .schedctx = schedctx_make(8, budget_us, period_us, 8, is_sporadic)};

    must(seL4_TCB_Configure(thread.tcb, seL4_CapInitThreadCNode, 0, seL4_CapInitThreadVSpace, 0, 0, 0),
         "configure a thread");
    must(seL4_TCB_SetSchedParams(thread.tcb, seL4_CapInitThreadTCB, 0, priority, thread.schedctx, fault_endpoint),
         "set a thread's scheduling parameters");
    return thread;
}

void thread_start(const struct own_thread *thread, void (*entry)(void), void *stack_top, const void *fs_base,
                  const void *gs_base)
{
    seL4_UserContext registers = {.rip = (seL4_Word)entry,
                                  .rsp = (seL4_Word)stack_top - 8, /* as if called */
                                  .rflags = 0x202,
                                  .fs_base = (seL4_Word)fs_base,
                                  .gs_base = (seL4_Word)gs_base};

    must(seL4_TCB_WriteRegisters(thread->tcb, 1, 0, sizeof(registers) / sizeof(seL4_Word), &registers),
         "start a thread");
}
