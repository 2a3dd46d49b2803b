/*
 * The component of time (protocols/time.h): owns the timer, fills in the page of time, and wakes its clients. Each channel is one client, but
 * for that to the real-time clock, which the date comes from, if the description gives it one.
 */
#include "drivers/timer/timer.h"
#include "drivers/timer/wakeups.h"
#include "protocols/rtc.h"
#include "protocols/time.h"
#include <microkit.h>
#include <pecan/component.h>

enum { TIMER_PORTS = 0, INTERRUPT = 0, CLOCK = 61 };

/* Filled in from the description. */
uintptr_t page_start;

static struct time_page *page;
static struct wakeups wakeups;
static uint64_t armed_ns; /* the moment that the timer runs for */

static void notify(uint64_t channels)
{
    for (microkit_channel ch = 0; channels; ch++, channels >>= 1) {
        if (channels & 1)
            microkit_notify(ch);
    }
}

/* Wakes whose moment has come, and lets the timer run for the next one. */
static void serve(void)
{
    uint64_t now = time_now_ns(page);
    notify(wakeups_take(&wakeups, now));
    uint64_t first = wakeups_first(&wakeups);
    if (first != armed_ns && first != WAKEUPS_NEVER)
        timer_start(BASE_IOPORT_CAP + TIMER_PORTS, first > now ? first - now : 0);
    armed_ns = first;
}

/* The date; 0: not known. */
static uint64_t date_ask_for(void)
{
    if (!(microkit_pps >> CLOCK & 1))
        return 0;
    microkit_msginfo answer = pecan_call_again(CLOCK, microkit_msginfo_new(RTC_READ, 0), 0);
    return microkit_msginfo_get_label(answer) == RTC_OK ? microkit_mr_get(0) : 0;
}

/* The time goes on from where an earlier start of this component had it begin. */
static void page_fill_in(void)
{
    uint32_t ticks_per_us = (uint32_t)pecan_component_page->counter_per_us, epoch = page->epoch + 1;
    if (!time_is_known(page) || page->ticks_per_us != ticks_per_us) {
        page->start_date = date_ask_for();
        page->start_ticks = pecan_counter();
        page->ticks_per_us = ticks_per_us;
    }
    atomic_store_explicit(&page->epoch, epoch ? epoch : 1, memory_order_release);
}

void init(void)
{
    page = (struct time_page *)page_start;
    wakeups_clear(&wakeups);
    armed_ns = WAKEUPS_NEVER;
    page_fill_in();
    notify(microkit_notifications);
}

void notified(microkit_channel ch)
{
    if (ch != INTERRUPT)
        return;
    microkit_irq_ack(ch);
    armed_ns = WAKEUPS_NEVER;
    serve();
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    if (microkit_msginfo_get_label(msginfo) != TIME_WAKE_AT || microkit_msginfo_get_count(msginfo) != 1)
        return microkit_msginfo_new(TIME_BAD_CALL, 0);
    wakeups_set(&wakeups, ch, microkit_mr_get(0));
    serve();
    return microkit_msginfo_new(TIME_OK, 0);
}
