/* The date: what the real-time clock said at the start (or a program set since), plus the time that passed. */
#pragma once

#include "personality/linux/abi/file.h"

#define NS_PER_SECOND 1000000000ull

struct linux_timespec clock_date(void);
uint64_t clock_date_ns(void); /* nanoseconds since 1970 */
void clock_set_date_ns(uint64_t date_ns);
struct linux_timespec timespec_from_ns(uint64_t ns);

/* False if the fields are out of range; a time too large for 64 bits becomes the largest. */
_Bool timespec_to_ns(struct linux_timespec time, uint64_t *ns);
