/*
 * The component of the terminals: each has a client, and may have a serial port; all of them share a screen and a keyboard, which show and
 * write to one of them at a time. Whatever is not there is done without.
 */
#include "protocols/display.h"
#include "protocols/input.h"
#include "protocols/time.h"
#include "servers/console/screen.h"
#include "servers/console/terminal.h"
#include <font.h>
#include <microkit.h>
#include <pecan/component.h>

/* Channels: those of terminal N are FIRST_CLIENT + N and FIRST_PORT + N. */
enum { TERMINALS = 3, FIRST_CLIENT = 1, FIRST_PORT = 4, KEYBOARD = 7, DISPLAY = 8, TIME = 9 };

/* Filled in from the description; 0: not there. */
uintptr_t terminal1_region, client1_region, serial1_region, port1_region;
uintptr_t terminal2_region, client2_region, serial2_region, port2_region;
uintptr_t terminal3_region, client3_region, serial3_region, port3_region;
uintptr_t history_start; /* TERMINALS * TERMINAL_HISTORY_BYTES */
uintptr_t input_region, events_region;
uintptr_t picture_start, page_start;

/* A display that shows less is none. */
enum { LEAST_COLUMNS = 40, LEAST_LINES = 12 };

/* A picture for the screen is made at most so often, and in at most a part of the time. */
enum { PICTURE_NS = 16000000, PICTURE_TIME_SHARE = 4 };

static struct terminal terminals[TERMINALS];
static struct screen screens[TERMINALS];
static bool is_typed_on[TERMINALS]; /* the keyboard was used on it later than its port */
static unsigned active;
static struct keymap keymap;
static struct ring_consumer events;
static struct screen_picture picture;
static bool has_display;
static uint64_t next_picture_ns;
static bool is_asleep; /* until the next picture */
static bool has_shown; /* there was a display: screens show what clients write */

static uint64_t now_ns(void)
{
    return page_start ? time_now_ns((const struct time_page *)page_start) : 0;
}

static void terminals_start(void)
{
    const uintptr_t regions[TERMINALS][4] = {
        {terminal1_region, client1_region, serial1_region, port1_region},
        {terminal2_region, client2_region, serial2_region, port2_region},
        {terminal3_region, client3_region, serial3_region, port3_region},
    };
    for (unsigned i = 0; i < TERMINALS; i++) {
        terminal_start(&terminals[i], (void *)regions[i][0], (const void *)regions[i][1], (void *)regions[i][2],
                       (const void *)regions[i][3], (uint8_t *)history_start + i * TERMINAL_HISTORY_BYTES);
        is_typed_on[i] = terminals[i].has_client && terminals[i].region->size;
        if (terminals[i].has_client)
            microkit_notify(FIRST_CLIENT + i);
        if (terminals[i].has_port)
            microkit_notify(FIRST_PORT + i);
    }
}

/* Where it was typed last, and how large that is. */
static void note_typing(unsigned index, bool is_keyboard)
{
    is_typed_on[index] = is_keyboard;
    bool is_screen = has_display && (is_keyboard || !terminals[index].has_port);
    if (terminal_set_size(&terminals[index], is_screen ? screens[index].columns : 0,
                          is_screen ? screens[index].lines : 0))
        microkit_notify(FIRST_CLIENT + index);
}

/* The screen's answers to its client. Where a port was used last, what is connected there answers. */
static void send_output(unsigned index)
{
    if (is_typed_on[index] || !terminals[index].has_port)
        terminal_type(&terminals[index], screens[index].output, (uint32_t)screens[index].output_count);
    screens[index].output_count = 0;
}

/* Shows what the client had written before there was a display, or before this program was started again. */
static void replay(unsigned index)
{
    uint8_t bytes[TERMINAL_BATCH_BYTES];
    uint32_t done = 0, count;
    while ((count = terminal_history(&terminals[index], done, bytes))) {
        uint32_t unused = 0; /* bytes that were never written, and show nothing */
        while (unused < count && !bytes[unused])
            unused++;
        screen_write(&screens[index], bytes + unused, count - unused);
        done += count;
    }
    screens[index].output_count = 0;
}

/* How many characters are that many pixels of the picture, of which there are `most`. */
static uint16_t characters(seL4_Word pixels, uint32_t most, uint32_t each)
{
    return (uint16_t)((pixels < most ? pixels : most) / each);
}

/* The room for characters on the display; false if there is none that is of use. */
static bool display_ask(uint16_t *columns, uint16_t *lines)
{
    microkit_msginfo answer = pecan_call_again(DISPLAY, microkit_msginfo_new(DISPLAY_SIZE, 0), 0);
    if (microkit_msginfo_get_label(answer) != DISPLAY_OK || microkit_msginfo_get_count(answer) != 2)
        return false;
    *columns = characters(microkit_mr_get(0), DISPLAY_WIDTH, font_regular.width);
    *lines = characters(microkit_mr_get(1), DISPLAY_HEIGHT, font_regular.height);
    return *columns >= LEAST_COLUMNS && *lines >= LEAST_LINES;
}

/* As large as the display, which may come later: then as large as it can be. */
static bool screens_start(void)
{
    uint16_t columns, lines;
    if (!picture_start || !display_ask(&columns, &lines)) {
        columns = characters(DISPLAY_WIDTH, DISPLAY_WIDTH, font_regular.width);
        lines = characters(DISPLAY_HEIGHT, DISPLAY_HEIGHT, font_regular.height);
    }
    for (unsigned i = 0; i < TERMINALS; i++) {
        if (!screen_start(&screens[i], columns, lines))
            return false;
    }
    return true;
}

/* The display was started: it shows nothing. */
static void display_open(void)
{
    uint16_t columns, lines;
    bool is_open =
        display_ask(&columns, &lines) && columns >= screens[active].columns && lines >= screens[active].lines;
    for (unsigned i = 0; is_open && !has_shown && i < TERMINALS; i++)
        replay(i);
    has_display = is_open;
    has_shown |= is_open;
    __builtin_memset(picture.shown, 0, sizeof picture.shown);
    screen_change_all(&screens[active]);
    for (unsigned i = 0; i < TERMINALS; i++)
        note_typing(i, is_typed_on[i]);
}

static void show(uint32_t first, uint32_t count)
{
    microkit_mr_set(0, 0);
    microkit_mr_set(1, first * font_regular.height);
    microkit_mr_set(2, DISPLAY_WIDTH);
    microkit_mr_set(3, count * font_regular.height);
    microkit_ppcall(DISPLAY, microkit_msginfo_new(DISPLAY_SHOW, 4));
}

/* Draws what has changed, now or when it is time for that. */
static void draw(void)
{
    uint64_t now = now_ns();
    if (!has_display || !screens[active].changed || is_asleep)
        return;
    if (now < next_picture_ns) {
        microkit_mr_set(0, next_picture_ns);
        microkit_msginfo answer = microkit_ppcall(TIME, microkit_msginfo_new(TIME_WAKE_AT, 1));
        is_asleep = microkit_msginfo_get_label(answer) == TIME_OK;
        if (is_asleep)
            return;
    }
    screen_draw(&screens[active], &picture, show);
    uint64_t spent = now_ns() - now;
    next_picture_ns = now + (PICTURE_TIME_SHARE * spent > PICTURE_NS ? PICTURE_TIME_SHARE * spent : PICTURE_NS);
}

static void serve(unsigned index)
{
    struct terminal *terminal = &terminals[index];
    do {
        uint8_t bytes[TERMINAL_BATCH_BYTES];
        uint32_t count;
        while ((count = terminal_pass_output(terminal, bytes))) {
            if (has_shown)
                screen_write(&screens[index], bytes, count);
        }
        if (terminal_pass_input(terminal))
            note_typing(index, false);
        send_output(index);
        if (terminal_wakes_client(terminal))
            microkit_notify(FIRST_CLIENT + index);
        if (terminal_wakes_port(terminal))
            microkit_notify(FIRST_PORT + index);
    } while (!terminal_must_wait(terminal));
}

static void press(struct keymap_press press)
{
    struct screen *screen = &screens[active];
    switch (press.kind) {
    case KEYMAP_NOTHING:
        return;
    case KEYMAP_SWITCH:
        if (press.code < TERMINALS && terminals[press.code].has_client)
            active = press.code;
        screen_change_all(&screens[active]);
        return;
    case KEYMAP_SCROLL:
        screen_scroll(screen, press.code);
        return;
    case KEYMAP_CHARACTER:
    case KEYMAP_NAMED:
        note_typing(active, true);
        screen_press(screen, press);
        serve(active);
    }
}

static void take_keys(void)
{
    struct input_event event;
    do {
        if (ring_consumer_accept(&events))
            microkit_notify(KEYBOARD);
        while (ring_take(&events, &event, 1)) {
            if (event.kind == INPUT_KEY)
                press(keymap_take(&keymap, event.key, event.is_down));
        }
        if (ring_release(&events))
            microkit_notify(KEYBOARD);
    } while (!ring_consumer_waits(&events, 1));
}

void init(void)
{
    picture = (struct screen_picture){.pixels = (uint32_t *)picture_start, .stride = DISPLAY_WIDTH};
    terminals_start();
    if (!screens_start())
        pecan_give_up("no memory");
    if (picture_start)
        display_open();
    if (events_region) {
        ring_consumer_start(&events, (void *)input_region, (const void *)events_region, INPUT_EVENTS);
        microkit_notify(KEYBOARD);
        take_keys();
    }
    for (unsigned i = 0; i < TERMINALS; i++)
        serve(i);
    draw();
}

void notified(microkit_channel ch)
{
    if (ch >= FIRST_CLIENT && ch < FIRST_CLIENT + TERMINALS)
        serve(ch - FIRST_CLIENT);
    else if (ch >= FIRST_PORT && ch < FIRST_PORT + TERMINALS)
        serve(ch - FIRST_PORT);
    else if (ch == KEYBOARD && events_region)
        take_keys();
    else if (ch == DISPLAY && picture_start)
        display_open();
    else if (ch == TIME)
        is_asleep = false;
    draw();
}
