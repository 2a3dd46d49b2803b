#include "report.h"

#include "lib/print.h"

#include <sel4/sel4.h>

#define NAME(label) [label] = #label

static const char *const label_names[LABEL_COUNT] = {
    NAME(UntypedRetype),
    NAME(TCBReadRegisters),
    NAME(TCBWriteRegisters),
    NAME(TCBCopyRegisters),
    NAME(TCBConfigure),
    NAME(TCBSetPriority),
    NAME(TCBSetMCPriority),
    NAME(TCBSetSchedParams),
    NAME(TCBSetTimeoutEndpoint),
    NAME(TCBSetIPCBuffer),
    NAME(TCBSetSpace),
    NAME(TCBSuspend),
    NAME(TCBResume),
    NAME(TCBBindNotification),
    NAME(TCBUnbindNotification),
    NAME(TCBSetTLSBase),
    NAME(TCBSetFlags),
    NAME(CNodeRevoke),
    NAME(CNodeDelete),
    NAME(CNodeCancelBadgedSends),
    NAME(CNodeCopy),
    NAME(CNodeMint),
    NAME(CNodeMove),
    NAME(CNodeMutate),
    NAME(CNodeRotate),
    NAME(IRQIssueIRQHandler),
    NAME(IRQAckIRQ),
    NAME(IRQSetIRQHandler),
    NAME(IRQClearIRQHandler),
    NAME(DomainSetSet),
    NAME(DomainScheduleConfigure),
    NAME(DomainScheduleSetStart),
    NAME(SchedControlConfigureFlags),
    NAME(SchedContextBind),
    NAME(SchedContextUnbind),
    NAME(SchedContextUnbindObject),
    NAME(SchedContextConsumed),
    NAME(SchedContextYieldTo),
    NAME(X86PDPTMap),
    NAME(X86PDPTUnmap),
    NAME(X86PageDirectoryMap),
    NAME(X86PageDirectoryUnmap),
    NAME(X86PageTableMap),
    NAME(X86PageTableUnmap),
    NAME(X86PageMap),
    NAME(X86PageUnmap),
    NAME(X86PageGetAddress),
    NAME(X86ASIDControlMakePool),
    NAME(X86ASIDPoolAssign),
    NAME(X86IOPortControlIssue),
    NAME(X86IOPortIn8),
    NAME(X86IOPortIn16),
    NAME(X86IOPortIn32),
    NAME(X86IOPortOut8),
    NAME(X86IOPortOut16),
    NAME(X86IOPortOut32),
    NAME(X86IRQIssueIRQHandlerIOAPIC),
    NAME(X86IRQIssueIRQHandlerMSI),
};

/*
 * How far a wake may stray from its schedule: the longest time with interrupts off (10,000 instructions, and as many
 * ticks where instructions are counted), and the way from the interrupt to the thread and to its clock.
 */
#define SPREAD_LIMIT 15000

static int status;

static void check(bool is_good, const char *what)
{
    printf("%s %s\n", is_good ? "ok" : "not ok", what);
    if (!is_good)
        status = 1;
}

/* With an I/O APIC the plain way to issue a handler is refused, always. */
static bool can_succeed(unsigned label)
{
    return label != InvalidInvocation && label != IRQIssueIRQHandler;
}

static void print_labels(void)
{
    bool all_reached = true;

    printf("successes of each invocation:\n");
    for (unsigned label = 1; label < LABEL_COUNT; label++) {
        bool is_low = can_succeed(label) && attacker.succeeded[label] < settings.least_successes;

        printf("  %8lu  %s%s\n", attacker.succeeded[label], label_names[label],
               is_low               ? "  (too few)"
               : can_succeed(label) ? ""
                                    : "  (always refused with an I/O APIC)");
        all_reached = all_reached && !is_low;
    }
    check(all_reached, "every invocation has succeeded often enough");
}

static void print_registers(const char *name, const struct registers *registers)
{
    const uint64_t *value = (const uint64_t *)registers;

    printf("  %s:", name);
    for (unsigned i = 0; i < sizeof(*registers) / sizeof(*value); i++)
        printf(" %lx", value[i]);
    printf("\n");
}

int report_print(const struct events *events, const struct witness_report *seen)
{
    printf("calls: %lu random, %lu mutated, %lu valid; %lu answered by a thread\n", attacker.garbage_calls,
           attacker.mutated_calls, attacker.plain_calls, attacker.answered_calls);
    printf("faults: %lu capability, %lu unknown call, %lu exception, %lu timeout, %lu memory\n",
           events->faults[seL4_Fault_CapFault], events->faults[seL4_Fault_UnknownSyscall],
           events->faults[seL4_Fault_UserException], events->faults[seL4_Fault_Timeout],
           events->faults[seL4_Fault_VMFault]);
    printf("stopped %lu times, stuck %lu times; restarted %lu times, repaired %lu, built anew %lu\n", events->stopped,
           events->stuck, events->remedies[0], events->remedies[1], events->remedies[2]);
    print_labels();
    check(attacker.wrong_registers == 0, "calls keep registers and flags");
    if (attacker.wrong_registers) {
        print_registers("before", &attacker.wrong_in);
        print_registers("after ", &attacker.wrong_out);
    }
    printf("witness: %lu checks, %lu times put aside with its registers\n", seen->checks, seen->preemptions);
    if (seen->wrong)
        printf("  %lu were wrong, the first of %s\n", seen->wrong, seen->what);
    check(seen->wrong == 0 && seen->checks > 0 && seen->preemptions > 0, "the witness kept its memory and registers");
    printf("timekeeper: %lu wakes, %lu missed, within %lu ticks of its schedule\n", seen->wakes, seen->missed,
           seen->spread);
    check(seen->wakes > 0 && seen->missed == 0 && seen->spread <= SPREAD_LIMIT, "the timekeeper woke on time");
    return status;
}
