/*
 * Requests of supervisors: domains to whom the description gives the right to call init (pecan/supervisor.h).
 */
#pragma once

#include <sel4/sel4.h>
#include <stdint.h>

/* Does what the message in the IPC buffer asks for; the answer's words are in the buffer afterwards. */
seL4_MessageInfo_t request_handle(uint32_t caller, seL4_MessageInfo_t info);
