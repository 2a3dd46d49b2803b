/*
 * How many kernel objects a domain takes, and how much memory. The tool's report and init use the same numbers.
 */
#pragma once

#include "init/description.h"

#include <stdbool.h>

/* The largest TCB that an option of the kernel makes. */
#define PLAN_TCB_BITS      12
#define PLAN_SCHEDCTX_BITS 8
#define PLAN_SLOT_BITS     5

/* A domain's capability space: a root of 64 slots whose first leads to 512 slots; the others are the user's. */
#define CSPACE_ROOT_BITS 6
#define CSPACE_BITS      9
#define WORD_BITS        64

/* The private objects of a domain: they live in its own untyped memory and go when it is restarted. */
struct domain_plan {
    uint32_t pdpts, directories, tables; /* paging structures below the root */
    uint32_t frames;                     /* of segments, stack and IPC buffer */
    uint32_t map_frames;                 /* capabilities to frames of regions, which are not private */
    uint32_t private_bits;               /* the untyped memory has 2^this bytes */
    uint64_t private_bytes;              /* that the objects take of it */
};

/* The program of a domain as the description has it. */
struct program_view plan_program(const struct description *description, const struct description_domain *domain);

struct domain_plan plan_domain(const struct description *description, const struct description_domain *domain,
                               const struct program_view *program);

/* Capabilities that init keeps for a domain: a fixed number, then private frames, paging structures, map frames. */
enum plan_slot {
    PLAN_SLOT_UNTYPED,
    PLAN_SLOT_TCB,
    PLAN_SLOT_SCHEDCTX,
    PLAN_SLOT_CSPACE_ROOT,
    PLAN_SLOT_CSPACE,
    PLAN_SLOT_VSPACE,
    PLAN_SLOT_ENDPOINT,
    PLAN_SLOT_NOTIFICATION,
    PLAN_SLOT_REPLY,
    PLAN_SLOT_FAULT,
    PLAN_SLOT_TIMEOUT,
    PLAN_SLOT_PROBE, /* for a moment: a second capability to a frame */
    PLAN_SLOTS_FIXED,
};

/* Slots that the plan takes, and those that any program takes which fits into the domain's private memory. */
uint32_t plan_slots(const struct domain_plan *plan);
uint32_t plan_slots_most(const struct description_domain *domain, const struct domain_plan *plan);

/*
 * The pages of a region's size that `bytes` at a physical address touch: where the first one lies, and how many. False:
 * there are no bytes, no such addresses, or more pages than the region has.
 */
bool plan_pages_at(const struct description_region *region, uint64_t address, uint64_t bytes, uint64_t *first,
                   uint64_t *count);

/* 2^result is the least power of two not below `bytes`. */
uint32_t bits_for(uint64_t bytes);
