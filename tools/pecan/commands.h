/*
 * The tool's commands. Each takes the words behind its name and returns the exit status.
 */
#pragma once

#include "support.h"

int command_build(int count, char **words);
int command_graph(int count, char **words);
int command_update(int count, char **words);
int command_run(int count, char **words);

/* Prints "Error: ..." and how to get help; ends the tool. */
_Noreturn void usage_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum command_kind { COMMAND_BUILD = 1, COMMAND_GRAPH = 2, COMMAND_UPDATE = 4 };

/* The options of build, graph and update; null where one is not given and has no normal value. */
struct build_options {
    const char *system, *output, *report, *board, *config, *kernel, *domain, *image_type;
    const char *ignored; /* what Makefiles of examples pass, and there is nothing to write */
    struct search_path search;
};

/* Fails on words that are no options of a command, or lack what they need. */
struct build_options options_read(int count, char **words, enum command_kind command);
