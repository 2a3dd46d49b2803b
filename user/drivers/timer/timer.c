#include "drivers/timer/timer.h"

#include "drivers/port.h"

enum { CHANNEL_0 = 0x40, COMMAND = 0x43 };
enum { ONE_SHOT_BOTH_BYTES = 0x30 }; /* channel 0, low then high byte, mode 0: interrupt on terminal count */

#define TICKS_PER_SECOND 1193182ull
#define NS_PER_SECOND    1000000000ull
#define MOST_TICKS       0xffffull

uint16_t timer_ticks(uint64_t ns)
{
    if (ns >= MOST_TICKS * NS_PER_SECOND / TICKS_PER_SECOND)
        return MOST_TICKS;
    uint64_t ticks = (ns * TICKS_PER_SECOND + NS_PER_SECOND - 1) / NS_PER_SECOND;
    return ticks ? (uint16_t)ticks : 1;
}

void timer_start(seL4_CPtr ports, uint64_t ns)
{
    uint16_t ticks = timer_ticks(ns);
    port_write8(ports, COMMAND, ONE_SHOT_BOTH_BYTES);
    port_write8(ports, CHANNEL_0, (uint8_t)ticks);
    port_write8(ports, CHANNEL_0, (uint8_t)(ticks >> 8));
}
