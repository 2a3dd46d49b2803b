/*
 * The timer of a PC ticks when it is told to. The first tick is acknowledged when another domain calls, as soon as that has its answer.
 * The report comes with that one's second call: printed when the second tick comes, it would stand in the middle of somebody's line.
 */
#include "check.h"

#include <pecan/component.h>

enum { CALLER = 0, TIMER_PORTS = 2, TIMER_INTERRUPT = 33 };
enum { DATA_PORT = 0x40, MODE_PORT = 0x43, MODE_ONCE = 0x30, COUNT = 0x400 };

seL4_Word interrupt_id;
static unsigned ticks;

static void tick_once(void)
{
    microkit_x86_ioport_write_8(TIMER_PORTS, DATA_PORT, COUNT & 0xff);
    microkit_x86_ioport_write_8(TIMER_PORTS, DATA_PORT, COUNT >> 8);
}

/* Stops the timer, which the firmware has started, and takes what it has raised. */
void init(void)
{
    seL4_Word badge;
    check(interrupt_id == TIMER_INTERRUPT, "the variable of an interrupt");
    microkit_dbg_puts("interrupt ");
    microkit_dbg_put8((seL4_Uint8)interrupt_id);
    microkit_dbg_puts("\n");
    microkit_x86_ioport_write_8(TIMER_PORTS, MODE_PORT, MODE_ONCE);
    do {
        microkit_irq_ack((microkit_channel)interrupt_id);
        seL4_Poll(PECAN_NOTIFICATION_CAP, &badge);
    } while (badge);
}

void notified(microkit_channel ch)
{
    if (ch == CALLER) {
        tick_once();
    } else {
        check(ch == interrupt_id, "an interrupt comes");
        ticks++;
        microkit_notify(CALLER);
    }
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    if (ticks == 1) {
        check(ch == CALLER, "it is not acknowledged yet");
        microkit_deferred_irq_ack((microkit_channel)interrupt_id);
        tick_once();
    } else {
        check(ticks == 2, "the next one comes when it is");
        check_end();
    }
    return msginfo;
}
