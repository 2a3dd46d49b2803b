/*
 * What happened to a domain, in words.
 */
#pragma once

#include <sel4/sel4.h>

/* Prints the fault message that lies in the IPC buffer. */
void fault_print(const char *domain, seL4_MessageInfo_t info);
