#include "drivers/serial16550/serial16550.h"

#include "drivers/port.h"

enum {
    DATA,
    INTERRUPT_ENABLE,
    INTERRUPT_ID,
    LINE_CONTROL,
    MODEM_CONTROL,
    LINE_STATUS,
    SCRATCH = 7,
    DIVISOR_LOW = 0,
    DIVISOR_HIGH = 1,
    FIFO_CONTROL = 2
};
enum { ENABLE_RECEIVE = 1, ENABLE_TRANSMIT = 2 };
enum { ID_NONE = 1, ID_HAS_QUEUES = 0xc0 };
enum { LINE_8_BITS = 3, LINE_DIVISOR = 0x80 };
enum { FIFO_ENABLE = 1, MODEM_ASK_TO_SEND = 2, MODEM_READY_AND_INTERRUPTS = 9 };
enum { STATUS_RECEIVED = 1, STATUS_LOST = 2, STATUS_ROOM = 0x20 };
enum { DIVISOR_115200 = 1, SCRATCH_FIRST = 0x5a, SCRATCH_SECOND = 0xa5 };

static uint8_t device_read(const struct serial16550 *serial, unsigned place)
{
    return port_read8(serial->ports, (uint16_t)(serial->base + place));
}

static void device_write(const struct serial16550 *serial, unsigned place, uint8_t value)
{
    port_write8(serial->ports, (uint16_t)(serial->base + place), value);
}

/* Reading the status ends the report of a loss. */
static uint8_t line_status(struct serial16550 *serial)
{
    uint8_t status = device_read(serial, LINE_STATUS);
    serial->has_lost |= status & STATUS_LOST;
    return status;
}

static bool keeps(const struct serial16550 *serial, uint8_t value)
{
    device_write(serial, SCRATCH, value);
    return device_read(serial, SCRATCH) == value;
}

static void enable(struct serial16550 *serial, uint8_t interrupts)
{
    if (interrupts != serial->interrupts)
        device_write(serial, INTERRUPT_ENABLE, interrupts);
    serial->interrupts = interrupts;
}

bool serial16550_start(struct serial16550 *serial, seL4_CPtr ports, uint16_t base)
{
    *serial = (struct serial16550){.ports = ports, .base = base};
    if (!keeps(serial, SCRATCH_FIRST) || !keeps(serial, SCRATCH_SECOND))
        return false;
    device_write(serial, INTERRUPT_ENABLE, 0);
    device_write(serial, LINE_CONTROL, LINE_DIVISOR | LINE_8_BITS);
    device_write(serial, DIVISOR_LOW, DIVISOR_115200);
    device_write(serial, DIVISOR_HIGH, 0);
    device_write(serial, LINE_CONTROL, LINE_8_BITS);
    /* The queues are emptied if they were off, and only then. */
    device_write(serial, FIFO_CONTROL, FIFO_ENABLE);
    bool has_queues = (device_read(serial, INTERRUPT_ID) & ID_HAS_QUEUES) == ID_HAS_QUEUES;
    serial->room = has_queues ? SERIAL_FIFO_BYTES : 1;
    serial16550_listen(serial, true);
    return true;
}

size_t serial16550_room(struct serial16550 *serial)
{
    /* It says that the queue is empty, and not how much is in it otherwise. */
    return line_status(serial) & STATUS_ROOM ? serial->room : 0;
}

void serial16550_put(const struct serial16550 *serial, char byte)
{
    device_write(serial, DATA, (uint8_t)byte);
}

void serial16550_want_room(struct serial16550 *serial, bool is_wanted)
{
    enable(serial, (uint8_t)((serial->interrupts & ~ENABLE_TRANSMIT) | (is_wanted ? ENABLE_TRANSMIT : 0)));
}

size_t serial16550_read(struct serial16550 *serial, char *bytes, size_t count)
{
    size_t done = 0;
    while (done < count && (line_status(serial) & STATUS_RECEIVED))
        bytes[done++] = (char)device_read(serial, DATA);
    return done;
}

void serial16550_listen(struct serial16550 *serial, bool is_listening)
{
    if (is_listening == !!(serial->interrupts & ENABLE_RECEIVE))
        return;
    device_write(serial, MODEM_CONTROL, MODEM_READY_AND_INTERRUPTS | (is_listening ? MODEM_ASK_TO_SEND : 0));
    enable(serial, (uint8_t)((serial->interrupts & ~ENABLE_RECEIVE) | (is_listening ? ENABLE_RECEIVE : 0)));
}

bool serial16550_is_pending(struct serial16550 *serial)
{
    return !(device_read(serial, INTERRUPT_ID) & ID_NONE);
}
