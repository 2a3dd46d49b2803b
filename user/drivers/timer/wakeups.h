/* Who is to be woken when: at most one moment for each of a few clients. No device is touched here. */
#pragma once

#include <stdint.h>

enum { WAKEUPS_CLIENTS = 64 };
#define WAKEUPS_NEVER UINT64_MAX

struct wakeups {
    uint64_t moments_ns[WAKEUPS_CLIENTS];
};

/* Nobody is to be woken. */
void wakeups_clear(struct wakeups *wakeups);

/* A client's moment, in place of its earlier one. `client` is less than WAKEUPS_CLIENTS. */
void wakeups_set(struct wakeups *wakeups, unsigned client, uint64_t moment_ns);

/* The first moment; WAKEUPS_NEVER: there is none. */
uint64_t wakeups_first(const struct wakeups *wakeups);

/* Whose moment has come, a bit for each client. They have none then. */
uint64_t wakeups_take(struct wakeups *wakeups, uint64_t now_ns);
