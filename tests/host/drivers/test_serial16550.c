#include "drivers/serial16550/serial16550.h"

#include "machine.h"
#include "test.h"
#include <string.h>

enum { BASE = 0x3f8, FIFO = 16, MOST_SENT = 8192 };

/* A simulated port: what was received waits in its queue, what is sent goes out when the test says so. */
static struct {
    uint8_t received[256], sent[MOST_SENT];
    unsigned received_first, received_last, sent_count, waiting;
    uint8_t interrupt_enable, line_control, divisor_low, divisor_high;
    unsigned overruns; /* bytes written while the transmitter was full */
} port;

static uint32_t port_read(void *device, size_t offset, unsigned bytes)
{
    (void)device;
    expect_eq(bytes, 1);
    bool has_byte = port.received_first < port.received_last;
    switch (offset) {
    case 0:
        return has_byte ? port.received[port.received_first++] : 0;
    case 2:
        if (has_byte && port.interrupt_enable & 1)
            return 4;
        return port.interrupt_enable & 2 && !port.waiting ? 2 : 1;
    case 5:
        return (has_byte ? 1u : 0) | (port.waiting ? 0 : 0x20u);
    default:
        return 0;
    }
}

static void port_write(void *device, size_t offset, unsigned bytes, uint32_t value)
{
    (void)device;
    expect_eq(bytes, 1);
    bool sets_divisor = port.line_control & 0x80;
    if (offset == 0 && sets_divisor) {
        port.divisor_low = (uint8_t)value;
    } else if (offset == 0) {
        expect(port.sent_count < MOST_SENT);
        port.sent[port.sent_count++] = (uint8_t)value;
        port.overruns += port.waiting++ >= FIFO;
    } else if (offset == 1 && sets_divisor) {
        port.divisor_high = (uint8_t)value;
    } else if (offset == 1) {
        port.interrupt_enable = (uint8_t)value;
    } else if (offset == 3) {
        port.line_control = (uint8_t)value;
    }
}

static struct serial16550 *serial_start(void)
{
    static struct serial16550 serial;
    machine_reset();
    memset(&port, 0, sizeof port);
    machine_add_ports(BASE, BASE + SERIAL_PORT_COUNT - 1, (struct machine_registers){0, port_read, port_write});
    serial16550_initialise(&serial, MACHINE_PORTS_CAPABILITY, BASE);
    return &serial;
}

static char got[512];
static size_t got_count;

static void take(const char *bytes, size_t count)
{
    memcpy(got + got_count, bytes, count);
    got_count += count;
}

TEST(serial16550, starts_at_115200_with_interrupts_for_what_comes)
{
    serial_start();
    expect_eq(port.divisor_low, 1);
    expect_eq(port.divisor_high, 0);
    expect_eq(port.line_control, 3);
    expect_eq(port.interrupt_enable, 1);
}

TEST(serial16550, long_text_goes_out_a_queue_at_a_time)
{
    struct serial16550 *serial = serial_start();
    char text[SERIAL_RING_SIZE + 500];
    for (unsigned i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7);
    size_t done = 0;
    while (done < sizeof text) {
        done += serial16550_write(serial, text + done, sizeof text - done);
        expect_eq(port.interrupt_enable, 3); /* more waits */
        port.waiting = 0;
        serial16550_interrupt(serial, take);
    }
    while (port.interrupt_enable & 2) {
        port.waiting = 0;
        serial16550_interrupt(serial, take);
    }
    expect_eq(port.sent_count, sizeof text);
    expect(memcmp(port.sent, text, sizeof text) == 0);
    expect_eq(port.overruns, 0);
}

TEST(serial16550, a_full_ring_takes_no_more)
{
    struct serial16550 *serial = serial_start();
    char text[2 * SERIAL_RING_SIZE] = {0};
    port.waiting = 1;
    expect_eq(serial16550_write(serial, text, sizeof text), SERIAL_RING_SIZE);
    expect_eq(serial16550_write(serial, text, 1), 0);
    expect_eq(port.sent_count, 0);
}

TEST(serial16550, received_bytes_are_handed_on_in_order)
{
    struct serial16550 *serial = serial_start();
    for (unsigned i = 0; i < 40; i++)
        port.received[port.received_last++] = (uint8_t)('A' + i);
    got_count = 0;
    serial16550_interrupt(serial, take);
    expect_eq(got_count, 40);
    expect(memcmp(got, port.received, 40) == 0);
    expect_eq(port.sent_count, 0);
}
