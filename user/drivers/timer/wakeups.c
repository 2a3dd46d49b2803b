#include "drivers/timer/wakeups.h"

void wakeups_clear(struct wakeups *wakeups)
{
    for (unsigned client = 0; client < WAKEUPS_CLIENTS; client++)
        wakeups->moments_ns[client] = WAKEUPS_NEVER;
}

void wakeups_set(struct wakeups *wakeups, unsigned client, uint64_t moment_ns)
{
    wakeups->moments_ns[client] = moment_ns;
}

uint64_t wakeups_first(const struct wakeups *wakeups)
{
    uint64_t first = WAKEUPS_NEVER;
    for (unsigned client = 0; client < WAKEUPS_CLIENTS; client++) {
        if (wakeups->moments_ns[client] < first)
            first = wakeups->moments_ns[client];
    }
    return first;
}

uint64_t wakeups_take(struct wakeups *wakeups, uint64_t now_ns)
{
    uint64_t due = 0;
    for (unsigned client = 0; client < WAKEUPS_CLIENTS; client++) {
        if (wakeups->moments_ns[client] == WAKEUPS_NEVER || wakeups->moments_ns[client] > now_ns)
            continue;
        wakeups->moments_ns[client] = WAKEUPS_NEVER;
        due |= 1ull << client;
    }
    return due;
}
