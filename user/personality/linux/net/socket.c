#include "personality/linux/net/socket.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/net/interface.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/clock.h"

enum { BUFFER_BYTES_SAID = 212992, BUFFER_BYTES_LEAST = 2048 };

/* Options that are no more than remembered here, or looked at by the family. */
#define ON_OR_OFF                                                                                                      \
    (1u << SO_DEBUG | 1u << SO_REUSEADDR | 1u << SO_DONTROUTE | 1u << SO_BROADCAST | 1u << SO_KEEPALIVE |              \
     1u << SO_OOBINLINE | 1u << SO_REUSEPORT | 1u << SO_PASSCRED)

void socket_initialise(struct socket *socket, const struct socket_operations *operations, uint16_t family,
                       uint16_t type, int protocol)
{
    *socket = (struct socket){
        .operations = operations,
        .family = family,
        .type = type,
        .protocol = protocol,
        .receive_limit_ns = UINT64_MAX,
        .send_limit_ns = UINT64_MAX,
        .send_bytes = BUFFER_BYTES_SAID,
        .receive_bytes = BUFFER_BYTES_SAID,
    };
}

int64_t socket_open(struct socket *socket, uint32_t flags)
{
    struct open_file *file =
        open_file_create_alone(S_IFSOCK | 0777, O_RDWR | (flags & O_NONBLOCK), &socket_file_operations, socket);
    if (!file)
        return -ENOMEM;
    socket->file = file;
    return 0;
}

struct socket *socket_of(const struct open_file *file)
{
    return file->operations == &socket_file_operations ? file->data : NULL;
}

int64_t socket_wait(struct thread *thread, struct socket *socket, bool does_not_wait, uint64_t limit_ns)
{
    if (does_not_wait)
        return -EAGAIN;
    uint64_t deadline = limit_ns == UINT64_MAX ? UINT64_MAX : thread_deadline(thread, limit_ns);
    if (machine_time_ns() >= deadline)
        return -EAGAIN;
    int64_t result = thread_wait(thread, socket, deadline);
    return result == -ERESTART && limit_ns != UINT64_MAX ? -EINTR : result;
}

int64_t socket_take_error(struct socket *socket)
{
    int64_t error = -socket->error;
    socket->error = 0;
    return error;
}

int64_t socket_send(struct thread *thread, struct socket *socket, struct socket_message *message)
{
    if (message->flags & MSG_OOB || !socket->operations->send)
        return -EOPNOTSUPP;
    int64_t result = socket->operations->send(thread, socket, message);
    if (result == -EPIPE && !(message->flags & MSG_NOSIGNAL) && socket->type != SOCK_DGRAM) {
        struct signal_info info = signal_from_kernel(SIGPIPE);
        signal_send_thread(thread, &info);
    }
    return result;
}

int64_t socket_receive(struct thread *thread, struct socket *socket, struct socket_message *message)
{
    if (message->flags & MSG_OOB)
        return -EINVAL;
    if (message->flags & MSG_ERRQUEUE)
        return -EAGAIN;
    return socket->operations->receive ? socket->operations->receive(thread, socket, message) : -EOPNOTSUPP;
}

/* Options */

static int64_t limit_get(uint64_t limit_ns, void *value, uint32_t *bytes)
{
    uint64_t microseconds = limit_ns == UINT64_MAX ? 0 : limit_ns / 1000;
    struct linux_timeval time = {(int64_t)(microseconds / 1000000), (int64_t)(microseconds % 1000000)};
    memcpy(value, &time, sizeof time);
    *bytes = sizeof time;
    return 0;
}

static int64_t limit_set(uint64_t *limit_ns, const void *value, uint32_t bytes)
{
    struct linux_timeval time;
    if (bytes < sizeof time)
        return -EINVAL;
    memcpy(&time, value, sizeof time);
    if (time.microseconds < 0 || time.microseconds >= 1000000)
        return -EDOM;
    uint64_t ns = 0;
    if (time.seconds >= 0)
        timespec_to_ns((struct linux_timespec){time.seconds, time.microseconds * 1000}, &ns);
    *limit_ns = ns ? ns : UINT64_MAX;
    return 0;
}

int64_t socket_get_option(struct socket *socket, int level, int option, void *value, uint32_t *bytes)
{
    const struct socket_operations *operations = socket->operations;
    int32_t number;
    if (level != SOL_SOCKET || option == SO_PEERCRED)
        return operations->get_option ? operations->get_option(socket, level, option, value, bytes) : -ENOPROTOOPT;
    switch (option) {
    case SO_RCVTIMEO:
        return limit_get(socket->receive_limit_ns, value, bytes);
    case SO_SNDTIMEO:
        return limit_get(socket->send_limit_ns, value, bytes);
    case SO_LINGER:
        memcpy(value, &socket->linger, sizeof socket->linger);
        *bytes = sizeof socket->linger;
        return 0;
    case SO_TYPE:
        number = socket->type;
        break;
    case SO_DOMAIN:
        number = socket->family;
        break;
    case SO_PROTOCOL:
        number = socket->protocol;
        break;
    case SO_ERROR:
        number = -(int32_t)socket_take_error(socket);
        break;
    case SO_ACCEPTCONN:
        number = operations->listens && operations->listens(socket);
        break;
    case SO_SNDBUF:
        number = socket->send_bytes;
        break;
    case SO_RCVBUF:
        number = socket->receive_bytes;
        break;
    case SO_RCVLOWAT:
    case SO_SNDLOWAT:
        number = 1;
        break;
    case SO_PRIORITY:
        number = 0;
        break;
    default:
        if (option < 0 || option >= 32 || !(ON_OR_OFF >> option & 1))
            return -ENOPROTOOPT;
        number = socket_option_is_on(socket, option);
    }
    memcpy(value, &number, sizeof number);
    *bytes = sizeof number;
    return 0;
}

static int32_t buffer_bytes(int32_t wanted)
{
    int32_t limited = wanted < BUFFER_BYTES_SAID ? wanted : BUFFER_BYTES_SAID;
    return limited < BUFFER_BYTES_LEAST / 2 ? BUFFER_BYTES_LEAST : 2 * limited;
}

int64_t socket_set_option(struct socket *socket, int level, int option, const void *value, uint32_t bytes)
{
    const struct socket_operations *operations = socket->operations;
    int32_t number = 0;
    if (level == SOL_SOCKET && option == SO_RCVTIMEO)
        return limit_set(&socket->receive_limit_ns, value, bytes);
    if (level == SOL_SOCKET && option == SO_SNDTIMEO)
        return limit_set(&socket->send_limit_ns, value, bytes);
    if (bytes < sizeof number)
        return -EINVAL;
    memcpy(&number, value, sizeof number);
    if (level != SOL_SOCKET)
        return operations->set_option ? operations->set_option(socket, level, option, number) : -ENOPROTOOPT;
    switch (option) {
    case SO_LINGER:
        if (bytes < sizeof socket->linger)
            return -EINVAL;
        memcpy(&socket->linger, value, sizeof socket->linger);
        return 0;
    case SO_SNDBUF:
    case SO_SNDBUFFORCE:
        socket->send_bytes = buffer_bytes(number);
        return 0;
    case SO_RCVBUF:
    case SO_RCVBUFFORCE:
        socket->receive_bytes = buffer_bytes(number);
        return 0;
    case SO_RCVLOWAT:
    case SO_PRIORITY:
        return 0;
    default:
        break;
    }
    if (option < 0 || option >= 32 || !(ON_OR_OFF >> option & 1))
        return -ENOPROTOOPT;
    uint32_t bit = 1u << option;
    socket->is_on = number ? socket->is_on | bit : socket->is_on & ~bit;
    return operations->set_option ? operations->set_option(socket, level, option, number) : 0;
}

/* As an open file */

static int64_t transfer(struct thread *thread, struct socket *socket, struct socket_message *message, bool sends)
{
    message->does_not_wait = socket->file->flags & O_NONBLOCK;
    return sends ? socket_send(thread, socket, message) : socket_receive(thread, socket, message);
}

int64_t socket_transfer_pieces(struct thread *thread, struct socket *socket, uint64_t pieces, uint64_t count,
                               bool sends)
{
    struct socket_message message;
    int64_t error = message_from_pieces(&message, thread, pieces, count);
    return error ? error : transfer(thread, socket, &message, sends);
}

static int64_t file_read(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    struct socket_message message;
    message_from_buffer(&message, thread, buffer->address, buffer->length);
    return transfer(thread, file->data, &message, false);
}

static int64_t file_write(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    struct socket_message message;
    message_from_buffer(&message, thread, buffer->address, buffer->length);
    return transfer(thread, file->data, &message, true);
}

static unsigned file_poll(struct open_file *file)
{
    struct socket *socket = file->data;
    return socket->operations->poll(socket);
}

static const void *file_channel(const struct open_file *file)
{
    return file->data;
}

static int64_t file_control(struct thread *thread, struct open_file *file, uint64_t request, uint64_t argument)
{
    struct socket *socket = file->data;
    int64_t result = -ENOTTY;
    if (socket->operations->control)
        result = socket->operations->control(thread, socket, request, argument);
    return result == -ENOTTY ? interface_control(thread, request, argument) : result;
}

static void file_close(struct open_file *file)
{
    struct socket *socket = file->data;
    socket->file = NULL;
    socket->operations->close(socket);
}

const struct file_operations socket_file_operations = {
    .read = file_read,
    .write = file_write,
    .poll = file_poll,
    .channel = file_channel,
    .control = file_control,
    .close = file_close,
};
