/*
 * pecan run: boots an image in QEMU with the serial line on the terminal.
 */
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
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

/*
 * QEMU's exit port makes 2 * value + 1 of the value that the system writes, of 7 bits. The byte that it wrote to the status port
 * before, if any, is the whole of it. QEMU's own failures end with 1, as a value of 0 does: then there is no byte, but a message.
 */
static int status_of(int qemu, int status_port, bool has_complained)
{
    uint8_t byte;
    bool has_byte = false;
    while (read(status_port, &byte, 1) == 1)
        has_byte = true;
    if (!WIFEXITED(qemu))
        return STATUS_QEMU;
    int status = WEXITSTATUS(qemu);
    if (status == 0)
        return STATUS_OK;
    if (status % 2 == 0 || (status == 1 && has_complained && !has_byte))
        return STATUS_QEMU;
    if (status >> 1 == PANIC_VALUE)
        return STATUS_PANIC;
    return has_byte ? byte : status >> 1;
}

/* Passes QEMU's messages on until it ends; whether one was more than a warning. */
static bool relay_messages(int from)
{
    FILE *messages = fdopen(from, "r");
    char *line = NULL;
    size_t room = 0;
    bool has_complained = false;
    if (!messages)
        fail("cannot read what QEMU says: %s", strerror(errno));
    while (getline(&line, &room, messages) >= 0) {
        has_complained |= !strstr(line, "warning:");
        fputs(line, stderr);
    }
    free(line);
    fclose(messages);
    return has_complained;
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

    FILE *status_port = tmpfile();
    int messages[2];
    if (!status_port || pipe2(messages, O_CLOEXEC))
        fail("cannot start QEMU: %s", strerror(errno));
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
                           "-device",
                           "isa-debugcon,iobase=0xf8,chardev=status",
                           "-chardev",
                           text_format("file,id=status,path=/dev/fd/%d", fileno(status_port)),
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
        dup2(messages[1], STDERR_FILENO);
        execvp(command[0], (char **)command);
        fprintf(stderr, "Error: cannot start '%s': %s\n", command[0], strerror(errno));
        _exit(STATUS_QEMU); /* even, so it is no value of the exit port */
    }
    close(messages[1]);
    bool has_complained = relay_messages(messages[0]);
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            fail("cannot wait for QEMU: %s", strerror(errno));
    return status_of(status, fileno(status_port), has_complained);
}
