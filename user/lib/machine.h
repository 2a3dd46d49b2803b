/*
 * The little that the first program does with the machine itself before drivers run: polled serial output and stopping.
 */
#pragma once

#include <sel4/types.h>

/* Takes the first serial port's I/O ports into `slot` of the root CNode and sets the port up: 115200 baud, 8N1. */
seL4_Error machine_serial_open(seL4_CPtr slot);

/* Takes the port over from whoever set it up, with a capability to its ports. */
void machine_serial_take_over(seL4_CPtr ports);

/* Sends a character when the port is ready for it. machine_serial_open has succeeded. */
void machine_serial_put(char character);

#define MACHINE_SERIAL_FIRST_PORT 0x3f8
#define MACHINE_SERIAL_LAST_PORT  0x3ff

/* The I/O ports by which QEMU ends with a status (tools/run/README.md). */
#define MACHINE_EXIT_FIRST_PORT 0xf4
#define MACHINE_EXIT_LAST_PORT  0xf8

/* Ends QEMU with `status`, 0 to 255, through a capability to the ports above. Returns where there is no such device. */
void machine_exit(seL4_CPtr ports, int status);

/*
 * Ends the run: QEMU as above, else the kernel (debug builds), else the calling thread. Uses the last empty slot that the
 * boot information names.
 */
_Noreturn void machine_stop(int status);
