/* A root task of its own: its last call stops the machine. debug_calls.py reads what it prints. */
#include "lib/start.h"

#include <sel4/sel4.h>

int main(void)
{
#ifdef CONFIG_DEBUG_BUILD
    seL4_DebugPutString("# a dump follows\n");
    seL4_DebugNameThread(seL4_CapInitThreadTCB, "conformant");
    seL4_DebugDumpScheduler();
    seL4_DebugSnapshot();
    seL4_DebugPutString("# behind the snapshot\n# the dump is over\n# halting\n");
    seL4_DebugHalt();
    seL4_DebugPutString("# not halted\n");
#endif
    return 1;
}
