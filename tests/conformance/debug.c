/* Debug calls that do not print (alone/debug_calls.c has those); a release kernel knows none. */
#include "harness/caller.h"

#if defined(CONFIG_DEBUG_BUILD)

/* row: debug.call.cap_identify */
TEST(debug, cap_identify)
{
    seL4_CPtr device = slot_new();
    const struct {
        seL4_CPtr cap;
        seL4_Word type;
    } caps[] = {{untyped_new(12), 2},
                {endpoint_new(), 4},
                {notification_new(), 6},
                {reply_new(), 8},
                {ROOT, 10},
                {seL4_CapInitThreadTCB, 12},
                {seL4_CapIRQControl, 14},
                {seL4_CapDomain, 20},
                {seL4_CapInitThreadSC, 22},
                {seL4_GetBootInfo()->schedcontrol.start, 24},
                {frame_new(), 1},
                {object_new(seL4_X86_PageTableObject, 0), 3},
                {object_new(seL4_X86_PageDirectoryObject, 0), 5},
                {object_new(seL4_X86_PDPTObject, 0), 7},
                {seL4_CapInitThreadVSpace, 9},
                {seL4_CapASIDControl, 11},
                {seL4_CapInitThreadASIDPool, 13},
                {seL4_CapIOPortControl, 31}};

    for (unsigned i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
        expect_eq(seL4_DebugCapIdentify(caps[i].cap), caps[i].type);
    expect_no_error(seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, 0x80, 0x80, ROOT, device, 64));
    expect_eq(seL4_DebugCapIdentify(device), 19);
    cap_delete(device);
    expect_no_error(seL4_IRQControl_GetIOAPIC(seL4_CapIRQControl, ROOT, device, 64, 0, 5, 0, 0, 100));
    expect_eq(seL4_DebugCapIdentify(device), 16);
}

/* row: debug.call.cap_identify_null */
TEST(debug, cap_identify_nothing)
{
    expect_eq(seL4_DebugCapIdentify(0), 0);
    expect_eq(seL4_DebugCapIdentify(slot_new()), 0);
    expect_eq(seL4_DebugCapIdentify(1ul << 40), 0);
}

#else

/* row: debug.call.release */
TEST(debug, calls_are_unknown)
{
    for (long number = -12; number >= -17; number--) {
        seL4_CPtr endpoint = endpoint_new();
        struct worker *worker = worker_new(RUNNER_PRIORITY + 1);
        seL4_UserContext registers = caller_registers(worker, (struct syscall){.number = (seL4_Word)number});

        worker_set_fault_handler(worker, endpoint);
        worker_start_at(worker, &registers);
        struct answer fault = receive((seL4_Word)seL4_SysNBRecv, endpoint, reply_new());
        expect_eq(fault.label, seL4_Fault_UnknownSyscall);
        expect_eq(fault.word[18], (seL4_Word)number);
    }
}

#endif
