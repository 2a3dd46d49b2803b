/* What depends on the processor: every way into the kernel, with every state that user code can bring along. */
#include "lib/console.h"
#include "lib/print.h"
#include "lib/start.h"
#include "probe.h"

#include <stdint.h>

#define DECLARE(name) extern const char probe_##name[], fault_##name[]

#define FAULT_UNKNOWN_SYSCALL 2
#define FAULT_EXCEPTION       3
#define FAULT_VM              6
#define EVIL_FLAGS            0x244400

/* --- one exception each ---------------------------------------------------------------------------------------------- */

/* row: exception.number.divide exception.number.breakpoint exception.number.protection exception.number.port
   exception.number.far_call exception.number.selector exception.interrupt.other_vector fault.status.non_canonical */
#define EXCEPTIONS(X)                                                                                                  \
    X(divide, 0, 0)                                                                                                    \
    X(breakpoint, 3, 0)                                                                                                \
    X(undefined, 6, 0)                                                                                                 \
    X(halt, 13, 0)                                                                                                     \
    X(port, 13, 0)                                                                                                     \
    X(clear_interrupts, 13, 0)                                                                                         \
    X(swapgs, 13, 0)                                                                                                   \
    X(control_register, 13, 0)                                                                                         \
    X(debug_register, 13, 0)                                                                                           \
    X(model_register, 13, 0)                                                                                           \
    X(sysret, 13, 0)                                                                                                   \
    X(stack, 12, 0)                                                                                                    \
    X(data, 13, 0)                                                                                                     \
    X(interrupt80, 13, 0x80 * 8 + 2)                                                                                   \
    X(interrupt157, 13, 157 * 8 + 2)                                                                                   \
    X(interrupt255, 13, 255 * 8 + 2)                                                                                   \
    X(interrupt2, 13, 2 * 8 + 2)                                                                                       \
    X(interrupt14, 13, 14 * 8 + 2)                                                                                     \
    X(interrupt4, 13, 4 * 8 + 2)                                                                                       \
    X(kernel_segment, 13, 0x08)                                                                                        \
    X(short_segment, 13, 0x20)                                                                                         \
    X(task_segment, 13, 0x18)                                                                                          \
    X(load_segment, 13, 0x10)                                                                                          \
    X(kernel_return, 13, 0x08)                                                                                         \
    X(x87, 16, 0)

#define DECLARE_EXCEPTION(name, number, code) DECLARE(name);
EXCEPTIONS(DECLARE_EXCEPTION)
DECLARE(sysenter);
DECLARE(floating);
DECLARE(vector158);
DECLARE(vector254);
DECLARE(syscall77);
DECLARE(store_tables);
DECLARE(flags_at_syscall);
DECLARE(flags_at_exception);
DECLARE(flags_at_page_fault);
DECLARE(flags_at_int);
DECLARE(flags_at_interrupt);
DECLARE(step);
DECLARE(wild_stack);
DECLARE(selectors);
DECLARE(write_bases);
DECLARE(read_bases);
DECLARE(read_fs);
DECLARE(new_fpu);
DECLARE(fpu);
DECLARE(busy);

static struct fault run(const char *entry, seL4_Word argument)
{
    probe_start(0, entry, argument);
    return probe_wait();
}

static bool is_exception(const struct fault *fault, const char *address, seL4_Word number, seL4_Word code)
{
    bool is_right = fault->label == FAULT_EXCEPTION && fault->length == 5 && fault->word[0] == (seL4_Word)address &&
                    fault->word[3] == number && fault->word[4] == code;
    if (!is_right)
        printf("  label %lu length %lu: %lx %lx %lx %lx %lx, not at %lx exception %lu code %lx\n", fault->label,
               fault->length, fault->word[0], fault->word[1], fault->word[2], fault->word[3], fault->word[4],
               (seL4_Word)address, number, code);
    return is_right;
}

/*
 * Where QEMU's processor differs from a real one: vectors are counted as 16 bytes in error codes; a stack pointer that is not
 * canonical gives #GP; with SMAP, far returns of user code read their stack as the kernel does, and are refused.
 */
static bool is_emulators(const struct fault *fault, const char *address, seL4_Word number, seL4_Word code)
{
    if (fault->word[0] != (seL4_Word)address)
        return false;
    if (fault->label == FAULT_VM)
        return fault->word[3] == 1 && number == 13;
    return fault->label == FAULT_EXCEPTION && fault->word[3] == 13 &&
           (number == 12 || (code % 8 == 2 && fault->word[4] == 2 * code - 2));
}

static void test_exceptions(void)
{
    static const struct {
        const char *name, *entry, *address;
        seL4_Word number, code;
    } exceptions[] = {
#define ROW(name, number, code) {#name, probe_##name, fault_##name, number, code},
        EXCEPTIONS(ROW)};
    for (unsigned i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++) {
        struct fault fault = run(exceptions[i].entry, 0);
        check(is_emulators(&fault, exceptions[i].address, exceptions[i].number, exceptions[i].code) ||
                  is_exception(&fault, exceptions[i].address, exceptions[i].number, exceptions[i].code),
              exceptions[i].name);
    }
    struct fault fault = run(probe_sysenter, 0);
    check(is_exception(&fault, fault_sysenter, fault.word[3] == 6 ? 6 : 13, 0), "sysenter");
}

/* row: exception.interrupt.user_vector */
static void test_vectors(void)
{
    struct fault fault = run(probe_vector158, 0);
    check(fault.label == FAULT_UNKNOWN_SYSCALL && fault.length == 19 && fault.word[15] == (seL4_Word)fault_vector158 &&
              fault.word[18] == (seL4_Word)(int64_t)(int32_t)0x9e123456,
          "int 158");
    fault = run(probe_vector254, 0);
    check(fault.label == FAULT_UNKNOWN_SYSCALL && fault.word[15] == (seL4_Word)fault_vector254 &&
              fault.word[18] == (seL4_Word)(int64_t)(int32_t)0xfe000000,
          "int 254");
    fault = run(probe_syscall77, 0);
    seL4_UserContext registers = probe_registers(0);
    check(fault.label == FAULT_UNKNOWN_SYSCALL && fault.word[15] == (seL4_Word)fault_syscall77 && fault.word[18] == 77,
          "unknown system call");
    check(fault.word[2] == (seL4_Word)fault_syscall77 + 2 && fault.word[16] == registers.rsp && registers.rsp % 16 == 8,
          "stack pointer and rcx at a system call");
}

static uint32_t cpuid7(bool want_c)
{
    uint32_t a = 7, b, c = 0, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return want_c ? c : b;
}
static bool has_fsgsbase(void)
{
    return cpuid7(false) & 1;
}
static bool has_umip(void)
{
    return cpuid7(true) & 4;
}
static bool has_avx(void)
{
    uint32_t a = 1, b, c = 0, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (c >> 27 & 1) && (c >> 28 & 1); /* the kernel has switched XSAVE on, and the processor has AVX */
}

/* --- flags -------------------------------------------------------------------------------------------------------------- */

/* row: registers.syscall.flags kernel.safety.nested_task kernel.safety.alignment_check */
static void test_flags(void)
{
    struct fault fault = run(probe_flags_at_syscall, 0);
    check(is_exception(&fault, fault_flags_at_syscall, 6, 0) && (probe_registers(0).rax & EVIL_FLAGS) == EVIL_FLAGS,
          "flags across system calls");
    fault = run(probe_flags_at_exception, 0);
    check(is_exception(&fault, fault_flags_at_exception, 6, 0) && (fault.word[2] & EVIL_FLAGS) == EVIL_FLAGS,
          "flags at an exception");

    bool is_right = true;
    fault = run(probe_flags_at_page_fault, 0);
    for (unsigned i = 0; i < 100; i++) {
        is_right &= fault.label == FAULT_VM && fault.word[0] == (seL4_Word)fault_flags_at_page_fault &&
                    fault.word[1] == 16 && fault.word[2] == 0 && fault.word[3] == 4;
        is_right &= (probe_registers(0).rflags & EVIL_FLAGS) == EVIL_FLAGS;
        probe_answer();
        fault = probe_wait();
    }
    check(is_right, "flags at page faults");

    fault = run(probe_flags_at_int, 0);
    check(fault.label == FAULT_UNKNOWN_SYSCALL && fault.word[15] == (seL4_Word)fault_flags_at_int &&
              (fault.word[17] & EVIL_FLAGS) == EVIL_FLAGS,
          "flags at int 200");
    fault = run(probe_flags_at_interrupt, 50000000);
    check(is_exception(&fault, fault_flags_at_interrupt, 6, 0) && (probe_registers(0).rax & EVIL_FLAGS) == EVIL_FLAGS,
          "flags at timer interrupts");
}

/* Single steps through system calls and through what delays the debug exception. */
/* row: kernel.safety.trap */
static void test_steps(void)
{
    unsigned steps = 0;
    struct fault fault = run(probe_step, 0);
    /* QEMU loses a step when an interrupt is due at the same time. */
    const char *address = fault.word[0] == (seL4_Word)fault_step + 1 ? fault_step + 1 : fault_step;
    check(is_exception(&fault, address, 1, 0) && (fault.word[2] & 0x100), "first single step");
    while (fault.label == FAULT_EXCEPTION && fault.word[3] == 1 && steps < 100) {
        steps++;
        probe_answer();
        fault = probe_wait();
    }
    check(steps >= 5 && fault.label == FAULT_EXCEPTION && fault.word[3] == 3, "single steps across system calls");
}

static void test_stacks(void)
{
    static const seL4_Word wild[] = {
        0, 8, 0x7fffffffffff, 0x8000000000000000, 0xffffff8000000000, 0xffffffff80100000, UINT64_MAX};
    bool is_right = true;
    for (unsigned i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
        struct fault fault = run(probe_wild_stack, wild[i]);
        is_right &= is_exception(&fault, fault_wild_stack, 6, 0) && fault.word[1] == wild[i];
    }
    check(is_right, "wild stack pointers");
}

static void test_addresses(void)
{
    static const struct {
        seL4_Word written, kept;
    } cases[] = {{0x800000000000, 0},
                 {0xffff7fffffffffff, 0},
                 {0x7fffffffffff, 0x7fffffffffff},
                 {0xffffffff80100000, 0xffffffff80100000},
                 {0x10, 0x10}};
    bool is_right = true;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fault fault = run((const char *)cases[i].written, 0);
        /* Where the page is missing, or belongs to the kernel; the last byte's instruction would leave the user's half. */
        bool faults = fault.label == FAULT_VM && fault.word[0] == cases[i].kept && fault.word[1] == cases[i].kept;
        if (!faults)
            printf("  entry %lx: label %lu, %lx %lx %lx\n", cases[i].written, fault.label, fault.word[0], fault.word[1],
                   fault.word[3]);
        is_right &= faults;
    }
    check(is_right, "wild entry points");
}

/* --- registers of several threads -------------------------------------------------------------------------------------- */

static seL4_Word own_selectors(void)
{
    seL4_Word ds, es, fs, gs;
    __asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3" : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
    return ds | es | fs | gs;
}

static void test_segments(void)
{
    static seL4_Word cells[2] = {0x1111, 0x2222};
    struct fault fault = run(probe_selectors, 0);
    check(is_exception(&fault, fault_selectors, 6, 0) && (own_selectors() & 0xffff) == 0,
          "selectors stay with their thread");

    probe_start(0, probe_read_fs, 0);
    seL4_TCB_Suspend(probes[0].tcb);
    seL4_UserContext registers = {
        .rip = (seL4_Word)probe_read_fs, .fs_base = (seL4_Word)&cells[0], .gs_base = (seL4_Word)&cells[1]};
    probe_set_registers(0, registers, true);
    fault = probe_wait();
    registers = probe_registers(0);
    check(is_exception(&fault, fault_read_fs, 6, 0) && registers.rax == 0x1111 && registers.rbx == 0x2222,
          "written FS and GS bases");

    if (!has_fsgsbase())
        return;
    bool is_right = true;
    for (unsigned i = 0; i < PROBE_COUNT; i++)
        probe_start(i, probe_write_bases, 0x1000 + i);
    for (unsigned i = 0; i < PROBE_COUNT; i++)
        probe_wait();
    for (unsigned i = 0; i < PROBE_COUNT; i++) {
        registers = probe_registers(i);
        is_right &= registers.fs_base == 0x1000 + i && registers.gs_base == (~(0x1000ul + i) << 16) >> 17;
    }
    check(is_right, "FS and GS bases set by instructions");
    registers = (seL4_UserContext){.rip = (seL4_Word)probe_read_bases, .fs_base = 0x800000000000, .gs_base = 0x5000};
    probe_set_registers(0, registers, true);
    probe_wait();
    registers = probe_registers(0);
    check(registers.rax == 0 && registers.rbx == 0x5000, "a base that is not canonical becomes 0");
}

/* row: registers.syscall.fpu registers.syscall.avx registers.syscall.fpu_new exception.number.fpu_disabled
   tcb.set_flags.fpu_disabled tcb.set_flags.fpu_enabled */
static void test_floating_point(void)
{
    /* Thread 2 may not use it and so must not see it; the others take turns. */
    seL4_CPtr fresh = probes[2].tcb;
    probe_start(0, probe_fpu, 0x123456789);
    seL4_UserContext registers = probe_registers(0);
    registers.rsi = has_avx();
    probe_set_registers(0, registers, true);
    probe_start(1, probe_fpu, 0x987654321ff);
    registers = probe_registers(1);
    registers.rsi = has_avx();
    probe_set_registers(1, registers, true);
    seL4_TCB_SetFlags(fresh, 0, 1);
    probe_start(2, probe_floating, 0);

    bool are_right[PROBE_COUNT] = {false};
    for (unsigned i = 0; i < PROBE_COUNT; i++) {
        struct fault fault = probe_wait();
        if (fault.probe == 2)
            are_right[2] = is_exception(&fault, fault_floating, 7, 0);
        else
            are_right[fault.probe] = is_exception(&fault, fault_fpu, 6, 0) && probe_registers(fault.probe).rax == 0;
    }
    check(are_right[0] && are_right[1], "floating point registers of two threads");
    check(are_right[2], "floating point switched off");

    seL4_TCB_SetFlags(fresh, 1, 0);
    probe_start(2, probe_new_fpu, 0);
    struct fault fault = probe_wait();
    registers = probe_registers(2);
    check(is_exception(&fault, fault_new_fpu, 6, 0) && registers.rax == 0x37f && registers.rbx == 0x1f80 &&
              registers.rcx == 0 && registers.rsi == 0,
          "a new thread's floating point registers");
}

/* --- interrupts --------------------------------------------------------------------------------------------------------- */

#define PIT_PIN       2
#define PIT_VECTOR    5
#define PIT_CHANNEL0  0x40
#define PIT_COMMAND   0x43
#define PIT_RATE      0x34 /* channel 0, two bytes, again and again */
#define PIT_PERIOD    5966 /* at 1.193182 MHz */
#define PIT_PERIOD_US 5000

static void test_interrupts(void)
{
    seL4_CPtr ports = slot_take(), handler = slot_take(), notification = object_create(seL4_NotificationObject, 0);
    seL4_Error error =
        seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, 0x40, 0x43, seL4_CapInitThreadCNode, ports, seL4_WordBits);
    error |= seL4_IRQControl_GetIOAPIC(seL4_CapIRQControl, seL4_CapInitThreadCNode, handler, seL4_WordBits, 0, PIT_PIN,
                                       0, 0, PIT_VECTOR);
    seL4_CPtr badged = slot_take();
    error |= seL4_CNode_Mint(seL4_CapInitThreadCNode, badged, seL4_WordBits, seL4_CapInitThreadCNode, notification,
                             seL4_WordBits, seL4_AllRights, 1);
    error |= seL4_IRQHandler_SetNotification(handler, badged);
    /* The firmware left the timer running: an interrupt before there was a notification told nobody. */
    error |= seL4_IRQHandler_Ack(handler);
    error |= seL4_X86_IOPort_Out8(ports, PIT_COMMAND, PIT_RATE);
    error |= seL4_X86_IOPort_Out8(ports, PIT_CHANNEL0, PIT_PERIOD & 0xff);
    error |= seL4_X86_IOPort_Out8(ports, PIT_CHANNEL0, PIT_PERIOD >> 8);
    for (unsigned i = 0; i < 20 && !error; i++) {
        seL4_Wait(notification, NULL);
        error |= seL4_IRQHandler_Ack(handler);
    }
    check(!error, "interrupts of the interval timer");
    /*
     * Not acknowledged: nothing more comes. A probe that has used its budget up faults only after the kernel's own timer came,
     * several of the interval timer's periods from now. QEMU's timers call in order of their times, however late on a busy host:
     * counting ticks alone would not tell that the next edge was there.
     */
    seL4_Wait(notification, NULL);
    probe_set_budget(0, PROBE_SLICE_US, 4 * PIT_PERIOD_US);
    probe_start(0, probe_flags_at_interrupt, 20000000);
    probe_wait();
    probe_set_budget(0, PROBE_SLICE_US, PROBE_SLICE_US);
    seL4_Word bits = 0;
    seL4_Poll(notification, &bits);
    check(bits == 0, "no interrupt before it is acknowledged");
    seL4_IRQHandler_Ack(handler);
    seL4_Poll(notification, &bits);
    check(bits == 1, "an edge that came before the acknowledgement is told with it");
    seL4_CNode_Delete(seL4_CapInitThreadCNode, handler, seL4_WordBits);
}

/* The test's other half injects non-maskable interrupts now. */
static void test_nmi(void)
{
    printf("inject now\n");
    for (unsigned i = 0; i < PROBE_COUNT; i++)
        probe_start(i, probe_busy, 4000000000);
    bool is_right = true;
    for (unsigned i = 0; i < PROBE_COUNT; i++) {
        struct fault fault = probe_wait();
        is_right &= is_exception(&fault, fault_busy, 6, 0);
    }
    check(is_right, "non-maskable interrupts");
}

int main(void)
{
    if (console_open(pecan_boot_info()->empty.start))
        return 1;
    probes_create();
    test_exceptions();
    test_vectors();
    struct fault fault = run(probe_store_tables, 0);
    check(fault.label == FAULT_EXCEPTION && fault.word[3] == (has_umip() ? 13 : 6), "tables are hidden where UMIP is");
    test_flags();
    test_steps();
    test_stacks();
    test_addresses();
    test_segments();
    test_floating_point();
    test_interrupts();
    test_nmi();
    printf("end of test\n");
    return 0;
}
