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
enum { FIFO_ENABLE_AND_CLEAR = 7 };
enum { MODEM_ASK_TO_SEND = 2, MODEM_READY_AND_INTERRUPTS = 9 };
enum { STATUS_RECEIVED = 1, STATUS_ROOM = 0x20 };
enum { DIVISOR_115200 = 1, FIFO_SIZE = 16 };
/* A device that is looked at so often without need, or takes nothing for so many looks (some seconds), is out of order. */
enum { MOST_IDLE_ROUNDS = 16, MOST_LOOKS = 4000000 };

static uint8_t device_read(const struct serial16550 *serial, unsigned place)
{
    return port_read8(serial->ports, (uint16_t)(serial->base + place));
}

static void device_write(const struct serial16550 *serial, unsigned place, uint8_t value)
{
    port_write8(serial->ports, (uint16_t)(serial->base + place), value);
}

static uint32_t waiting(const struct serial16550_ring *ring)
{
    return ring->last - ring->first;
}

static void put(struct serial16550_ring *ring, char byte)
{
    ring->bytes[ring->last++ % SERIAL_RING_SIZE] = byte;
}

static char take(struct serial16550_ring *ring)
{
    return ring->bytes[ring->first++ % SERIAL_RING_SIZE];
}

static void enable_interrupts(struct serial16550 *serial, bool receives, bool sends)
{
    if (receives == serial->receives && sends == serial->sends)
        return;
    serial->receives = receives;
    serial->sends = sends;
    device_write(serial, INTERRUPT_ENABLE, (uint8_t)((receives ? ENABLE_RECEIVE : 0) | (sends ? ENABLE_TRANSMIT : 0)));
}

/* Whether the other end may send: its bytes would not fit otherwise. */
static void set_receives(struct serial16550 *serial, bool receives)
{
    device_write(serial, MODEM_CONTROL, MODEM_READY_AND_INTERRUPTS | (receives ? MODEM_ASK_TO_SEND : 0));
    enable_interrupts(serial, receives, serial->sends);
}

void serial16550_initialise(struct serial16550 *serial, seL4_CPtr ports, uint16_t base)
{
    *serial = (struct serial16550){.ports = ports, .base = base, .patience = MOST_LOOKS};
    device_write(serial, INTERRUPT_ENABLE, 0);
    device_write(serial, LINE_CONTROL, LINE_DIVISOR | LINE_8_BITS);
    device_write(serial, DIVISOR_LOW, DIVISOR_115200);
    device_write(serial, DIVISOR_HIGH, 0);
    device_write(serial, LINE_CONTROL, LINE_8_BITS);
    device_write(serial, FIFO_CONTROL, FIFO_ENABLE_AND_CLEAR);
    set_receives(serial, true);
}

/* The transmitter is empty: fills it, and asks for an interrupt only while there is more. */
static void transmit(struct serial16550 *serial)
{
    for (int i = 0; i < FIFO_SIZE && waiting(&serial->output); i++)
        device_write(serial, DATA, (uint8_t)take(&serial->output));
    enable_interrupts(serial, serial->receives, waiting(&serial->output) != 0);
}

size_t serial16550_write(struct serial16550 *serial, const char *bytes, size_t count)
{
    size_t done = 0;
    while (done < count && waiting(&serial->output) < SERIAL_RING_SIZE)
        put(&serial->output, bytes[done++]);
    if (done && !serial->sends && (device_read(serial, LINE_STATUS) & STATUS_ROOM))
        transmit(serial);
    enable_interrupts(serial, serial->receives, waiting(&serial->output) != 0);
    return done;
}

size_t serial16550_read(struct serial16550 *serial, char *bytes, size_t count)
{
    size_t done = 0;
    while (done < count && waiting(&serial->input))
        bytes[done++] = take(&serial->input);
    if (done && !serial->receives)
        set_receives(serial, true);
    return done;
}

bool serial16550_has_input(const struct serial16550 *serial)
{
    return waiting(&serial->input);
}

/* Takes what has come, as far as there is room for it. False: nothing came. */
static bool receive(struct serial16550 *serial)
{
    bool came = false;
    while (serial->receives && (device_read(serial, LINE_STATUS) & STATUS_RECEIVED)) {
        put(&serial->input, (char)device_read(serial, DATA));
        came = true;
        if (waiting(&serial->input) == SERIAL_RING_SIZE)
            set_receives(serial, false);
    }
    return came;
}

/*
 * The line to the interrupt controller is edge-triggered: it must have been quiet once before this may end. It will be: all rounds
 * but a few move bytes, and the rings bound how many those are.
 */
bool serial16550_interrupt(struct serial16550 *serial)
{
    int idle_rounds = 0;
    do {
        bool moves = receive(serial);
        if (serial->sends && (device_read(serial, LINE_STATUS) & STATUS_ROOM)) {
            transmit(serial);
            moves = true;
        }
        idle_rounds += !moves;
        if (idle_rounds == MOST_IDLE_ROUNDS)
            return false;
    } while (!(device_read(serial, INTERRUPT_ID) & ID_NONE));
    return true;
}

void serial16550_flush(struct serial16550 *serial)
{
    uint32_t looks = 0;
    while (waiting(&serial->output) && looks++ < serial->patience) {
        if (device_read(serial, LINE_STATUS) & STATUS_ROOM) {
            transmit(serial);
            serial->patience = MOST_LOOKS;
            looks = 0;
        }
    }
    if (!waiting(&serial->output))
        return;
    serial->output.first = serial->output.last;
    serial->patience = 1;
    enable_interrupts(serial, serial->receives, false);
}
