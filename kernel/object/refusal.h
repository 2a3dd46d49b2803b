/*
 * What an invocation answers when it refuses: the interface's error and the words that explain it.
 *
 * NO_REFUSAL means that it was done. PREEMPTED is internal: the work done so far stands, and the caller's system call is
 * to be issued again.
 */
#pragma once

#include "abi/error.h"
#include "lib/compiler.h"

#define REFUSAL_PREEMPTED 0x100u

/* Why a capability address did not lead to a slot (the interface's lookup failure types and words). */
struct lookup_failure {
    uint32_t type; /* ABI_LOOKUP_x */
    uint8_t bits_left;
    uint8_t bits_found; /* depth mismatch: bits found; guard mismatch: guard size */
    uint64_t guard;
};

struct refusal {
    uint32_t error;     /* ABI_ERROR_x, or REFUSAL_PREEMPTED */
    uint32_t is_source; /* FailedLookup: the lookup was of a source */
    uint64_t word[2];
    struct lookup_failure lookup;
};

#define NO_REFUSAL ((struct refusal){.error = ABI_ERROR_NONE})
#define PREEMPTED  ((struct refusal){.error = REFUSAL_PREEMPTED})

static inline struct refusal refuse(uint32_t error)
{
    return (struct refusal){.error = error};
}
/* InvalidArgument and InvalidCapability carry the number of the argument, NotEnoughMemory the bytes left. */
static inline struct refusal refuse_number(uint32_t error, uint64_t number)
{
    return (struct refusal){.error = error, .word = {number, 0}};
}
static inline struct refusal refuse_range(uint64_t minimum, uint64_t maximum)
{
    return (struct refusal){.error = ABI_ERROR_RANGE_ERROR, .word = {minimum, maximum}};
}
static inline struct refusal refuse_lookup(bool is_source, struct lookup_failure failure)
{
    return (struct refusal){.error = ABI_ERROR_FAILED_LOOKUP, .is_source = is_source, .lookup = failure};
}
static inline bool refused(struct refusal refusal)
{
    return refusal.error != ABI_ERROR_NONE;
}

static inline struct lookup_failure lookup_missing_capability(unsigned bits_left)
{
    return (struct lookup_failure){.type = ABI_LOOKUP_MISSING_CAPABILITY, .bits_left = (uint8_t)bits_left};
}
static inline struct lookup_failure lookup_invalid_root(void)
{
    return (struct lookup_failure){.type = ABI_LOOKUP_INVALID_ROOT};
}
