#include "drivers/serial16550/serial16550.h"

#include "machine.h"
#include "test.h"
#include <string.h>

enum { BASE = 0x3f8, FIFO = 16, MOST_SENT = 8192, MOST_RECEIVED = 4096 };

/* A simulated port: what was received waits in its queue, what is sent goes out when the test says so. */
static struct {
    uint8_t received[MOST_RECEIVED], sent[MOST_SENT];
    unsigned received_first, received_last, sent_count, waiting;
    uint8_t interrupt_enable, line_control, modem_control, divisor_low, divisor_high;
    bool never_lets_go;
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
        if (port.never_lets_go)
            return 6;
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
    } else if (offset == 4) {
        port.modem_control = (uint8_t)value;
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

TEST(serial16550, starts_at_115200_with_interrupts_for_what_comes)
{
    serial_start();
    expect_eq(port.divisor_low, 1);
    expect_eq(port.divisor_high, 0);
    expect_eq(port.line_control, 3);
    expect_eq(port.interrupt_enable, 1);
    expect_eq(port.modem_control, 0xb);
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
        expect(serial16550_interrupt(serial));
    }
    while (port.interrupt_enable & 2) {
        port.waiting = 0;
        expect(serial16550_interrupt(serial));
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

static void come(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        port.received[port.received_last++] = (uint8_t)machine_random();
}

TEST(serial16550, received_bytes_are_handed_on_in_order)
{
    struct serial16550 *serial = serial_start();
    char got[64];
    expect(!serial16550_has_input(serial));
    come(40);
    expect(serial16550_interrupt(serial));
    expect(serial16550_has_input(serial));
    expect_eq(serial16550_read(serial, got, 30), 30);
    expect_eq(serial16550_read(serial, got + 30, 30), 10);
    expect_eq(serial16550_read(serial, got, 30), 0);
    expect(!serial16550_has_input(serial));
    expect(memcmp(got, port.received, 40) == 0);
    expect_eq(port.sent_count, 0);
}

/* The console component dropped bytes of a fast sender: its client had no room, and nobody held them. */
TEST(serial16550, a_full_ring_makes_the_other_end_wait_and_loses_nothing)
{
    struct serial16550 *serial = serial_start();
    enum { COUNT = 3 * SERIAL_RING_SIZE };
    static char got[COUNT];
    come(COUNT);
    for (unsigned done = 0; done < COUNT;) {
        expect(serial16550_interrupt(serial));
        unsigned left = COUNT - done;
        if (left > SERIAL_RING_SIZE) {
            expect_eq(port.received_first, done + SERIAL_RING_SIZE);
            expect_eq(port.interrupt_enable, 0); /* no calls, */
            expect_eq(port.modem_control, 9);    /* and no request to send */
        }
        unsigned part = 1 + machine_random() % 100;
        part = part < left ? part : left;
        expect_eq(serial16550_read(serial, got + done, part), part);
        done += part;
        expect_eq(port.interrupt_enable, 1);
        expect_eq(port.modem_control, 0xb);
    }
    expect(memcmp(got, port.received, COUNT) == 0);
}

TEST(serial16550, sending_goes_on_while_nothing_is_received)
{
    struct serial16550 *serial = serial_start();
    char text[100] = {0}, byte;
    come(SERIAL_RING_SIZE + 1);
    expect(serial16550_interrupt(serial));
    port.waiting = 1;
    expect_eq(serial16550_write(serial, text, sizeof text), sizeof text);
    expect_eq(port.interrupt_enable, 2);
    expect_eq(serial16550_read(serial, &byte, 1), 1);
    expect_eq(port.interrupt_enable, 3);
    while (port.interrupt_enable & 2) {
        port.waiting = 0;
        expect(serial16550_interrupt(serial));
    }
    expect_eq(port.sent_count, sizeof text);
}

TEST(serial16550, a_device_that_never_lets_go_is_out_of_order)
{
    struct serial16550 *serial = serial_start();
    port.never_lets_go = true;
    expect(!serial16550_interrupt(serial));
    /* Work that is there is done before. */
    come(100);
    port.waiting = 0;
    expect(!serial16550_interrupt(serial));
    expect_eq(port.received_first, 100);
}

TEST(serial16550, flushing_sends_all_or_gives_up)
{
    struct serial16550 *serial = serial_start();
    char text[10] = {0};
    port.waiting = FIFO;
    expect_eq(serial16550_write(serial, text, sizeof text), sizeof text);
    serial16550_flush(serial);
    expect_eq(port.sent_count, 0);
    expect_eq(port.interrupt_enable, 1);
    /* What was given up is not sent later, and what comes now is. */
    port.waiting = 0;
    expect_eq(serial16550_write(serial, "ab", 2), 2);
    serial16550_flush(serial);
    expect_eq(port.sent_count, 2);
    expect_eq(port.sent[0], 'a');
    expect_eq(port.overruns, 0);
}
