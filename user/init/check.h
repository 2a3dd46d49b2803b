/*
 * Is a description what description.h says it is? Afterwards its numbers may be used without further checks.
 */
#pragma once

#include "init/description.h"

#define DESCRIPTION_REGIONS_MAX 1024

/* Null, or what is wrong. `room` is how many bytes may be read at `description`. */
const char *description_check(const struct description *description, uint64_t room);
