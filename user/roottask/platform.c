#include "roottask/platform.h"

#include "drivers/port.h"
#include "drivers/rtc/rtc.h"
#include "drivers/serial16550/serial16550.h"
#include "drivers/timer/timer.h"
#include "lib/machine.h"
#include "lib/string.h"
#include "personality/linux/machine.h"
#include "roottask/events.h"
#include "roottask/slots.h"

#include <pecan/features.h>

enum { SERIAL_BASE = 0x3f8, SERIAL_PIN = 4, ACPI_PORT = 0x604, RESET_PORT = 0xcf9, KEYBOARD_PORT = 0x64 };
enum { ACPI_SLEEP = 0x2000, RESET_FULL = 6, KEYBOARD_RESET = 0xfe };

static struct serial16550 serial;
static seL4_CPtr timer_ports, timer_interrupt, serial_interrupt;
static uint64_t start_ticks, ticks_per_us, boot_date;
static uint64_t timer_moment = UINT64_MAX;

static uint64_t ticks_now(void)
{
    return __builtin_ia32_rdtsc();
}

static seL4_CPtr ports_take(uint16_t first, uint16_t last)
{
    seL4_CPtr slot = slot_allocate();
    if (!slot || seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, first, last, slots_root(), slot, SLOT_DEPTH))
        return 0;
    return slot;
}

/* An interrupt line of the first I/O APIC, edge-triggered as all lines of old devices are. */
static seL4_CPtr interrupt_take(seL4_Word pin, seL4_Word badge)
{
    seL4_CPtr slot = slot_allocate(), notifier = events_notifier(badge);
    if (!slot || !notifier)
        return 0;
    if (seL4_IRQControl_GetIOAPIC(seL4_CapIRQControl, slots_root(), slot, SLOT_DEPTH, 0, pin, 0, 0, pin))
        return 0;
    if (seL4_IRQHandler_SetNotification(slot, notifier))
        return 0;
    /* One that came before (the firmware leaves its timer running) told nobody, and masked the pin. */
    seL4_IRQHandler_Ack(slot);
    return slot;
}

static bool clock_initialise(const seL4_BootInfo *info)
{
    const seL4_BootInfoHeader *chunk = pecan_boot_chunk(info, SEL4_BOOTINFO_HEADER_X86_TSC_FREQ);
    uint32_t mhz = 0;
    if (chunk)
        memcpy(&mhz, (const char *)chunk + sizeof *chunk, sizeof mhz);
    ticks_per_us = mhz;
    start_ticks = ticks_now();
    return mhz != 0;
}

const char *platform_initialise(const seL4_BootInfo *info)
{
    seL4_CPtr serial_ports = ports_take(SERIAL_BASE, SERIAL_BASE + SERIAL_PORT_COUNT - 1);
    if (!serial_ports)
        return "there is no access to the ports of the serial line";
    serial16550_start(&serial, serial_ports, SERIAL_BASE);
    serial_interrupt = interrupt_take(SERIAL_PIN, NOTIFIED_SERIAL);
    if (!serial_interrupt)
        return "there is no access to the interrupt of the serial line";
    if (!clock_initialise(info))
        return "the boot information does not tell the frequency of the time-stamp counter";
    timer_ports = ports_take(TIMER_FIRST_PORT, TIMER_LAST_PORT);
    timer_interrupt = timer_ports ? interrupt_take(TIMER_INTERRUPT_PIN, NOTIFIED_TIMER) : 0;
    if (!timer_interrupt)
        return "there is no access to the timer";
    seL4_CPtr clock_ports = ports_take(RTC_FIRST_PORT, RTC_LAST_PORT);
    if (!clock_ports)
        return "there is no access to the real-time clock";
    boot_date = rtc_read(clock_ports);
    return NULL;
}

/* Time */

uint64_t machine_time_ns(void)
{
    uint64_t ticks = ticks_now() - start_ticks;
    return ticks / ticks_per_us * 1000 + ticks % ticks_per_us * 1000 / ticks_per_us;
}

uint64_t machine_boot_date_seconds(void)
{
    return boot_date;
}

static void timer_arm(void)
{
    uint64_t now = machine_time_ns();
    if (timer_moment != UINT64_MAX)
        timer_start(timer_ports, timer_moment > now ? timer_moment - now : 0);
}

void machine_timer_set(uint64_t moment_ns)
{
    if (moment_ns == timer_moment)
        return;
    timer_moment = moment_ns;
    timer_arm();
}

/* A port that never lets its interrupt go is not listened to any more: its line stays masked. */
static void serial_serve(void)
{
    enum { MOST_ROUNDS = 10000 };
    for (int round = 0; round < MOST_ROUNDS; round++) {
        char bytes[SERIAL_FIFO_BYTES];
        size_t count = serial16550_read(&serial, bytes, sizeof bytes);
        if (count)
            personality_console_receive(bytes, count);
        personality_console_drained();
        if (!serial16550_is_pending(&serial)) {
            seL4_IRQHandler_Ack(serial_interrupt);
            return;
        }
    }
}

void platform_notified(seL4_Word bits)
{
    if (bits & NOTIFIED_SERIAL) {
        serial_serve();
    }
    if (bits & NOTIFIED_TIMER) {
        seL4_IRQHandler_Ack(timer_interrupt);
        if (machine_time_ns() >= timer_moment) {
            timer_moment = UINT64_MAX;
            personality_time_passed();
        } else {
            timer_arm();
        }
    }
}

/* Console and log */

size_t machine_console_write(const char *bytes, size_t count)
{
    return serial16550_write(&serial, bytes, count);
}

void machine_console_flush(void)
{
    serial16550_flush(&serial);
}

static void write_all(const char *bytes, size_t count)
{
    while (count) {
        size_t done = serial16550_write(&serial, bytes, count);
        bytes += done;
        count -= done;
        if (count)
            serial16550_flush(&serial);
    }
}

void machine_log(const char *line)
{
    write_all("[linux] ", 8);
    write_all(line, strlen(line));
    write_all("\r\n", 2);
}

/* The processor */

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static struct cpuid cpuid(uint32_t leaf)
{
    struct cpuid r;
    __asm__("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
    return r;
}

enum { LEAF_FEATURES = 1, LEAF_XSAVE = 0xd, HAS_OSXSAVE = 1 << 27, HAS_RDRAND = 1 << 30 };

struct machine_float_state machine_float_state(void)
{
    static struct machine_float_state state;
    if (state.bytes)
        return state;
    state = (struct machine_float_state){.bytes = 512};
    if (cpuid(LEAF_FEATURES).ecx & HAS_OSXSAVE) {
        uint32_t low, high;
        __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
        state.features = (uint64_t)high << 32 | low;
        state.bytes = cpuid(LEAF_XSAVE).ebx;
    }
    return state;
}

/* Without a generator in the processor these numbers are only hard to guess by accident. */
uint64_t machine_random(void)
{
    static uint64_t state;
    static bool is_asked, has_generator;
    if (!is_asked)
        has_generator = cpuid(LEAF_FEATURES).ecx & HAS_RDRAND;
    is_asked = true;
    uint64_t word = 0;
    if (has_generator)
        __asm__ volatile("rdrand %0" : "=r"(word) : : "cc");
    state += 0x9e3779b97f4a7c15ull + ticks_now();
    uint64_t mixed = state ^ word;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ull;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebull;
    return mixed ^ mixed >> 31;
}

/* The end */

_Noreturn static void stay_ended(void)
{
    seL4_TCB_Suspend(seL4_CapInitThreadTCB);
    for (;;)
        seL4_Yield();
}

_Noreturn void machine_power_off(int status)
{
    serial16550_flush(&serial);
    seL4_CPtr exit_ports = ports_take(MACHINE_EXIT_FIRST_PORT, MACHINE_EXIT_LAST_PORT);
    seL4_CPtr acpi_port = ports_take(ACPI_PORT, ACPI_PORT + 1);
    if (exit_ports)
        machine_exit(exit_ports, status);
    if (acpi_port)
        seL4_X86_IOPort_Out16(acpi_port, ACPI_PORT, ACPI_SLEEP);
    machine_log("the machine can be switched off now");
    stay_ended();
}

_Noreturn void machine_restart(void)
{
    serial16550_flush(&serial);
    seL4_CPtr reset = ports_take(RESET_PORT, RESET_PORT), keyboard = ports_take(KEYBOARD_PORT, KEYBOARD_PORT);
    if (reset)
        port_write8(reset, RESET_PORT, RESET_FULL);
    if (keyboard)
        port_write8(keyboard, KEYBOARD_PORT, KEYBOARD_RESET);
    stay_ended();
}
