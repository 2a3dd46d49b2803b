/*
 * The one terminal: the console, with its line discipline, its session and its foreground group.
 *
 * /dev/console and /dev/ttyS0 name it; /dev/tty names it for the processes of its session.
 */
#pragma once

#include "personality/linux/file/open_file.h"

enum { TTY_MAJOR_CURRENT = 5, TTY_MAJOR_SERIAL = 4 }; /* /dev/tty 5:0, /dev/console 5:1, /dev/ttyS0 4:64 */

extern const struct file_operations tty_operations;

void tty_initialise(void);

/* The session gets the terminal, its group the foreground. */
void tty_attach(int session, int group);
void tty_session_ended(int session);
int tty_session(void);
int tty_foreground_group(void);

/* What opening one of its names does: 0, or -ENXIO for /dev/tty without a terminal. */
int64_t tty_open(struct thread *thread, uint64_t device, uint32_t flags);

void tty_receive(const char *bytes, size_t count);
void tty_drained(void);

/* The terminal has another size; 0: not known, then it is 80 by 24. The foreground group is told (SIGWINCH). */
void tty_resized(uint16_t columns, uint16_t lines);

/* Waits until everything that programs have written is on the screen. */
void tty_flush(void);
