/*
 * The little that the first program does with the machine itself before drivers run: polled serial output and stopping.
 */
#pragma once

#include <sel4/types.h>

/* Takes the first serial port's I/O ports into `slot` of the root CNode and sets the port up: 115200 baud, 8N1. */
seL4_Error machine_serial_open(seL4_CPtr slot);

/* Sends a character when the port is ready for it. machine_serial_open has succeeded. */
void machine_serial_put(char character);

/*
 * Ends the run: leaves QEMU with exit status 2 * status + 1 (status is 119 at most) where it has its debug-exit device,
 * else halts the kernel (debug builds), else suspends the calling thread. Uses the last empty slot that the boot
 * information names.
 */
_Noreturn void machine_stop(int status);
