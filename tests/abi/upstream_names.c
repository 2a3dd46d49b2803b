/*
 * Uses every name of the interface as a program written for libsel4 does, with the argument order it expects. Compiling
 * it is the test; layouts that such programs have compiled in are asserted.
 */
#include <autoconf.h>
#include <interfaces/sel4_client.h>
#include <kernel/gen_config.h>
#include <sel4/arch/bootinfo_types.h>
#include <sel4/arch/constants.h>
#include <sel4/arch/invocation.h>
#include <sel4/arch/mapping.h>
#include <sel4/arch/objecttype.h>
#include <sel4/arch/syscalls.h>
#include <sel4/arch/types.h>
#include <sel4/assert.h>
#include <sel4/bootinfo.h>
#include <sel4/bootinfo_types.h>
#include <sel4/config.h>
#include <sel4/constants.h>
#include <sel4/debug_assert.h>
#include <sel4/errors.h>
#include <sel4/faults.h>
#include <sel4/functions.h>
#include <sel4/gen_config.h>
#include <sel4/invocation.h>
#include <sel4/macros.h>
#include <sel4/objecttype.h>
#include <sel4/plat/api/constants.h>
#include <sel4/sel4.h>
#include <sel4/sel4_arch/constants.h>
#include <sel4/sel4_arch/invocation.h>
#include <sel4/sel4_arch/mapping.h>
#include <sel4/sel4_arch/objecttype.h>
#include <sel4/sel4_arch/syscalls.h>
#include <sel4/sel4_arch/types.h>
#include <sel4/sel4_arch/types_gen.h>
#include <sel4/shared_types.h>
#include <sel4/shared_types_gen.h>
#include <sel4/simple_types.h>
#include <sel4/syscall.h>
#include <sel4/syscalls.h>
#include <sel4/types.h>

#define SAME(name, a, b)             _Static_assert((unsigned long)(a) == (unsigned long)(b), name)
#define OFFSET(type, member, offset) _Static_assert(__builtin_offsetof(type, member) == (offset), #member)

OFFSET(seL4_BootInfo, extraLen, 0);
OFFSET(seL4_BootInfo, nodeID, 8);
OFFSET(seL4_BootInfo, numNodes, 16);
OFFSET(seL4_BootInfo, numIOPTLevels, 24);
OFFSET(seL4_BootInfo, ipcBuffer, 32);
OFFSET(seL4_BootInfo, empty.start, 40);
OFFSET(seL4_BootInfo, empty.end, 48);
OFFSET(seL4_BootInfo, sharedFrames, 56);
OFFSET(seL4_BootInfo, userImageFrames, 72);
OFFSET(seL4_BootInfo, userImagePaging, 88);
OFFSET(seL4_BootInfo, ioSpaceCaps, 104);
OFFSET(seL4_BootInfo, extraBIPages, 120);
OFFSET(seL4_BootInfo, initThreadCNodeSizeBits, 136);
OFFSET(seL4_BootInfo, initThreadDomain, 144);
OFFSET(seL4_BootInfo, schedcontrol, 152);
OFFSET(seL4_BootInfo, untyped, 168);
OFFSET(seL4_BootInfo, untypedList, 184);
OFFSET(seL4_UntypedDesc, paddr, 0);
OFFSET(seL4_UntypedDesc, sizeBits, 8);
OFFSET(seL4_UntypedDesc, isDevice, 9);
_Static_assert(sizeof(seL4_UntypedDesc) == 16, "size of seL4_UntypedDesc");
_Static_assert(sizeof(seL4_BootInfo) == 3864, "size of seL4_BootInfo");
_Static_assert(sizeof(seL4_BootInfoHeader) == 16, "size of seL4_BootInfoHeader");

OFFSET(seL4_IPCBuffer, tag, 0);
OFFSET(seL4_IPCBuffer, msg, 8);
OFFSET(seL4_IPCBuffer, userData, 968);
OFFSET(seL4_IPCBuffer, caps_or_badges, 976);
OFFSET(seL4_IPCBuffer, receiveCNode, 1000);
OFFSET(seL4_IPCBuffer, receiveIndex, 1008);
OFFSET(seL4_IPCBuffer, receiveDepth, 1016);
_Static_assert(sizeof(seL4_IPCBuffer) == 1024, "size of seL4_IPCBuffer");

OFFSET(seL4_UserContext, rip, 0);
OFFSET(seL4_UserContext, rsp, 8);
OFFSET(seL4_UserContext, rflags, 16);
OFFSET(seL4_UserContext, rax, 24);
OFFSET(seL4_UserContext, rdi, 64);
OFFSET(seL4_UserContext, r15, 136);
OFFSET(seL4_UserContext, fs_base, 144);
OFFSET(seL4_UserContext, gs_base, 152);

OFFSET(seL4_X86_BootInfo_VBE, vbeMode, 784);
OFFSET(seL4_X86_BootInfo_mmap_t, mmap, 20);
OFFSET(seL4_X86_mb_mmap_t, type, 20);

SAME("slot", seL4_CapNull, 0);
SAME("slot", seL4_CapInitThreadTCB, 1);
SAME("slot", seL4_CapInitThreadCNode, 2);
SAME("slot", seL4_CapInitThreadVSpace, 3);
SAME("slot", seL4_CapIRQControl, 4);
SAME("slot", seL4_CapASIDControl, 5);
SAME("slot", seL4_CapInitThreadASIDPool, 6);
SAME("slot", seL4_CapIOPortControl, 7);
SAME("slot", seL4_CapIOSpace, 8);
SAME("slot", seL4_CapBootInfoFrame, 9);
SAME("slot", seL4_CapInitThreadIPCBuffer, 10);
SAME("slot", seL4_CapDomain, 11);
SAME("slot", seL4_CapSMMUSIDControl, 12);
SAME("slot", seL4_CapSMMUCBControl, 13);
SAME("slot", seL4_CapInitThreadSC, 14);
SAME("slot", seL4_CapSMC, 15);
SAME("slot", seL4_NumInitialCaps, 16);

SAME("chunk", SEL4_BOOTINFO_HEADER_PADDING, 0);
SAME("chunk", SEL4_BOOTINFO_HEADER_X86_VBE, 1);
SAME("chunk", SEL4_BOOTINFO_HEADER_X86_MBMMAP, 2);
SAME("chunk", SEL4_BOOTINFO_HEADER_X86_ACPI_RSDP, 3);
SAME("chunk", SEL4_BOOTINFO_HEADER_X86_FRAMEBUFFER, 4);
SAME("chunk", SEL4_BOOTINFO_HEADER_X86_TSC_FREQ, 5);
SAME("chunk", SEL4_BOOTINFO_HEADER_FDT, 6);

SAME("error", seL4_NoError, 0);
SAME("error", seL4_InvalidArgument, 1);
SAME("error", seL4_InvalidCapability, 2);
SAME("error", seL4_IllegalOperation, 3);
SAME("error", seL4_RangeError, 4);
SAME("error", seL4_AlignmentError, 5);
SAME("error", seL4_FailedLookup, 6);
SAME("error", seL4_TruncatedMessage, 7);
SAME("error", seL4_DeleteFirst, 8);
SAME("error", seL4_RevokeFirst, 9);
SAME("error", seL4_NotEnoughMemory, 10);
SAME("lookup", seL4_NoFailure, 0);
SAME("lookup", seL4_InvalidRoot, 1);
SAME("lookup", seL4_MissingCapability, 2);
SAME("lookup", seL4_DepthMismatch, 3);
SAME("lookup", seL4_GuardMismatch, 4);

SAME("type", seL4_UntypedObject, 0);
SAME("type", seL4_TCBObject, 1);
SAME("type", seL4_EndpointObject, 2);
SAME("type", seL4_NotificationObject, 3);
SAME("type", seL4_CapTableObject, 4);
SAME("type", seL4_SchedContextObject, 5);
SAME("type", seL4_ReplyObject, 6);
SAME("type", seL4_NonArchObjectTypeCount, 7);
SAME("type", seL4_X86_PDPTObject, 7);
SAME("type", seL4_X64_PML4Object, 8);
SAME("type", seL4_X64_HugePageObject, 9);
SAME("type", seL4_ModeObjectTypeCount, 10);
SAME("type", seL4_X86_4K, 10);
SAME("type", seL4_X86_LargePageObject, 11);
SAME("type", seL4_X86_PageTableObject, 12);
SAME("type", seL4_X86_PageDirectoryObject, 13);
SAME("type", seL4_ObjectTypeCount, 14);

SAME("fault", seL4_Fault_NullFault, 0);
SAME("fault", seL4_Fault_CapFault, 1);
SAME("fault", seL4_Fault_UnknownSyscall, 2);
SAME("fault", seL4_Fault_UserException, 3);
SAME("fault", seL4_Fault_Timeout, 5);
SAME("fault", seL4_Fault_VMFault, 6);
SAME("word", seL4_CapFault_IP, 0);
SAME("word", seL4_CapFault_Addr, 1);
SAME("word", seL4_CapFault_InRecvPhase, 2);
SAME("word", seL4_CapFault_LookupFailureType, 3);
SAME("word", seL4_CapFault_BitsLeft, 4);
SAME("word", seL4_CapFault_DepthMismatch_BitsFound, 5);
SAME("word", seL4_CapFault_GuardMismatch_GuardFound, 5);
SAME("word", seL4_CapFault_GuardMismatch_BitsFound, 6);
SAME("word", seL4_UnknownSyscall_RAX, 0);
SAME("word", seL4_UnknownSyscall_R15, 14);
SAME("word", seL4_UnknownSyscall_FaultIP, 15);
SAME("word", seL4_UnknownSyscall_SP, 16);
SAME("word", seL4_UnknownSyscall_FLAGS, 17);
SAME("word", seL4_UnknownSyscall_Syscall, 18);
SAME("word", seL4_UnknownSyscall_Length, 19);
SAME("word", seL4_UserException_FaultIP, 0);
SAME("word", seL4_UserException_Number, 3);
SAME("word", seL4_UserException_Code, 4);
SAME("word", seL4_UserException_Length, 5);
SAME("word", seL4_VMFault_IP, 0);
SAME("word", seL4_VMFault_Addr, 1);
SAME("word", seL4_VMFault_PrefetchFault, 2);
SAME("word", seL4_VMFault_FSR, 3);
SAME("word", seL4_VMFault_Length, 4);
SAME("word", seL4_Timeout_Data, 0);
SAME("word", seL4_Timeout_Consumed, 1);
SAME("word", seL4_Timeout_Length, 2);
SAME("word", seL4_TimeoutReply_FaultIP, 0);
SAME("word", seL4_TimeoutReply_Length, 19);

SAME("constant", seL4_MaxPrio, 255);
SAME("constant", seL4_MsgMaxLength, 120);
SAME("constant", seL4_MsgMaxExtraCaps, 3);
SAME("constant", seL4_TCBBits, 11);
SAME("constant", seL4_SlotBits, 5);
SAME("constant", seL4_UntypedRetypeMaxObjects, 256);
SAME("constant", seL4_UserTop, 0x7ffffffff000);
SAME("constant", seL4_TCBFlag_fpuDisabled, 1);
SAME("constant", seL4_SchedContext_Sporadic, 1);
SAME("constant", seL4_X86_WriteCombining, 4);

void use_system_calls(seL4_CPtr cap, seL4_CPtr other, seL4_CPtr reply);
void use_debug_calls(seL4_CPtr cap);
void use_generic_objects(seL4_CPtr cap, seL4_CPtr root);
void use_threads(seL4_TCB tcb, seL4_CPtr cap, seL4_UserContext *registers);
void use_scheduling(seL4_CPtr cap, seL4_CPtr other);
void use_machine(seL4_CPtr cap, seL4_CPtr root, seL4_CPtr vspace);
seL4_Word use_values(seL4_MessageInfo_t info);

void use_system_calls(seL4_CPtr cap, seL4_CPtr other, seL4_CPtr reply)
{
    seL4_MessageInfo_t info = seL4_MessageInfo_new(1, 0, 0, 4);
    seL4_Word badge, a, b, c, d;

    a = b = c = d = 0;
    seL4_Send(cap, info);
    seL4_SendWithMRs(cap, info, &a, &b, &c, &d);
    seL4_NBSend(cap, info);
    seL4_NBSendWithMRs(cap, info, &a, &b, &c, seL4_Null);
    info = seL4_Call(cap, info);
    info = seL4_CallWithMRs(cap, info, &a, &b, &c, &d);
    info = seL4_Recv(cap, &badge, reply);
    info = seL4_RecvWithMRs(cap, &badge, &a, &b, &c, &d, reply);
    info = seL4_NBRecv(cap, seL4_Null, reply);
    info = seL4_ReplyRecv(cap, info, &badge, reply);
    info = seL4_ReplyRecvWithMRs(cap, info, &badge, &a, &b, &c, &d, reply);
    info = seL4_NBSendRecv(other, info, cap, &badge, reply);
    info = seL4_NBSendRecvWithMRs(other, info, cap, &badge, &a, &b, &c, &d, reply);
    info = seL4_NBSendWait(other, info, cap, &badge);
    info = seL4_NBSendWaitWithMRs(other, info, cap, &badge, &a, &b, &c, &d);
    info = seL4_Wait(cap, &badge);
    info = seL4_WaitWithMRs(cap, &badge, &a, &b, &c, &d);
    info = seL4_NBWait(cap, &badge);
    info = seL4_Poll(cap, &badge);
    seL4_Signal(cap);
    seL4_Yield();
    seL4_SetTLSBase(badge);
}

void use_debug_calls(seL4_CPtr cap)
{
#ifdef CONFIG_PRINTING
    seL4_DebugPutChar('x');
    seL4_DebugPutString("text");
    seL4_DebugDumpScheduler();
#endif
#ifdef CONFIG_DEBUG_BUILD
    seL4_Uint32 kind = seL4_DebugCapIdentify(cap);

    seL4_Assert(kind != 0);
    seL4_DebugAssert(kind != 0);
    seL4_DebugNameThread(cap, "name");
    seL4_DebugSnapshot();
    seL4_DebugHalt();
#endif
    seL4_Fail("text", __FILE__, __LINE__, __func__);
    (void)cap;
}

void use_generic_objects(seL4_CPtr cap, seL4_CPtr root)
{
    seL4_CapRights_t rights = seL4_CapRights_new(1, 1, 1, 1);
    seL4_Error error = seL4_Untyped_Retype(cap, seL4_TCBObject, 0, root, 0, 0, 1, 1);

    error = seL4_CNode_Revoke(root, 1, 64);
    error = seL4_CNode_Delete(root, 1, 64);
    error = seL4_CNode_CancelBadgedSends(root, 1, 64);
    error = seL4_CNode_Copy(root, 1, 64, root, 2, 64, rights);
    error = seL4_CNode_Mint(root, 1, 64, root, 2, 64, seL4_AllRights, 7);
    error = seL4_CNode_Mint(root, 1, 64, root, 2, 64, seL4_CanRead, seL4_CNode_CapData_new(0, 52).words[0]);
    error = seL4_CNode_Move(root, 1, 64, root, 2, 64);
    error = seL4_CNode_Mutate(root, 1, 64, root, 2, 64, 7);
    error = seL4_CNode_Rotate(root, 1, 64, 7, root, 2, 64, 8, root, 3, 64);
    error = seL4_IRQControl_Get(cap, 1, root, 1, 64);
    error = seL4_IRQHandler_Ack(cap);
    error = seL4_IRQHandler_SetNotification(cap, root);
    error = seL4_IRQHandler_Clear(cap);
    error = seL4_DomainSet_Set(cap, 1, root);
    error = seL4_DomainSet_ScheduleConfigure(cap, 1, 1, 1);
    error = seL4_DomainSet_ScheduleSetStart(cap, 1);
    (void)error;
}

void use_threads(seL4_TCB tcb, seL4_CPtr cap, seL4_UserContext *registers)
{
    seL4_TCB_SetFlags_t flags = seL4_TCB_SetFlags(tcb, 0, seL4_TCBFlag_fpuDisabled);
    seL4_Error error = seL4_TCB_ReadRegisters(tcb, 1, 0, sizeof(*registers) / sizeof(seL4_Word), registers);

    error = seL4_TCB_WriteRegisters(tcb, 1, 0, 2, registers);
    error = seL4_TCB_CopyRegisters(tcb, cap, 1, 1, 1, 1, 0);
    error = seL4_TCB_Configure(tcb, cap, 0, cap, 0, 0x1000, cap);
    error = seL4_TCB_SetPriority(tcb, seL4_CapInitThreadTCB, 1);
    error = seL4_TCB_SetMCPriority(tcb, seL4_CapInitThreadTCB, 1);
    error = seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 1, 1, cap, cap);
    error = seL4_TCB_SetTimeoutEndpoint(tcb, cap);
    error = seL4_TCB_SetIPCBuffer(tcb, 0x1000, cap);
    error = seL4_TCB_SetSpace(tcb, cap, cap, 0, cap, 0);
    error = seL4_TCB_Suspend(tcb);
    error = seL4_TCB_Resume(tcb);
    error = seL4_TCB_BindNotification(tcb, cap);
    error = seL4_TCB_UnbindNotification(tcb);
    error = seL4_TCB_SetTLSBase(tcb, 0);
    error = (seL4_Error)flags.error;
    registers->rax = flags.flags;
    (void)error;
}

void use_scheduling(seL4_CPtr cap, seL4_CPtr other)
{
    seL4_Error error = seL4_SchedControl_Configure(cap, other, 1000, 2000, 0, 0);
    seL4_SchedContext_Consumed_t consumed = seL4_SchedContext_Consumed(cap);
    seL4_SchedContext_YieldTo_t yielded = seL4_SchedContext_YieldTo(cap);
    seL4_Time total = consumed.consumed + yielded.consumed;

    error = seL4_SchedControl_ConfigureFlags(cap, other, 1000, 2000, 0, 0, seL4_SchedContext_Sporadic);
    error = seL4_SchedContext_Bind(cap, other);
    error = seL4_SchedContext_Unbind(cap);
    error = seL4_SchedContext_UnbindObject(cap, other);
    error = total && consumed.error && yielded.error ? seL4_NoError : error;
    (void)seL4_MaxExtraRefills(seL4_MinSchedContextBits);
}

void use_machine(seL4_CPtr cap, seL4_CPtr root, seL4_CPtr vspace)
{
    seL4_X86_Page_GetAddress_t address = seL4_X86_Page_GetAddress(cap);
    seL4_X86_IOPort_In8_t byte = seL4_X86_IOPort_In8(cap, 0x60);
    seL4_X86_IOPort_In16_t half = seL4_X86_IOPort_In16(cap, 0x60);
    seL4_X86_IOPort_In32_t word = seL4_X86_IOPort_In32(cap, 0x60);
    int error = address.error | byte.error | half.error | word.error;

    error |= seL4_X86_PDPT_Map(cap, vspace, 0x1000, seL4_X86_Default_VMAttributes);
    error |= seL4_X86_PDPT_Unmap(cap);
    error |= seL4_X86_PageDirectory_Map(cap, vspace, 0x1000, seL4_X86_Default_VMAttributes);
    error |= seL4_X86_PageDirectory_Unmap(cap);
    error |= seL4_X86_PageTable_Map(cap, vspace, 0x1000, seL4_X86_Default_VMAttributes);
    error |= seL4_X86_PageTable_Unmap(cap);
    error |= seL4_X86_Page_Map(cap, vspace, 0x1000, seL4_ReadWrite, seL4_X86_Uncacheable);
    error |= seL4_X86_Page_Unmap(cap);
    error |= seL4_X86_ASIDControl_MakePool(cap, cap, root, 1, 64);
    error |= seL4_X86_ASIDPool_Assign(cap, vspace);
    error |= seL4_X86_IOPortControl_Issue(cap, 0x60, 0x64, root, 1, 64);
    error |= seL4_X86_IOPort_Out8(cap, 0x60, byte.result);
    error |= seL4_X86_IOPort_Out16(cap, 0x60, half.result);
    error |= seL4_X86_IOPort_Out32(cap, 0x60, word.result);
    error |= seL4_IRQControl_GetIOAPIC(cap, root, 1, 64, 0, 4, 0, 0, 1);
    error |= seL4_IRQControl_GetMSI(cap, root, 1, 64, 0, 1, 0, 0, 1);
    (void)(error + (int)seL4_MappingFailedLookupLevel() + (int)(address.paddr & SEL4_MAPPING_LOOKUP_NO_PT));
}

seL4_Word use_values(seL4_MessageInfo_t info)
{
    seL4_CPtr root, index;
    seL4_Word depth;
    seL4_Fault_t fault = seL4_getFault(info);
    seL4_UserContext registers = {0};

    info = seL4_MessageInfo_set_length(info, 3);
    seL4_MessageInfo_ptr_set_label(&info, 1);
    seL4_SetIPCBuffer(seL4_GetIPCBuffer());
    seL4_SetTag(seL4_GetTag());
    seL4_SetMR(0, seL4_GetMR(1));
    seL4_SetUserData(seL4_GetUserData());
    seL4_SetCap(0, seL4_GetCap(1) + seL4_GetBadge(2));
    seL4_SetCapReceivePath(1, 2, 3);
    seL4_GetCapReceivePath(&root, &index, &depth);
    if (seL4_isVMFault_tag(info) || seL4_isCapFault_tag(info) || seL4_isNullFault_tag(info))
        return seL4_Fault_VMFault_get_Addr(fault) + seL4_Fault_VMFault_get_IP(fault) +
               seL4_Fault_VMFault_get_FSR(fault) + seL4_Fault_VMFault_get_PrefetchFault(fault) +
               seL4_Fault_CapFault_get_Addr(fault) + seL4_Fault_CapFault_get_InRecvPhase(fault);
    if (seL4_isTimeoutFault_tag(info) || seL4_isUserException_tag(info) || seL4_isUnknownSyscall_tag(info))
        info = seL4_TimeoutReply_new(seL4_True, registers, seL4_TimeoutReply_Length);
    return root + index + depth + seL4_Fault_get_seL4_FaultType(fault) + seL4_MessageInfo_get_label(info) +
           seL4_MessageInfo_get_extraCaps(info) + seL4_MessageInfo_get_capsUnwrapped(info) +
           seL4_CapRights_get_capAllowGrantReply(seL4_CanGrantReply) + seL4_Fault_Timeout_get_data(fault) +
           seL4_Fault_Timeout_get_consumed(fault) + seL4_Fault_UnknownSyscall_get_Syscall(fault) +
           seL4_Fault_UserException_get_Number(fault) + seL4_CNode_CapData_get_guardSize(seL4_CNode_CapData_new(1, 2)) +
           (seL4_Word)seL4_GetBootInfo();
}
