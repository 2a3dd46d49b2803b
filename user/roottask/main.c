/*
 * The root task: takes the memory and the devices that the kernel gives to the first program, and runs the Linux
 * personality with a shell on the serial line.
 */
#include "lib/console.h"
#include "lib/print.h"
#include "lib/start.h"
#include "personality/linux/machine.h"
#include "personality/linux/personality.h"
#include "roottask/events.h"
#include "roottask/guard.h"
#include "roottask/platform.h"
#include "roottask/program_thread.h"
#include "roottask/slots.h"
#include "roottask/untyped.h"

#include <pecan/features.h>

/* The archive that the build puts into this program. */
extern const char initrd_start[], initrd_end[];

enum { STATUS_NOT_STARTED = 117 };

static const char *const shell_arguments[] = {"-sh", NULL};
static const char *const shell_environment[] = {
    "HOME=/root", "PATH=/bin:/sbin:/usr/bin:/usr/sbin", "TERM=vt100", "USER=root", "LOGNAME=root", "SHELL=/bin/sh",
    NULL,
};

/* Says why and ends. Until the serial line is set up the library's console is used, which may need the line's ports. */
static _Noreturn void refuse(const seL4_BootInfo *info, const char *why)
{
    char line[160];
    snprintf(line, sizeof line, "the root task cannot start: %s", why);
    if (console_open(info->empty.end - 1))
        machine_log(line);
    else
        puts(line);
    program_exit(STATUS_NOT_STARTED);
}

int main(void)
{
    const seL4_BootInfo *info = pecan_boot_info();
    if (!(pecan_features(info) & PECAN_FEATURE_FOREIGN_THREADS))
        refuse(info, "this kernel does not announce foreign threads, which Linux programs need");

    untyped_initialise(info);
    if (!slots_initialise(info))
        refuse(info, "there is not enough memory for capability slots");
    slots_start_list();
    if (!events_initialise(info) || !threads_initialise(info, events_endpoint()))
        refuse(info, "there is not enough memory for the root task's own objects");
    const char *problem = platform_initialise(info);
    if (problem)
        refuse(info, problem);

    if (!guard_start())
        refuse(info, "there is not enough memory for its guard");

    const struct personality_start start = {
        .initrd = initrd_start,
        .initrd_size = (size_t)(initrd_end - initrd_start),
        .program = "/bin/sh",
        .arguments = shell_arguments,
        .environment = shell_environment,
    };
    if (!personality_start(&start))
        machine_power_off(STATUS_NOT_STARTED);
    events_run();
}
