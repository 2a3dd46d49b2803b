#include "init/fault_text.h"

#include "lib/print.h"

#include <stdbool.h>

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

void fault_print(const struct description_domain *description, seL4_MessageInfo_t info)
{
    const char *domain = description->name;
    switch (seL4_MessageInfo_get_label(info)) {
    case seL4_Fault_CapFault:
        printf("init: %s failed: no capability at 0x%lx, at rip 0x%lx\n", domain, seL4_GetMR(seL4_CapFault_Addr),
               seL4_GetMR(seL4_CapFault_IP));
        break;
    case seL4_Fault_UnknownSyscall:
        printf("init: %s failed: unknown system call %ld, at rip 0x%lx\n", domain,
               (long)seL4_GetMR(seL4_UnknownSyscall_Syscall), seL4_GetMR(seL4_UnknownSyscall_FaultIP));
        break;
    case seL4_Fault_UserException:
        printf("init: %s failed: exception %lu, code %lu, at rip 0x%lx\n", domain,
               seL4_GetMR(seL4_UserException_Number), seL4_GetMR(seL4_UserException_Code),
               seL4_GetMR(seL4_UserException_FaultIP));
        break;
    case seL4_Fault_VMFault:
        printf("init: %s failed: %s at 0x%lx, at rip 0x%lx%s\n", domain, access_name(seL4_GetMR(seL4_VMFault_FSR)),
               seL4_GetMR(seL4_VMFault_Addr), seL4_GetMR(seL4_VMFault_IP),
               is_below_stack(description, seL4_GetMR(seL4_VMFault_Addr)) ? " (its stack is too small?)" : "");
        break;
    default:
        printf("init: %s failed: fault %lu\n", domain, seL4_MessageInfo_get_label(info));
        break;
    }
}
