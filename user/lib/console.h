/*
 * Where a program's text goes: the kernel's console in builds that print, else the first serial port through a
 * capability to its I/O ports, or any function that the program sets.
 */
#pragma once

#include <sel4/types.h>
#include <stddef.h>

typedef void (*console_output)(char character);

/*
 * Makes output work on a kernel that does not print: takes the serial port's I/O ports into the empty slot `slot` of
 * the root CNode. Does nothing where the kernel prints. Only for the program that holds I/O port control.
 */
seL4_Error console_open(seL4_CPtr slot);

/* Sends all further output to `output`; null goes back to the kernel's console. */
void console_set_output(console_output output);

/* Output that has nowhere to go is dropped. A newline is sent as carriage return and newline. */
void console_put(char character);
void console_write(const char *text, size_t length);
