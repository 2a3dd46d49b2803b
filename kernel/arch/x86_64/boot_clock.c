/* How fast the clocks are: counted while the interval timer, whose frequency is known, runs down. */
#include "arch/x86_64/boot.h"
#include "arch/x86_64/timer.h"
#include "core/cpu.h"
#include "device/lapic.h"
#include "device/pit.h"
#include "machine/instructions.h"

#define MEASURE_TICKS 23864 /* of the interval timer: 20 ms */
#define MEASURE_TRIES 10
/* A measurement is good when its ends are known to this fraction of its length (binary places). */
#define GOOD_BITS 12
/* Two ratios that differ by less than this fraction (binary places) are the same: what measuring blurs. */
#define SAME_RATIO_BITS 17
#define LEAF_CRYSTAL    0x15u
#define HZ_PER_MHZ      1000000u
/* So many ticks are more than a second on any processor. */
#define GIVE_UP_TICKS BIT(34)

struct measurement {
    uint64_t tsc, timer;  /* ticks while the interval timer ran down */
    uint64_t uncertainty; /* of tsc */
};

static struct measurement measure_once(void)
{
    uint64_t before_start = tsc_read();
    pit_start(MEASURE_TICKS);
    uint64_t start = tsc_read();
    lapic_timer_start(UINT32_MAX);
    uint64_t timer_start_at = tsc_read();

    uint64_t last_running = start, end;
    for (;;) {
        bool is_done = pit_is_done();
        end = tsc_read();
        if (is_done)
            break;
        if (end - start > GIVE_UP_TICKS)
            boot_refuse("the interval timer, which other clocks are measured with, does not run");
        last_running = end;
    }
    uint32_t timer_counted = UINT32_MAX - lapic_timer_left();
    uint64_t timer_end_at = tsc_read();
    lapic_timer_start(0);

    uint64_t tsc = (end + last_running) / 2 - (start + before_start) / 2;
    uint64_t timer_span = timer_end_at - timer_start_at;
    return (struct measurement){
        .tsc = tsc,
        .timer = timer_counted * tsc / (timer_span ? timer_span : 1), /* 32 + 27 bits at 5 GHz */
        .uncertainty = (end - last_running) + (start - before_start),
    };
}

static struct measurement measure(void)
{
    struct measurement best = measure_once();
    for (unsigned i = 1; i < MEASURE_TRIES && best.uncertainty > best.tsc >> GOOD_BITS; i++) {
        struct measurement next = measure_once();
        if (next.uncertainty < best.uncertainty)
            best = next;
    }
    return best;
}

/* Ticks while the interval timer ran down, as whole MHz, to the nearest. */
static uint64_t to_mhz(uint64_t ticks)
{
    uint64_t divisor = (uint64_t)MEASURE_TICKS * HZ_PER_MHZ;
    return (ticks * PIT_FREQUENCY_HZ + divisor / 2) / divisor;
}

/* What the processor says of its counter, to the nearest MHz; taken if it agrees with what was measured to 1 %. */
static uint64_t stated_mhz(uint64_t measured)
{
    if (cpuid_read(0, 0).a < LEAF_CRYSTAL)
        return measured;
    struct cpuid crystal = cpuid_read(LEAF_CRYSTAL, 0);
    if (!crystal.a || !crystal.b || !crystal.c)
        return measured;
    uint64_t stated = ((uint64_t)crystal.c * crystal.b / crystal.a + HZ_PER_MHZ / 2) / HZ_PER_MHZ;
    uint64_t difference = stated > measured ? stated - measured : measured - stated;
    return difference * 100 <= measured ? stated : measured;
}

uint64_t boot_measure_clocks(void)
{
    struct measurement measured = measure();
    uint64_t mhz = stated_mhz(to_mhz(measured.tsc)), timer_mhz = to_mhz(measured.timer);
    if (mhz == 0 || (!cpu_features.tsc_deadline && measured.timer == 0))
        boot_refuse("the clocks do not run (counter %lu, timer %lu ticks)", measured.tsc, measured.timer);

    uint64_t ratio = (measured.timer << 32) / measured.tsc;
    uint64_t round_ratio = (timer_mhz << 32) / mhz;
    uint64_t difference = ratio > round_ratio ? ratio - round_ratio : round_ratio - ratio;
    if (difference <= ratio >> SAME_RATIO_BITS)
        ratio = round_ratio;
    timer_init((struct clock){.ticks_per_us = mhz, .timer_ratio = cpu_features.tsc_deadline ? 0 : ratio});
    return mhz;
}
