/*
 * The root task: takes the memory and the devices that the kernel gives to the first program, and runs the Linux
 * personality with a shell on the serial line.
 */
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

static int refuse(const char *what)
{
    printf("The root task cannot start: %s\n", what);
    return STATUS_NOT_STARTED;
}

int main(void)
{
    const seL4_BootInfo *info = pecan_boot_info();
    if (!(pecan_features(info) & PECAN_FEATURE_FOREIGN_THREADS))
        return refuse("this kernel does not announce foreign threads, which Linux programs need");

    untyped_initialise(info);
    if (!slots_initialise(info))
        return refuse("there is not enough memory for capability slots");
    slots_start_list();
    if (!events_initialise(info) || !threads_initialise(info, events_endpoint()))
        return refuse("there is not enough memory for the root task's own objects");
    const char *missing = platform_initialise(info);
    if (missing) {
        printf("The root task cannot start without %s.\n", missing);
        return STATUS_NOT_STARTED;
    }

    if (!guard_start())
        return refuse("there is not enough memory for its guard");

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
