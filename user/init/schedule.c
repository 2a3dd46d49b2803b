#include "init/schedule.h"

#include "init/clock.h"
#include "init/system.h"

static uint64_t turn_ticks(const struct description_turn *turn)
{
    uint64_t ticks;
    if (turn->is_ticks)
        return turn->duration;
    if (__builtin_mul_overflow(turn->duration, clock_ticks_per_us(), &ticks))
        init_fail("a turn of %lu us is too long", turn->duration);
    return ticks;
}

static void configure(uint32_t index, uint32_t domain, uint64_t ticks)
{
    seL4_Error error = seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, index, (seL4_Uint8)domain, ticks);
    if (error)
        init_fail("entry %u of the schedule is refused with error %u", index, (unsigned)error);
}

void schedule_begin(void)
{
    const struct description *description = the_system.description;
    uint32_t count = description->turns.count;
    if (count == 0)
        return;
    for (uint32_t i = 0; i < count; i++) {
        const struct description_turn *turn = ROW(turns, turn, i);
        /* The entry that the kernel began with becomes an end marker only when it is not the start any more. */
        if (turn->duration)
            configure(description->turn_shift + i, turn->domain, turn_ticks(turn));
    }
    seL4_Error error = seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, description->turn_start);
    if (error)
        init_fail("the start of the schedule is refused with error %u", (unsigned)error);
    for (uint32_t i = 0; i < count; i++)
        if (ROW(turns, turn, i)->duration == 0)
            configure(description->turn_shift + i, 0, 0);
    if (description->turn_shift + count < CONFIG_NUM_DOMAIN_SCHEDULES - 1)
        configure(description->turn_shift + count, 0, 0);
}
