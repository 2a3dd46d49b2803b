#include "lib/machine.h"

#include <sel4/sel4.h>

#define SERIAL_FIRST_PORT MACHINE_SERIAL_FIRST_PORT
#define SERIAL_LAST_PORT  MACHINE_SERIAL_LAST_PORT

/* Registers of a 16550, from its first port. */
#define SERIAL_DATA          0
#define SERIAL_INTERRUPTS    1
#define SERIAL_FIFO_CONTROL  2
#define SERIAL_LINE_CONTROL  3
#define SERIAL_MODEM_CONTROL 4
#define SERIAL_LINE_STATUS   5

#define LINE_8N1           0x03
#define LINE_DIVISOR       0x80
#define FIFO_ON_CLEAR      0x07
#define MODEM_DTR_RTS_OUT2 0x0b
#define STATUS_CAN_SEND    0x20
#define DIVISOR_115200     1

static seL4_CPtr serial_ports;

static seL4_Error ports_issue(seL4_CPtr slot, seL4_Word first, seL4_Word last)
{
    return seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, first, last, seL4_CapInitThreadCNode, slot,
                                        seL4_WordBits);
}

static void serial_set(seL4_Word reg, seL4_Word value)
{
    seL4_X86_IOPort_Out8(serial_ports, SERIAL_FIRST_PORT + reg, value);
}

seL4_Error machine_serial_open(seL4_CPtr slot)
{
    seL4_Error error = ports_issue(slot, SERIAL_FIRST_PORT, SERIAL_LAST_PORT);

    if (error)
        return error;
    serial_ports = slot;
    serial_set(SERIAL_INTERRUPTS, 0);
    serial_set(SERIAL_LINE_CONTROL, LINE_DIVISOR);
    serial_set(SERIAL_DATA, DIVISOR_115200);
    serial_set(SERIAL_INTERRUPTS, 0);
    serial_set(SERIAL_LINE_CONTROL, LINE_8N1);
    serial_set(SERIAL_FIFO_CONTROL, FIFO_ON_CLEAR);
    serial_set(SERIAL_MODEM_CONTROL, MODEM_DTR_RTS_OUT2);
    return seL4_NoError;
}

void machine_serial_take_over(seL4_CPtr ports)
{
    serial_ports = ports;
    serial_set(SERIAL_INTERRUPTS, 0);
}

void machine_serial_put(char character)
{
    while (!(seL4_X86_IOPort_In8(serial_ports, SERIAL_FIRST_PORT + SERIAL_LINE_STATUS).result & STATUS_CAN_SEND))
        seL4_Yield();
    serial_set(SERIAL_DATA, (seL4_Uint8)character);
}

_Noreturn void machine_stop(int status)
{
    seL4_CPtr slot = seL4_GetBootInfo()->empty.end - 1;

    if (!ports_issue(slot, MACHINE_EXIT_FIRST_PORT, MACHINE_EXIT_LAST_PORT))
        machine_exit(slot, status);
#ifdef CONFIG_DEBUG_BUILD
    seL4_DebugHalt();
#endif
    for (;;)
        seL4_TCB_Suspend(seL4_CapInitThreadTCB);
}
