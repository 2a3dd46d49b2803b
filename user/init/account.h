/*
 * What a domain has used and done, over all of its runs.
 */
#pragma once

#include "init/system.h"

/* It does its work no more, from now on until it is started again. Only the first time in a run counts. */
void account_begin_outage(struct domain_record *domain);

/* The present run is about to end: its sums are kept. */
void account_end_run(struct domain_record *domain);

/* Writes the words of enum pecan_account (pecan/supervisor.h) to `words`. */
void account_read(struct domain_record *domain, seL4_Word *words);
