#include "personality/component/platform.h"

#include "drivers/port.h"
#include "drivers/rtc/rtc.h"
#include "drivers/serial16550/serial16550.h"
#include "drivers/timer/timer.h"
#include "lib/machine.h"
#include "lib/string.h"
#include "personality/component/slots.h"
#include "personality/linux/machine.h"

#include <microkit.h>

enum { SERIAL_BASE = 0x3f8, ACPI_PORT = 0x604, RESET_PORT = 0x92 };
enum { ACPI_SLEEP = 0x2000 };
/* Of the reset port. Without the second, addresses lose bit 20, and the machine goes on for a moment before it resets. */
enum { RESET_FAST = 1, RESET_ALL_ADDRESSES = 2 };

/* Interrupts and I/O ports, as the description numbers them. */
enum { SERIAL_INTERRUPT = 0, TIMER_INTERRUPT = 1 };
enum { SERIAL_PORTS = BASE_IOPORT_CAP, TIMER_PORTS, CLOCK_PORTS, EXIT_PORTS, ACPI_PORTS, RESET_PORTS };

/* The chunk of boot information that tells the frequency of the time-stamp counter. The tool fills this in. */
uintptr_t clock_chunk;

static struct serial16550 serial;
static uint64_t start_ticks, ticks_per_us, boot_date;
static uint64_t timer_moment = UINT64_MAX;

static uint64_t ticks_now(void)
{
    return __builtin_ia32_rdtsc();
}

static bool clock_initialise(void)
{
    const seL4_BootInfoHeader *chunk = (const seL4_BootInfoHeader *)clock_chunk;
    uint32_t mhz = 0;
    if (chunk->id == SEL4_BOOTINFO_HEADER_X86_TSC_FREQ)
        memcpy(&mhz, chunk + 1, sizeof mhz);
    ticks_per_us = mhz;
    start_ticks = ticks_now();
    return mhz != 0;
}

const char *platform_initialise(void)
{
    serial16550_start(&serial, SERIAL_PORTS, SERIAL_BASE);
    /* An interrupt that came before (the firmware leaves its timer running) told nobody. */
    microkit_irq_ack(SERIAL_INTERRUPT);
    microkit_irq_ack(TIMER_INTERRUPT);
    if (!clock_initialise())
        return "the boot information does not tell the frequency of the time-stamp counter";
    boot_date = rtc_read(CLOCK_PORTS);
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
        timer_start(TIMER_PORTS, timer_moment > now ? timer_moment - now : 0);
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
            microkit_irq_ack(SERIAL_INTERRUPT);
            return;
        }
    }
}

void platform_notified(unsigned id)
{
    if (id == SERIAL_INTERRUPT) {
        serial_serve();
    } else if (id == TIMER_INTERRUPT) {
        microkit_irq_ack(TIMER_INTERRUPT);
        if (machine_time_ns() >= timer_moment) {
            timer_moment = UINT64_MAX;
            personality_time_passed();
        } else {
            timer_arm();
        }
    } else if (id == NETWORK_CHANNEL) {
        personality_network_notified();
    } else if (id == CONTROL_CHANNEL) {
        personality_control_notified();
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
    for (;;)
        seL4_TCB_Suspend(CAP_TCB);
}

_Noreturn void machine_power_off(int status)
{
    serial16550_flush(&serial);
    machine_exit(EXIT_PORTS, status);
    seL4_X86_IOPort_Out16(ACPI_PORTS, ACPI_PORT, ACPI_SLEEP);
    machine_log("the machine can be switched off now");
    stay_ended();
}

_Noreturn void machine_restart(void)
{
    serial16550_flush(&serial);
    port_write8(RESET_PORTS, RESET_PORT, RESET_FAST | RESET_ALL_ADDRESSES);
    stay_ended();
}
