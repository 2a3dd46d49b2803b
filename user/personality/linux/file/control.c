#include "personality/linux/file/control.h"

#include "personality/linux/abi/errno.h"
#include "personality/linux/process/process.h"
#include "protocols/control.h"

#include "lib/string.h"

enum { PIECE_BYTES = 256, HEADER_BYTES = sizeof(struct control_frame) };

enum control_state {
    CONTROL_IDLE,    /* nothing has been asked */
    CONTROL_ASKED,   /* the answer is on its way */
    CONTROL_ENDED,   /* it has been read to its end */
    CONTROL_REFUSED, /* the same, and the command was not carried out */
    CONTROL_LOST,    /* the supervisor has started again: nobody knows how far the command came */
};

/* One session at a time, of the open file that has it. */
static struct {
    bool is_started;
    struct stream stream;
    const struct open_file *owner;
    enum control_state state;
    uint32_t session;
    uint32_t text_left; /* of the frame whose header has been taken */
} control;

static bool control_begin(void)
{
    struct machine_control shared;
    if (control.is_started)
        return true;
    if (!machine_control(&shared))
        return false;
    stream_start(&control.stream, shared.area, shared.supervisor_area);
    control.session = (uint32_t)machine_random(); /* not one of a predecessor's */
    control.is_started = true;
    return true;
}

static void publish(void)
{
    if (stream_publish(&control.stream))
        machine_control_notify();
}

static int64_t wait(struct thread *thread, const struct open_file *file)
{
    return file->flags & O_NONBLOCK ? -EAGAIN : thread_wait(thread, &control, UINT64_MAX);
}

static void send_header(enum control_kind kind, size_t bytes)
{
    struct control_frame frame = {control.session, (uint16_t)kind, (uint16_t)bytes};
    stream_write(&control.stream, &frame, HEADER_BYTES);
}

/* All that has come is about earlier sessions. Frames are sent whole, so the next one begins behind it. */
static void drop_answers(void)
{
    stream_take(&control.stream, stream_waiting(&control.stream));
    control.text_left = 0;
}

/* Whether there is room for a whole frame; if not, its coming is reported. */
static bool has_room(size_t bytes)
{
    return stream_room(&control.stream) >= HEADER_BYTES + bytes ||
           !stream_waits_for_room(&control.stream, (uint32_t)(HEADER_BYTES + bytes));
}

/* A new session: the first line of what is written. */
static int64_t write_command(struct user_buffer *buffer)
{
    char line[PIECE_BYTES];
    size_t length = buffer->length < PIECE_BYTES ? buffer->length : PIECE_BYTES;
    struct user_buffer piece = *buffer;
    int64_t error = user_buffer_take(&piece, line, length);
    if (error)
        return error;
    const char *end = memchr(line, '\n', length);
    size_t taken = end ? (size_t)(end - line) + 1 : length, text = end ? taken - 1 : length;
    if (!end && length == PIECE_BYTES)
        return -EINVAL;
    buffer->address += taken;
    buffer->length -= taken;
    control.session++;
    control.state = CONTROL_ASKED;
    drop_answers();
    send_header(CONTROL_COMMAND, text);
    stream_write(&control.stream, line, (uint32_t)text);
    return (int64_t)taken;
}

static int64_t write_data(struct user_buffer *buffer)
{
    char bytes[PIECE_BYTES];
    size_t length = buffer->length < PIECE_BYTES ? buffer->length : PIECE_BYTES;
    int64_t error = user_buffer_take(buffer, bytes, length);
    if (error)
        return error;
    send_header(CONTROL_DATA, length);
    stream_write(&control.stream, bytes, (uint32_t)length);
    return (int64_t)length;
}

static int64_t control_write(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    int64_t done = 0, count = 0;
    if (!control_begin())
        return -ENODEV;
    if (control.owner && control.owner != file)
        return wait(thread, file);
    if (control.owner != file) {
        control.owner = file;
        control.state = CONTROL_IDLE;
    }
    while (buffer->length && count >= 0 && has_room(PIECE_BYTES)) {
        count = control.state == CONTROL_ASKED ? write_data(buffer) : write_command(buffer);
        done += count > 0 ? count : 0;
        publish();
    }
    if (done || !buffer->length)
        return done;
    return count < 0 ? count : wait(thread, file);
}

/* Takes the header of the next frame, as far as there is one; false: there is none yet. */
static bool take_header(void)
{
    struct control_frame frame;
    if (stream_peek(&control.stream, 0, &frame, HEADER_BYTES) < HEADER_BYTES)
        return false;
    bool is_mine = frame.session == control.session;
    if (frame.bytes > CONTROL_FRAME_BYTES) {
        stream_take(&control.stream, stream_waiting(&control.stream));
        control.state = CONTROL_REFUSED;
    } else if (is_mine && frame.kind == CONTROL_TEXT) {
        stream_take(&control.stream, HEADER_BYTES);
        control.text_left = frame.bytes;
    } else if (stream_waiting(&control.stream) < (uint32_t)HEADER_BYTES + frame.bytes) {
        return false;
    } else {
        stream_take(&control.stream, HEADER_BYTES + frame.bytes);
        if (is_mine && frame.kind == CONTROL_DONE)
            control.state = CONTROL_ENDED;
        else if (is_mine && frame.kind == CONTROL_FAILED)
            control.state = CONTROL_REFUSED;
        else if (frame.kind == CONTROL_STARTED)
            control.state = CONTROL_LOST;
    }
    return true;
}

static int64_t read_text(struct user_buffer *buffer)
{
    char bytes[PIECE_BYTES];
    uint32_t count = control.text_left;
    if (count > PIECE_BYTES)
        count = PIECE_BYTES;
    if (count > buffer->length)
        count = (uint32_t)buffer->length;
    count = stream_peek(&control.stream, 0, bytes, count);
    int64_t error = user_buffer_put(buffer, bytes, count);
    if (error)
        return error;
    stream_take(&control.stream, count);
    control.text_left -= count;
    return count;
}

/* What has come of the answer, as much as there is room for; or an error. */
static int64_t read_answer(struct user_buffer *buffer)
{
    int64_t done = 0, count = 0;
    do {
        while (control.state == CONTROL_ASKED && control.text_left == 0 && take_header())
            ;
        count = control.text_left && buffer->length ? read_text(buffer) : 0;
        done += count > 0 ? count : 0;
    } while (count > 0);
    publish();
    return done ? done : count;
}

static int64_t control_read(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    if (control.owner != file || control.state == CONTROL_IDLE || !buffer->length)
        return 0;
    do {
        int64_t count = read_answer(buffer);
        if (count)
            return count;
        if (control.state != CONTROL_ASKED)
            return control.state == CONTROL_REFUSED ? -EIO : control.state == CONTROL_LOST ? -ECONNRESET : 0;
    } while (!stream_waits_for_bytes(&control.stream, stream_waiting(&control.stream) + 1));
    return wait(thread, file);
}

/* Nobody reads the rest of the answer; the supervisor drops it, or its frames are dropped here. */
static void control_close(struct open_file *file)
{
    if (control.owner != file)
        return;
    if (control.state == CONTROL_ASKED && has_room(0))
        send_header(CONTROL_END, 0);
    drop_answers();
    publish();
    control.owner = NULL;
    wake(&control);
}

void personality_control_notified(void)
{
    wake(&control);
    process_settle();
}

const struct file_operations control_operations = {
    .read = control_read, .write = control_write, .close = control_close};
