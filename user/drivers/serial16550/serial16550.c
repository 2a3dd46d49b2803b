#include "drivers/serial16550/serial16550.h"

#include "drivers/port.h"

enum {
    DATA,
    INTERRUPT_ENABLE,
    INTERRUPT_ID,
    LINE_CONTROL,
    MODEM_CONTROL,
    LINE_STATUS,
    DIVISOR_LOW = 0,
    DIVISOR_HIGH = 1,
    FIFO_CONTROL = 2
};
enum { ENABLE_RECEIVE = 1, ENABLE_TRANSMIT = 2 };
enum { ID_NONE = 1 };
enum { LINE_8_BITS = 3, LINE_DIVISOR = 0x80 };
enum { FIFO_ENABLE_AND_CLEAR = 7, MODEM_READY_AND_INTERRUPTS = 0x0b };
enum { STATUS_RECEIVED = 1, STATUS_ROOM = 0x20 };
enum { DIVISOR_115200 = 1, FIFO_SIZE = 16 };

static uint8_t device_read(const struct serial16550 *serial, unsigned place)
{
    return port_read8(serial->ports, (uint16_t)(serial->base + place));
}

static void device_write(const struct serial16550 *serial, unsigned place, uint8_t value)
{
    port_write8(serial->ports, (uint16_t)(serial->base + place), value);
}

void serial16550_initialise(struct serial16550 *serial, seL4_CPtr ports, uint16_t base)
{
    serial->ports = ports;
    serial->base = base;
    serial->written = serial->sent = 0;
    serial->sends = false;
    device_write(serial, INTERRUPT_ENABLE, 0);
    device_write(serial, LINE_CONTROL, LINE_DIVISOR | LINE_8_BITS);
    device_write(serial, DIVISOR_LOW, DIVISOR_115200);
    device_write(serial, DIVISOR_HIGH, 0);
    device_write(serial, LINE_CONTROL, LINE_8_BITS);
    device_write(serial, FIFO_CONTROL, FIFO_ENABLE_AND_CLEAR);
    device_write(serial, MODEM_CONTROL, MODEM_READY_AND_INTERRUPTS);
    device_write(serial, INTERRUPT_ENABLE, ENABLE_RECEIVE);
}

/* The transmitter is empty: fills it, and asks for an interrupt only while there is more. */
static void transmit(struct serial16550 *serial)
{
    for (int i = 0; i < FIFO_SIZE && serial->sent != serial->written; i++)
        device_write(serial, DATA, (uint8_t)serial->ring[serial->sent++ % SERIAL_RING_SIZE]);
    bool more = serial->sent != serial->written;
    if (more != serial->sends)
        device_write(serial, INTERRUPT_ENABLE, ENABLE_RECEIVE | (more ? ENABLE_TRANSMIT : 0));
    serial->sends = more;
}

size_t serial16550_write(struct serial16550 *serial, const char *bytes, size_t count)
{
    size_t done = 0;
    while (done < count && serial->written - serial->sent < SERIAL_RING_SIZE)
        serial->ring[serial->written++ % SERIAL_RING_SIZE] = bytes[done++];
    if (done && !serial->sends && (device_read(serial, LINE_STATUS) & STATUS_ROOM))
        transmit(serial);
    if (serial->sent != serial->written && !serial->sends) {
        device_write(serial, INTERRUPT_ENABLE, ENABLE_RECEIVE | ENABLE_TRANSMIT);
        serial->sends = true;
    }
    return done;
}

/* The line to the interrupt controller is edge-triggered: it must have been quiet once before this may end. */
void serial16550_interrupt(struct serial16550 *serial, void (*received)(const char *bytes, size_t count))
{
    char bytes[FIFO_SIZE];
    do {
        size_t count = 0;
        uint8_t status = device_read(serial, LINE_STATUS);
        while ((status & STATUS_RECEIVED) && count < sizeof bytes) {
            bytes[count++] = (char)device_read(serial, DATA);
            status = device_read(serial, LINE_STATUS);
        }
        if (count)
            received(bytes, count);
        if (serial->sends && (status & STATUS_ROOM))
            transmit(serial);
    } while (!(device_read(serial, INTERRUPT_ID) & ID_NONE));
}

void serial16550_flush(struct serial16550 *serial)
{
    while (serial->sent != serial->written) {
        if (device_read(serial, LINE_STATUS) & STATUS_ROOM)
            transmit(serial);
    }
}
