#include "device/uart.h"

#include "machine/instructions.h"

#define REGISTER_DATA      0
#define REGISTER_INTERRUPT 1
#define REGISTER_FIFO      2
#define REGISTER_LINE      3
#define REGISTER_MODEM     4
#define REGISTER_STATUS    5

#define LINE_8_BITS       3
#define LINE_DIVISOR      0x80
#define FIFO_ON_AND_CLEAR 7
#define MODEM_READY       0x0b /* DTR, RTS, and the line that lets interrupts out */
#define STATUS_ROOM       0x20
#define DIVISOR_115200    1
/* About the time of 16 characters at 9600 baud on any machine. */
#define WAIT_READS 200000

BOOT_CODE void uart_init(uint16_t base)
{
    port_out8(base + REGISTER_INTERRUPT, 0);
    port_out8(base + REGISTER_LINE, LINE_DIVISOR);
    port_out8(base + REGISTER_DATA, DIVISOR_115200);
    port_out8(base + REGISTER_INTERRUPT, 0);
    port_out8(base + REGISTER_LINE, LINE_8_BITS);
    port_out8(base + REGISTER_FIFO, FIFO_ON_AND_CLEAR);
    port_out8(base + REGISTER_MODEM, MODEM_READY);
}

void uart_put(uint16_t base, char character)
{
    for (unsigned i = 0; i < WAIT_READS; i++)
        if (port_in8(base + REGISTER_STATUS) & STATUS_ROOM)
            break;
    port_out8(base + REGISTER_DATA, (uint8_t)character);
}
