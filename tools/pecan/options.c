#include "commands.h"
#include "sdk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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

static void read_option(struct words *words, const char *option, struct build_options *options)
{
    if (text_is(option, "--search-path"))
        read_folders(words, &options->search);
    else if (text_is(option, "-o") || text_is(option, "--output"))
        options->output = option_value(words, option);
    else if (text_is(option, "-r") || text_is(option, "--report"))
        options->report = option_value(words, option);
    else if (text_is(option, "--board"))
        options->board = option_value(words, option);
    else if (text_is(option, "--config"))
        options->config = option_value(words, option);
    else if (text_is(option, "--domain"))
        options->domain = option_value(words, option);
    else if (text_is(option, "--override-kernel"))
        options->kernel = option_value(words, option);
    else if (text_is(option, "--viper-output"))
        option_value(words, option); /* Makefiles of examples pass it; there is nothing to write */
    else if (text_is(option, "--image-type")) {
        if (!text_is(option_value(words, option), "elf"))
            usage_fail("the only image type on this architecture is 'elf'");
    } else
        usage_fail("unknown option '%s'", option);
}

struct build_options options_read(int count, char **words)
{
    struct words rest = {words, words + count};
    struct build_options options = {.board = BOARD_NORMAL, .config = CONFIG_NORMAL};
    while (rest.next < rest.end) {
        const char *word = *rest.next++;
        if (word[0] == '-' && word[1])
            read_option(&rest, word, &options);
        else if (options.system)
            usage_fail("'%s' is one file too many", word);
        else
            options.system = word;
    }
    if (!options.system)
        usage_fail("no system description is given");
    return options;
}
