/* Address spaces of programs. */
#pragma once

#include "personality/linux/machine.h"

#include <sel4/sel4.h>

/* The capability to the top of a space's page tables. */
seL4_CPtr space_root(const struct machine_space *space);
