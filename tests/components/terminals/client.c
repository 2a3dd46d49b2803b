/*
 * Says its name and what it is typed, in capitals, on its terminal; `~` prints a line with colours, `?` asks the terminal where its cursor is, `^` restarts the console. Tells
 * bytes that are no plain characters, and sizes, by debug output too.
 */
#include "protocols/terminal.h"
#include <microkit.h>
#include <pecan/supervisor.h>

enum { TERMINAL = 1, CONSOLE = 6 /* its index in the description */ };

/* Filled in from the description. */
uintptr_t terminal_region, own_region;

static struct stream terminal;
static uint32_t size;

static void write_text(const char *text)
{
    uint32_t count = 0;
    while (text[count])
        count++;
    stream_write(&terminal, text, count);
}

static void print(const char *text, uint32_t number)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(text);
    microkit_dbg_put32(number);
    microkit_dbg_puts("\n");
}

static void answer(uint8_t byte)
{
    if (byte < ' ' && byte != '\n')
        print(": byte ", byte);
    if (byte == '~') {
        write_text("\033[1;31mred\033[0m plain\r\n");
        return;
    }
    if (byte == '?') {
        write_text("\033[6n");
        return;
    }
    if (byte == '^') {
        pecan_supervisor_call(PECAN_SUPERVISOR_RESTART, CONSOLE);
        return;
    }
    byte -= byte >= 'a' && byte <= 'z' ? 'a' - 'A' : 0;
    stream_write(&terminal, &byte, 1);
}

static void serve(void)
{
    bool has_room;
    do {
        enum { LONGEST_ANSWER = 32 };
        uint8_t byte;
        while ((has_room = stream_room(&terminal) >= LONGEST_ANSWER) && stream_peek(&terminal, 0, &byte, 1)) {
            answer(byte);
            stream_take(&terminal, 1);
        }
        if (stream_publish(&terminal))
            microkit_notify(TERMINAL);
    } while (has_room ? !stream_waits_for_bytes(&terminal, 1) : !stream_waits_for_room(&terminal, STREAM_BYTES / 2));
}

static void look_at_size(void)
{
    uint32_t now = ((const struct terminal_region *)terminal_region)->size;
    if (now == size)
        return;
    size = now;
    print(": columns ", size >> 16);
    print(": lines ", size & 0xffff);
}

void init(void)
{
    stream_start(&terminal, (void *)own_region, (const void *)terminal_region);
    write_text("this is ");
    write_text(microkit_name);
    write_text("\r\n");
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(": started\n");
    microkit_notify(TERMINAL);
    look_at_size();
    serve();
}

void notified(microkit_channel ch)
{
    (void)ch;
    look_at_size();
    serve();
}
