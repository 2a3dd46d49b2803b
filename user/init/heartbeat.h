/*
 * Does a domain still come back to its event loop? init wakes it with an empty signal; a domain whose loop does not turn
 * until the next look hangs.
 */
#pragma once

#include "init/system.h"

/* The domain is about to start. */
void heartbeat_begin(struct domain_record *domain);

/* Since `since_us` init has worked: no domain is to blame for what it did not do meanwhile. */
void heartbeat_leave_out(uint64_t since_us);

/* Looks after all domains whose time has come, and reports those that hang as failed. */
void heartbeat_check(uint64_t now_us);
