#include "servers/supervisor/control.h"

#include "lib/string.h"
#include "servers/supervisor/commands.h"

enum { HEADER_BYTES = sizeof(struct control_frame) };

void control_start(struct control *control, void *own_area, const void *peer_area, struct update_file *file)
{
    memset(control, 0, sizeof(*control));
    stream_start(&control->stream, own_area, peer_area);
    control->file = file;
}

/* The answer of the session before, if it is not yet complete, is of no use any more. */
static void begin_session(struct control *control, uint32_t number)
{
    control->number = number;
    control->session.begin = control->session.count = 0;
    control->session.step = NULL;
    control->takes_file = control->is_answering = false;
}

static void begin_command(struct control *control, const char *file, size_t bytes)
{
    control->session.update = file;
    control->session.update_bytes = bytes;
    control->is_answering = true;
    command_begin(&control->session, control->line);
}

static void take_command(struct control *control, const struct control_frame *frame, const char *text)
{
    begin_session(control, frame->session);
    size_t length = frame->bytes < SESSION_LINE_BYTES - 1 ? frame->bytes : SESSION_LINE_BYTES - 1;
    memcpy(control->line, text, length);
    control->line[length] = '\0';
    control->file_came = 0;
    if (!command_is_update(control->line, &control->file_bytes)) {
        begin_command(control, NULL, 0);
    } else if (control->file_bytes == 0 || control->file_bytes > control->file->room) {
        control->is_answering = true;
        session_fail(&control->session, "a file of %zu bytes: at most %zu are possible", control->file_bytes,
                     control->file->room);
    } else if (control->file->is_typed) {
        control->is_answering = true;
        session_fail(&control->session, "an update is being typed on the console: one at a time");
    } else {
        control->takes_file = true;
        control->typed_count = control->file->typed_count;
    }
}

static void take_data(struct control *control, const char *data, size_t bytes)
{
    if (!control->takes_file || bytes > control->file_bytes - control->file_came)
        return;
    memcpy(control->file->bytes + control->file_came, data, bytes);
    control->file_came += bytes;
    if (control->file_came < control->file_bytes)
        return;
    control->takes_file = false;
    begin_command(control, control->file->bytes, control->file_bytes);
}

/* Takes one whole frame; false: there is none. */
static bool take_frame(struct control *control)
{
    struct control_frame frame;
    char text[CONTROL_FRAME_BYTES];
    if (stream_peek(&control->stream, 0, &frame, HEADER_BYTES) < HEADER_BYTES)
        return false;
    if (frame.bytes > CONTROL_FRAME_BYTES) {
        /* This is no frame, so nobody knows where the next one begins. */
        stream_take(&control->stream, stream_waiting(&control->stream));
        return true;
    }
    if (stream_peek(&control->stream, HEADER_BYTES, text, frame.bytes) < frame.bytes)
        return false;
    stream_take(&control->stream, HEADER_BYTES + frame.bytes);
    if (frame.kind == CONTROL_COMMAND)
        take_command(control, &frame, text);
    else if (frame.kind == CONTROL_DATA && frame.session == control->number)
        take_data(control, text, frame.bytes);
    else if (frame.kind == CONTROL_END && frame.session == control->number)
        begin_session(control, frame.session);
    return true;
}

/* A frame goes out whole or not at all: a restart between two writes must not leave half of one. */
static bool send_frame(struct control *control, enum control_kind kind, const char *text, size_t bytes)
{
    char frame[HEADER_BYTES + CONTROL_FRAME_BYTES];
    struct control_frame header = {control->number, (uint16_t)kind, (uint16_t)bytes};
    if (stream_room(&control->stream) < HEADER_BYTES + bytes)
        return false;
    memcpy(frame, &header, HEADER_BYTES);
    memcpy(frame + HEADER_BYTES, text, bytes);
    stream_write(&control->stream, frame, (uint32_t)(HEADER_BYTES + bytes));
    return true;
}

static bool tell_start(struct control *control)
{
    return control->has_told_start = send_frame(control, CONTROL_STARTED, "", 0);
}

static bool answer(struct control *control)
{
    struct session *session = &control->session;
    size_t count;
    session_run(session);
    const char *text = session_text(session, &count);
    if (count > CONTROL_FRAME_BYTES)
        count = CONTROL_FRAME_BYTES;
    if (count > 0) {
        if (!send_frame(control, CONTROL_TEXT, text, count))
            return false;
        session_sent(session, count);
        return true;
    }
    if (session->step || !send_frame(control, session->has_failed ? CONTROL_FAILED : CONTROL_DONE, "", 0))
        return false;
    control->is_answering = false;
    return true;
}

bool control_serve(struct control *control)
{
    bool has_more = false;
    if (control->takes_file && control->typed_count != control->file->typed_count) {
        control->takes_file = false;
        control->is_answering = true;
        session_fail(&control->session, "an update is typed on the console, and takes the place of this one");
    }
    do {
        if (!control->has_told_start && !tell_start(control))
            break;
        has_more = take_frame(control);
        if (control->is_answering)
            has_more |= answer(control);
    } while (has_more);
    return stream_publish(&control->stream);
}

bool control_waits(struct control *control)
{
    struct control_frame frame;
    uint32_t wanted = HEADER_BYTES;
    if (stream_peek(&control->stream, 0, &frame, HEADER_BYTES) == HEADER_BYTES && frame.bytes <= CONTROL_FRAME_BYTES)
        wanted += frame.bytes;
    if ((control->is_answering || !control->has_told_start) &&
        !stream_waits_for_room(&control->stream, HEADER_BYTES + CONTROL_FRAME_BYTES))
        return false;
    return stream_waits_for_bytes(&control->stream, wanted);
}
