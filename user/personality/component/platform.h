/* The devices of a PC that the component drives itself, the serial line and the ways to end, and the time. */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>

/* Channels to servers, as the description numbers them. */
enum { NETWORK_CHANNEL = 10, CONTROL_CHANNEL = 12 };

/* Null, or what is wrong. */
const char *platform_initialise(void);

/* A channel or an interrupt has signalled. */
void platform_notified(unsigned id);
