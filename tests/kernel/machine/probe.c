#include "probe.h"

#include "lib/print.h"
#include "lib/start.h"

#define PROBE_PRIORITY    254
#define PROBE_STACK_WORDS 512

struct probe probes[PROBE_COUNT];
static seL4_Word stacks[PROBE_COUNT][PROBE_STACK_WORDS] __attribute__((aligned(16)));
static seL4_CPtr endpoint, reply, next_slot;

static void require(bool condition)
{
    if (condition)
        return;
    printf("not ok set-up of the probes\n");
    program_exit(1);
}

seL4_CPtr slot_take(void)
{
    if (!next_slot)
        next_slot = pecan_boot_info()->empty.start + 8; /* the console may hold the first ones */
    return next_slot++;
}

seL4_CPtr object_create(seL4_Word type, seL4_Word size_bits)
{
    const seL4_BootInfo *info = pecan_boot_info();
    seL4_CPtr slot = slot_take();
    for (seL4_Word i = 0; i < info->untyped.end - info->untyped.start; i++)
        if (!info->untypedList[i].isDevice &&
            !seL4_Untyped_Retype(info->untyped.start + i, type, size_bits, seL4_CapInitThreadCNode, 0, 0, slot, 1))
            return slot;
    printf("not ok set-up: no memory for an object of type %lu\n", type);
    program_exit(1);
}

void probe_set_budget(unsigned index, seL4_Time budget_us, seL4_Time period_us)
{
    require(!seL4_SchedControl_ConfigureFlags(pecan_boot_info()->schedcontrol.start, probes[index].schedctx, budget_us,
                                              period_us, 0, 0, 0));
}

void probes_create(void)
{
    endpoint = object_create(seL4_EndpointObject, 0);
    reply = object_create(seL4_ReplyObject, 0);
    for (unsigned i = 0; i < PROBE_COUNT; i++) {
        seL4_CPtr handler = slot_take();
        probes[i].tcb = object_create(seL4_TCBObject, 0);
        probes[i].schedctx = object_create(seL4_SchedContextObject, seL4_MinSchedContextBits);
        seL4_Error error = seL4_CNode_Mint(seL4_CapInitThreadCNode, handler, seL4_WordBits, seL4_CapInitThreadCNode,
                                           endpoint, seL4_WordBits, seL4_AllRights, i + 1);
        probe_set_budget(i, PROBE_SLICE_US, PROBE_SLICE_US);
        error |= seL4_TCB_Configure(probes[i].tcb, seL4_CapInitThreadCNode, 0, seL4_CapInitThreadVSpace, 0, 0, 0);
        error |= seL4_TCB_SetSchedParams(probes[i].tcb, seL4_CapInitThreadTCB, PROBE_PRIORITY, PROBE_PRIORITY,
                                         probes[i].schedctx, handler);
        require(!error);
    }
}

void probe_set_registers(unsigned index, seL4_UserContext registers, bool resume)
{
    seL4_Error error = seL4_TCB_WriteRegisters(probes[index].tcb, resume, 0, 20, &registers);
    require(!error);
}

seL4_UserContext probe_registers(unsigned index)
{
    seL4_UserContext registers;
    seL4_Error error = seL4_TCB_ReadRegisters(probes[index].tcb, 0, 0, 20, &registers);
    require(!error);
    return registers;
}

void probe_start(unsigned index, const char *entry, seL4_Word argument)
{
    seL4_TCB_Suspend(probes[index].tcb);
    probe_set_registers(index,
                        (seL4_UserContext){.rip = (seL4_Word)entry,
                                           .rsp = (seL4_Word)&stacks[index][PROBE_STACK_WORDS],
                                           .rdi = argument},
                        true);
}

struct fault probe_wait(void)
{
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
    struct fault fault = {.label = seL4_MessageInfo_get_label(info),
                          .length = seL4_MessageInfo_get_length(info),
                          .probe = (unsigned)badge - 1};
    for (unsigned i = 0; i < PROBE_FAULT_WORDS && i < fault.length; i++)
        fault.word[i] = seL4_GetMR((int)i);
    return fault;
}

void probe_answer(void)
{
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
}

void check(bool condition, const char *name)
{
    if (condition)
        printf("ok %s\n", name);
    else
        printf("not ok %s\n", name);
}
