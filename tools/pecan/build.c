/*
 * pecan build: from a system description to an image that boots.
 */
#include "commands.h"
#include "compile.h"
#include "module.h"
#include "report.h"
#include "sdk.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>

static void copy_beside(const char *image, const char *from, const char *name)
{
    struct file_bytes bytes;
    char *path = text_format("%s/%s", dirname(text_copy(image)), name);
    if (!file_read(from, &bytes))
        fail("cannot read '%s': %s", from, strerror(errno));
    file_write(path, bytes.data, bytes.size);
}

int command_build(int count, char **words)
{
    struct build_options options = options_read(count, words, COMMAND_BUILD);
    const char *output = options.output ? options.output : "loader.img";
    const char *report_path = options.report ? options.report : "report.txt";
    struct sdk sdk = sdk_open(options.board, options.config);
    struct kernel_options kernel = sdk_kernel_options(&sdk);
    struct system *system = system_read(options.system, &options.search, &kernel);
    struct compiled *compiled = system_compile(system);
    struct file_bytes module = module_make(sdk_file(&sdk, "elf/initialiser.elf"), compiled);
    struct file_bytes report = report_make(system, compiled);

    file_write(report_path, report.data, report.size);
    file_write(output, module.data, module.size);
    copy_beside(output, sdk_file(&sdk, "elf/sel4.elf"), "sel4.elf");
    copy_beside(output, options.kernel ? options.kernel : sdk_file(&sdk, "elf/sel4_32.elf"), "sel4_32.elf");
    printf("MICROKIT|DESCRIPTION: %zu KiB\nMICROKIT|IMAGE: %zu KiB\n", compiled->description.size >> 10,
           module.size >> 10);
    return STATUS_OK;
}
