#include "init/fault_text.h"

#include "init/component_page.h"
#include "init/log.h"
#include "microkit/include/pecan/supervisor.h"

enum { STATUS_WRITE = 2, STATUS_FETCH = 16 };

static const char *access_name(seL4_Word status)
{
    if (status & STATUS_FETCH)
        return "execution";
    return status & STATUS_WRITE ? "write" : "read";
}

/* Whether the address lies right below the stack, where one that is too small ends up. */
static bool is_below_stack(const struct description_domain *domain, seL4_Word address)
{
    seL4_Word end = DOMAIN_STACK_TOP - domain->stack_bytes;
    return address < end && end - address <= 1ul << SMALL_PAGE_BITS;
}

struct domain_failure fault_failure(seL4_MessageInfo_t info)
{
    struct domain_failure failure = {.kind = PECAN_FAILURE_FAULT, .fault = seL4_MessageInfo_get_label(info)};
    switch (failure.fault) {
    case seL4_Fault_CapFault:
        failure.instruction = seL4_GetMR(seL4_CapFault_IP);
        failure.address = seL4_GetMR(seL4_CapFault_Addr);
        break;
    case seL4_Fault_UnknownSyscall:
        failure.instruction = seL4_GetMR(seL4_UnknownSyscall_FaultIP);
        failure.address = seL4_GetMR(seL4_UnknownSyscall_Syscall);
        break;
    case seL4_Fault_UserException:
        failure.instruction = seL4_GetMR(seL4_UserException_FaultIP);
        failure.address = seL4_GetMR(seL4_UserException_Number);
        break;
    case seL4_Fault_VMFault:
        failure.instruction = seL4_GetMR(seL4_VMFault_IP);
        failure.address = seL4_GetMR(seL4_VMFault_Addr);
        break;
    default:
        break;
    }
    if (failure.fault == seL4_Fault_VMFault && failure.address == PECAN_GIVE_UP_ADDRESS)
        failure.kind = PECAN_FAILURE_GAVE_UP;
    return failure;
}

/* A domain that is not sound may write anything for a reason. */
static void print_reason(const struct domain_record *domain)
{
    char reason[PECAN_REASON_BYTES] = "";
    volatile struct pecan_component_page *page = component_page_open(domain);
    if (page) {
        for (int i = 0; i < PECAN_REASON_BYTES - 1; i++)
            reason[i] = page->reason[i];
        private_frame_close(domain);
    }
    for (char *c = reason; *c; c++)
        *c = *c >= ' ' && *c <= '~' ? *c : '?';
    log_print("init: %s gives up: %s\n", domain->description->name, reason);
}

void fault_print(const struct domain_record *record, const struct domain_failure *failure, seL4_MessageInfo_t info)
{
    const char *domain = record->description->name;
    if (failure->kind == PECAN_FAILURE_GAVE_UP) {
        print_reason(record);
        return;
    }
    switch (seL4_MessageInfo_get_label(info)) {
    case seL4_Fault_CapFault:
        log_print("init: %s failed: no capability at 0x%lx, at rip 0x%lx\n", domain, failure->address,
                  failure->instruction);
        break;
    case seL4_Fault_UnknownSyscall:
        log_print("init: %s failed: unknown system call %ld, at rip 0x%lx\n", domain, (long)failure->address,
                  failure->instruction);
        break;
    case seL4_Fault_UserException:
        log_print("init: %s failed: exception %lu, code %lu, at rip 0x%lx\n", domain, failure->address,
                  seL4_GetMR(seL4_UserException_Code), failure->instruction);
        break;
    case seL4_Fault_VMFault:
        log_print("init: %s failed: %s at 0x%lx, at rip 0x%lx%s\n", domain, access_name(seL4_GetMR(seL4_VMFault_FSR)),
                  failure->address, failure->instruction,
                  is_below_stack(record->description, failure->address) ? " (its stack is too small?)" : "");
        break;
    default:
        log_print("init: %s failed: fault %lu\n", domain, failure->fault);
        break;
    }
}
