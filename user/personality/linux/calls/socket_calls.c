/* Calls on sockets. */

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/calls/arguments.h"
#include "personality/linux/calls/table.h"
#include "personality/linux/net/family.h"
#include "personality/linux/net/unix_socket.h"

static struct socket *descriptor_socket(const struct thread *thread, uint64_t descriptor, int64_t *error)
{
    const struct open_file *file = descriptor_file(thread, descriptor);
    struct socket *socket = file ? socket_of(file) : NULL;
    *error = !file ? -EBADF : !socket ? -ENOTSOCK : 0;
    return socket;
}

static bool does_not_wait(const struct socket *socket)
{
    return socket->file->flags & O_NONBLOCK;
}

static int64_t address_read(struct thread *thread, uint64_t from, uint64_t length, struct socket_address *address)
{
    *address = (struct socket_address){.length = (uint32_t)length};
    if ((uint32_t)length > sizeof address->bytes)
        return -EINVAL;
    return user_read(memory_of(thread), address->bytes, from, (uint32_t)length);
}

/* Writes as much as fits into the *length bytes that the program has, and how long it is. */
static int64_t address_write(struct thread *thread, uint64_t to, uint64_t length_at,
                             const struct socket_address *address)
{
    int32_t room;
    int64_t error = user_read_object(memory_of(thread), &room, length_at);
    if (!error && room < 0)
        error = -EINVAL;
    if (error)
        return error;
    size_t bytes = (uint32_t)room < address->length ? (uint32_t)room : address->length;
    error = user_write(memory_of(thread), to, address->bytes, bytes);
    return error ? error : user_write_object(memory_of(thread), length_at, &address->length);
}

/* A new socket as a descriptor; closes it if that cannot be. */
static int64_t descriptor_make(struct thread *thread, struct socket *socket, uint64_t flags)
{
    int64_t error = socket_open(socket, (uint32_t)flags);
    if (error) {
        socket->operations->close(socket);
        return error;
    }
    int64_t descriptor = file_table_add(thread->process->files, socket->file, 0, flags & SOCK_CLOEXEC);
    if (descriptor < 0)
        open_file_release(socket->file);
    return descriptor;
}

static bool flags_are_known(uint64_t type)
{
    return !(type & ~(uint64_t)(SOCK_TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC));
}

int64_t call_socket(struct thread *thread, const uint64_t *a)
{
    int64_t error = -EINVAL;
    struct socket *socket = NULL;
    if (flags_are_known((uint32_t)a[1]))
        socket = family_socket_create(thread, (int32_t)a[0], (int32_t)a[1] & SOCK_TYPE_MASK, (int32_t)a[2], &error);
    return socket ? descriptor_make(thread, socket, a[1]) : error;
}

int64_t call_socketpair(struct thread *thread, const uint64_t *a)
{
    struct file_table *files = thread->process->files;
    int64_t error = -EINVAL;
    if (!flags_are_known((uint32_t)a[1]))
        return error;
    if ((int32_t)a[0] != AF_UNIX)
        return (int32_t)a[0] == AF_INET ? -EOPNOTSUPP : -EAFNOSUPPORT;
    struct socket *one = unix_socket_create(thread, (int32_t)a[1] & SOCK_TYPE_MASK, (int32_t)a[2], &error);
    struct socket *other =
        one ? unix_socket_create(thread, (int32_t)a[1] & SOCK_TYPE_MASK, (int32_t)a[2], &error) : NULL;
    if (!other) {
        if (one)
            one->operations->close(one);
        return error;
    }
    unix_socket_pair(one, other);
    int64_t first = descriptor_make(thread, one, a[1]);
    if (first < 0) {
        other->operations->close(other);
        return first;
    }
    int64_t second = descriptor_make(thread, other, a[1]);
    const int32_t ends[2] = {(int32_t)first, (int32_t)second};
    error = second < 0 ? second : user_write_object(memory_of(thread), a[3], &ends);
    if (error) {
        file_table_close(files, (uint64_t)first);
        if (second >= 0)
            file_table_close(files, (uint64_t)second);
    }
    return error;
}

int64_t call_bind(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct socket_address address;
    struct socket *socket = descriptor_socket(thread, a[0], &error);
    if (!error)
        error = address_read(thread, a[1], a[2], &address);
    return error ? error : socket->operations->bind(thread, socket, &address);
}

int64_t call_connect(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct socket_address address;
    struct socket *socket = descriptor_socket(thread, a[0], &error);
    if (!error)
        error = address_read(thread, a[1], a[2], &address);
    if (!error && address.length < sizeof address.family)
        error = -EINVAL;
    return error ? error : socket->operations->connect(thread, socket, &address, does_not_wait(socket));
}

int64_t call_listen(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct socket *socket = descriptor_socket(thread, a[0], &error);
    return error ? error : socket->operations->listen(thread, socket, (int32_t)a[1]);
}

int64_t call_accept4(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct socket_address address;
    struct socket *socket = descriptor_socket(thread, a[0], &error), *accepted;
    if (!error && (a[3] & ~(uint64_t)(SOCK_NONBLOCK | SOCK_CLOEXEC)))
        error = -EINVAL;
    if (!error && file_table_is_full(thread->process->files))
        error = -EMFILE;
    if (!error)
        error = socket->operations->accept(thread, socket, does_not_wait(socket), &accepted);
    if (error)
        return error;
    int64_t descriptor = descriptor_make(thread, accepted, a[3]);
    if (descriptor < 0 || !a[1])
        return descriptor;
    if (accepted->operations->name(accepted, true, &address) != 0) /* it has gone already */
        address = (struct socket_address){.length = sizeof address.family, .family = accepted->family};
    error = address_write(thread, a[1], a[2], &address);
    if (error)
        file_table_close(thread->process->files, (uint64_t)descriptor);
    return error ? error : descriptor;
}

int64_t call_accept(struct thread *thread, const uint64_t *a)
{
    return call_accept4(thread, (uint64_t[]){a[0], a[1], a[2], 0});
}

static int64_t name_write(struct thread *thread, const uint64_t *a, bool of_peer)
{
    int64_t error;
    struct socket_address address;
    struct socket *socket = descriptor_socket(thread, a[0], &error);
    if (!error)
        error = socket->operations->name(socket, of_peer, &address);
    return error ? error : address_write(thread, a[1], a[2], &address);
}

int64_t call_getsockname(struct thread *thread, const uint64_t *a)
{
    return name_write(thread, a, false);
}

int64_t call_getpeername(struct thread *thread, const uint64_t *a)
{
    return name_write(thread, a, true);
}

int64_t call_shutdown(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct socket *socket = descriptor_socket(thread, a[0], &error);
    if (!error && (uint32_t)a[1] > SHUT_RDWR)
        error = -EINVAL;
    return error ? error : socket->operations->shut_down(socket, (int32_t)a[1]);
}

/* Options */

int64_t call_setsockopt(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    uint8_t value[SOCKET_OPTION_ROOM];
    struct socket *socket = descriptor_socket(thread, a[0], &error);
    if (!error && (int32_t)a[4] < 0)
        error = -EINVAL;
    uint32_t bytes = (uint32_t)a[4] < sizeof value ? (uint32_t)a[4] : (uint32_t)sizeof value;
    if (!error)
        error = user_read(memory_of(thread), value, a[3], bytes);
    return error ? error : socket_set_option(socket, (int32_t)a[1], (int32_t)a[2], value, bytes);
}

int64_t call_getsockopt(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    int32_t room;
    uint8_t value[SOCKET_OPTION_ROOM];
    uint32_t bytes;
    struct socket *socket = descriptor_socket(thread, a[0], &error);
    if (!error)
        error = user_read_object(memory_of(thread), &room, a[4]);
    if (!error && room < 0)
        error = -EINVAL;
    if (!error)
        error = socket_get_option(socket, (int32_t)a[1], (int32_t)a[2], value, &bytes);
    if (error)
        return error;
    if ((uint32_t)room < bytes)
        bytes = (uint32_t)room;
    error = user_write(memory_of(thread), a[3], value, bytes);
    return error ? error : user_write_object(memory_of(thread), a[4], &bytes);
}

/* Messages */

static void message_set_flags(struct socket_message *message, const struct socket *socket, uint64_t flags)
{
    message->flags = (uint32_t)flags;
    message->does_not_wait = does_not_wait(socket) || (flags & MSG_DONTWAIT);
}

int64_t call_sendto(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct socket_message message;
    struct socket *socket = descriptor_socket(thread, a[0], &error);
    if (error)
        return error;
    message_from_buffer(&message, thread, a[1], a[2]);
    message_set_flags(&message, socket, a[3]);
    if (a[4])
        error = address_read(thread, a[4], a[5], &message.address);
    return error ? error : socket_send(thread, socket, &message);
}

int64_t call_recvfrom(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct socket_message message;
    struct socket *socket = descriptor_socket(thread, a[0], &error);
    if (error)
        return error;
    message_from_buffer(&message, thread, a[1], a[2]);
    message_set_flags(&message, socket, a[3]);
    int64_t result = socket_receive(thread, socket, &message);
    if (result < 0 || !a[4])
        return result;
    error = address_write(thread, a[4], a[5], &message.address);
    return error ? error : result;
}

static int64_t message_send(struct thread *thread, struct socket *socket, const struct linux_msghdr *header,
                            uint64_t flags)
{
    struct socket_message message;
    int64_t error = message_from_header(&message, thread, header);
    if (error)
        return error;
    message_set_flags(&message, socket, flags);
    if (header->name)
        error = address_read(thread, header->name, header->name_length, &message.address);
    return error ? error : socket_send(thread, socket, &message);
}

/* What the header says afterwards is the caller's to write back. */
static int64_t message_receive(struct thread *thread, struct socket *socket, struct linux_msghdr *header,
                               uint64_t flags)
{
    struct socket_message message;
    int64_t error = message_from_header(&message, thread, header);
    if (error)
        return error;
    message_set_flags(&message, socket, flags);
    int64_t result = socket_receive(thread, socket, &message);
    if (result < 0)
        return result;
    if (header->name) {
        uint32_t bytes = header->name_length < message.address.length ? header->name_length : message.address.length;
        error = user_write(memory_of(thread), header->name, message.address.bytes, bytes);
        header->name_length = message.address.length;
    }
    header->control_length = message.control_written;
    header->flags = message.result_flags | ((uint32_t)flags & MSG_CMSG_CLOEXEC);
    return error ? error : result;
}

int64_t call_sendmsg(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct linux_msghdr header;
    struct socket *socket = descriptor_socket(thread, a[0], &error);
    if (!error)
        error = user_read_object(memory_of(thread), &header, a[1]);
    return error ? error : message_send(thread, socket, &header, a[2]);
}

int64_t call_recvmsg(struct thread *thread, const uint64_t *a)
{
    int64_t error;
    struct linux_msghdr header;
    struct socket *socket = descriptor_socket(thread, a[0], &error);
    if (!error)
        error = user_read_object(memory_of(thread), &header, a[1]);
    if (error)
        return error;
    int64_t result = message_receive(thread, socket, &header, a[2]);
    if (result < 0)
        return result;
    error = user_write_object(memory_of(thread), a[1], &header);
    return error ? error : result;
}

/* Several messages: only for the first of them the call waits. */
static int64_t messages_transfer(struct thread *thread, const uint64_t *a, bool sends)
{
    int64_t error;
    struct socket *socket = descriptor_socket(thread, a[0], &error);
    if (error)
        return error;
    uint64_t count = (uint32_t)a[2] < IOV_MAX ? (uint32_t)a[2] : IOV_MAX;
    for (uint64_t i = 0; i < count; i++) {
        struct linux_mmsghdr entry;
        uint64_t at = a[1] + i * sizeof entry, flags = a[3] | (i ? MSG_DONTWAIT : 0);
        int64_t result = user_read_object(memory_of(thread), &entry, at);
        if (!result)
            result = sends ? message_send(thread, socket, &entry.header, flags)
                           : message_receive(thread, socket, &entry.header, flags);
        if (result >= 0) {
            entry.length = (uint32_t)result;
            error = user_write_object(memory_of(thread), at, &entry);
            result = error ? error : result;
        }
        if (result < 0)
            return i ? (int64_t)i : result;
        thread->progress = 0;
    }
    return (int64_t)count;
}

int64_t call_sendmmsg(struct thread *thread, const uint64_t *a)
{
    return messages_transfer(thread, a, true);
}

int64_t call_recvmmsg(struct thread *thread, const uint64_t *a)
{
    return messages_transfer(thread, (uint64_t[]){a[0], a[1], a[2], a[3] & ~(uint64_t)MSG_WAITFORONE}, false);
}
