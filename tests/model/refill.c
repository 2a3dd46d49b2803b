/* Budgets: lists of (time, amount), of which the first is used. */
#include "internal.h"

static uint64_t minimum(void)
{
    return MINIMUM_BUDGET_US * MODEL_TICKS_PER_US;
}

bool has_budget(const struct model_schedctx *sc, uint64_t used)
{
    return sc->refill[0].amount >= used + minimum();
}

bool is_released(const struct model_schedctx *sc, uint64_t now)
{
    return sc->refill[0].time <= now;
}

static struct model_refill take_first(struct model_schedctx *sc)
{
    struct model_refill first = sc->refill[0];
    sc->refill_count--;
    for (unsigned i = 0; i < sc->refill_count; i++)
        sc->refill[i] = sc->refill[i + 1];
    return first;
}

static void add_last(struct model_schedctx *sc, uint64_t time, uint64_t amount)
{
    if (sc->refill_count == 0) {
        sc->refill[sc->refill_count++] = (struct model_refill){time, amount};
        return;
    }
    struct model_refill *last = &sc->refill[sc->refill_count - 1];
    if (time <= last->time + last->amount) {
        last->amount += amount;
    } else if (sc->refill_count == sc->refill_max) {
        /* No room: the last takes it in, and ends when the new one would have. */
        uint64_t end = time + amount;
        last->amount += amount;
        last->time = end - last->amount;
    } else {
        sc->refill[sc->refill_count++] = (struct model_refill){time, amount};
    }
}

static void join_small_head(struct model_schedctx *sc)
{
    while (sc->refill_count > 1 && sc->refill[0].amount < minimum()) {
        struct model_refill small = take_first(sc);
        sc->refill[0].time -= small.amount;
        sc->refill[0].amount += small.amount;
    }
}

/* Round robin: what is left of the slice, and what was used of it. */
static void charge_slice(struct model_schedctx *sc, uint64_t used, bool is_end)
{
    if (is_end)
        used = sc->refill[0].amount;
    sc->refill[0].amount -= used;
    sc->refill[1].amount += used;
    if (is_end) {
        sc->refill[0].amount = sc->refill[1].amount;
        sc->refill[1].amount = 0;
    }
}

void charge(struct model_schedctx *sc, uint64_t used, bool is_end)
{
    sc->consumed += used;
    if (sc->is_round_robin) {
        charge_slice(sc, used, is_end);
        return;
    }
    while (used >= sc->refill[0].amount) {
        struct model_refill whole = take_first(sc);
        used -= whole.amount;
        add_last(sc, whole.time + sc->period, whole.amount);
    }
    if (used > 0) {
        struct model_refill *head = &sc->refill[0];
        uint64_t back = head->time + sc->period;
        head->time += used;
        head->amount -= used;
        add_last(sc, back, used);
    }
    join_small_head(sc);
}

void start_running(struct model_schedctx *sc, uint64_t now)
{
    if (sc->is_round_robin || sc->refill[0].time > now)
        return;
    sc->refill[0].time = now;
    while (sc->refill_count > 1 && sc->refill[1].time <= sc->refill[0].time + sc->refill[0].amount) {
        struct model_refill head = take_first(sc);
        sc->refill[0] = (struct model_refill){head.time, head.amount + sc->refill[0].amount};
    }
}

void set_parameters(struct model_schedctx *sc, uint64_t budget, uint64_t period, unsigned refill_max, uint64_t now,
                    bool is_in_use)
{
    struct model_refill head = {now, budget};
    if (is_in_use) {
        head.time = sc->refill[0].time > now ? sc->refill[0].time : now;
        head.amount = sc->refill[0].amount < budget ? sc->refill[0].amount : budget;
    }
    sc->is_configured = true;
    sc->budget = budget;
    sc->is_round_robin = budget == period;
    sc->period = sc->is_round_robin ? 0 : period;
    sc->refill_max = sc->is_round_robin ? 2 : refill_max;
    if (sc->is_round_robin) {
        sc->refill_count = 2;
        sc->refill[0] = (struct model_refill){now, budget};
        sc->refill[1] = (struct model_refill){now, 0};
        return;
    }
    sc->refill_count = 1;
    sc->refill[0] = head;
    if (head.amount < budget)
        sc->refill[sc->refill_count++] = (struct model_refill){head.time + period, budget - head.amount};
    join_small_head(sc);
}
