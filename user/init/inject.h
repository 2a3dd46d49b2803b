/*
 * Faults on purpose: what a supervisor lets happen to a domain, to see that the system comes back.
 */
#pragma once

#include "init/system.h"

/* The domain's thread computes for ever from now on, on its own time. False: that is not possible. */
bool inject_hang(struct domain_record *domain);

/*
 * Writes `count` random words into the memory that only the domain writes: its program's data, its stack, its component
 * page and, if there are any, half of them into regions that nobody else maps and no device has been told of, as its heap; and up to two into its registers, unless it is passive and waits. It runs on. The same seed makes the same words.
 */
void inject_corruption(struct domain_record *domain, uint64_t seed, uint64_t count);
