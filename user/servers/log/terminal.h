/*
 * Shows all logs on a terminal (protocols/terminal.h): line by line as they come, the oldest first. How far each was shown is in this side's
 * region, which outlives the program.
 */
#pragma once

#include <stdbool.h>

/* The terminal's region, and this side's, of TERMINAL_REGION_BYTES. The caller notifies the terminal. */
void log_terminal_start(const void *region, void *own_region);

/* Shows what has come, as far as there is room. True: notify the terminal. */
bool log_terminal_show(void);

/* False: there is something to show now. */
bool log_terminal_waits(void);
