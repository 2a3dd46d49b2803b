#include "arch/x86_64/timer.h"

#include "core/cpu.h"
#include "device/lapic.h"
#include "machine/instructions.h"

static struct clock clock;

BOOT_CODE void timer_init(struct clock measured)
{
    clock = measured;
    clock.longest_ticks = measured.timer_ratio ? (UINT64_MAX - UINT32_MAX) / measured.timer_ratio : 0;
}

uint64_t hal_ticks_per_us(void)
{
    return clock.ticks_per_us;
}

/* Counts for `ticks`, rounded up so that the interrupt is not early; at least 1, at most what the counter holds. */
static uint32_t timer_counts(uint64_t ticks)
{
    if (ticks >= clock.longest_ticks)
        return UINT32_MAX;
    uint64_t counts = (ticks * clock.timer_ratio + UINT32_MAX) >> 32;
    return counts ? (uint32_t)counts : 1;
}

void hal_timer_set(uint64_t deadline)
{
    this_cpu()->machine.timer_deadline = deadline;
    if (!clock.timer_ratio) {
        msr_write(MSR_TSC_DEADLINE, deadline ? deadline : 1);
        return;
    }
    uint64_t now = tsc_read();
    lapic_timer_start(timer_counts(deadline > now ? deadline - now : 0));
}

bool timer_has_expired(void)
{
    uint64_t deadline = this_cpu()->machine.timer_deadline;
    if (tsc_read() >= deadline)
        return true;
    hal_timer_set(deadline);
    return false;
}
