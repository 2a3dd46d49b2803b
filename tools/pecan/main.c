/*
 * pecan: builds, boots and draws systems of protection domains.
 */
#include "commands.h"

#include <libgen.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "pecan: builds, boots and draws systems of protection domains\n"
    "\n"
    "  pecan build SYSTEM [options]     makes an image that boots, and a report of memory and capabilities\n"
    "  pecan run IMAGE [-- QEMU FLAGS]  boots an image in QEMU\n"
    "  pecan graph SYSTEM [options]     draws domains, channels, shared memory and devices\n"
    "  pecan update SYSTEM --domain NAME -o FILE [options]\n"
    "                                   makes a new program for a domain of a system that runs\n"
    "  pecan COMMAND --help             says more of a command\n"
    "\n"
    "SYSTEM is a description in XML (components.md in the SDK's folder doc). The first error in it ends the tool:\n"
    "    Error: priority must be between 0 and 254 on element 'protection_domain': hello.system:3:5\n"
    "\n"
    "Exit status: 0; 1 for an error in what was given; 2 for wrong use. run: what the system gave.\n"
    "Called by the name `microkit` it is `pecan build`.\n";

#define OPTIONS                                                                                                        \
    "  --search-path DIR...    folders where programs and prefilled files are looked for, in order; the current one\n" \
    "                          comes last. It takes all words up to the next option: SYSTEM goes in front\n"           \
    "  --board BOARD           a folder of the SDK's folder board (x86_64_generic)\n"                                  \
    "  --config CONFIG         debug, where domains print on the serial line, or release (debug)\n"

#define SDK_TEXT "The SDK is the folder that MICROKIT_SDK names, else the one that this program is in.\n"

static const char build_help[] =
    "pecan build SYSTEM [options]: makes an image that boots, and a report of memory and capabilities\n"
    "\n"
    "  -o, --output FILE       the image (loader.img); the kernel is put beside it, as sel4.elf and sel4_32.elf\n"
    "  -r, --report FILE       the report (report.txt)\n" OPTIONS
    "  --override-kernel FILE  another kernel for sel4_32.elf\n"
    "  --image-type elf        the only type on this architecture\n"
    "  --viper-output DIR      taken for the sake of Makefiles, and without effect\n"
    "\n" SDK_TEXT
    "Exit status: 0; 1 for an error in SYSTEM, in a file that it names, or in writing; 2 for wrong use.\n";

static const char graph_help[] =
    "pecan graph SYSTEM [options]: draws domains, channels, shared memory and devices, as SVG\n"
    "\n"
    "  -o, --output FILE       the drawing (the standard output)\n" OPTIONS "\n" SDK_TEXT
    "Exit status: 0; 1 for an error in SYSTEM, in a file that it names, or in writing; 2 for wrong use.\n";

static const char update_help[] =
    "pecan update SYSTEM --domain NAME -o FILE [options]: makes a new program for a domain of a system that runs\n"
    "\n"
    "  --domain NAME           of the domain; there is room unless it has pecan:update_room=\"0\"\n"
    "  -o, --output FILE       the update, for the supervisor's `update`\n" OPTIONS "\n" SDK_TEXT
    "Exit status: 0; 1 for an error in SYSTEM, in a file that it names, or in writing; 2 for wrong use.\n";

static const char run_help[] =
    "pecan run IMAGE [-- QEMU FLAGS]: boots an image in QEMU, with the serial line on the terminal\n"
    "\n"
    "Leave with Ctrl-A X. The kernel, sel4_32.elf, is beside the image, where `pecan build` puts it.\n"
    "From the environment: QEMU (qemu-system-x86_64), CPU (max), MEM (512M), MACHINE (pc; or q35).\n"
    "\n"
    "Exit status: what the system gave, or 0 if it was left; 118 if a vital domain stays stopped; 125 after a panic\n"
    "of the kernel; 126 if QEMU failed; 1 if there is no such image; 2 for wrong use.\n";

static const struct command {
    const char *name;
    int (*run)(int count, char **words);
    const char *help;
} commands[] = {{"build", command_build, build_help},
                {"run", command_run, run_help},
                {"graph", command_graph, graph_help},
                {"update", command_update, update_help}};

static bool asks_for_help(const char *word)
{
    return text_is(word, "--help") || text_is(word, "-h");
}

static int command_start(const struct command *command, int count, char **words)
{
    for (int i = 0; i < count && !text_is(words[i], "--"); i++)
        if (asks_for_help(words[i])) {
            fputs(command->help, stdout);
            return STATUS_OK;
        }
    return command->run(count, words);
}

int main(int count, char **words)
{
    if (count > 0 && text_is(basename(words[0]), "microkit"))
        return command_start(&commands[0], count - 1, words + 1);
    if (count < 2)
        usage_fail("no command is given");
    if (asks_for_help(words[1])) {
        fputs(help, stdout);
        return STATUS_OK;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (text_is(words[1], commands[i].name))
            return command_start(&commands[i], count - 2, words + 2);
    usage_fail("unknown command '%s'", words[1]);
}
