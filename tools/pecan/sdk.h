/*
 * The folder with what programs and images are made of (sdk/README.md): MICROKIT_SDK in the environment, else two
 * levels above the tool itself.
 */
#pragma once

#include "support.h"
#include "system.h"

#define BOARD_NORMAL  "x86_64_generic"
#define CONFIG_NORMAL "debug"

struct sdk {
    const char *folder, *board, *config;
};

/* Fails if the folder, the board or the configuration is not there. */
struct sdk sdk_open(const char *board, const char *config);

/* The path of a file of the configuration; fails if it is missing. */
char *sdk_file(const struct sdk *sdk, const char *name);

/* What the configuration's headers say of the kernel. */
struct kernel_options sdk_kernel_options(const struct sdk *sdk);

/* Names of boards (board null) or of a board's configurations, for messages. */
char *sdk_choices(const struct sdk *sdk, const char *board);
