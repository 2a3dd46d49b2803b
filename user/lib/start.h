/*
 * How a program starts and ends. The library's entry sets up a stack, thread-local storage and the IPC buffer and calls
 * `int main(void)`; what main returns goes to program_exit.
 */
#pragma once

#include <sel4/bootinfo.h>

int main(void);

/* The boot information that the kernel passed. */
seL4_BootInfo *pecan_boot_info(void);

/*
 * Ends the program: stops the machine where that is possible (machine_stop), else suspends the thread. A component that
 * does not own the machine defines its own.
 */
_Noreturn void program_exit(int status);
