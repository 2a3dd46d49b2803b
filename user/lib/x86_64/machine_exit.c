#include "lib/machine.h"

#include <sel4/sel4.h>

enum { EXIT_VALUE_MOST = 119 }; /* the exit port carries 7 bits, and what is above is the kernel's */

void machine_exit(seL4_CPtr ports, int status)
{
    seL4_X86_IOPort_Out8(ports, MACHINE_EXIT_LAST_PORT, (seL4_Uint8)status);
    seL4_X86_IOPort_Out32(ports, MACHINE_EXIT_FIRST_PORT,
                          (seL4_Word)(status < EXIT_VALUE_MOST ? status : EXIT_VALUE_MOST));
}
