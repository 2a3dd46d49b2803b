#include "drivers/serial16550/serial16550.h"

#include "machine.h"
#include "test.h"
#include <string.h>

enum { BASE = 0x3f8, FIFO = 16, MOST_SENT = 8192 };

/* A simulated port: what was received waits in its queue, what is sent goes out when the test says so. */
static struct {
    uint8_t received[256], sent[MOST_SENT];
    unsigned received_first, received_last, sent_count, waiting;
    uint8_t interrupt_enable, line_control, divisor_low, divisor_high, fifo_control, modem_control, scratch;
    bool is_absent, has_no_queues, has_lost;
    unsigned overruns; /* bytes written while the transmitter was full */
} port;

static uint32_t port_read(void *device, size_t offset, unsigned bytes)
{
    (void)device;
    expect_eq(bytes, 1);
    if (port.is_absent)
        return 0xff;
    bool has_byte = port.received_first < port.received_last;
    switch (offset) {
    case 0:
        return has_byte ? port.received[port.received_first++] : 0;
    case 2:
        return (port.fifo_control & 1 && !port.has_no_queues ? 0xc0 : 0) |
               (has_byte && port.interrupt_enable & 1        ? 4
                : port.interrupt_enable & 2 && !port.waiting ? 2
                                                             : 1);
    case 7:
        return port.scratch;
    case 5: {
        uint32_t lost = port.has_lost ? 2 : 0;
        port.has_lost = false; /* told once */
        return (has_byte ? 1u : 0) | lost | (port.waiting ? 0 : 0x20u);
    }
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
        port.overruns += port.waiting++ >= (port.has_no_queues ? 1 : FIFO);
    } else if (offset == 1 && sets_divisor) {
        port.divisor_high = (uint8_t)value;
    } else if (offset == 1) {
        port.interrupt_enable = (uint8_t)value;
    } else if (offset == 2) {
        port.fifo_control = (uint8_t)value;
    } else if (offset == 3) {
        port.line_control = (uint8_t)value;
    } else if (offset == 4) {
        port.modem_control = (uint8_t)value;
    } else if (offset == 7) {
        port.scratch = (uint8_t)value;
    }
}

static struct serial16550 *serial_start_as(bool has_no_queues)
{
    static struct serial16550 serial;
    machine_reset();
    memset(&port, 0, sizeof port);
    port.has_no_queues = has_no_queues;
    machine_add_ports(BASE, BASE + SERIAL_PORT_COUNT - 1, (struct machine_registers){0, port_read, port_write});
    expect(serial16550_start(&serial, MACHINE_PORTS_CAPABILITY, BASE));
    return &serial;
}

static struct serial16550 *serial_start(void)
{
    return serial_start_as(false);
}

/* As the component sends: as many bytes as there is room for; if that is not all, room is wanted. */
static size_t put(struct serial16550 *serial, const char *bytes, size_t count)
{
    size_t done = 0, room;
    while (done < count && (room = serial16550_room(serial))) {
        while (done < count && room--)
            serial16550_put(serial, bytes[done++]);
    }
    serial16550_want_room(serial, done < count);
    return done;
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

TEST(serial16550, a_restart_leaves_in_the_queues_what_is_there)
{
    struct serial16550 *serial = serial_start();
    expect_eq(port.fifo_control, 1); /* enabled; the bits that empty them are not set */
    port.received[port.received_last++] = 'a';
    expect(serial16550_start(serial, MACHINE_PORTS_CAPABILITY, BASE));
    expect_eq(port.fifo_control, 1);
    char byte = 0;
    expect_eq(serial16550_read(serial, &byte, 1), 1);
    expect_eq(byte, 'a');
}

TEST(serial16550, is_not_there_if_nothing_keeps_what_is_written)
{
    struct serial16550 serial;
    machine_reset();
    memset(&port, 0, sizeof port);
    port.is_absent = true;
    machine_add_ports(BASE, BASE + SERIAL_PORT_COUNT - 1, (struct machine_registers){0, port_read, port_write});
    expect(!serial16550_start(&serial, MACHINE_PORTS_CAPABILITY, BASE));
    expect_eq(port.interrupt_enable, 0);
}

TEST(serial16550, long_text_goes_out_a_queue_at_a_time)
{
    struct serial16550 *serial = serial_start();
    char text[1000];
    for (unsigned i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7);
    size_t done = 0;
    while (done < sizeof text) {
        size_t now = put(serial, text + done, sizeof text - done);
        expect(now <= FIFO);
        done += now;
        expect_eq(port.interrupt_enable, done < sizeof text ? 3 : 1); /* an interrupt while more waits */
        expect_eq(put(serial, text, 1), 0);
        expect_eq(port.interrupt_enable, 3);
        expect(!serial16550_is_pending(serial));
        port.waiting = 0;
        expect(serial16550_is_pending(serial));
    }
    expect_eq(port.sent_count, sizeof text);
    expect(memcmp(port.sent, text, sizeof text) == 0);
    expect_eq(port.overruns, 0);
}

TEST(serial16550, what_comes_is_read_in_order_and_waits_while_nobody_listens)
{
    struct serial16550 *serial = serial_start();
    for (unsigned i = 0; i < 40; i++)
        port.received[port.received_last++] = (uint8_t)('A' + i);
    char got[64];
    expect(serial16550_is_pending(serial));
    expect_eq(serial16550_read(serial, got, 30), 30);
    serial16550_listen(serial, false);
    expect(!serial16550_is_pending(serial));
    expect_eq(port.modem_control, 9); /* no request to send */
    serial16550_listen(serial, true);
    expect_eq(port.modem_control, 0xb);
    expect(serial16550_is_pending(serial));
    expect_eq(serial16550_read(serial, got + 30, 30), 10);
    expect(memcmp(got, port.received, 40) == 0);
    expect(!serial16550_is_pending(serial));
    expect_eq(port.sent_count, 0);
}

TEST(serial16550, an_old_device_without_queues_gets_a_byte_at_a_time)
{
    struct serial16550 *serial = serial_start_as(true);
    expect_eq(put(serial, "abc", 3), 1);
    expect_eq(port.interrupt_enable, 3);
    port.waiting = 0;
    expect_eq(put(serial, "bc", 2), 1);
    expect_eq(port.overruns, 0);
    expect(memcmp(port.sent, "ab", 2) == 0);
}

TEST(serial16550, a_loss_is_noted_whoever_looks_at_the_device)
{
    struct serial16550 *serial = serial_start();
    char byte;
    expect_eq(serial16550_read(serial, &byte, 1), 0);
    expect(!serial->has_lost);
    port.has_lost = true;
    serial16550_room(serial);
    expect(serial->has_lost);
    serial->has_lost = false;
    port.has_lost = true;
    serial16550_read(serial, &byte, 1);
    expect(serial->has_lost);
}
