/* The console of Linux programs: a terminal of the console server (protocols/terminal.h). */
#include "protocols/terminal.h"

#include "lib/string.h"
#include "personality/component/platform.h"
#include "personality/linux/machine.h"

#include <microkit.h>
#include <pecan/component.h>
#include <pecan/log.h>

/* The console's region and ours. The tool fills these in. */
uintptr_t terminal_region, own_terminal_region;

enum { BATCH_BYTES = 128, PATIENCE_US = 2000000 };

static struct stream terminal;
static uint32_t size;

static void publish(void)
{
    if (stream_publish(&terminal))
        microkit_notify(TERMINAL_CHANNEL);
}

static void look_at_size(void)
{
    uint32_t now = atomic_load_explicit(&((const struct terminal_region *)terminal_region)->size, memory_order_acquire);
    if (now == size)
        return;
    size = now;
    personality_console_resized((uint16_t)(now >> 16), (uint16_t)now);
}

void terminal_notified(void)
{
    do {
        char bytes[BATCH_BYTES];
        uint32_t count;
        while ((count = stream_peek(&terminal, 0, bytes, sizeof bytes))) {
            stream_take(&terminal, count);
            personality_console_receive(bytes, count);
        }
        publish();
    } while (!stream_waits_for_bytes(&terminal, 1));
    look_at_size();
    personality_console_drained();
}

size_t machine_console_write(const char *bytes, size_t count)
{
    uint32_t done = 0;
    do {
        done += stream_write(&terminal, bytes + done, (uint32_t)(count < STREAM_BYTES ? count : STREAM_BYTES) - done);
        publish();
    } while (done < count && done < STREAM_BYTES && !stream_waits_for_room(&terminal, STREAM_BYTES / 2));
    return done;
}

/* The console and the port's driver have higher priorities: this only waits for the port. */
void machine_console_flush(void)
{
    publish();
    seL4_Word start = pecan_time_us();
    while (stream_room(&terminal) < STREAM_BYTES && pecan_time_us() - start < PATIENCE_US)
        seL4_Yield();
}

static void write_all(const char *bytes, size_t count)
{
    while (count) {
        size_t done = machine_console_write(bytes, count);
        bytes += done;
        count -= done;
        if (!done)
            machine_console_flush();
        if (!done && !stream_room(&terminal))
            return; /* nobody takes it */
    }
}

/*
 * What was typed was for programs that are gone. They may have left the terminal in any mode: this ends a sequence in the middle, the
 * second screen, colours, and what else a soft reset ends.
 */
static void forget_predecessor(void)
{
    static const char reset[] = "\x18\x1b[?1049l\x1b[!p\r\n";
    stream_take(&terminal, stream_waiting(&terminal));
    write_all(reset, sizeof reset - 1);
}

void terminal_initialise(void)
{
    stream_start(&terminal, (void *)own_terminal_region, (const void *)terminal_region);
    if (pecan_component_page->past_starts)
        forget_predecessor();
    microkit_notify(TERMINAL_CHANNEL);
}

void machine_log(const char *line)
{
    write_all("[linux] ", 8);
    write_all(line, strlen(line));
    write_all("\r\n", 2);
    pecan_log_puts(line);
    pecan_log_puts("\n");
}
