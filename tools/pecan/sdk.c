#include "sdk.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of more scheduling domains than this the tool makes no use: their ids are bits of a word. */
enum { PATH_BYTES = 4096, DOMAINS_USED = 64 };

static bool is_folder(const char *path)
{
    struct stat status;
    return !stat(path, &status) && S_ISDIR(status.st_mode);
}

static const char *find_folder(void)
{
    const char *named = getenv("MICROKIT_SDK");
    char path[PATH_BYTES];
    if (named && *named) {
        if (!is_folder(named))
            fail("MICROKIT_SDK is '%s', which is not a folder", named);
        return named;
    }
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (length < 0)
        fail("where this program lies cannot be found out: set MICROKIT_SDK");
    path[length] = '\0';
    return text_copy(dirname(dirname(path)));
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

char *sdk_choices(const struct sdk *sdk, const char *board)
{
    char *path = board ? text_format("%s/board/%s", sdk->folder, board) : text_format("%s/board", sdk->folder);
    struct dirent **entries;
    int count = scandir(path, &entries, is_visible, alphasort);
    char *text = text_copy("");
    if (count < 0)
        fail("cannot read the SDK's folder '%s': %s", path, strerror(errno));
    for (int i = 0; i < count; i++)
        text = text_format("%s%s%s", text, i ? ", " : "", entries[i]->d_name);
    return text;
}

struct sdk sdk_open(const char *board, const char *config)
{
    struct sdk sdk = {find_folder(), board, config};
    if (!is_folder(text_format("%s/board", sdk.folder)))
        fail("the SDK folder '%s' has no folder 'board'", sdk.folder);
    if (strchr(board, '/') || !is_folder(text_format("%s/board/%s", sdk.folder, board))) {
        fprintf(stderr, "Error: board '%s' is not one of: %s\n", board, sdk_choices(&sdk, NULL));
        exit(STATUS_USAGE);
    }
    if (strchr(config, '/') || !is_folder(text_format("%s/board/%s/%s", sdk.folder, board, config))) {
        fprintf(stderr, "Error: config '%s' is not one of: %s\n", config, sdk_choices(&sdk, board));
        exit(STATUS_USAGE);
    }
    return sdk;
}

char *sdk_file(const struct sdk *sdk, const char *name)
{
    char *path = text_format("%s/board/%s/%s/%s", sdk->folder, sdk->board, sdk->config, name);
    if (access(path, R_OK))
        fail("the SDK lacks '%s': %s", path, strerror(errno));
    return path;
}

/* The number behind "#define CONFIG_<name>" in a header. */
static unsigned option(const char *text, const char *name)
{
    char *line = text_format("#define CONFIG_%s ", name);
    const char *found = strstr(text, line);
    return found ? (unsigned)strtoul(found + strlen(line), NULL, 0) : 1;
}

struct kernel_options sdk_kernel_options(const struct sdk *sdk)
{
    char *path = sdk_file(sdk, "include/kernel/gen_config.h");
    struct file_bytes bytes;
    if (!file_read(path, &bytes))
        fail("cannot read '%s': %s", path, strerror(errno));
    const char *text = (const char *)bytes.data;
    unsigned domains = option(text, "NUM_DOMAINS");
    return (struct kernel_options){option(text, "MAX_NUM_NODES"), domains < DOMAINS_USED ? domains : DOMAINS_USED,
                                   option(text, "NUM_DOMAIN_SCHEDULES")};
}
