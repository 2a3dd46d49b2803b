/* The devices of a PC that the root task drives itself: serial line, timer, clock, and the ways to end. */
#pragma once

#include <sel4/sel4.h>
#include <stdbool.h>

/* Null, or what is wrong. */
const char *platform_initialise(const seL4_BootInfo *info);

/* Interrupts came: NOTIFIED_ bits. */
void platform_notified(seL4_Word bits);
