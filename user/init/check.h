/*
 * Is a description what description.h says it is? Afterwards its numbers may be used without further checks.
 */
#pragma once

#include "init/description.h"

#define DESCRIPTION_REGIONS_MAX 1024

/*
 * The same for an update of a domain: null, or what is wrong. `room` is how many bytes may be read at `update`, whose
 * address is a multiple of 8.
 */
const char *update_check(const struct description *description, const struct description_domain *domain,
                         const struct program_update *update, uint64_t room);

/* The checksum of an update of which all bytes are there: CRC-32 of all that is not the checksum. */
uint32_t update_sum(const struct program_update *update);

/* The program that an update brings, once it is checked. */
struct program_view update_program(const struct program_update *update);

/* Null, or what is wrong. `room` is how many bytes may be read at `description`. */
const char *description_check(const struct description *description, uint64_t room);
