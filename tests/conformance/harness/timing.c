#include "timing.h"

#include "lib/start.h"

#include <pecan/features.h>

/* Two readings of the clock that are farther apart than this had something else in between. */
#define GAP_US 4

seL4_Word ticks_per_us(void)
{
    static seL4_Word ticks;

    if (!ticks) {
        const seL4_BootInfoHeader *header = pecan_boot_chunk(pecan_boot_info(), SEL4_BOOTINFO_HEADER_X86_TSC_FREQ);
        ticks = *(const uint32_t *)(header + 1);
    }
    return ticks;
}

seL4_Word us_now(void)
{
    return ticks_now() / ticks_per_us();
}

void burn(seL4_Word us)
{
    seL4_Word wanted = us * ticks_per_us(), gap = GAP_US * ticks_per_us(), burnt = 0, last = ticks_now();

    while (burnt < wanted) {
        seL4_Word now = ticks_now();
        if (now - last < gap)
            burnt += now - last;
        last = now;
    }
}
