/*
 * The Linux personality as a component: takes the memory that the description gives it, and runs a shell on its
 * terminal. Its loop is its own (events.c), since programs' threads report to an endpoint that it makes itself.
 */
#include "personality/component/events.h"
#include "personality/component/platform.h"
#include "personality/component/program_thread.h"
#include "personality/component/slots.h"
#include "personality/component/untyped.h"
#include "personality/linux/machine.h"
#include "personality/linux/personality.h"

#include <microkit.h>
#include <pecan/component.h>
#include <pecan/features.h>

/* The archive of the first files, and what the kernel announces. The tool fills these in. */
uintptr_t initrd, features_chunk;
uint64_t initrd_bytes;

enum { STATUS_NOT_STARTED = 117 };

static const char *const shell_arguments[] = {"-sh", NULL};
static const char *const shell_environment[] = {
    "HOME=/root", "PATH=/bin:/sbin:/usr/bin:/usr/sbin", "TERM=vt100", "USER=root", "LOGNAME=root", "SHELL=/bin/sh",
    NULL,
};

/* Says why and ends. */
static _Noreturn void refuse(const char *why)
{
    machine_log("the Linux personality cannot start:");
    machine_log(why);
    machine_power_off(STATUS_NOT_STARTED);
}

static bool has_foreign_threads(void)
{
    const pecan_boot_features *chunk = (const pecan_boot_features *)features_chunk;
    return chunk->header.id == PECAN_BOOTINFO_HEADER_FEATURES && chunk->features & PECAN_FEATURE_FOREIGN_THREADS;
}

/* After a failure: the terminal's user is told, and no memory is used before it is free. */
static void follow_predecessor(void)
{
    machine_log("Linux starts again; its programs are gone");
    if (!personality_past_is_over())
        machine_log("waiting for the file server");
    while (!personality_past_is_over())
        events_wait_for_signal();
}

void init(void)
{
    const char *problem = platform_initialise();
    if (problem)
        refuse(problem);
    if (!has_foreign_threads())
        refuse("this kernel does not announce foreign threads, which Linux programs need");
    if (pecan_component_page->past_starts)
        follow_predecessor();
    untyped_initialise();
    if (!slots_initialise())
        refuse("there is not enough memory for capability slots");
    slots_start_list();
    if (!events_initialise() || !threads_initialise(events_endpoint()))
        refuse("there is not enough memory for the component's own objects");

    const struct personality_start start = {
        .initrd = (const void *)initrd,
        .initrd_size = initrd_bytes,
        .program = "/bin/sh",
        .arguments = shell_arguments,
        .environment = shell_environment,
    };
    if (!personality_start(&start))
        machine_power_off(STATUS_NOT_STARTED);
    platform_notified(TERMINAL_CHANNEL);
    pecan_component_page->waits_since =
        pecan_counter(); /* the library's loop, which says so otherwise, is never reached */
    events_run();
}

void notified(microkit_channel id)
{
    platform_notified(id);
}
