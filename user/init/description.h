/*
 * The compiled description of a system: what `pecan build` writes and init reads.
 *
 *     +--------------------+ 0
 *     | struct description |
 *     | tables             |  rows as declared below, each table at a multiple of 8
 *     +--------------------+ multiple of a page
 *     | contents           |  pages of program segments and of prefilled regions
 *     +--------------------+ bytes
 *     | stage              |  memory where a new program is checked before it takes the place of the one before
 *     +--------------------+ bytes + stage_bytes
 *
 * It lies behind the program image of init, which starts with it in its address space. All numbers are little-endian,
 * all offsets count from the start. Rows that belong to a domain follow each other, in the order of the domains; the
 * domain names its part of each table. init believes nothing of this: description_check (check.h) comes first.
 */
#pragma once

#include <stdint.h>

#define DESCRIPTION_MAGIC   0x6e6f697470697263ul /* "cription" */
#define DESCRIPTION_VERSION 6u

#define DOMAINS_MAX        63
#define DOMAIN_NONE        0xffffu
#define REGION_NONE        0xffffffffu
#define CHANNEL_ID_MAX     61
#define USER_CAP_SLOT_MAX  63
#define NAME_BYTES         64
#define PRIORITY_MAX       254
#define BUDGET_LEAST_US    20
#define ADDRESS_NONE       0xfffffffffffffffful
#define MEMORY_REST        0xfffffffffffffffful
#define IRQ_VECTOR_MAX     107
#define STACK_BYTES_LEAST  0x1000ul
#define STACK_BYTES_MOST   0x1000000ul
#define STACK_BYTES_NORMAL 0x2000ul
#define SMALL_PAGE_BITS    12
#define LARGE_PAGE_BITS    21

/* The top of every domain's address space: IPC buffer, an unmapped page, and the stack below that. */
#define DOMAIN_BUFFER_ADDRESS 0x7fffffffe000ul
#define DOMAIN_STACK_TOP      0x7fffffffd000ul

struct description_table {
    uint32_t offset, count;
};

struct description {
    uint64_t magic;
    uint32_t version, header_bytes;
    uint64_t bytes;       /* of all of it but the stage, a multiple of the page size */
    uint64_t stage_bytes; /* not less than any domain's room for updates */
    struct description_table domains, regions, maps, segments, channels, irqs, ports, grants, patches, turns, services;
    uint32_t turn_shift, turn_start; /* the kernel's index of the first turn, and of that which comes first */
    uint32_t log_region;             /* of init's own log, one page, or REGION_NONE */
    uint32_t trace_region;           /* of the kernel's trace, one page, or REGION_NONE */
};

struct description_range {
    uint32_t first, count;
};

enum domain_flag {
    DOMAIN_PASSIVE = 1,
    DOMAIN_NO_FPU = 2,
    DOMAIN_RECEIVES = 4,   /* waits on an endpoint: it is called, or has children */
    DOMAIN_SUPERVISOR = 8, /* may call init */
    DOMAIN_OBSERVER = 16,  /* the same, for requests that change nothing */
    DOMAIN_VITAL = 32,     /* the machine ends when it stays stopped */
    DOMAIN_FLAGS = 63,
};

/* What init does when a domain fails. A domain whose limit is 0 stays stopped. */
struct description_restart {
    uint64_t with;          /* domains, by bit, that are restarted along with it */
    uint64_t window_us;     /* no more than `limit` restarts in this time; 0: ever */
    uint64_t delay_us;      /* the second restart in the window comes this late, each further one twice as late */
    uint64_t delay_most_us; /* up to this */
    uint64_t heartbeat_us;  /* a domain that does not reach its event loop for so long hangs; 0: not watched */
    uint32_t limit;         /* restarts; RESTART_UNLIMITED */
    uint32_t on;            /* enum restart_reason, or-ed */
};
#define RESTART_UNLIMITED 0xffffffffu
enum restart_reason { RESTART_ON_FAULT = 1, RESTART_ON_OVERRUN = 2, RESTART_ON_HEARTBEAT = 4, RESTART_REASONS = 7 };

struct description_domain {
    char name[NAME_BYTES]; /* terminated */
    uint64_t entry;
    uint64_t stack_bytes;
    uint64_t budget_us, period_us;
    uint64_t reserve_bytes; /* private memory at least; more than it needs now leaves room for an update */
    uint64_t memory_budget; /* bytes of untyped memory of its own, whole pages, or MEMORY_REST */
    uint64_t dma_bytes;     /* of regions whose address its program is told: its device reaches them */
    uint64_t dma_budgets;   /* a bit for each domain the address of whose budget it is told */
    /* Contents where a new program is put at run time, and where those of the first are; 0 bytes: no updates. */
    uint64_t update_room, update_room_bytes;
    struct description_restart restart;
    uint32_t priority, flags; /* enum domain_flag */
    uint32_t parent;          /* its index, smaller than its own, or DOMAIN_NONE */
    uint32_t child_id;        /* what the parent calls it */
    uint32_t time_domain;     /* id of the scheduling domain */
    uint32_t reserved;
    struct description_range maps, segments, channels, irqs, ports, grants;
};

enum region_fill { FILL_ZERO, FILL_CONTENTS, FILL_BOOT_CHUNK };
/* REGION_SCREEN: it lies where the screen is that the boot loader has set up, and is not there when there is none. */
enum { REGION_CONTIGUOUS = 1, REGION_SCREEN = 2, REGION_FLAGS = 3 };

struct description_region {
    char name[NAME_BYTES];
    uint64_t bytes;
    uint64_t physical_address; /* or ADDRESS_NONE */
    uint32_t page_bits;        /* SMALL_PAGE_BITS or LARGE_PAGE_BITS */
    uint32_t flags;
    uint32_t fill;                     /* enum region_fill */
    uint32_t boot_chunk;               /* id of a chunk of boot information, for FILL_BOOT_CHUNK */
    uint64_t contents, contents_bytes; /* for FILL_CONTENTS */
};

enum { MAP_READ = 1, MAP_WRITE = 2, MAP_UNCACHED = 4, MAP_FLAGS = 7 };

/* Sorted by address inside a domain, without overlaps, below the stack. */
struct description_map {
    uint64_t address;
    uint32_t region, flags;
};

/* A part of a program: whole pages. Sorted by address inside a domain; no overlap with each other or with a map. */
struct description_segment {
    uint64_t address, memory_bytes;
    uint64_t contents, contents_bytes; /* bytes that follow are zero */
    uint32_t is_writable, reserved;
};

enum { CHANNEL_NOTIFY = 1, CHANNEL_CALL = 2, CHANNEL_FLAGS = 3 };

/* One end of a channel: what the domain may do to its peer, and the id that the peer sees. */
struct description_channel {
    uint32_t id, peer, peer_id, flags;
    uint32_t service, reserved; /* that it is for, or SERVICE_NONE */
};
#define SERVICE_NONE 0xffffffffu

struct description_service {
    char name[NAME_BYTES];
    uint32_t provider, reserved;
};

enum irq_kind { IRQ_IOAPIC, IRQ_MSI };

struct description_irq {
    uint32_t id, kind, vector;
    uint32_t ioapic, pin, is_level, is_low; /* IRQ_IOAPIC */
    uint32_t bus, device, function, handle; /* IRQ_MSI */
    uint32_t reserved;
};

struct description_port {
    uint32_t id, first, last, reserved;
};

enum grant_kind {
    GRANT_TCB,
    GRANT_SCHEDCTX,
    GRANT_VSPACE,
    GRANT_OWN, /* from here on: of the domain that holds it, not of another one */
    GRANT_OWN_TCB = GRANT_OWN,
    GRANT_OWN_CSPACE,    /* the root of its capability space */
    GRANT_FAULT_HANDLER, /* where its faults go */
    GRANT_ASID_POOL,     /* a new one */
    GRANT_SCHED_CONTROL, /* the right to give scheduling contexts their budgets */
    GRANT_KINDS,
};

/* A capability to a part of a domain (`of`) in a user slot, or one in a slot for a domain's own (PECAN_OWN_CAP). */
struct description_grant {
    uint32_t kind, of, slot, reserved;
};

/* A turn of a scheduling domain; duration 0 marks the end, behind which the schedule begins again. */
struct description_turn {
    uint64_t duration; /* in microseconds, or ticks of the processor's clock */
    uint32_t is_ticks, domain;
};
#define TIME_DOMAIN_MAX   255
#define TURN_DURATION_MAX 0xfffffffffffffful

enum patch_kind {
    PATCH_REGION_ADDRESS, /* physical address of a region */
    PATCH_REGION_BYTES,   /* how much of a region is there */
    PATCH_BUDGET_ADDRESS, /* physical address of the largest piece of a domain's memory budget, */
    PATCH_BUDGET_BYTES,   /* and its size; both 0 without one */
    PATCH_KINDS,
};

/* A word of the contents that takes a number which is known at boot. */
struct description_patch {
    uint64_t contents;
    uint32_t kind, of; /* enum patch_kind; index of the region or domain */
};

/*
 * A new program for a domain, as `pecan update` writes it and a supervisor hands it over. Offsets count from its start. It may come over a
 * line that loses or changes bytes, so it has a checksum.
 */
#define UPDATE_MAGIC 0x657461647075ul /* "update" */

struct program_update {
    uint64_t magic;
    uint32_t version, header_bytes; /* DESCRIPTION_VERSION */
    uint64_t bytes;
    char domain[NAME_BYTES];
    uint64_t entry;
    struct description_table segments, patches;
    uint64_t sum; /* update_sum */
};

_Static_assert(sizeof(struct program_update) == 24 + 64 + 8 + 16 + 8, "format");
_Static_assert(sizeof(struct description) == 136, "format");
_Static_assert(sizeof(struct description_restart) == 48, "format");
_Static_assert(sizeof(struct description_domain) == 64 + 10 * 8 + 48 + 24 + 48, "format");
_Static_assert(sizeof(struct description_region) == 64 + 48, "format");
_Static_assert(sizeof(struct description_map) == 16, "format");
_Static_assert(sizeof(struct description_segment) == 40, "format");
_Static_assert(sizeof(struct description_channel) == 24, "format");
_Static_assert(sizeof(struct description_service) == 72, "format");
_Static_assert(sizeof(struct description_irq) == 48, "format");
_Static_assert(sizeof(struct description_port) == 16, "format");
_Static_assert(sizeof(struct description_grant) == 16, "format");
_Static_assert(sizeof(struct description_turn) == 16, "format");
_Static_assert(sizeof(struct description_patch) == 16, "format");

/* The program that a domain runs: that of the description, or one from an update. */
struct program_view {
    const char *base; /* what offsets count from */
    uint64_t entry;
    const struct description_segment *segments;
    uint32_t segment_count;
};

/* Row `index` of a table of `description`. */
#define DESCRIPTION_ROW(description, table, type, index)                                                               \
    ((const struct description_##type *)((const char *)(description) + (description)->table.offset) + (index))
