/*
 * What a domain has used and done, over all of its runs.
 */
#pragma once

#include "init/system.h"

/* The present run is about to end: its sums are kept. */
void account_end_run(struct domain_record *domain);

/* Writes the words of enum pecan_account (pecan/supervisor.h) to `words`. */
void account_read(struct domain_record *domain, seL4_Word *words);
