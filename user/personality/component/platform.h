/* The devices of a PC that the component drives itself: serial line, timer, clock, and the ways to end. */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>

/* Channels to servers, as the description numbers them. */
enum { NETWORK_CHANNEL = 10, CONTROL_CHANNEL = 12 };

/* Null, or what is wrong. */
const char *platform_initialise(void);

/* A channel or an interrupt has signalled. */
void platform_notified(unsigned id);
