#include "memory.h"

#include "supervisor.h"

static seL4_Word windows_used;
static const void *windows_of; /* the test they belong to */

#define FRAME_BYTES 4096ul

extern const char __image_start[];

void tables_map(seL4_CPtr vspace, seL4_Word address)
{
    /* A level that is there is reported as occupied. */
    seL4_CPtr pdpt = object_new(seL4_X86_PDPTObject, 0), directory = object_new(seL4_X86_PageDirectoryObject, 0),
              table = object_new(seL4_X86_PageTableObject, 0);
    seL4_Error error = seL4_X86_PDPT_Map(pdpt, vspace, address, 0);

    expect(!error || error == seL4_DeleteFirst);
    error = seL4_X86_PageDirectory_Map(directory, vspace, address, 0);
    expect(!error || error == seL4_DeleteFirst);
    error = seL4_X86_PageTable_Map(table, vspace, address, 0);
    expect(!error || error == seL4_DeleteFirst);
}

struct window window_new(void)
{
    if (windows_of != test_current()) {
        windows_of = test_current();
        windows_used = 0;
        tables_map(seL4_CapInitThreadVSpace, WINDOW_ADDRESS);
    }
    expect(windows_used < 512);
    return (struct window){.address = WINDOW_ADDRESS + windows_used++ * FRAME_BYTES};
}

void *window_map(struct window *window, seL4_CPtr frame)
{
    window_unmap(window);
    expect_no_error(seL4_X86_Page_Map(frame, seL4_CapInitThreadVSpace, window->address, seL4_ReadWrite, 0));
    window->mapped = frame;
    return (void *)window->address;
}

void window_unmap(struct window *window)
{
    /* The frame may be gone by now. */
    if (window->mapped)
        (void)seL4_X86_Page_Unmap(window->mapped);
    window->mapped = 0;
}

static seL4_Word access_status(seL4_CPtr vspace, seL4_Word address, const char *code)
{
    seL4_CPtr faults = endpoint_new(), reply = reply_new();
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);
    seL4_UserContext registers = worker_registers(worker, code);

    /* In another address space the instruction has to be there, too: its page is mapped by the caller of us. */
    expect_no_error(seL4_TCB_SetSpace(worker->tcb, faults, ROOT, 0, vspace, 0));
    registers.rdi = address;
    worker_start_at(worker, &registers);
    struct answer fault = receive(seL4_SysNBRecv, faults, reply);
    worker_suspend(worker);
    if (fault.label != seL4_Fault_VMFault)
        return ACCESS_NO_FAULT;
    expect_eq(fault.word[1], address);
    return fault.word[3];
}

seL4_Word read_status(seL4_CPtr vspace, seL4_Word address)
{
    return access_status(vspace, address, code_load);
}

seL4_Word write_status(seL4_CPtr vspace, seL4_Word address)
{
    return access_status(vspace, address, code_store);
}

void check_nothing_mapped(const char *file, int line, seL4_Word address)
{
    seL4_Word status = read_status(seL4_CapInitThreadVSpace, address);

    if (status != 4)
        test_fail(file, line, "reading 0x%lx: status %ld, not 4", address, (long)status);
}

seL4_CPtr vspace_new(void)
{
    seL4_CPtr vspace = object_new(seL4_X64_PML4Object, 0);

    expect_no_error(seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace));
    return vspace;
}

seL4_CPtr vspace_with_program(void)
{
    const seL4_BootInfo *info = seL4_GetBootInfo();
    seL4_CPtr vspace = vspace_new();
    seL4_Word address = (seL4_Word)__image_start;

    tables_map(vspace, address);
    for (seL4_CPtr frame = info->userImageFrames.start; frame < info->userImageFrames.end; frame++) {
        expect_no_error(seL4_X86_Page_Map(cap_copy(frame, seL4_AllRights), vspace, address, seL4_ReadWrite,
                                          seL4_X86_Default_VMAttributes));
        address += FRAME_BYTES;
        if (address % (1ul << seL4_LargePageBits) == 0)
            tables_map(vspace, address);
    }
    return vspace;
}

seL4_CPtr untyped_at(seL4_Word address)
{
    const seL4_BootInfo *info = seL4_GetBootInfo();

    for (seL4_CPtr cap = info->untyped.start; cap < info->untyped.end; cap++) {
        const seL4_UntypedDesc *description = &info->untypedList[cap - info->untyped.start];
        if (address >= description->paddr && address - description->paddr < 1ul << description->sizeBits)
            return cap;
    }
    return 0;
}

seL4_Word untyped_address(seL4_CPtr untyped)
{
    const seL4_BootInfo *info = seL4_GetBootInfo();

    return info->untypedList[untyped - info->untyped.start].paddr;
}
