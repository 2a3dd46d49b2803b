#include "personality/component/platform.h"

#include "drivers/port.h"
#include "lib/machine.h"
#include "personality/component/slots.h"
#include "personality/linux/machine.h"
#include "protocols/random.h"
#include "protocols/time.h"

#include <microkit.h>
#include <pecan/component.h>

enum { ACPI_PORT = 0x604, RESET_PORT = 0x92 };
enum { ACPI_SLEEP = 0x2000 };
/* Of the reset port. Without the second, addresses lose bit 20, and the machine goes on for a moment before it resets. */
enum { RESET_FAST = 1, RESET_ALL_ADDRESSES = 2 };

/* I/O ports, as the description numbers them. */
enum { EXIT_PORTS = BASE_IOPORT_CAP, ACPI_PORTS, RESET_PORTS };

/* The page of time. The tool fills this in. */
uintptr_t time_page;

/* The file server's regions and channel. The tool fills these in, if there is one. */
uintptr_t file_rings, file_server_rings, file_texts, file_server_texts;
uint64_t file_server_channel;

/* What the file server calls the largest piece of memory, where all frames are that the disk reaches. */
enum { FILE_BUFFER = 0 };

static uint64_t timer_moment = UINT64_MAX;

static const struct time_page *time_told(void)
{
    return (const struct time_page *)time_page;
}

const char *platform_initialise(void)
{
    terminal_initialise();
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

/* A server that is away for long notifies when it is back. */
static void timer_arm(void)
{
    pecan_call_again(TIME_CHANNEL, microkit_msginfo_new(TIME_WAKE_AT, 1), timer_moment);
}

void machine_timer_set(uint64_t moment_ns)
{
    if (moment_ns == timer_moment)
        return;
    timer_moment = moment_ns;
    timer_arm();
}

void platform_notified(unsigned id)
{
    if (id == TERMINAL_CHANNEL) {
        terminal_notified();
    } else if (file_rings && id == file_server_channel) {
        personality_files_notified();
    } else if (id == TIME_CHANNEL) {
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
                                   (const char *)file_server_texts, FILE_BUFFER};
    return &files;
}

/* All that it takes has a higher priority. */
void machine_files_let_run(void)
{
    seL4_Yield();
}

void machine_files_notify(void)
{
    microkit_notify((microkit_channel)file_server_channel);
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

/* Random numbers: some in store from the server. While it is away the processor's generator stands in, or what is only hard to guess. */
static uint64_t makeshift_random(void)
{
    static uint64_t state;
    uint64_t word = 0;
    if (cpuid(LEAF_FEATURES).ecx & HAS_RDRAND)
        __asm__ volatile("rdrand %0" : "=r"(word) : : "cc");
    state += 0x9e3779b97f4a7c15ull + pecan_counter();
    uint64_t mixed = state ^ word;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ull;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebull;
    return mixed ^ mixed >> 31;
}

uint64_t machine_random(void)
{
    static uint64_t store[RANDOM_MOST_WORDS];
    static unsigned stored;
    if (!stored) {
        microkit_mr_set(0, RANDOM_MOST_WORDS);
        microkit_msginfo answer = microkit_ppcall(RANDOM_CHANNEL, microkit_msginfo_new(RANDOM_TAKE, 1));
        seL4_Word count = microkit_msginfo_get_count(answer);
        while (microkit_msginfo_get_label(answer) == RANDOM_OK && count <= RANDOM_MOST_WORDS && stored < count) {
            store[stored] = microkit_mr_get((seL4_Uint8)stored);
            stored++;
        }
    }
    return stored ? store[--stored] : makeshift_random();
}

/* The end */

_Noreturn static void stay_ended(void)
{
    for (;;)
        seL4_TCB_Suspend(CAP_TCB);
}

_Noreturn void machine_power_off(int status)
{
    machine_console_flush();
    machine_exit(EXIT_PORTS, status);
    seL4_X86_IOPort_Out16(ACPI_PORTS, ACPI_PORT, ACPI_SLEEP);
    machine_log("the machine can be switched off now");
    stay_ended();
}

_Noreturn void machine_restart(void)
{
    machine_console_flush();
    port_write8(RESET_PORTS, RESET_PORT, RESET_FAST | RESET_ALL_ADDRESSES);
    stay_ended();
}
