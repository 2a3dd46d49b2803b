/*
 * The supervisor: a console on a terminal of its own (protocols/terminal.h), and the same commands for a program elsewhere
 * (protocols/control.h). Either may be left out of the system's description, and so may the time, without which `top` waits for keys.
 */
#include "lib/string.h"
#include "protocols/terminal.h"
#include "protocols/time.h"
#include "servers/supervisor/commands.h"
#include "servers/supervisor/control.h"
#include "servers/supervisor/domains.h"
#include "servers/supervisor/line_editor.h"
#include <microkit.h>

enum { TERMINAL = 1, CONTROL = 2, TIME = 3 };
enum { KEY_INTERRUPT = 3, KEYS_AT_ONCE = 64, PIECE_BYTES = 512, NS_PER_US = 1000 };

/* Filled in from the description; 0 for what there is not. */
uintptr_t terminal_region, own_terminal_region; /* what the terminal writes, and what this writes */
uintptr_t control_region, own_control_region;
uintptr_t file_region, file_region_bytes; /* where updates are put */
uintptr_t time_region;

static struct stream terminal;
static struct session session;
static struct line_editor editor;
static struct update_file file;
static struct control control;
static bool is_editing;

/* --- the console ---------------------------------------------------------------------------------------------------- */

static void put(void *context, const char *text, size_t length)
{
    (void)context;
    session_write(&session, text, length);
}

/* Words to complete: commands first on the line, then components. */
static const char *candidate(void *context, bool is_first, unsigned index)
{
    (void)context;
    return is_first ? command_name(index) : domain_name(index);
}

static void begin_line(void)
{
    is_editing = true;
    line_editor_begin(&editor);
}

/* False: the key ends something. What follows belongs to the command, or to the next line. */
static bool take_key(char key)
{
    if (session.step) {
        if (key == KEY_INTERRUPT) {
            session.step = NULL;
            file.is_typed = false;
            session_print(&session, "^C\n");
            return false;
        }
        if (file.is_typed) {
            update_file_key(&file, key);
            return !file.has_ended;
        }
        session.key = key;
        session.wake_us = UINT64_MAX;
        return true;
    }
    enum line_event event = line_editor_key(&editor, key);
    if (event == LINE_NOTHING)
        return true;
    is_editing = false;
    if (event == LINE_ENTERED)
        command_begin(&session, editor.text);
    return false;
}

/* Takes keys while there is room for what they show. True: there may be more. */
static bool take_keys(void)
{
    char keys[KEYS_AT_ONCE];
    if (session.count > SESSION_BYTES - SESSION_STEP_BYTES)
        return false;
    uint32_t count = stream_peek(&terminal, 0, keys, KEYS_AT_ONCE), used = 0;
    while (used < count && take_key(keys[used++]))
        ;
    stream_take(&terminal, used);
    return used > 0;
}

static bool send(void)
{
    size_t count;
    const char *text = session_text(&session, &count);
    uint32_t sent = count ? stream_write(&terminal, text, (uint32_t)(count < STREAM_BYTES ? count : STREAM_BYTES)) : 0;
    session_sent(&session, sent);
    return sent > 0;
}

/* Goes on with the command; when it has ended, asks for the next one. */
static void run(void)
{
    if (session.step && session.wake_us != UINT64_MAX && pecan_time_us() < session.wake_us)
        return;
    session.wake_us = UINT64_MAX;
    session_run(&session);
    if (!session.step && !is_editing)
        begin_line();
}

static void serve_terminal(void)
{
    bool has_more;
    do {
        /* First: a command has begun before keys are taken for it. */
        run();
        has_more = take_keys();
        has_more |= send();
    } while (has_more);
    if (stream_publish(&terminal))
        microkit_notify(TERMINAL);
}

/* --- all of it ------------------------------------------------------------------------------------------------------ */

static void serve(void)
{
    bool is_done;
    do {
        is_done = true;
        if (terminal_region) {
            serve_terminal();
            if (session.count > 0)
                is_done = stream_waits_for_room(&terminal, session.count < PIECE_BYTES ? 1 : PIECE_BYTES);
            if (session.count <= SESSION_BYTES - SESSION_STEP_BYTES)
                is_done &= stream_waits_for_bytes(&terminal, 1);
        }
        if (control_region) {
            if (control_serve(&control))
                microkit_notify(CONTROL);
            is_done &= control_waits(&control);
        }
    } while (!is_done);
    if (time_region && session.step && session.wake_us != UINT64_MAX) {
        uint64_t now_us = pecan_time_us(), wait_us = session.wake_us > now_us ? session.wake_us - now_us : 0;
        microkit_mr_set(0, time_now_ns((const struct time_page *)time_region) + wait_us * NS_PER_US);
        microkit_ppcall(TIME, microkit_msginfo_new(TIME_WAKE_AT, 1));
    }
}

void init(void)
{
    domains_learn();
    file.bytes = (char *)file_region;
    file.room = file_region_bytes;
    if (terminal_region) {
        session.is_terminal = true;
        session.file = &file;
        stream_start(&terminal, &((struct terminal_client_region *)own_terminal_region)->stream,
                     &((const struct terminal_region *)terminal_region)->stream);
        editor.prompt = "pecan> ";
        editor.put = put;
        editor.candidate = candidate;
        session_print(&session, "\nPecan's supervisor. `help` lists commands.\n");
        begin_line();
        microkit_notify(TERMINAL);
    }
    if (control_region) {
        control_start(&control, (void *)own_control_region, (const void *)control_region, &file);
        microkit_notify(CONTROL);
    }
    serve();
}

void notified(microkit_channel ch)
{
    (void)ch;
    serve();
}
