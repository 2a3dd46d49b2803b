/* A machine of plain memory: frames that can run out, and mappings that are written down. */
#pragma once

#include "personality/linux/machine.h"

/* Starts each test: all frames are free; what an earlier test left behind is its failure. */
void fake_machine_reset(void);

/* After so many frames more, memory is exhausted. */
void fake_frames_limit(uint32_t frames);
uint32_t fake_frames_used(void);
uint32_t fake_mappings(void);

/* How the hardware would map a page now: false, or its frame and whether it may be written. */
bool fake_mapping(const struct machine_space *space, uint64_t address, uint32_t *frame, bool *writable);

extern char fake_console[4096];
extern size_t fake_console_length;

/* How many lines were logged since the reset, and the last one. */
extern char fake_log[240];
extern unsigned fake_log_lines;

/* What is shared with the supervisor that there is; null: none. */
extern bool (*fake_control)(struct machine_control *control);

/* The network that there is; null: none. */
extern bool (*fake_network)(struct machine_network *network);
extern bool fake_network_is_notified;
