#include "personality/component/platform.h"

#include "drivers/port.h"
#include "drivers/serial16550/serial16550.h"
#include "lib/machine.h"
#include "lib/string.h"
#include "personality/component/slots.h"
#include "personality/linux/machine.h"
#include "protocols/time.h"

#include <microkit.h>
#include <pecan/component.h>
#include <pecan/log.h>

enum { SERIAL_BASE = 0x3f8, ACPI_PORT = 0x604, RESET_PORT = 0x92 };
enum { ACPI_SLEEP = 0x2000 };
/* Of the reset port. Without the second, addresses lose bit 20, and the machine goes on for a moment before it resets. */
enum { RESET_FAST = 1, RESET_ALL_ADDRESSES = 2 };

/* Interrupts, channels and I/O ports, as the description numbers them. */
enum { SERIAL_INTERRUPT = 0, TIME_SERVER = 1 };
enum { SERIAL_PORTS = BASE_IOPORT_CAP, EXIT_PORTS, ACPI_PORTS, RESET_PORTS };

/* The page of time. The tool fills this in. */
uintptr_t time_page;

/* The file server's regions and channel. The tool fills these in, if there is one. */
uintptr_t file_rings, file_server_rings, file_texts, file_server_texts;
uint64_t file_channel, file_buffer;

static struct serial16550 serial;
static uint64_t timer_moment = UINT64_MAX;

static const struct time_page *time_told(void)
{
    return (const struct time_page *)time_page;
}

const char *platform_initialise(void)
{
    serial16550_start(&serial, SERIAL_PORTS, SERIAL_BASE);
    /* An interrupt that came before told nobody. */
    microkit_irq_ack(SERIAL_INTERRUPT);
    return time_is_known(time_told()) ? NULL : "there is no time";
}

/* Time */

uint64_t machine_time_ns(void)
{
    return time_now_ns(time_told());
}

uint64_t machine_boot_date_seconds(void)
{
    return time_start_date(time_told());
}

static void timer_arm(void)
{
    microkit_msginfo answer;
    do {
        microkit_mr_set(0, timer_moment);
        answer = microkit_ppcall(TIME_SERVER, microkit_msginfo_new(TIME_WAKE_AT, 1));
    } while (microkit_msginfo_get_label(answer) == PECAN_PEER_RESTARTED);
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
    } else if (file_rings && id == file_channel) {
        personality_files_notified();
    } else if (id == TIME_SERVER) {
        if (machine_time_ns() >= timer_moment) {
            timer_moment = UINT64_MAX;
            personality_time_passed();
        } else {
            /* It has started again, or the notification came without need. */
            timer_arm();
        }
    } else if (id == NETWORK_CHANNEL) {
        personality_network_notified();
    } else if (id == CONTROL_CHANNEL) {
        personality_control_notified();
    }
}

/* The file server */

const struct machine_files *machine_files(void)
{
    static struct machine_files files;
    if (!file_rings)
        return NULL;
    files = (struct machine_files){(void *)file_rings, (const void *)file_server_rings, (char *)file_texts,
                                   (const char *)file_server_texts, (uint32_t)file_buffer};
    return &files;
}

void machine_files_notify(void)
{
    microkit_notify((microkit_channel)file_channel);
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
    pecan_log_puts(line);
    pecan_log_puts("\n");
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
    state += 0x9e3779b97f4a7c15ull + pecan_counter();
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
