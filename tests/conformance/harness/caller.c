#include "caller.h"

/* Where a caller keeps the endpoint of its faults. */
#define FAULTS 5

seL4_UserContext caller_registers(struct worker *caller, struct syscall syscall)
{
    seL4_UserContext registers = worker_registers(caller, code_syscall);

    registers.rax = 0xa1a1a1a1a1a1a1a1;
    registers.rbx = 0xb2b2b2b2b2b2b2b2;
    registers.rcx = 0xc3c3c3c3c3c3c3c3;
    registers.rdx = syscall.number;
    registers.rdi = syscall.cap;
    registers.rsi = syscall.info;
    registers.rbp = 0xd4d4d4d4d4d4d4d4;
    registers.r8 = syscall.word[1];
    registers.r9 = syscall.word[2];
    registers.r10 = syscall.word[0];
    registers.r11 = 0xe5e5e5e5e5e5e5e5;
    registers.r12 = syscall.reply;
    registers.r13 = syscall.dest;
    registers.r14 = 0xf6f6f6f6f6f6f6f6;
    registers.r15 = syscall.word[3];
    return registers;
}

void caller_again(struct worker *caller, struct syscall syscall)
{
    seL4_UserContext registers = caller_registers(caller, syscall);

    worker_start_at(caller, &registers);
}

struct worker *caller_new(seL4_Word priority, struct syscall syscall)
{
    struct worker *caller = worker_new(priority);

    caller->argument[FAULTS] = endpoint_new();
    worker_set_fault_handler(caller, caller->argument[FAULTS]);
    caller_again(caller, syscall);
    return caller;
}

struct answer caller_fault(struct worker *caller)
{
    return receive((seL4_Word)seL4_SysNBWait, caller->argument[FAULTS], 0);
}

seL4_UserContext check_returned(const char *file, int line, struct worker *caller)
{
    struct answer fault = caller_fault(caller);

    if (fault.label != seL4_Fault_UserException || fault.word[0] != (seL4_Word)code_syscall_end)
        test_fail(file, line, "the call has not returned: fault %ld (0x%lx, 0x%lx, 0x%lx, 0x%lx)", (long)fault.label,
                  fault.word[0], fault.word[1], fault.word[2], fault.word[3]);
    return worker_read(caller);
}

struct answer message_of(const seL4_UserContext *registers)
{
    seL4_MessageInfo_t info = {{registers->rsi}};

    return (struct answer){.badge = registers->rdi,
                           .label = seL4_MessageInfo_get_label(info),
                           .length = seL4_MessageInfo_get_length(info),
                           .extra_caps = seL4_MessageInfo_get_extraCaps(info),
                           .unwrapped = seL4_MessageInfo_get_capsUnwrapped(info),
                           .word = {registers->r10, registers->r8, registers->r9, registers->r15}};
}

void check_cap_fault(const char *file, int line, struct worker *caller, struct words wanted)
{
    check_message(file, line, caller_fault(caller), 0, seL4_Fault_CapFault, wanted);
}
