/*
 * What happened to a domain, in words.
 */
#pragma once

#include "init/description.h"

#include <sel4/sel4.h>

/* Prints the fault message that lies in the IPC buffer. */
void fault_print(const struct description_domain *domain, seL4_MessageInfo_t info);
