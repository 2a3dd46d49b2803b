/* What belongs to the whole machine and not to an object: the one other place of mutable kernel state (besides struct cpu). */
#pragma once

#include "abi/config.h"
#include "hal/hal.h"
#include "object/cap_slot.h"

#define DOMAIN_SCHEDULE_LENGTH (CONFIG_NUM_DOMAIN_SCHEDULES)
#define DOMAIN_DURATION_MAX    (BIT(56) - 1)

struct domain_turn {
    uint64_t domain;
    uint64_t duration; /* ticks; 0 marks the end */
};

struct irq_line {
    bool is_issued;
    struct cap_slot notification; /* the handler's copy; empty when none is set */
};

struct system {
    struct irq_line irq[HAL_IRQ_COUNT];
    struct domain_turn schedule[DOMAIN_SCHEDULE_LENGTH];
    unsigned schedule_start, schedule_index;
#if CONFIG_DEBUG_BUILD
    struct thread *debug_threads;
#endif
};

extern struct system system_state;
