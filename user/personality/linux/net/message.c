#include "personality/linux/net/message.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/process/process.h"

/* What one call transfers at most, as in Linux. */
enum { LENGTH_LIMIT = 0x7ffff000 };

static struct linux_iovec pieces_read[IOV_MAX];

int64_t message_from_pieces(struct socket_message *message, struct thread *thread, uint64_t pieces, uint64_t count)
{
    *message = (struct socket_message){.space = thread->process->space, .pieces = pieces_read};
    if (count > IOV_MAX)
        return -EMSGSIZE;
    int64_t error = user_read(message->space, pieces_read, pieces, count * sizeof pieces_read[0]);
    if (error)
        return error;
    for (uint64_t i = 0; i < count; i++) {
        if ((int64_t)pieces_read[i].length < 0)
            return -EINVAL;
        if (pieces_read[i].length > LENGTH_LIMIT - message->length)
            pieces_read[i].length = LENGTH_LIMIT - message->length;
        message->length += pieces_read[i].length;
    }
    message->piece_count = (unsigned)count;
    return 0;
}

void message_from_buffer(struct socket_message *message, struct thread *thread, uint64_t address, uint64_t length)
{
    pieces_read[0] = (struct linux_iovec){address, length < LENGTH_LIMIT ? length : LENGTH_LIMIT};
    *message = (struct socket_message){
        .space = thread->process->space, .pieces = pieces_read, .piece_count = 1, .length = pieces_read[0].length};
}

int64_t message_from_header(struct socket_message *message, struct thread *thread, const struct linux_msghdr *header)
{
    int64_t error = message_from_pieces(message, thread, header->pieces, header->piece_count);
    message->control = header->control;
    message->control_length = header->control ? header->control_length : 0;
    if (!error && message->control_length > INT32_MAX)
        error = -ENOBUFS;
    return error;
}

/* The piece that comes next, without those that are used up; `length` is not 0. */
static struct linux_iovec *piece_next(struct socket_message *message)
{
    while (!message->pieces->length) {
        message->pieces++;
        message->piece_count--;
    }
    return message->pieces;
}

static void piece_advance(struct socket_message *message, uint64_t count)
{
    message->pieces->base += count;
    message->pieces->length -= count;
    message->length -= count;
}

void message_skip(struct socket_message *message, uint64_t count)
{
    while (count) {
        const struct linux_iovec *piece = piece_next(message);
        uint64_t bytes = count < piece->length ? count : piece->length;
        piece_advance(message, bytes);
        count -= bytes;
    }
}

int64_t message_put(struct socket_message *message, const void *bytes, size_t count)
{
    for (const char *at = bytes; count;) {
        const struct linux_iovec *piece = piece_next(message);
        size_t part = count < piece->length ? count : (size_t)piece->length;
        int64_t error = user_write(message->space, piece->base, at, part);
        if (error)
            return error;
        piece_advance(message, part);
        at += part;
        count -= part;
    }
    return 0;
}

int64_t message_take(struct socket_message *message, void *bytes, size_t count)
{
    for (char *at = bytes; count;) {
        const struct linux_iovec *piece = piece_next(message);
        size_t part = count < piece->length ? count : (size_t)piece->length;
        int64_t error = user_read(message->space, at, piece->base, part);
        if (error)
            return error;
        piece_advance(message, part);
        at += part;
        count -= part;
    }
    return 0;
}

bool message_put_control(struct socket_message *message, int32_t level, int32_t type, const void *contents,
                         size_t bytes)
{
    const struct linux_cmsghdr head = {sizeof head + bytes, level, type};
    if (message->control_length < head.length || user_write_object(message->space, message->control, &head) != 0 ||
        user_write(message->space, message->control + sizeof head, contents, bytes) != 0) {
        message->result_flags |= MSG_CTRUNC;
        return false;
    }
    uint64_t step = (head.length + 7) & ~7ull;
    if (step > message->control_length)
        step = message->control_length;
    message->control += step;
    message->control_length -= step;
    message->control_written += step;
    return true;
}
