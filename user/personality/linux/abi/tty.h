/* Linux terminal settings and requests. */
#pragma once

#include <stdint.h>

enum {
    TCGETS = 0x5401,
    TCSETS = 0x5402,
    TCSETSW = 0x5403,
    TCSETSF = 0x5404,
    TCSBRK = 0x5409,
    TCFLSH = 0x540b,
    TIOCSCTTY = 0x540e,
    TIOCGPGRP = 0x540f,
    TIOCSPGRP = 0x5410,
    TIOCOUTQ = 0x5411,
    TIOCGWINSZ = 0x5413,
    TIOCSWINSZ = 0x5414,
    FIONREAD = 0x541b,
    FIONBIO = 0x5421,
    TIOCNOTTY = 0x5422,
    TIOCGSID = 0x5429,
    FIONCLEX = 0x5450,
    FIOCLEX = 0x5451,
};

/* Indexes of the control characters */
enum {
    VINTR,
    VQUIT,
    VERASE,
    VKILL,
    VEOF,
    VTIME,
    VMIN,
    VSWTC,
    VSTART,
    VSTOP,
    VSUSP,
    VEOL,
    VREPRINT,
    VDISCARD,
    VWERASE,
    VLNEXT,
    VEOL2,
    TTY_CONTROL_COUNT = 19
};

/* input_flags */
enum {
    IGNBRK = 01,
    ISTRIP = 040,
    INLCR = 0100,
    IGNCR = 0200,
    ICRNL = 0400,
    IXON = 02000,
    IMAXBEL = 020000,
    IUTF8 = 040000
};
/* output_flags */
enum { OPOST = 01, ONLCR = 04, OCRNL = 010, ONOCR = 020, ONLRET = 040 };
/* control_flags: 38400 or 115200 baud, 8 bits, receiver on, hang up on close */
enum { B115200 = 010002, CS8 = 060, CREAD = 0200, HUPCL = 02000 };
/* local_flags */
enum {
    ISIG = 01,
    ICANON = 02,
    ECHO = 010,
    ECHOE = 020,
    ECHOK = 040,
    ECHONL = 0100,
    NOFLSH = 0200,
    TOSTOP = 0400,
    ECHOCTL = 01000,
    ECHOKE = 04000,
    IEXTEN = 0100000
};

struct linux_termios {
    uint32_t input_flags;
    uint32_t output_flags;
    uint32_t control_flags;
    uint32_t local_flags;
    uint8_t line;
    uint8_t control[TTY_CONTROL_COUNT];
};
_Static_assert(sizeof(struct linux_termios) == 36, "struct termios of the kernel interface");

struct linux_winsize {
    uint16_t rows, columns, x_pixels, y_pixels;
};
