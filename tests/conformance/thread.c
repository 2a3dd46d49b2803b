/* Configuring, suspending and resuming threads, and what is bound to them. */
#include "harness/invoke.h"
#include "harness/memory.h"
#include "harness/objects.h"
#include "harness/worker.h"

#define AUTHORITY seL4_CapInitThreadTCB
#define VSPACE    seL4_CapInitThreadVSpace

static struct answer configure(seL4_CPtr tcb, seL4_CPtr cspace, seL4_CPtr vspace, seL4_CPtr buffer,
                               seL4_Word cspace_data, seL4_Word vspace_data, seL4_Word buffer_address)
{
    return call(tcb, TCBConfigure, CAPS(cspace, vspace, buffer), WORDS(cspace_data, vspace_data, buffer_address));
}

/* row: object.new.tcb */
TEST(thread, new_thread)
{
    seL4_CPtr tcb = tcb_new(), schedctx = schedctx_new(1000, 1000), notification = notification_new();
    seL4_UserContext registers;
    const seL4_Word *words = (const seL4_Word *)&registers;

    expect_no_error(seL4_TCB_ReadRegisters(tcb, 0, 0, 20, &registers));
    for (unsigned i = 0; i < 20; i++)
        expect_eq(words[i], i == 2 ? 0x202 : 0);
    expect_answer(call(tcb_new(), TCBSetPriority, CAPS(tcb), WORDS(1)), seL4_RangeError, WORDS(0, 0));
    expect_answer(call(tcb, TCBUnbindNotification, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(tcb, TCBSetFlags, NONE, WORDS(0, 0)), seL4_NoError, WORDS(0));
    /* Inactive: with a context and above us it does not run. Resumed it has neither spaces nor handler, and stops. */
    expect_success(call(schedctx, SchedContextBind, CAPS(tcb), NONE));
    expect_no_error(seL4_TCB_SetPriority(tcb, AUTHORITY, RUNNER_PRIORITY + 1));
    expect_answer(call(schedctx, SchedContextConsumed, NONE, NONE), seL4_NoError, WORDS(0));
    expect_no_error(seL4_TCB_Resume(tcb));
    expect_no_error(seL4_TCB_ReadRegisters(tcb, 0, 0, 20, &registers));
    expect_eq(registers.rip, 0);
    /* Priority 0: what is sent by one that is higher comes first. */
    seL4_CPtr low = tcb_new();
    struct worker *high = worker_new(RUNNER_PRIORITY - 1);
    expect_success(configure(low, ROOT, VSPACE, 0, 0, 0, 0));
    registers = worker_registers(high, code_syscall);
    registers.rdx = (seL4_Word)seL4_SysSend;
    registers.rdi = cap_badged(notification, 1);
    expect_no_error(seL4_TCB_WriteRegisters(low, 1, 0, 20, &registers));
    expect_no_error(seL4_SchedContext_Unbind(schedctx));
    expect_no_error(seL4_SchedContext_Bind(schedctx, low));
    expect_no_error(seL4_TCB_SetPriority(runner()->tcb, AUTHORITY, 1));
    seL4_Yield();
    expect_nothing(receive((seL4_Word)seL4_SysNBWait, notification, 0));
    expect_no_error(seL4_TCB_SetPriority(runner()->tcb, AUTHORITY, 0));
    seL4_Yield();
    expect_eq(receive((seL4_Word)seL4_SysNBWait, notification, 0).badge, 1);
}

/* row: tcb.configure.length tcb.configure.caps tcb.configure.buffer_type tcb.configure.buffer_device */
/* row: tcb.configure.buffer_alignment tcb.configure.buffer_zero tcb.configure.cspace_type tcb.configure.cspace_data_size */
/* row: tcb.configure.vspace_type tcb.configure.vspace_asid tcb.configure.again error.words.alignment_error */
TEST(thread, configure_checks)
{
    seL4_CPtr tcb = tcb_new(), frame = frame_new(), endpoint = endpoint_new(), cnode = cnode_new(4),
              device = slot_new();
    seL4_CPtr vspace = object_new(seL4_X64_PML4Object, 0), untyped = device_untyped(12);

    expect_no_error(seL4_Untyped_Retype(untyped, seL4_X86_4K, 0, ROOT, 0, 0, device, 1));
    expect_answer(call(tcb, TCBConfigure, CAPS(cnode, VSPACE, frame), WORDS(0, 0)), seL4_TruncatedMessage, NONE);
    expect_answer(call(tcb, TCBConfigure, CAPS(cnode, VSPACE), WORDS(0, 0, 0)), seL4_TruncatedMessage, NONE);
    /* The buffer first: type, then alignment. */
    expect_answer(configure(tcb, endpoint, endpoint, endpoint, 0, 0, 1), seL4_IllegalOperation, NONE);
    expect_answer(configure(tcb, cnode, VSPACE, 0, 0, 0, 1024), seL4_IllegalOperation, NONE);
    expect_answer(configure(tcb, cnode, VSPACE, device, 0, 0, 1024), seL4_IllegalOperation, NONE);
    expect_answer(configure(tcb, endpoint, endpoint, frame, 0, 0, 1025), seL4_AlignmentError, NONE);
    expect_answer(configure(tcb, endpoint, endpoint, frame, 0, 0, 512), seL4_AlignmentError, NONE);
    expect_answer(configure(tcb, endpoint, VSPACE, frame, 0, 0, 1024), seL4_IllegalOperation, NONE);
    expect_answer(configure(tcb, 0, VSPACE, frame, 0, 0, 1024), seL4_IllegalOperation, NONE);
    expect_answer(configure(tcb, cnode, VSPACE, frame, 61, 0, 1024), seL4_IllegalOperation, NONE);
    expect_answer(configure(tcb, cnode, endpoint, frame, 60, 0, 1024), seL4_IllegalOperation, NONE);
    expect_answer(configure(tcb, cnode, 0, frame, 60, 0, 1024), seL4_IllegalOperation, NONE);
    expect_answer(configure(tcb, cnode, vspace, frame, 60, 0, 1024), seL4_IllegalOperation, NONE);
    expect_success(configure(tcb, cnode, VSPACE, frame, 60, 0, 1024));
    expect_success(configure(tcb, cnode, VSPACE, frame, 60, 0, 1024));
    /* Without an address the third capability is not looked at. */
    expect_success(configure(tcb, cnode, VSPACE, endpoint, 60, 0, 0));
    cap_revoke(untyped);
}

/* Makes the thread signal `address` once. */
static void signal_from(struct worker *worker, seL4_Word address)
{
    seL4_UserContext registers = worker_registers(worker, code_syscall);

    registers.rdx = (seL4_Word)seL4_SysNBSend;
    registers.rdi = address;
    worker_start_at(worker, &registers);
}

/* A CNode of 16 slots, no guard, with a notification that signals `badge` in slot 3. */
static seL4_CPtr small_cspace(seL4_CPtr notification, seL4_Word badge)
{
    seL4_CPtr cnode = cnode_new(4);

    expect_no_error(seL4_CNode_Mint(cnode, 3, 4, ROOT, notification, ROOT_DEPTH, seL4_AllRights, badge));
    return cnode;
}

static seL4_Word word_of(seL4_CPtr notification)
{
    return receive(seL4_SysNBWait, notification, 0).badge;
}

/* row: tcb.configure.cspace_data tcb.configure.cspace_data_zero tcb.configure.vspace_data tcb.configure.copies */
/* row: tcb.configure.handler_kept tcb.configure.revoked */
TEST(thread, configure_cspace)
{
    seL4_CPtr notification = notification_new(), cnode = small_cspace(notification, 5), faults = endpoint_new();
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);
    seL4_CPtr guarded = cap_mint(cnode, seL4_AllRights, 5ul << 6 | 60);

    worker_set_fault_handler(worker, faults);
    expect_success(configure(worker->tcb, cnode, VSPACE, 0, 60, 0xdead, 0));
    signal_from(worker, 3);
    expect_eq(word_of(notification), 5);
    expect_success(configure(worker->tcb, cnode, VSPACE, 0, 7ul << 6 | 60, 0, 0));
    signal_from(worker, 7ul << 4 | 3);
    expect_eq(word_of(notification), 5);
    signal_from(worker, 3);
    expect_eq(word_of(notification), 0);
    /* 0 keeps the capability's own guard; its copy is enough. */
    expect_success(configure(worker->tcb, guarded, VSPACE, 0, 0, 0, 0));
    cap_delete(guarded);
    signal_from(worker, 5ul << 4 | 3);
    expect_eq(word_of(notification), 5);
    /* The handler is still there: each thread went on to an undefined instruction. */
    expect_eq(receive(seL4_SysNBWait, faults, 0).label, seL4_Fault_UserException);
    /* A parent revoked takes the CSpace away. */
    cap_revoke(cnode);
    seL4_UserContext registers = worker_registers(worker, code_syscall);
    registers.rdx = (seL4_Word)seL4_SysSend;
    registers.rdi = 5ul << 4 | 3;
    worker_start_at(worker, &registers);
    expect_message(receive(seL4_SysNBWait, faults, 0), 0, seL4_Fault_CapFault,
                   WORDS((seL4_Word)code_syscall, 5ul << 4 | 3, 0, seL4_InvalidRoot));
}

/* --- spaces ---------------------------------------------------------------------------------------------------------------- */

static struct answer set_space(seL4_CPtr tcb, seL4_CPtr handler, seL4_CPtr cspace, seL4_CPtr vspace,
                               seL4_Word cspace_data)
{
    return call(tcb, TCBSetSpace, CAPS(handler, cspace, vspace), WORDS(cspace_data, 0));
}

/* row: tcb.set_space.length tcb.set_space.caps tcb.set_space.cspace_type tcb.set_space.cspace_data_size */
/* row: tcb.set_space.vspace_type tcb.set_space.vspace_asid tcb.set_space.handler_type tcb.set_space.handler_write */
/* row: tcb.set_space.handler_grant tcb.set_space.handler_last */
TEST(thread, set_space_checks)
{
    seL4_CPtr tcb = tcb_new(), endpoint = endpoint_new(), cnode = cnode_new(4), notification = notification_new();
    seL4_CPtr vspace = object_new(seL4_X64_PML4Object, 0);

    expect_answer(call(tcb, TCBSetSpace, CAPS(0, cnode, VSPACE), WORDS(0)), seL4_TruncatedMessage, NONE);
    expect_answer(call(tcb, TCBSetSpace, CAPS(0, cnode), WORDS(0, 0)), seL4_TruncatedMessage, NONE);
    expect_answer(set_space(tcb, notification, endpoint, VSPACE, 0), seL4_IllegalOperation, NONE);
    expect_answer(set_space(tcb, notification, cnode, VSPACE, 61), seL4_IllegalOperation, NONE);
    expect_answer(set_space(tcb, notification, cnode, endpoint, 60), seL4_IllegalOperation, NONE);
    expect_answer(set_space(tcb, notification, cnode, vspace, 60), seL4_IllegalOperation, NONE);
    expect_answer(set_space(tcb, notification, cnode, VSPACE, 60), seL4_InvalidCapability, WORDS(1));
    expect_answer(set_space(tcb, cap_copy(endpoint, seL4_CapRights_new(1, 1, 1, 0)), cnode, VSPACE, 60),
                  seL4_InvalidCapability, WORDS(1));
    expect_answer(set_space(tcb, cap_copy(endpoint, seL4_CapRights_new(0, 0, 1, 1)), cnode, VSPACE, 60),
                  seL4_InvalidCapability, WORDS(1));
    expect_success(set_space(tcb, cap_copy(endpoint, seL4_CapRights_new(0, 1, 0, 1)), cnode, VSPACE, 60));
    expect_success(set_space(tcb, cap_copy(endpoint, seL4_CapRights_new(1, 0, 0, 1)), cnode, VSPACE, 60));
    expect_success(set_space(tcb, 0, cnode, VSPACE, 60));
}

/* row: tcb.set_space.effect tcb.set_space.cspace_data */
TEST(thread, set_space)
{
    seL4_CPtr notification = notification_new(), cnode = small_cspace(notification, 5), faults = endpoint_new();
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);

    expect_success(set_space(worker->tcb, cap_badged(faults, 11), cnode, VSPACE, 9ul << 6 | 60));
    signal_from(worker, 9ul << 4 | 3);
    expect_eq(word_of(notification), 5);
    struct answer fault = receive(seL4_SysNBWait, faults, 0);
    expect_eq(fault.badge, 11);
    expect_eq(fault.word[0], (seL4_Word)code_syscall_end);
    /* An empty address space: the first instruction cannot be fetched. */
    expect_success(set_space(worker->tcb, cap_badged(faults, 12), cnode, vspace_new(), 9ul << 6 | 60));
    signal_from(worker, 9ul << 4 | 3);
    fault = receive(seL4_SysNBWait, faults, 0);
    expect_eq(fault.badge, 12);
    expect_eq(fault.label, seL4_Fault_VMFault);
    expect_eq(fault.word[1], (seL4_Word)code_syscall);
    expect_eq(word_of(notification), 0);
}

/* --- the IPC buffer ----------------------------------------------------------------------------------------------------------- */

/* row: tcb.set_ipc_buffer.length tcb.set_ipc_buffer.no_cap tcb.set_ipc_buffer.type tcb.set_ipc_buffer.device */
/* row: tcb.set_ipc_buffer.alignment */
TEST(thread, set_ipc_buffer_checks)
{
    seL4_CPtr tcb = tcb_new(), frame = frame_new(), device = slot_new(), untyped = device_untyped(12);

    expect_no_error(seL4_Untyped_Retype(untyped, seL4_X86_4K, 0, ROOT, 0, 0, device, 1));
    expect_answer(call(tcb, TCBSetIPCBuffer, CAPS(frame), NONE), seL4_TruncatedMessage, NONE);
    expect_answer(call(tcb, TCBSetIPCBuffer, NONE, WORDS(1024)), seL4_TruncatedMessage, NONE);
    expect_answer(call(tcb, TCBSetIPCBuffer, CAPS(endpoint_new()), WORDS(1)), seL4_IllegalOperation, NONE);
    expect_answer(call(tcb, TCBSetIPCBuffer, CAPS(0), WORDS(1024)), seL4_IllegalOperation, NONE);
    expect_answer(call(tcb, TCBSetIPCBuffer, CAPS(device), WORDS(1024)), seL4_IllegalOperation, NONE);
    expect_answer(call(tcb, TCBSetIPCBuffer, CAPS(frame), WORDS(1023)), seL4_AlignmentError, NONE);
    expect_success(call(tcb, TCBSetIPCBuffer, CAPS(frame), WORDS(0x7ffffffffc00)));
    expect_success(call(tcb, TCBSetIPCBuffer, CAPS(0), WORDS(0)));
    cap_revoke(untyped);
}

/* row: tcb.set_ipc_buffer.not_mapped tcb.set_ipc_buffer.zero */
TEST(thread, ipc_buffer_is_the_frame)
{
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);
    seL4_CPtr frame = frame_new(), endpoint = endpoint_new(), faults = endpoint_new();
    struct window window = window_new();
    seL4_Word *page = window_map(&window, frame);
    seL4_UserContext registers = worker_registers(worker, code_syscall);

    worker_set_fault_handler(worker, faults);
    /* Not mapped at that address: the frame at the address's offset is what counts. */
    expect_success(call(worker->tcb, TCBSetIPCBuffer, CAPS(frame), WORDS(0x66666c00)));
    page[3072 / 8 + 1 + 4] = 0xabcdef;
    registers.rdx = (seL4_Word)seL4_SysSend;
    registers.rdi = endpoint;
    registers.rsi = seL4_MessageInfo_new(1, 0, 0, 5).words[0];
    worker_start_at(worker, &registers);
    struct answer message = receive(seL4_SysNBWait, endpoint, 0);
    expect_eq(message.length, 5);
    expect_eq(message.word[4], 0xabcdef);
    expect_success(call(worker->tcb, TCBSetIPCBuffer, CAPS(0), WORDS(0)));
    worker_start_at(worker, &registers);
    expect_eq(receive(seL4_SysNBWait, endpoint, 0).length, 4);
}

/* --- priorities ------------------------------------------------------------------------------------------------------------- */

static void check_priority(seL4_Word label)
{
    struct worker *limited = worker_new(10);
    seL4_CPtr tcb = tcb_new();

    expect_no_error(seL4_TCB_SetMCPriority(limited->tcb, AUTHORITY, 50));
    expect_answer(call(tcb, label, CAPS(AUTHORITY), NONE), seL4_TruncatedMessage, NONE);
    expect_answer(call(tcb, label, NONE, WORDS(1)), seL4_TruncatedMessage, NONE);
    expect_answer(call(tcb, label, CAPS(endpoint_new()), WORDS(1)), seL4_InvalidCapability, WORDS(1));
    expect_answer(call(tcb, label, CAPS(0), WORDS(1)), seL4_InvalidCapability, WORDS(1));
    expect_answer(call(tcb, label, CAPS(limited->tcb), WORDS(51)), seL4_RangeError, WORDS(0, 50));
    expect_answer(call(tcb, label, CAPS(AUTHORITY), WORDS(256)), seL4_RangeError, WORDS(0, 255));
    expect_answer(call(tcb, label, CAPS(AUTHORITY), WORDS(1ul << 32)), seL4_RangeError, WORDS(0, 255));
    expect_success(call(tcb, label, CAPS(limited->tcb), WORDS(50)));
}

/* row: tcb.set_priority.length tcb.set_priority.no_authority tcb.set_priority.authority tcb.set_priority.range */
TEST(thread, set_priority_checks)
{
    check_priority(TCBSetPriority);
}

/* row: tcb.set_mc_priority.length tcb.set_mc_priority.no_authority tcb.set_mc_priority.authority tcb.set_mc_priority.range */
/* row: tcb.set_mc_priority.effect */
TEST(thread, set_mc_priority_checks)
{
    check_priority(TCBSetMCPriority);
}

static struct answer set_sched_params(seL4_CPtr tcb, seL4_CPtr authority, seL4_CPtr schedctx, seL4_CPtr handler,
                                      seL4_Word mcp, seL4_Word priority)
{
    return call(tcb, TCBSetSchedParams, CAPS(authority, schedctx, handler), WORDS(mcp, priority));
}

/* row: tcb.set_sched_params.length tcb.set_sched_params.caps tcb.set_sched_params.authority tcb.set_sched_params.mcp_range */
/* row: tcb.set_sched_params.priority_range tcb.set_sched_params.other_bound tcb.set_sched_params.bound_elsewhere */
/* row: tcb.set_sched_params.unbind_self tcb.set_sched_params.context_type tcb.set_sched_params.handler_type */
/* row: tcb.set_sched_params.handler_write tcb.set_sched_params.handler_grant tcb.set_sched_params.handler_null */
/* row: tcb.set_sched_params.same_context */
TEST(thread, set_sched_params_checks)
{
    struct worker *limited = worker_new(10), *target = worker_new(10);
    seL4_CPtr endpoint = endpoint_new(), notification = notification_new(), free = schedctx_new(1000, 1000);

    expect_no_error(seL4_TCB_SetMCPriority(limited->tcb, AUTHORITY, 50));
    expect_answer(call(target->tcb, TCBSetSchedParams, CAPS(AUTHORITY, 0, 0), WORDS(1)), seL4_TruncatedMessage, NONE);
    expect_answer(call(target->tcb, TCBSetSchedParams, CAPS(AUTHORITY, 0), WORDS(1, 1)), seL4_TruncatedMessage, NONE);
    expect_answer(set_sched_params(target->tcb, endpoint, endpoint, notification, 51, 52), seL4_InvalidCapability,
                  WORDS(1));
    expect_answer(set_sched_params(target->tcb, limited->tcb, endpoint, notification, 51, 1), seL4_RangeError,
                  WORDS(0, 50));
    expect_answer(set_sched_params(target->tcb, limited->tcb, endpoint, notification, 1, 51), seL4_RangeError,
                  WORDS(0, 50));
    expect_answer(set_sched_params(target->tcb, limited->tcb, endpoint, notification, 50, 50), seL4_InvalidCapability,
                  WORDS(2));
    expect_answer(set_sched_params(target->tcb, AUTHORITY, free, notification, 1, 1), seL4_IllegalOperation, NONE);
    expect_answer(set_sched_params(target->tcb, AUTHORITY, limited->schedctx, notification, 1, 1),
                  seL4_IllegalOperation, NONE);
    expect_answer(set_sched_params(tcb_new(), AUTHORITY, limited->schedctx, notification, 1, 1), seL4_IllegalOperation,
                  NONE);
    expect_answer(set_sched_params(runner()->tcb, AUTHORITY, 0, notification, 1, 1), seL4_IllegalOperation, NONE);
    expect_answer(set_sched_params(target->tcb, AUTHORITY, target->schedctx, notification, 1, 1),
                  seL4_InvalidCapability, WORDS(3));
    expect_answer(set_sched_params(target->tcb, AUTHORITY, target->schedctx,
                                   cap_copy(endpoint, seL4_CapRights_new(1, 1, 1, 0)), 1, 1),
                  seL4_InvalidCapability, WORDS(3));
    expect_answer(set_sched_params(target->tcb, AUTHORITY, target->schedctx,
                                   cap_copy(endpoint, seL4_CapRights_new(0, 0, 1, 1)), 1, 1),
                  seL4_InvalidCapability, WORDS(3));
    expect_success(set_sched_params(target->tcb, AUTHORITY, target->schedctx,
                                    cap_copy(endpoint, seL4_CapRights_new(0, 1, 0, 1)), 1, 1));
    expect_success(set_sched_params(target->tcb, AUTHORITY, target->schedctx, 0, 1, 1));
}

/* row: tcb.set_sched_params.blocked_no_budget schedcontext.bind.blocked_no_budget */
TEST(thread, blocked_thread_needs_ready_budget)
{
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);
    seL4_CPtr never = schedctx_unconfigured(7), ready = schedctx_new(1000, 2000);
    seL4_UserContext registers = worker_registers(worker, code_syscall);

    registers.rdx = (seL4_Word)seL4_SysWait;
    registers.rdi = notification_new();
    worker_start_at(worker, &registers);
    expect_no_error(seL4_SchedContext_Unbind(worker->schedctx));
    expect_answer(set_sched_params(worker->tcb, AUTHORITY, never, 0, 1, 1), seL4_IllegalOperation, NONE);
    expect_answer(call(never, SchedContextBind, CAPS(worker->tcb), NONE), seL4_IllegalOperation, NONE);
    expect_success(set_sched_params(worker->tcb, AUTHORITY, ready, 0, 1, 1));
    /* A thread that is not blocked may have it. */
    expect_success(set_sched_params(tcb_new(), AUTHORITY, never, 0, 1, 1));
}

static void set_result(struct worker *worker)
{
    worker->result[0]++;
}

/* row: tcb.set_sched_params.effect tcb.set_sched_params.unbind tcb.resume.passive sched.choice.passive */
TEST(thread, set_sched_params)
{
    struct worker *worker = worker_new_passive(RUNNER_PRIORITY + 1);
    seL4_CPtr schedctx = schedctx_new(1000, 1000), faults = endpoint_new();
    seL4_UserContext registers = worker_registers(worker, code_undefined);

    worker_start(worker, set_result);
    expect(!worker->finished);
    expect_success(set_sched_params(worker->tcb, AUTHORITY, schedctx, 0, 50, RUNNER_PRIORITY + 1));
    expect(worker->finished);
    expect_success(set_sched_params(worker->tcb, AUTHORITY, 0, cap_badged(faults, 4), 200, RUNNER_PRIORITY + 1));
    /* Unbound: the context can go elsewhere, the thread does not run. */
    worker_start_at(worker, &registers);
    expect_nothing(receive(seL4_SysNBWait, faults, 0));
    expect_success(call(schedctx, SchedContextBind, CAPS(worker->tcb), NONE));
    expect_eq(receive(seL4_SysNBWait, faults, 0).badge, 4);
    expect_answer(call(tcb_new(), TCBSetPriority, CAPS(worker->tcb), WORDS(201)), seL4_RangeError, WORDS(0, 200));
}

/* row: tcb.set_timeout_endpoint.no_cap tcb.set_timeout_endpoint.type tcb.set_timeout_endpoint.write */
/* row: tcb.set_timeout_endpoint.grant tcb.set_timeout_endpoint.null */
TEST(thread, set_timeout_endpoint_checks)
{
    seL4_CPtr tcb = tcb_new(), endpoint = endpoint_new();

    expect_answer(call(tcb, TCBSetTimeoutEndpoint, NONE, NONE), seL4_TruncatedMessage, NONE);
    expect_answer(call(tcb, TCBSetTimeoutEndpoint, CAPS(notification_new()), NONE), seL4_InvalidCapability, WORDS(1));
    expect_answer(call(tcb, TCBSetTimeoutEndpoint, CAPS(cap_copy(endpoint, seL4_CapRights_new(1, 1, 1, 0))), NONE),
                  seL4_InvalidCapability, WORDS(1));
    expect_answer(call(tcb, TCBSetTimeoutEndpoint, CAPS(cap_copy(endpoint, seL4_CapRights_new(0, 0, 1, 1))), NONE),
                  seL4_InvalidCapability, WORDS(1));
    expect_success(call(tcb, TCBSetTimeoutEndpoint, CAPS(cap_copy(endpoint, seL4_CapRights_new(1, 0, 0, 1))), NONE));
    expect_success(call(tcb, TCBSetTimeoutEndpoint, CAPS(cap_copy(endpoint, seL4_CapRights_new(0, 1, 0, 1))), NONE));
    expect_success(call(tcb, TCBSetTimeoutEndpoint, CAPS(0), NONE));
}

/* --- suspend and resume ---------------------------------------------------------------------------------------------------------- */

/* A thread that makes one call; when that returns its fault behind it holds it. */
static struct worker *caller_of(seL4_Word number, seL4_CPtr cap, seL4_CPtr reply)
{
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);
    seL4_UserContext registers = worker_registers(worker, code_syscall);

    worker_set_fault_handler(worker, endpoint_new());
    registers.rdx = number;
    registers.rdi = cap;
    registers.rsi = seL4_MessageInfo_new(2, 0, 0, 1).words[0];
    registers.r10 = 0x77;
    registers.r12 = reply;
    worker_start_at(worker, &registers);
    return worker;
}

/* row: tcb.suspend.cancels_send tcb.suspend.cancels_receive tcb.resume.blocked_call tcb.suspend.keeps_context */
TEST(thread, suspend_cancels_ipc)
{
    seL4_CPtr endpoint = endpoint_new(), notification = notification_new();
    struct worker *sender = caller_of((seL4_Word)seL4_SysSend, endpoint, 0);

    worker_suspend(sender);
    expect_nothing(receive(seL4_SysNBWait, endpoint, 0));
    worker_resume(sender); /* it sends again: that its context stayed is seen by its running */
    expect_message(receive(seL4_SysNBWait, endpoint, 0), 0, 2, WORDS(0x77));

    struct worker *receiver = caller_of((seL4_Word)seL4_SysWait, endpoint, 0);
    worker_suspend(receiver);
    seL4_NBSend(endpoint, seL4_MessageInfo_new(3, 0, 0, 0));
    worker_resume(receiver);
    expect_nothing(receive(seL4_SysNBWait, endpoint, 0));
    /* Resume of a blocked thread: its wait is issued again. */
    worker_resume(receiver);
    seL4_NBSend(endpoint, seL4_MessageInfo_new(4, 0, 0, 0));
    expect_eq(worker_read(receiver).rsi >> 12, 4);

    struct worker *waiter = caller_of((seL4_Word)seL4_SysWait, notification, 0);
    worker_suspend(waiter);
    seL4_Signal(cap_badged(notification, 6));
    expect_eq(worker_read(waiter).rdi, notification);
    worker_resume(waiter);
    expect_eq(worker_read(waiter).rdi, 6);
}

/* row: tcb.suspend.cancels_fault fault.delivery.suspend fault.delivery.resume */
TEST(thread, suspend_cancels_faults)
{
    seL4_CPtr faults = endpoint_new(), reply = reply_new();
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);
    seL4_UserContext registers = worker_registers(worker, code_undefined);

    worker_set_fault_handler(worker, faults);
    worker_start_at(worker, &registers);
    /* While it waits for delivery. */
    worker_suspend(worker);
    expect_nothing(receive(seL4_SysNBRecv, faults, reply));
    worker_resume(worker);
    expect_eq(receive(seL4_SysNBRecv, faults, reply).label, seL4_Fault_UserException);
    /* While it waits for the reply, which then does nothing. */
    worker_suspend(worker);
    seL4_SetMR(0, (seL4_Word)code_spin);
    expect_success(call(reply, 0, NONE, WORDS((seL4_Word)code_divide)));
    expect_nothing(receive(seL4_SysNBRecv, faults, reply));
    worker_resume(worker);
    struct answer fault = receive(seL4_SysNBRecv, faults, reply);
    expect_eq(fault.word[0], (seL4_Word)code_undefined);
    /* Resumed while it waits for the reply it restarts with its registers as they were. */
    worker_resume(worker);
    fault = receive(seL4_SysNBRecv, faults, reply);
    expect_eq(fault.word[0], (seL4_Word)code_undefined);
}

static void suspend_itself(struct worker *worker)
{
    worker->result[0] = 1;
    seL4_TCB_Suspend(worker->tcb);
    worker->result[0] = 2;
}

/* row: tcb.suspend.self tcb.resume.running */
TEST(thread, suspend_itself)
{
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);

    worker_start(worker, suspend_itself);
    expect_eq(worker->result[0], 1);
    worker_resume(worker);
    expect_eq(worker->result[0], 2);
    /* Resume of a ready thread, and of the running one, changes nothing. */
    struct worker *ready = worker_new(RUNNER_PRIORITY - 1);
    worker_start(ready, set_result);
    worker_resume(ready);
    worker_resume(runner());
    expect_eq(ready->result[0], 0);
    worker_set_priority(ready, RUNNER_PRIORITY + 1);
    expect_eq(ready->result[0], 1);
}

/* --- bound notifications --------------------------------------------------------------------------------------------------------- */

/* row: tcb.bind_notification.no_cap tcb.bind_notification.bound tcb.bind_notification.type tcb.bind_notification.rights */
/* row: tcb.bind_notification.waiters tcb.bind_notification.bound_elsewhere tcb.unbind_notification.none */
TEST(thread, bind_notification_checks)
{
    seL4_CPtr tcb = tcb_new(), other = tcb_new(), notification = notification_new(), waited = notification_new();

    caller_of((seL4_Word)seL4_SysWait, waited, 0);
    expect_answer(call(tcb, TCBBindNotification, NONE, NONE), seL4_TruncatedMessage, NONE);
    expect_answer(call(tcb, TCBBindNotification, CAPS(endpoint_new()), NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(tcb, TCBBindNotification, CAPS(0), NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(tcb, TCBBindNotification, CAPS(cap_copy(notification, seL4_CanWrite)), NONE),
                  seL4_IllegalOperation, NONE);
    expect_answer(call(tcb, TCBBindNotification, CAPS(waited), NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(tcb, TCBUnbindNotification, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_success(call(tcb, TCBBindNotification, CAPS(notification), NONE));
    expect_answer(call(other, TCBBindNotification, CAPS(notification), NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(tcb, TCBBindNotification, CAPS(notification_new()), NONE), seL4_IllegalOperation, NONE);
    expect_success(call(tcb, TCBUnbindNotification, NONE, NONE));
    expect_success(call(other, TCBBindNotification, CAPS(notification), NONE));
}

/* row: tcb.bind_notification.effect tcb.unbind_notification.effect recv.endpoint.bound_signal */
TEST(thread, bound_notification_ends_receives)
{
    seL4_CPtr endpoint = endpoint_new(), notification = notification_new();
    struct worker *worker = caller_of((seL4_Word)seL4_SysWait, endpoint, 0);

    expect_no_error(seL4_TCB_BindNotification(worker->tcb, notification));
    seL4_Signal(cap_badged(notification, 0x40));
    expect_eq(worker_read(worker).rdi, 0x40);
    expect_eq(worker_read(worker).rip, (seL4_Word)code_syscall_end);

    worker = caller_of((seL4_Word)seL4_SysWait, endpoint, 0);
    expect_no_error(seL4_TCB_BindNotification(worker->tcb, notification_new()));
    expect_no_error(seL4_TCB_UnbindNotification(worker->tcb));
    seL4_Signal(notification);
    expect_eq(worker_read(worker).rdi, endpoint);
}

/* --- TLS register and flags -------------------------------------------------------------------------------------------------------- */

/* row: tcb.set_tls_base.length tcb.set_tls_base.effect */
TEST(thread, set_tls_base)
{
    struct worker *worker = worker_new(1);

    expect_answer(call(worker->tcb, TCBSetTLSBase, NONE, NONE), seL4_TruncatedMessage, NONE);
    expect_success(call(worker->tcb, TCBSetTLSBase, NONE, WORDS(0x123456789)));
    expect_eq(worker_read(worker).fs_base, 0x123456789);
    expect_success(call(worker->tcb, TCBSetTLSBase, NONE, WORDS(1ul << 63)));
    expect_eq(worker_read(worker).fs_base, 0);
}

/* row: tcb.set_flags.length tcb.set_flags.result tcb.set_flags.clear_set tcb.set_flags.unknown */
TEST(thread, set_flags)
{
    seL4_CPtr tcb = tcb_new();

    expect_answer(call(tcb, TCBSetFlags, NONE, WORDS(0)), seL4_TruncatedMessage, NONE);
    expect_answer(call(tcb, TCBSetFlags, NONE, WORDS(0, 0)), seL4_NoError, WORDS(0));
    expect_answer(call(tcb, TCBSetFlags, NONE, WORDS(1, 1)), seL4_NoError, WORDS(1));
    expect_answer(call(tcb, TCBSetFlags, NONE, WORDS(0, 0)), seL4_NoError, WORDS(1));
    expect_answer(call(tcb, TCBSetFlags, NONE, WORDS(1, 0)), seL4_NoError, WORDS(0));
    expect_answer(call(tcb, TCBSetFlags, NONE, WORDS(0, ~0ul & ~(1ul << 32))), seL4_NoError, WORDS(1 | 0xfffful << 48));
    expect_answer(call(tcb, TCBSetFlags, NONE, WORDS(~0ul, 0)), seL4_NoError, WORDS(0));
}

/* row: tcb.any.first_half */
TEST(thread, not_in_first_halves)
{
    seL4_CPtr notification = notification_new();
    struct worker *worker = worker_new(RUNNER_PRIORITY - 1);

    worker_start(worker, set_result);
    seL4_Signal(cap_badged(notification, 3));
    struct answer signal = send_receive(seL4_SysNBSendWait, worker->tcb, TCBSuspend, NONE, NONE, notification, 0);
    expect_eq(signal.badge, 3);
    worker_set_priority(worker, RUNNER_PRIORITY + 1);
    expect(worker->finished);
}
