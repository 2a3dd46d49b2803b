/* What the component needs of servers, and the ways to end. */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>

/* Channels to servers, as the description numbers them. */
enum { TIME_CHANNEL = 1, TERMINAL_CHANNEL = 2, RANDOM_CHANNEL = 3, NETWORK_CHANNEL = 10, CONTROL_CHANNEL = 12 };

/* Null, or what is wrong. */
const char *platform_initialise(void);

/* A channel has signalled. Once after personality_start, that of the terminal is to be told without a signal: for what was typed before. */
void platform_notified(unsigned id);

/* terminal.c: starts it; its channel has signalled. */
void terminal_initialise(void);
void terminal_notified(void);
