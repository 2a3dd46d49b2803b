/*
 * A driver with an interrupt: the real-time clock of a PC ticks twice a second, and the driver counts.
 */
#include <microkit.h>

enum { CLOCK_INTERRUPT = 0, CLOCK_PORTS = 0, LISTENER = 1 };

/* The clock's registers are read and written through an index port and a data port. */
enum { INDEX_PORT = 0x70, DATA_PORT = 0x71 };
enum { REGISTER_A = 0x0a, REGISTER_B = 0x0b, REGISTER_C = 0x0c };
enum { RATE_MASK = 0x0f, RATE_2_HZ = 0x0f, PERIODIC_INTERRUPT = 0x40 };

static unsigned ticks;

static seL4_Uint8 clock_read(seL4_Uint8 number)
{
    microkit_x86_ioport_write_8(CLOCK_PORTS, INDEX_PORT, number);
    return microkit_x86_ioport_read_8(CLOCK_PORTS, DATA_PORT);
}

static void clock_write(seL4_Uint8 number, seL4_Uint8 value)
{
    microkit_x86_ioport_write_8(CLOCK_PORTS, INDEX_PORT, number);
    microkit_x86_ioport_write_8(CLOCK_PORTS, DATA_PORT, value);
}

void init(void)
{
    clock_write(REGISTER_A, (clock_read(REGISTER_A) & ~RATE_MASK) | RATE_2_HZ);
    clock_write(REGISTER_B, clock_read(REGISTER_B) | PERIODIC_INTERRUPT);
    clock_read(REGISTER_C); /* takes back an interrupt that was pending */
    microkit_dbg_puts("driver: the clock runs\n");
}

void notified(microkit_channel ch)
{
    if (ch != CLOCK_INTERRUPT)
        return;
    clock_read(REGISTER_C); /* the next interrupt comes only after this */
    ticks++;
    microkit_dbg_puts("driver: tick ");
    microkit_dbg_put32(ticks);
    microkit_dbg_puts("\n");
    microkit_notify(LISTENER);
    microkit_deferred_irq_ack(ch);
}
