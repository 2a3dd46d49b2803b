#include "personality/linux/process/timer.h"

static struct list timers = LIST_INITIAL(timers);

static struct timer *timer_of(struct list *in_all)
{
    return list_item(in_all, struct timer, in_all);
}

void timer_initialise(struct timer *timer, void (*passed)(struct timer *timer))
{
    list_initialise(&timer->in_all);
    timer->passed = passed;
}

void timer_set(struct timer *timer, uint64_t moment_ns)
{
    timer->moment_ns = moment_ns;
    list_remove(&timer->in_all);
    list_append(&timers, &timer->in_all);
}

void timer_cancel(struct timer *timer)
{
    list_remove(&timer->in_all);
}

void timers_pass(uint64_t now_ns)
{
    list_each (entry, &timers) {
        struct timer *timer = timer_of(entry);
        if (timer->moment_ns > now_ns)
            continue;
        list_remove(&timer->in_all);
        timer->passed(timer);
    }
}

uint64_t timers_next(void)
{
    uint64_t next = UINT64_MAX;
    list_each (entry, &timers) {
        if (timer_of(entry)->moment_ns < next)
            next = timer_of(entry)->moment_ns;
    }
    return next;
}
