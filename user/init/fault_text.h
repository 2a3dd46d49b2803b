/*
 * What happened to a domain, in words.
 */
#pragma once

#include "init/system.h"

/* What the fault message says that lies in the IPC buffer. */
struct domain_failure fault_failure(seL4_MessageInfo_t info);

/* Prints it; the message is still there, and so is the domain. */
void fault_print(const struct domain_record *record, const struct domain_failure *failure, seL4_MessageInfo_t info);
