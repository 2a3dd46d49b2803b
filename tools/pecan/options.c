#include "commands.h"
#include "sdk.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define IMAGE_TYPE "elf"

_Noreturn void usage_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("Error: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\n`pecan --help` says how it is used.\n", stderr);
    exit(STATUS_USAGE);
}

struct words {
    char **next, **end;
};

static const char *option_value(struct words *words, const char *option)
{
    if (words->next == words->end)
        usage_fail("option '%s' lacks its value", option);
    return *words->next++;
}

static void read_folders(struct words *words, struct search_path *search)
{
    while (words->next < words->end && **words->next != '-')
        *(const char **)ADD(search->folders, search->count) = *words->next++;
}

static void read_option(struct words *words, const char *word, enum command_kind command, struct build_options *options)
{
    static const struct {
        const char *name, *letter;
        size_t value; /* its place in the options */
        unsigned commands;
    } known[] = {
        {"--output", "-o", offsetof(struct build_options, output), COMMAND_BUILD | COMMAND_GRAPH | COMMAND_UPDATE},
        {"--board", "", offsetof(struct build_options, board), COMMAND_BUILD | COMMAND_GRAPH | COMMAND_UPDATE},
        {"--config", "", offsetof(struct build_options, config), COMMAND_BUILD | COMMAND_GRAPH | COMMAND_UPDATE},
        {"--report", "-r", offsetof(struct build_options, report), COMMAND_BUILD},
        {"--override-kernel", "", offsetof(struct build_options, kernel), COMMAND_BUILD},
        {"--image-type", "", offsetof(struct build_options, image_type), COMMAND_BUILD},
        {"--viper-output", "", offsetof(struct build_options, ignored), COMMAND_BUILD},
        {"--domain", "", offsetof(struct build_options, domain), COMMAND_UPDATE},
    };
    if (text_is(word, "--search-path")) {
        read_folders(words, &options->search);
        return;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].commands & command && (text_is(word, known[i].name) || text_is(word, known[i].letter))) {
            *(const char **)((char *)options + known[i].value) = option_value(words, word);
            return;
        }
    usage_fail("unknown option '%s'", word);
}

struct build_options options_read(int count, char **words, enum command_kind command)
{
    struct words rest = {words, words + count};
    struct build_options options = {.board = BOARD_NORMAL, .config = CONFIG_NORMAL, .image_type = IMAGE_TYPE};
    while (rest.next < rest.end) {
        const char *word = *rest.next++;
        if (word[0] == '-' && word[1])
            read_option(&rest, word, command, &options);
        else if (options.system)
            usage_fail("'%s' is one file too many", word);
        else
            options.system = word;
    }
    if (!text_is(options.image_type, IMAGE_TYPE))
        usage_fail("the only image type on this architecture is '" IMAGE_TYPE "'");
    if (!options.system)
        usage_fail("no system description is given");
    return options;
}
