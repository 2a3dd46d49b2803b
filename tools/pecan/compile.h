/*
 * From a system and the programs it names to the description that init reads.
 */
#pragma once

#include "program.h"
#include "system.h"

struct compiled {
    struct file_bytes description; /* starts with a struct description */
    struct program *programs[DOMAINS_MAX];
};

struct compiled *system_compile(const struct system *system);

static inline const struct description *compiled_description(const struct compiled *compiled)
{
    return (const struct description *)compiled->description.data;
}
