/*
 * pecan run: boots an image in QEMU with the serial line on the terminal.
 */
#include "commands.h"

#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATUS_QEMU = 126, STATUS_PANIC = 125, PANIC_VALUE = 0x7f };

static const char *setting(const char *name, const char *normal)
{
    const char *value = getenv(name);
    return value && *value ? value : normal;
}

/* QEMU's exit port makes 2 * value + 1 of the value that the system writes. */
static int status_of(int qemu)
{
    if (!WIFEXITED(qemu))
        return STATUS_QEMU;
    int status = WEXITSTATUS(qemu);
    if (status == 0)
        return STATUS_OK;
    if (status % 2 == 0)
        return STATUS_QEMU;
    return status >> 1 == PANIC_VALUE ? STATUS_PANIC : status >> 1;
}

int command_run(int count, char **words)
{
    if (count < 1 || words[0][0] == '-')
        usage_fail("no image is given");
    const char *image = words[0];
    char *kernel = text_format("%s/sel4_32.elf", dirname(text_copy(image)));
    if (access(image, R_OK))
        fail("cannot read '%s': %s", image, strerror(errno));
    if (access(kernel, R_OK))
        fail("cannot read the kernel '%s' beside the image: %s", kernel, strerror(errno));
    char **further = words + 1, **end = words + count;
    if (further < end && text_is(*further, "--"))
        further++;

    const char *fixed[] = {setting("QEMU", "qemu-system-x86_64"),
                           "-machine",
                           setting("MACHINE", "pc"),
                           "-cpu",
                           setting("CPU", "max"),
                           "-m",
                           setting("MEM", "512M"),
                           "-display",
                           "none",
                           "-net",
                           "none",
                           "-no-reboot",
                           "-device",
                           "isa-debug-exit,iobase=0xf4,iosize=0x4",
                           "-serial",
                           "mon:stdio",
                           "-kernel",
                           kernel,
                           "-initrd",
                           image};
    const char **command = NULL;
    size_t length = 0;
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        *(const char **)ADD(command, length) = fixed[i];
    while (further < end)
        *(const char **)ADD(command, length) = *further++;
    *(const char **)ADD(command, length) = NULL;

    pid_t child = fork();
    if (child < 0)
        fail("cannot start QEMU: %s", strerror(errno));
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* whoever ends this program ends QEMU */
        execvp(command[0], (char **)command);
        fprintf(stderr, "Error: cannot start '%s': %s\n", command[0], strerror(errno));
        _exit(STATUS_QEMU); /* even, so it is no value of the exit port */
    }
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            fail("cannot wait for QEMU: %s", strerror(errno));
    return status_of(status);
}
