/*
 * From a system and the programs it names to the description that init reads.
 */
#pragma once

#include "program.h"
#include "system.h"

/* A variable that init fills in at boot: its address in the program, and with what. */
struct late_value {
    uint64_t address;
    enum patch_kind kind;
    uint32_t of; /* index of the region or domain */
};

struct late_values {
    struct late_value *items;
    size_t count;
};

struct compiled {
    struct file_bytes description; /* starts with a struct description */
    struct program *programs[DOMAINS_MAX];
    struct late_values late[DOMAINS_MAX];
};

struct compiled *system_compile(const struct system *system);

/* The place of a region in the description. */
uint32_t region_index(const struct system *system, const char *name);

/* What a supervisor hands to init to replace a domain's program: starts with a struct program_update. */
struct file_bytes update_make(const struct compiled *compiled, const struct domain *domain);

static inline const struct description *compiled_description(const struct compiled *compiled)
{
    return (const struct description *)compiled->description.data;
}
