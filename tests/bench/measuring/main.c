/* What the kernel for measuring offers to benchmark programs: registers, counters, calls, slots. */
#include "../../kernel/machine/probe.h"
#include "lib/console.h"
#include "lib/print.h"
#include "lib/start.h"

#define REGISTER_UNKNOWN    0x12345678
#define REGISTER_HOST_SAVE  0xc0010117 /* the address of a page: the processor refuses others */
#define REGISTER_FEATURES   0xc0000080
#define FEATURE_LONG_MODE   0x400
#define REGISTER_AUXILIARY  0xc0000103 /* what rdtscp gives */
#define SLOT_BITS           15
#define EXCEPTION_UNDEFINED 6
#define FAULT_EXCEPTION     3

/* Reads a performance counter, then stops. An emulator without counters stops at the reading, with the same exception. */
extern const char measuring_counter[];
__asm__(".globl measuring_counter\n"
        "measuring_counter:\n"
        "xor %ecx, %ecx\n\t"
        "rdpmc\n\t"
        "ud2");

static void test_registers(void)
{
    check(seL4_X86DangerousRDMSR(REGISTER_FEATURES) & FEATURE_LONG_MODE, "a model-specific register is read");
    seL4_X86DangerousWRMSR(REGISTER_AUXILIARY, 77);
    check(seL4_X86DangerousRDMSR(REGISTER_AUXILIARY) == 77, "a model-specific register is written");
    check(seL4_X86DangerousRDMSR(REGISTER_UNKNOWN) == 0, "an unknown register reads as 0");
    seL4_X86DangerousWRMSR(REGISTER_UNKNOWN, 1);
    check(seL4_X86DangerousRDMSR(REGISTER_UNKNOWN) == 0, "writing an unknown register does nothing");
    seL4_X86DangerousWRMSR(REGISTER_HOST_SAVE, 1);
    check(seL4_X86DangerousRDMSR(REGISTER_HOST_SAVE) == 0, "writing what a register refuses does nothing");
}

static void test_calls(void)
{
    seL4_BenchmarkNullSyscall();
    seL4_BenchmarkFlushCaches();
    check(seL4_BenchmarkResetLog() == seL4_NoError, "the log is reset");
    check(seL4_BenchmarkFinalizeLog() == 0, "the log is empty");
}

static void test_log_buffer(void)
{
    check(!seL4_BenchmarkSetLogBuffer(object_create(seL4_X86_LargePageObject, 0)), "a large page is taken for the log");
    check(seL4_BenchmarkSetLogBuffer(object_create(seL4_X86_4K, 0)) == seL4_InvalidCapability,
          "a small page is refused");
    check(seL4_BenchmarkSetLogBuffer(seL4_CapInitThreadTCB) == seL4_InvalidCapability, "what is no page is refused");
    check(seL4_BenchmarkSetLogBuffer(~0ul) == seL4_InvalidCapability, "what is not there is refused");
}

static void test_counters(void)
{
    probes_create();
    probe_start(0, measuring_counter, 0);
    struct fault fault = probe_wait();
    check(fault.label == FAULT_EXCEPTION && fault.word[3] == EXCEPTION_UNDEFINED,
          "performance counters are open to programs");
}

int main(void)
{
    if (console_open(pecan_boot_info()->empty.start))
        return 1;
    check(pecan_boot_info()->initThreadCNodeSizeBits == SLOT_BITS, "the root CNode has 15 bits");
    test_registers();
    test_calls();
    test_counters();
    test_log_buffer();
    printf("end of test\n");
    return 0;
}
