/*
 * pecan: builds, boots and draws systems of protection domains.
 */
#include "commands.h"

#include <libgen.h>
#include <stdio.h>

static const char help[] =
    "pecan: builds, boots and draws systems of protection domains\n"
    "\n"
    "  pecan build SYSTEM.xml [options]       makes an image that boots, and a report\n"
    "  pecan graph SYSTEM.xml [-o FILE.svg]   draws domains, channels, shared memory and devices\n"
    "  pecan update SYSTEM.xml --domain NAME -o FILE [options]\n"
    "                                         makes a new program for a domain of a system that runs\n"
    "  pecan run IMAGE [-- QEMU FLAGS]        boots an image in QEMU (leave with Ctrl-A X)\n"
    "  pecan --help                           prints this\n"
    "\n"
    "Options of build, graph and update:\n"
    "  --search-path DIR...   where program images and prefilled files are; the current folder comes last\n"
    "  -o, --output FILE      what is written (build: loader.img; graph: the standard output)\n"
    "  -r, --report FILE      memory and capabilities of each domain (report.txt)\n"
    "  --board BOARD          folder of the SDK (x86_64_generic)\n"
    "  --config CONFIG        debug (prints) or release (debug)\n"
    "  --override-kernel FILE another kernel\n"
    "  --image-type elf       the only one\n"
    "\n"
    "build leaves the kernel beside the image: sel4.elf, sel4_32.elf. The SDK is the folder that MICROKIT_SDK names,\n"
    "else the one that this program is in. `run` takes QEMU, CPU, MEM and MACHINE from the environment.\n"
    "\n"
    "Exit status: 0; 1 for an error in what was given; 2 for wrong use. run: what the system gave, else 125 after a\n"
    "panic of the kernel, 126 if QEMU failed.\n"
    "Called by the name `microkit` it is `pecan build`.\n";

int main(int count, char **words)
{
    static const struct {
        const char *name;
        int (*run)(int count, char **words);
    } commands[] = {
        {"build", command_build}, {"graph", command_graph}, {"update", command_update}, {"run", command_run}};

    for (int i = 1; i < count; i++) {
        if (text_is(words[i], "--"))
            break;
        if (text_is(words[i], "--help") || text_is(words[i], "-h")) {
            fputs(help, stdout);
            return STATUS_OK;
        }
    }
    if (count > 0 && text_is(basename(words[0]), "microkit"))
        return command_build(count - 1, words + 1);
    if (count < 2)
        usage_fail("no command is given");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (text_is(words[1], commands[i].name))
            return commands[i].run(count - 2, words + 2);
    usage_fail("unknown command '%s'", words[1]);
}
