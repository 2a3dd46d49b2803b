/*
 * The initial thread's CSpace, VSpace and IPC buffer are copies of the capabilities in slots 2, 3 and 10: revoking those takes
 * them away. That ends the program for everybody who lives in the same spaces, so the one who watches has a CSpace and an
 * address space of its own.
 */
#include "lib/console.h"
#include "lib/print.h"
#include "lib/start.h"
#include "lib/tls.h"

#include <sel4/sel4.h>
#include <stdbool.h>

#define DEPTH seL4_WordBits
#define ROOT  seL4_CapInitThreadCNode
#define PAGE  4096ul

/* Slots of the watcher's CNode (16, addresses are slot numbers). */
enum watcher_slot {
    WATCHER_CNODE = 1,
    WATCHER_ENDPOINT,
    WATCHER_REPLY,
    WATCHER_ROOT, /* what was in slot 2 */
    WATCHER_NEW_ROOT,
    WATCHER_TCB,
    WATCHER_SPACE
};
#define WATCHER_RADIX 4

extern const char __image_start[], __image_end[];

static seL4_CPtr next_slot, untyped;
static seL4_CPtr endpoint, watcher_cnode;
static unsigned failed;
static char result_text[1000];
static seL4_Word result_length;

static void report(const char *name, bool is_right)
{
    result_length += (seL4_Word)snprintf(result_text + result_length, sizeof(result_text) - result_length, "%s %s%s\n",
                                         is_right ? "ok" : "not ok", name, is_right ? "" : ": see the source");
    failed += !is_right;
}

/* Ends the program when the preparations fail. */
static void must(seL4_Error error)
{
    if (error) {
        printf("not ok revoked slots: preparations fail with %u\n", (unsigned)error);
        program_exit(1);
    }
}

static seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits)
{
    must(seL4_Untyped_Retype(untyped, type, size_bits, ROOT, 0, 0, next_slot, 1));
    return next_slot++;
}

/* --- the watcher ------------------------------------------------------------------------------------------------------ */

static seL4_IPCBuffer watcher_buffer __attribute__((aligned(4096)));
static char watcher_stack[8192] __attribute__((aligned(16)));
static char watcher_locals[256] __attribute__((aligned(16)));

/* Answers the message or fault before, if there was one, and waits for the next. */
static seL4_MessageInfo_t next_message(void)
{
    return seL4_ReplyRecv(WATCHER_ENDPOINT, seL4_MessageInfo_new(0, 0, 0, 0), NULL, WATCHER_REPLY);
}

static _Noreturn void watcher_main(void)
{
    seL4_SetIPCBuffer(&watcher_buffer);
    seL4_MessageInfo_t info = next_message();
    report("a message of five words", seL4_MessageInfo_get_length(info) == 5);
    info = next_message();
    report("five words without slot 10", seL4_MessageInfo_get_length(info) == 4);

    /* The CSpace: its next call cannot be resolved. */
    report("slot 2 is revoked", !seL4_CNode_Revoke(WATCHER_CNODE, WATCHER_ROOT, DEPTH));
    info = next_message();
    report("call without slot 2",
           seL4_MessageInfo_get_label(info) == seL4_Fault_CapFault && seL4_GetMR(3) == seL4_InvalidRoot);
    /* The address space: its next instruction cannot be fetched. */
    report("slot 3 is revoked", !seL4_CNode_Revoke(WATCHER_ROOT, seL4_CapInitThreadVSpace, DEPTH));
    info = next_message();
    report("instruction without slot 3", seL4_MessageInfo_get_label(info) == seL4_Fault_VMFault);

    /* Slot 2 gets its capability back. With the root CNode as CSpace this thread can print and end the machine. */
    must(seL4_CNode_Copy(WATCHER_CNODE, WATCHER_NEW_ROOT, DEPTH, WATCHER_CNODE, WATCHER_ROOT, DEPTH, seL4_AllRights));
    must(seL4_CNode_Move(WATCHER_NEW_ROOT, ROOT, DEPTH, WATCHER_CNODE, WATCHER_ROOT, DEPTH));
    must(seL4_TCB_SetSpace(WATCHER_TCB, 0, WATCHER_NEW_ROOT, 0, WATCHER_SPACE, 0));
    printf("%s%u passed, %u failed\n", result_text, 6 - failed, failed);
    program_exit(failed ? 1 : 0);
}

/* A second address space with the pages of the program. */
static seL4_CPtr space_new(void)
{
    const seL4_BootInfo *info = pecan_boot_info();
    seL4_CPtr space = object_new(seL4_X64_PML4Object, 0);
    seL4_Word address = (seL4_Word)__image_start;

    must(seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, space));
    must(seL4_X86_PDPT_Map(object_new(seL4_X86_PDPTObject, 0), space, address, 0));
    must(seL4_X86_PageDirectory_Map(object_new(seL4_X86_PageDirectoryObject, 0), space, address, 0));
    must(seL4_X86_PageTable_Map(object_new(seL4_X86_PageTableObject, 0), space, address, 0));
    for (seL4_CPtr frame = info->userImageFrames.start; frame < info->userImageFrames.end; frame++, address += PAGE) {
        must(seL4_CNode_Copy(ROOT, next_slot, DEPTH, ROOT, frame, DEPTH, seL4_AllRights));
        must(seL4_X86_Page_Map(next_slot++, space, address, seL4_ReadWrite, 0));
    }
    /* Behind it, the boot information: the end of the program asks it for a slot. */
    must(seL4_CNode_Copy(ROOT, next_slot, DEPTH, ROOT, seL4_CapBootInfoFrame, DEPTH, seL4_AllRights));
    must(seL4_X86_Page_Map(next_slot++, space, (seL4_Word)info, seL4_ReadWrite, 0));
    return space;
}

static void watcher_start(void)
{
    seL4_CPtr cnode = object_new(seL4_CapTableObject, WATCHER_RADIX), tcb = object_new(seL4_TCBObject, 0);
    seL4_CPtr schedctx = object_new(seL4_SchedContextObject, 8), reply = object_new(seL4_ReplyObject, 0);
    seL4_CPtr space = space_new();
    seL4_Word guard = DEPTH - WATCHER_RADIX;
    seL4_UserContext registers = {.rip = (seL4_Word)watcher_main,
                                  .rsp = (seL4_Word)watcher_stack + sizeof(watcher_stack) - 8,
                                  .fs_base = tls_init(watcher_locals)};

    must(seL4_SchedControl_ConfigureFlags(pecan_boot_info()->schedcontrol.start, schedctx, 10000, 10000, 0, 0, 0));
    must(seL4_TCB_SetSpace(tcb, 0, cnode, guard, space, 0));
    must(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, seL4_MaxPrio, seL4_MaxPrio, schedctx, 0));
    must(seL4_CNode_Mint(cnode, WATCHER_CNODE, WATCHER_RADIX, ROOT, cnode, DEPTH, seL4_AllRights, guard));
    must(seL4_CNode_Copy(cnode, WATCHER_ENDPOINT, WATCHER_RADIX, ROOT, endpoint, DEPTH, seL4_AllRights));
    must(seL4_CNode_Copy(cnode, WATCHER_REPLY, WATCHER_RADIX, ROOT, reply, DEPTH, seL4_AllRights));
    must(seL4_CNode_Copy(cnode, WATCHER_TCB, WATCHER_RADIX, ROOT, tcb, DEPTH, seL4_AllRights));
    must(seL4_CNode_Copy(cnode, WATCHER_SPACE, WATCHER_RADIX, ROOT, space, DEPTH, seL4_AllRights));
    must(seL4_TCB_SetIPCBuffer(tcb, (seL4_Word)&watcher_buffer,
                               pecan_boot_info()->userImageFrames.start +
                                   ((seL4_Word)&watcher_buffer - (seL4_Word)__image_start) / PAGE));
    watcher_cnode = cnode;
    must(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof(registers) / sizeof(seL4_Word), &registers));
}

/* --- the initial thread ------------------------------------------------------------------------------------------------ */

static seL4_CPtr memory_find(void)
{
    const seL4_BootInfo *info = pecan_boot_info();

    for (seL4_CPtr cap = info->untyped.start; cap < info->untyped.end; cap++) {
        const seL4_UntypedDesc *description = &info->untypedList[cap - info->untyped.start];
        if (!description->isDevice && description->sizeBits >= 20)
            return cap;
    }
    return 0;
}

static void call_with_five_words(void)
{
    seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, 5));
}

/* row: boot.thread.hidden */
int main(void)
{
    next_slot = pecan_boot_info()->empty.start;
    must(console_open(next_slot++));
    untyped = memory_find();
    endpoint = object_new(seL4_EndpointObject, 0);
    must(seL4_TCB_SetSpace(seL4_CapInitThreadTCB, endpoint, ROOT, 0, seL4_CapInitThreadVSpace, 0));
    watcher_start();
    /* The capability of slot 2 itself goes to the watcher; we keep a copy of it. */
    seL4_CPtr root = next_slot++;
    must(seL4_CNode_Copy(ROOT, root, DEPTH, ROOT, ROOT, DEPTH, seL4_AllRights));
    must(seL4_CNode_Move(watcher_cnode, WATCHER_ROOT, WATCHER_RADIX, root, ROOT, DEPTH));
    call_with_five_words();
    must(seL4_CNode_Revoke(root, seL4_CapInitThreadIPCBuffer, DEPTH));
    call_with_five_words();
    call_with_five_words(); /* a fault */
    return 1;
}
