/*
 * What a terminal does between a keyboard and a program: line editing, echo, control characters that make signals, and
 * the translation of line ends. It knows no processes and no device.
 */
#pragma once

#include "personality/linux/abi/tty.h"
#include <stdbool.h>
#include <stddef.h>

enum { TTY_INPUT_SIZE = 4096 };

struct line_discipline {
    struct linux_termios termios;
    void (*emit)(void *context, const char *bytes, size_t count); /* echo, towards the screen */
    void *context;
    uint16_t input[TTY_INPUT_SIZE]; /* a ring: a byte, and the marks below */
    uint64_t read_total;            /* taken by programs */
    uint64_t line_total;            /* ends of the last complete line */
    uint64_t written_total;
    bool next_is_literal; /* after Ctrl-V */
};

/* Cooked mode with the usual control characters. */
void line_discipline_initialise(struct line_discipline *line, void (*emit)(void *, const char *, size_t),
                                void *context);
void line_discipline_set(struct line_discipline *line, const struct linux_termios *termios);
void line_discipline_flush(struct line_discipline *line);

/* A byte came from the keyboard. The signal that the foreground group gets for it, or 0. */
int line_discipline_input(struct line_discipline *line, unsigned char byte);

/* Whether a read would not wait; how many bytes it could get. */
size_t line_discipline_readable(const struct line_discipline *line);
bool line_discipline_is_ready(const struct line_discipline *line);

/* Takes at most `room` bytes, in canonical mode at most one line. 0 when ready: end of file. */
size_t line_discipline_read(struct line_discipline *line, char *bytes, size_t room);

/* Translates one byte of output into at most 2; gives their number. */
size_t line_discipline_output(const struct line_discipline *line, char byte, char out[2]);
