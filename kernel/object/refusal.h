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
    uint8_t type; /* ABI_LOOKUP_x */
    uint8_t bits_left;
    uint8_t bits_found; /* depth mismatch: bits found; guard mismatch: guard size */
    uint64_t guard;
};

/*
 * Two words, so that it travels in registers. Fields are packed and unpacked here and nowhere else.
 *
 *   what    error 15..0 (ABI_ERROR_x or REFUSAL_PREEMPTED), is source 16, lookup failure: type 31..24, bits left 39..32, bits
 *           found 47..40; RangeError: minimum 63..48
 *   value   InvalidArgument, InvalidCapability: number of the argument; NotEnoughMemory: bytes left; RangeError: maximum;
 *           FailedLookup: guard
 */
struct refusal {
    uint64_t what, value;
};

#define NO_REFUSAL ((struct refusal){ABI_ERROR_NONE, 0})
#define PREEMPTED  ((struct refusal){REFUSAL_PREEMPTED, 0})

static inline struct refusal refuse(unsigned error)
{
    return (struct refusal){error, 0};
}
static inline struct refusal refuse_number(unsigned error, uint64_t number)
{
    return (struct refusal){error, number};
}
static inline struct refusal refuse_range(uint16_t minimum, uint64_t maximum)
{
    return (struct refusal){(uint64_t)minimum << 48 | ABI_ERROR_RANGE_ERROR, maximum};
}
static inline struct refusal refuse_lookup(bool is_source, struct lookup_failure failure)
{
    return (struct refusal){(uint64_t)failure.bits_found << 40 | (uint64_t)failure.bits_left << 32 |
                                (uint64_t)failure.type << 24 | (uint64_t)is_source << 16 | ABI_ERROR_FAILED_LOOKUP,
                            failure.guard};
}
static inline bool refused(struct refusal refusal)
{
    return refusal.what != ABI_ERROR_NONE;
}
static inline bool refusal_is_preempted(struct refusal refusal)
{
    return refusal.what == REFUSAL_PREEMPTED;
}
static inline unsigned refusal_error(struct refusal refusal)
{
    return (uint16_t)refusal.what;
}
/* Of a RangeError. */
static inline uint64_t refusal_minimum(struct refusal refusal)
{
    return refusal.what >> 48;
}
/* Of a FailedLookup. */
static inline bool refusal_is_source(struct refusal refusal)
{
    return refusal.what & BIT(16);
}
static inline struct lookup_failure refusal_lookup(struct refusal refusal)
{
    return (struct lookup_failure){(uint8_t)(refusal.what >> 24), (uint8_t)(refusal.what >> 32),
                                   (uint8_t)(refusal.what >> 40), refusal.value};
}

static inline struct lookup_failure lookup_missing_capability(unsigned bits_left)
{
    return (struct lookup_failure){.type = ABI_LOOKUP_MISSING_CAPABILITY, .bits_left = (uint8_t)bits_left};
}
static inline struct lookup_failure lookup_invalid_root(void)
{
    return (struct lookup_failure){.type = ABI_LOOKUP_INVALID_ROOT};
}
