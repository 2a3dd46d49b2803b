/* The refill list of scheduling contexts: arithmetic on times and amounts, nothing else. */
#include "core/time.h"
#include "lib/assert.h"
#include "object/schedctx.h"

unsigned schedctx_refills_in(unsigned size_bits)
{
    uint64_t extra = (BIT(size_bits) - sizeof(struct schedctx)) / sizeof(struct refill);
    return (unsigned)(extra > UINT32_MAX / 2 ? UINT32_MAX / 2 : extra) + MINIMUM_REFILLS;
}

static struct refill *refill_at(struct schedctx *sc, unsigned position)
{
    unsigned index = sc->refill_head + position;
    return &sc->refill[index < sc->refill_max ? index : index - sc->refill_max];
}

static struct refill *tail(struct schedctx *sc)
{
    return refill_at(sc, sc->refill_count - 1);
}

static struct refill pop_head(struct schedctx *sc)
{
    assert(sc->refill_count > 1);
    struct refill head = *schedctx_head(sc);
    sc->refill_head = (uint16_t)(sc->refill_head + 1 == sc->refill_max ? 0 : sc->refill_head + 1);
    sc->refill_count--;
    return head;
}

/* Adds at the end: merged with the last when they touch; a full list delays the last so that it ends as the new one would. */
static void append(struct schedctx *sc, struct refill refill)
{
    struct refill *last = tail(sc);
    if (refill.time <= last->time + last->amount) {
        last->amount += refill.amount;
    } else if (sc->refill_count == sc->refill_max) {
        last->time = refill.time - last->amount;
        last->amount += refill.amount;
    } else {
        sc->refill_count++;
        *tail(sc) = refill;
    }
}

static uint64_t total_budget(struct schedctx *sc)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < sc->refill_count; i++)
        total += refill_at(sc, i)->amount;
    return total;
}

/* A head below the minimum is joined with the next refill, which starts earlier by as much. */
static void merge_small_head(struct schedctx *sc)
{
    while (sc->refill_count > 1 && schedctx_head(sc)->amount < kernel_times.minimum_budget) {
        struct refill old = pop_head(sc);
        schedctx_head(sc)->amount += old.amount;
        schedctx_head(sc)->time -= old.amount;
    }
}

static void new_slice(struct schedctx *sc)
{
    sc->refill[0].amount += sc->refill[1].amount;
    sc->refill[1].amount = 0;
}

void schedctx_use_head(struct schedctx *sc, uint64_t used)
{
    if (used == 0)
        return;
    struct refill *head = schedctx_head(sc);
    struct refill back = {head->time + sc->period, used};
    head->amount -= used;
    head->time += used;
    append(sc, back);
}

void schedctx_exhaust(struct schedctx *sc, uint64_t used)
{
    sc->consumed += used;
    if (schedctx_is_round_robin(sc)) {
        new_slice(sc);
        return;
    }
    if (used >= 2 * schedctx_head(sc)->amount) {
        /* The processor was away (a stopped emulator): whole budgets at once, so that what follows is bounded. */
        uint64_t total = total_budget(sc), rounds = used / total;
        for (unsigned i = 0; i < sc->refill_count; i++)
            refill_at(sc, i)->time += rounds * sc->period;
        used -= rounds * total;
    }
    while (used >= schedctx_head(sc)->amount) {
        used -= schedctx_head(sc)->amount;
        if (sc->refill_count == 1) {
            schedctx_head(sc)->time += sc->period;
        } else {
            struct refill whole = pop_head(sc);
            whole.time += sc->period;
            append(sc, whole);
        }
    }
    schedctx_use_head(sc, used);
    merge_small_head(sc);
}

/* Joining steps over at most all refills with interrupts off: it is done in one walk, and written back once. */
void schedctx_join_refills(struct schedctx *sc, uint64_t now)
{
    unsigned head = sc->refill_head, count = sc->refill_count, max = sc->refill_max;
    struct refill joined = {now, sc->refill[head].amount};
    while (count > 1) {
        unsigned next = head + 1 == max ? 0 : head + 1;
        if (sc->refill[next].time > joined.time + joined.amount)
            break;
        joined.amount += sc->refill[next].amount;
        head = next;
        count--;
    }
    sc->refill_head = (uint16_t)head;
    sc->refill_count = (uint16_t)count;
    sc->refill[head] = joined;
}

static void set_round_robin(struct schedctx *sc, uint64_t budget, uint64_t now)
{
    sc->refill_count = MINIMUM_REFILLS;
    sc->refill[0] = (struct refill){now, budget};
    sc->refill[1] = (struct refill){now, 0};
}

void schedctx_configure(struct schedctx *sc, uint64_t budget, uint64_t period, unsigned refill_max, uint64_t now,
                        bool keeps_bandwidth)
{
    struct refill head = keeps_bandwidth ? *schedctx_head(sc) : (struct refill){now, budget};

    sc->is_round_robin = budget == period;
    sc->period = sc->is_round_robin ? 0 : period;
    sc->refill_head = 0;
    sc->refill_max = (uint16_t)(sc->is_round_robin ? MINIMUM_REFILLS : refill_max);
    if (sc->is_round_robin) {
        set_round_robin(sc, budget, now);
        return;
    }
    if (head.time < now)
        head.time = now;
    if (head.amount > budget)
        head.amount = budget;
    sc->refill_count = 1;
    sc->refill[0] = head;
    if (head.amount < budget) {
        sc->refill_count = 2;
        sc->refill[1] = (struct refill){head.time + period, budget - head.amount};
    }
    merge_small_head(sc);
}

uint64_t schedctx_report_consumed(struct schedctx *sc)
{
    uint64_t us = sc->consumed / kernel_times.ticks_per_us;
    sc->consumed = 0;
    return us;
}
