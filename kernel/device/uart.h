/* A 16550 serial port, written by polling: the debug console. */
#pragma once

#include "lib/compiler.h"

/* Sets the port's registers at I/O port `base` up: 115200 baud, 8 bits, no parity, no interrupts. */
void uart_init(uint16_t base);
/* Sends one byte; waits for room, but not for ever where no port answers. */
void uart_put(uint16_t base, char character);
