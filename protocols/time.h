/*
 * What time it is, and being woken at a moment.
 *
 * The time server fills in a page that its clients map read-only, and read by themselves: the time since the machine's start
 * (time_now_ns) and the date then. A client calls to be woken: it is notified once the moment has come, not before, and at most some 100
 * us later if it is the one to run. A notification may come without need.
 *
 * When the time server was restarted it notifies all clients, and `epoch` has changed: whoever waits for a moment asks again. The time
 * goes on meanwhile.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct time_page {
    _Atomic uint32_t epoch;        /* of the server's start; 0: there is no time yet */
    _Atomic uint32_t ticks_per_us; /* of the time-stamp counter */
    _Atomic uint64_t start_ticks;  /* the counter at time 0 */
    _Atomic uint64_t start_date;   /* seconds since 1970 at time 0, universal time; 0: not known */
};

/* The label of the call; one word, the moment in ns since the machine's start (TIME_NEVER: none). It replaces this client's earlier one. */
enum time_call { TIME_WAKE_AT = 1 };
enum time_result { TIME_OK, TIME_BAD_CALL };

#define TIME_NEVER UINT64_MAX

/* Ticks of the counter since time 0 as ns. */
static inline uint64_t time_ticks_to_ns(uint64_t ticks, uint32_t ticks_per_us)
{
    return ticks / ticks_per_us * 1000 + ticks % ticks_per_us * 1000 / ticks_per_us;
}

/* The page is filled in; before, there is no time. A server of a higher priority has done so before its clients run. */
static inline bool time_is_known(const struct time_page *page)
{
    return atomic_load_explicit(&page->epoch, memory_order_acquire) &&
           atomic_load_explicit(&page->ticks_per_us, memory_order_relaxed);
}

/* ns since time 0, which is shortly after the machine's start; 0 while there is no time. */
static inline uint64_t time_now_ns(const struct time_page *page)
{
    if (!time_is_known(page))
        return 0;
    uint64_t start = atomic_load_explicit(&page->start_ticks, memory_order_relaxed);
    uint32_t rate = atomic_load_explicit(&page->ticks_per_us, memory_order_relaxed);
    return rate ? time_ticks_to_ns(__builtin_ia32_rdtsc() - start, rate) : 0;
}

/* The date at time 0, in seconds since 1970; 0: not known. */
static inline uint64_t time_start_date(const struct time_page *page)
{
    return atomic_load_explicit(&page->start_date, memory_order_relaxed);
}
