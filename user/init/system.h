/*
 * What init knows of the running system: for each part of the description, the capabilities it made for it.
 */
#pragma once

#include "init/description.h"
#include "init/memory.h"
#include "init/plan.h"

#include <sel4/sel4.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Badges of init's own endpoint: who sends, and why. */
enum {
    BADGE_DOMAIN_MASK = 0xff, /* index of the domain */
    BADGE_FAULT = 0x100,      /* a fault, or the notice that a passive domain has finished its init() */
    BADGE_TIMEOUT = 0x200,    /* a budget is used up */
    BADGE_SUPERVISOR = 0x300, /* a request */
    BADGE_DEAD = 0x400,       /* a call to a domain that stays stopped, which init answers in its place */
    BADGE_TICK = 0x800,       /* init's clock, on its notification */
    BADGE_KIND_MASK = 0xf00,
};

/* Slots of a domain from CSPACE_BUDGET on. */
enum { BUDGET_PIECES_MOST = 48 };

/* Badges that a domain's endpoint shows its event loop (microkit.h relies on them). */
#define BADGE_CALL  (1ul << 63)
#define BADGE_CHILD (1ul << 62)

/* A domain has private objects only while it runs. */
enum domain_state {
    DOMAIN_STOPPED, /* for good, or until a supervisor starts it: calls to it get an error */
    DOMAIN_WAITS,   /* until its restart is due: calls to it wait too */
    DOMAIN_RUNS,
};

/* Why a domain was stopped; pecan/supervisor.h says what the numbers mean. */
struct domain_failure {
    uint32_t kind; /* pecan_failure */
    uint64_t time_us, fault, instruction, address;
};

/* What a domain counts (pecan/component.h). */
struct domain_counts {
    uint64_t calls_served, wakes, calls_made, notifications_sent;
};

struct domain_record {
    const struct description_domain *description;
    struct program_view program;
    struct domain_plan plan;
    uint32_t slot_count;
    seL4_CPtr slots;              /* the first; see enum plan_slot */
    seL4_CPtr irqs, ports, pools; /* as many ASID pools as the description grants */
    seL4_CPtr budget;             /* the untyped memory it may use as it likes, */
    uint32_t budget_count;        /* in so many pieces */
    struct memory_piece budget_pieces[BUDGET_PIECES_MOST];
    enum domain_state state;
    bool is_passive_now;
    uint64_t starts, restarts;                 /* the latter after failures, or as a supervisor wanted it */
    uint64_t window_start_us, window_restarts; /* restarts that count against the limit */
    uint64_t due_us;                           /* DOMAIN_WAITS: when it starts again */
    uint64_t patience_us, gives_up_from_us;    /* after it gave up, which it may do again from then on */
    uint64_t heard_rounds, heard_us;           /* what its event loop had done when it was last woken, and when */
    struct domain_failure failure;             /* the last one */
    uint64_t out_since;               /* the processor's counter when it last stopped or hung; 0: it never did */
    bool is_out;                      /* has not been started since */
    struct domain_counts past_counts; /* of runs that have ended */
    uint64_t cpu_time_us;             /* as far as the kernel was asked */
};

struct region_record {
    seL4_CPtr frames;
    uint64_t frame_count;      /* fewer than described, or none, where the screen is */
    uint64_t physical_address; /* of one that lies somewhere, or in one piece */
};

struct system {
    const struct description *description;
    const seL4_BootInfo *boot;
    seL4_CPtr endpoint, reply; /* init's own */
    seL4_CPtr other_reply;     /* for calls that init answers in place of a domain */
    struct domain_record domains[DOMAINS_MAX];
    struct region_record *regions;
    uint64_t traced_since; /* by the processor's counter; 0: domains do not note events */
};

extern struct system the_system;

/* A row of a table of the running system's description. */
#define ROW(table, type, index) DESCRIPTION_ROW(the_system.description, table, type, index)

/* A part of a domain, or the plan's slot of it. */
static inline seL4_CPtr domain_slot(const struct domain_record *domain, enum plan_slot slot)
{
    return domain->slots + slot;
}

/* Copies or mints a capability of init into another CNode. Zero badge: a plain copy. */
seL4_Error cap_give(seL4_CPtr node, seL4_Word index, seL4_Word depth, seL4_CPtr source, seL4_CapRights_t rights,
                    seL4_Word badge);

/* How the kernel's trace calls a thread (pecan/trace.h). */
void thread_name_in_traces(seL4_CPtr tcb, seL4_Word trace_id);

/* Prints what is wrong, and stops the machine. */
_Noreturn void init_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
