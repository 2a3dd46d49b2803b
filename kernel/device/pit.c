#include "device/pit.h"

#include "machine/instructions.h"

#define CHANNEL2       0x42
#define COMMAND        0x43
#define CONTROL        0x61
#define CONTROL_GATE   BIT(0) /* lets channel 2 count */
#define CONTROL_SOUND  BIT(1)
#define CONTROL_OUTPUT BIT(5)
#define COMMAND_ONCE   0xb0 /* channel 2, two bytes, count once */

BOOT_CODE void pit_start(unsigned ticks)
{
    uint8_t control = port_in8(CONTROL) & (uint8_t) ~(CONTROL_GATE | CONTROL_SOUND);
    port_out8(CONTROL, control | (uint8_t)CONTROL_GATE);
    port_out8(COMMAND, COMMAND_ONCE);
    port_out8(CHANNEL2, (uint8_t)ticks);
    port_out8(CHANNEL2, (uint8_t)(ticks >> 8));
}

BOOT_CODE bool pit_is_done(void)
{
    return port_in8(CONTROL) & CONTROL_OUTPUT;
}
