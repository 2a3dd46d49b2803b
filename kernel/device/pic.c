#include "device/pic.h"

#include "machine/instructions.h"

#define PRIMARY_COMMAND   0x20
#define PRIMARY_DATA      0x21
#define SECONDARY_COMMAND 0xa0
#define SECONDARY_DATA    0xa1

#define COMMAND_INIT 0x11 /* edge triggered, cascaded, a fourth word follows */
#define CASCADE_LINE 2
#define MODE_8086    1
#define ALL_MASKED   0xff

BOOT_CODE void pic_disable(unsigned vector)
{
    port_out8(PRIMARY_COMMAND, COMMAND_INIT);
    port_out8(SECONDARY_COMMAND, COMMAND_INIT);
    port_out8(PRIMARY_DATA, (uint8_t)vector);
    port_out8(SECONDARY_DATA, (uint8_t)(vector + 8));
    port_out8(PRIMARY_DATA, 1 << CASCADE_LINE);
    port_out8(SECONDARY_DATA, CASCADE_LINE);
    port_out8(PRIMARY_DATA, MODE_8086);
    port_out8(SECONDARY_DATA, MODE_8086);
    port_out8(PRIMARY_DATA, ALL_MASKED);
    port_out8(SECONDARY_DATA, ALL_MASKED);
}
