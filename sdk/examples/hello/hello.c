/*
 * The smallest root task: it greets, says what the kernel gave it, and stops the machine.
 */
#include "lib/console.h"
#include "lib/print.h"
#include "lib/start.h"

#include <sel4/sel4.h>

int main(void)
{
    const seL4_BootInfo *info = pecan_boot_info();
    seL4_Word free_bytes = 0;

    /* A kernel that does not print leaves the serial line to us: any empty slot holds the ports. */
    if (console_open(info->empty.start))
        return 1;
    for (seL4_Word i = 0; i < info->untyped.end - info->untyped.start; i++)
        if (!info->untypedList[i].isDevice)
            free_bytes += 1ul << info->untypedList[i].sizeBits;
    printf("Hello from the first program: %lu MiB of memory in %lu pieces, %lu empty slots.\n", free_bytes >> 20,
           info->untyped.end - info->untyped.start, info->empty.end - info->empty.start);
    return 0;
}
