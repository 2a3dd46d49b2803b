#include "roottask/guard.h"

#include "lib/tls.h"
#include "personality/linux/machine.h"
#include "personality/linux/support/text.h"
#include "roottask/frame_pool.h"
#include "roottask/slots.h"
#include "roottask/untyped.h"

#include <sel4/sel4.h>

enum { GUARD_PRIORITY = 255, TIME_SLICE_US = 5000, STACK_BYTES = 16384, IPC_BUFFER_BYTES = 1024, STATUS_FAULT = 118 };

static char stack[STACK_BYTES] __attribute__((aligned(16)));
static seL4_CPtr endpoint, reply;
static seL4_IPCBuffer *buffer;

static _Noreturn void guard_main(void)
{
    seL4_Word badge;
    seL4_SetIPCBuffer(buffer);
    seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
    seL4_Word place = seL4_GetMR(0), detail = seL4_GetMR(1);
    log_line("the root task itself has crashed: fault %lu at rip %016lx, address or stack %016lx",
             seL4_MessageInfo_get_label(info), place, detail);
    machine_power_off(STATUS_FAULT);
}

bool guard_start(void)
{
    seL4_CPtr sched_control = seL4_GetBootInfo()->schedcontrol.start;
    seL4_CPtr tcb = untyped_make_new(seL4_TCBObject, 0);
    seL4_CPtr schedctx = untyped_make_new(seL4_SchedContextObject, seL4_MinSchedContextBits);
    uint32_t frame = machine_frame_allocate();
    endpoint = untyped_make_new(seL4_EndpointObject, 0);
    reply = untyped_make_new(seL4_ReplyObject, 0);
    if (!tcb || !schedctx || !frame || !endpoint || !reply)
        return false;

    /* The frame holds the thread's IPC buffer, then its thread-local storage. */
    buffer = machine_frame_data(frame);
    if (IPC_BUFFER_BYTES + tls_size() > PAGE_SIZE)
        return false;
    seL4_UserContext context = {
        .rip = (seL4_Word)guard_main,
        .rsp = (seL4_Word)(stack + STACK_BYTES - sizeof(seL4_Word)),
        .rflags = 0x202,
        .fs_base = tls_init((char *)buffer + IPC_BUFFER_BYTES),
    };
    if (seL4_TCB_Configure(tcb, slots_root(), 0, seL4_CapInitThreadVSpace, 0, (seL4_Word)buffer,
                           frame_capability(frame)) ||
        seL4_SchedControl_ConfigureFlags(sched_control, schedctx, TIME_SLICE_US, TIME_SLICE_US, 0, 0, 0) ||
        seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, GUARD_PRIORITY, GUARD_PRIORITY, schedctx, 0) ||
        seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof context / sizeof(seL4_Word), &context))
        return false;
    return !seL4_TCB_SetSpace(seL4_CapInitThreadTCB, endpoint, slots_root(), 0, seL4_CapInitThreadVSpace, 0);
}
