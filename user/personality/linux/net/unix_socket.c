#include "personality/linux/net/unix_socket.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/abi/tty.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/heap.h"

enum { BACKLOG_LIMIT = 128 };

struct list all_unix_sockets = LIST_INITIAL(all_unix_sockets);

static const struct socket_operations unix_operations;

static struct unix_socket *unix_of(struct socket *socket)
{
    return (struct unix_socket *)socket;
}

struct unix_socket *unix_socket_of_file(const struct open_file *file)
{
    struct socket *socket = socket_of(file);
    return socket && socket->operations == &unix_operations ? unix_of(socket) : NULL;
}

static bool is_datagram(const struct unix_socket *socket)
{
    return socket->socket.type == SOCK_DGRAM;
}

static struct linux_ucred credentials_of(const struct thread *thread)
{
    return (struct linux_ucred){.pid = thread->process->pid};
}

struct socket *unix_socket_create(const struct thread *thread, int type, int protocol, int64_t *error)
{
    if (type == SOCK_RAW) /* as Linux has it */
        type = SOCK_DGRAM;
    *error = protocol && protocol != AF_UNIX                                       ? -EPROTONOSUPPORT
             : type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET ? -ESOCKTNOSUPPORT
                                                                                   : 0;
    if (*error)
        return NULL;
    struct unix_socket *socket = heap_allocate(sizeof *socket);
    if (!socket) {
        *error = -ENOMEM;
        return NULL;
    }
    socket_initialise(&socket->socket, &unix_operations, AF_UNIX, (uint16_t)type, 0);
    unix_queue_initialise(&socket->queue);
    list_initialise(&socket->clients);
    list_initialise(&socket->in_clients);
    list_initialise(&socket->waiting);
    list_initialise(&socket->in_waiting);
    list_initialise(&socket->in_work);
    socket->own = credentials_of(thread);
    list_append(&all_unix_sockets, &socket->in_all);
    return &socket->socket;
}

static void peer_set(struct unix_socket *socket, struct unix_socket *peer)
{
    list_remove(&socket->in_clients);
    socket->peer = peer;
    if (peer)
        list_append(&peer->clients, &socket->in_clients);
}

void unix_socket_pair(struct socket *one, struct socket *other)
{
    struct unix_socket *sockets[] = {unix_of(one), unix_of(other)};
    for (int i = 0; i < 2; i++) {
        peer_set(sockets[i], sockets[!i]);
        sockets[i]->was_connected = sockets[i]->socket.type != SOCK_DGRAM;
        sockets[i]->of_peer = sockets[!i]->own;
    }
}

/* Ending */

static void unix_delete(struct unix_socket *socket)
{
    /* What was sent to it is lost. */
    bool resets = !unix_queue_is_empty(&socket->queue) || !list_is_empty(&socket->in_waiting);
    list_remove(&socket->in_all);
    list_remove(&socket->in_waiting);
    list_each (entry, &socket->waiting)
        unix_delete(list_item(entry, struct unix_socket, in_waiting));
    list_each (entry, &socket->clients) {
        struct unix_socket *client = list_item(entry, struct unix_socket, in_clients);
        peer_set(client, NULL);
        client->lost_peer = is_datagram(client);
        if (!is_datagram(client))
            client->shut = UNIX_RECEIVES_NO_MORE | UNIX_SENDS_NO_MORE;
        if (!is_datagram(client) && resets)
            client->socket.error = ECONNRESET;
        wake(client);
    }
    peer_set(socket, NULL);
    if (socket->inode) {
        socket->inode->socket = NULL;
        inode_release(socket->inode);
    }
    unix_queue_clear(&socket->queue);
    wake(socket); /* who waits for room at it */
    heap_free(socket);
}

static void unix_close(struct socket *socket)
{
    unix_delete(unix_of(socket));
    rights_collect();
}

static int64_t unix_shut_down(struct socket *base, int how)
{
    struct unix_socket *socket = unix_of(base), *peer = socket->peer;
    if (!is_datagram(socket) && !socket->was_connected)
        return -ENOTCONN;
    if (how != SHUT_WR)
        socket->shut |= UNIX_RECEIVES_NO_MORE;
    if (how != SHUT_RD)
        socket->shut |= UNIX_SENDS_NO_MORE;
    if (peer && !is_datagram(socket)) {
        peer->shut |= how != SHUT_WR ? UNIX_SENDS_NO_MORE : 0;
        peer->shut |= how != SHUT_RD ? UNIX_RECEIVES_NO_MORE : 0;
        wake(peer);
    }
    wake(socket);
    return 0;
}

/* Connections */

static int64_t unix_bind(struct thread *thread, struct socket *socket, const struct socket_address *address)
{
    return unix_socket_bind(thread, unix_of(socket), address);
}

static int64_t unix_listen(struct thread *thread, struct socket *base, int backlog)
{
    struct unix_socket *socket = unix_of(base);
    if (is_datagram(socket))
        return -EOPNOTSUPP;
    if (!socket->name.length || socket->was_connected)
        return -EINVAL;
    socket->listens = true;
    socket->own = credentials_of(thread);
    socket->backlog = backlog < 0 || backlog > BACKLOG_LIMIT ? BACKLOG_LIMIT : backlog ? (unsigned)backlog : 1;
    wake(socket);
    return 0;
}

static int64_t datagram_connect(struct thread *thread, struct unix_socket *socket, const struct socket_address *address)
{
    int64_t error = 0;
    struct unix_socket *peer = address->family == AF_UNSPEC ? NULL : unix_socket_find(thread, address, &error);
    if (error)
        return error;
    if (peer && !is_datagram(peer))
        return -EPROTOTYPE;
    peer_set(socket, peer);
    wake(socket);
    return 0;
}

static int64_t unix_connect(struct thread *thread, struct socket *base, const struct socket_address *address,
                            bool does_not_wait)
{
    struct unix_socket *socket = unix_of(base);
    int64_t error;
    if (is_datagram(socket))
        return datagram_connect(thread, socket, address);
    if (socket->was_connected || socket->listens)
        return socket->listens ? -EINVAL : -EISCONN;
    struct unix_socket *listener = unix_socket_find(thread, address, &error);
    if (error)
        return error;
    if (listener->socket.type != base->type)
        return -EPROTOTYPE;
    if (!listener->listens)
        return -ECONNREFUSED;
    if (listener->waiting_count >= listener->backlog)
        return socket_wait(thread, &listener->socket, does_not_wait, base->send_limit_ns);

    struct socket *end = unix_socket_create(thread, base->type, 0, &error);
    if (!end)
        return error;
    struct unix_socket *accepted = unix_of(end);
    socket->own = credentials_of(thread);
    accepted->own = listener->own;
    accepted->name = listener->name;
    accepted->has_borrowed_name = true;
    unix_socket_pair(base, end);
    list_append(&listener->waiting, &accepted->in_waiting);
    listener->waiting_count++;
    wake_for(listener, POLL_READABLE);
    wake(socket);
    return 0;
}

static int64_t unix_accept(struct thread *thread, struct socket *base, bool does_not_wait, struct socket **accepted)
{
    struct unix_socket *socket = unix_of(base);
    if (is_datagram(socket))
        return -EOPNOTSUPP;
    if (!socket->listens)
        return -EINVAL;
    if (list_is_empty(&socket->waiting))
        return socket_wait(thread, base, does_not_wait, base->receive_limit_ns);
    struct unix_socket *first = list_item(socket->waiting.next, struct unix_socket, in_waiting);
    list_remove(&first->in_waiting);
    socket->waiting_count--;
    wake_for(socket, 0); /* who waits to connect */
    *accepted = &first->socket;
    return 0;
}

static bool unix_listens(const struct socket *socket)
{
    return ((const struct unix_socket *)socket)->listens;
}

static int64_t unix_name(struct socket *base, bool of_peer, struct socket_address *address)
{
    const struct unix_socket *socket = unix_of(base);
    if (of_peer && !socket->peer)
        return -ENOTCONN;
    *address = of_peer ? socket->peer->name : socket->name;
    address->family = AF_UNIX;
    if (!address->length)
        address->length = sizeof address->family;
    return 0;
}

static int64_t unix_get_option(struct socket *socket, int level, int option, void *value, uint32_t *bytes)
{
    if (level != SOL_SOCKET || option != SO_PEERCRED)
        return level == SOL_SOCKET ? -ENOPROTOOPT : -EOPNOTSUPP;
    memcpy(value, &unix_of(socket)->of_peer, sizeof(struct linux_ucred));
    *bytes = sizeof(struct linux_ucred);
    return 0;
}

/* Sending. What was sent before the call had to wait is not sent again. */

static int64_t stream_send(struct thread *thread, struct unix_socket *socket, struct socket_message *message)
{
    struct unix_socket *peer = socket->peer;
    struct rights *rights = NULL;
    if (message->address.length)
        return socket->was_connected ? -EISCONN : -EOPNOTSUPP;
    if (!socket->was_connected)
        return -ENOTCONN;
    uint64_t progress = thread->progress;
    message_skip(message, progress < message->length ? progress : message->length);
    if (!peer || socket->shut & UNIX_SENDS_NO_MORE)
        return progress ? (int64_t)progress : -EPIPE;
    int64_t error = 0;
    while (message->length && !error) {
        size_t room = unix_queue_room(&peer->queue);
        size_t bytes = room < message->length ? room : (size_t)message->length;
        if (!room)
            break;
        if (!thread->progress)
            error = rights_take(thread, message, &rights);
        if (!error)
            error = unix_queue_add(&peer->queue, message, bytes, true, thread->process->pid, NULL, rights);
        if (error)
            rights_drop(rights);
        else
            thread->progress += bytes;
        rights = NULL;
    }
    if (thread->progress > progress)
        wake_for(peer, POLL_READABLE);
    if (!message->length || (error && thread->progress))
        return (int64_t)thread->progress;
    if (error)
        return error;
    if (message->does_not_wait && thread->progress)
        return (int64_t)thread->progress;
    int64_t result = socket_wait(thread, &socket->socket, message->does_not_wait, socket->socket.send_limit_ns);
    return result != CALL_WAITS && thread->progress ? (int64_t)thread->progress : result;
}

static int64_t datagram_target(struct thread *thread, struct unix_socket *socket, const struct socket_message *message,
                               struct unix_socket **target)
{
    int64_t error = 0;
    *target = socket->peer;
    if (message->address.length && !is_datagram(socket))
        return socket->was_connected ? -EISCONN : -EOPNOTSUPP;
    if (message->address.length)
        *target = unix_socket_find(thread, &message->address, &error);
    else if (!*target)
        error = socket->lost_peer ? -ECONNREFUSED : socket->was_connected ? -EPIPE : -ENOTCONN;
    socket->lost_peer = false;
    if (error)
        return error;
    if ((*target)->socket.type != socket->socket.type)
        return -EPROTOTYPE;
    if (is_datagram(socket) && (*target)->peer && (*target)->peer != socket)
        return -EPERM;
    if ((socket->shut & UNIX_SENDS_NO_MORE) || ((*target)->shut & UNIX_RECEIVES_NO_MORE))
        return -EPIPE;
    return 0;
}

static int64_t datagram_send(struct thread *thread, struct unix_socket *socket, struct socket_message *message)
{
    struct unix_socket *target;
    struct rights *rights;
    int64_t error = datagram_target(thread, socket, message, &target);
    if (!error && message->length > UNIX_QUEUE_BYTES)
        error = -EMSGSIZE;
    if (error)
        return error;
    size_t bytes = (size_t)message->length;
    if (!unix_queue_room(&target->queue) || unix_queue_room(&target->queue) < bytes)
        return socket_wait(thread, &target->socket, message->does_not_wait, socket->socket.send_limit_ns);
    error = rights_take(thread, message, &rights);
    if (error)
        return error;
    error = unix_queue_add(&target->queue, message, bytes, false, thread->process->pid, &socket->name, rights);
    if (error) {
        rights_drop(rights);
        return error;
    }
    wake_for(target, POLL_READABLE);
    return (int64_t)bytes;
}

static int64_t unix_send(struct thread *thread, struct socket *base, struct socket_message *message)
{
    struct unix_socket *socket = unix_of(base);
    if (base->error && !is_datagram(socket) && !thread->progress)
        return socket_take_error(base);
    return base->type == SOCK_STREAM ? stream_send(thread, socket, message) : datagram_send(thread, socket, message);
}

/* Receiving */

static void put_credentials(const struct unix_socket *socket, struct socket_message *message, int sender_pid)
{
    const struct linux_ucred sender = {.pid = sender_pid};
    if (socket_option_is_on(&socket->socket, SO_PASSCRED))
        message_put_control(message, SOL_SOCKET, SCM_CREDENTIALS, &sender, sizeof sender);
}

static void put_rights(struct thread *thread, struct unix_part *part, struct socket_message *message)
{
    struct rights *rights = part->rights;
    part->rights = NULL;
    if (rights)
        rights_put(thread, message, rights);
}

/* Room has come at this socket. */
static void tell_senders(struct unix_socket *socket)
{
    list_each (entry, &socket->clients)
        wake_for(list_item(entry, struct unix_socket, in_clients), POLL_WRITABLE);
    wake_for(socket, 0); /* those that send to it without being connected wait here */
}

/* Bytes up to the next change of sender or rights; these come with the first byte. The bytes, or an error. */
static int64_t stream_take(struct thread *thread, struct unix_socket *socket, struct socket_message *message)
{
    struct unix_queue *queue = &socket->queue;
    struct unix_part *part = unix_queue_first(queue);
    size_t bytes = part->length < message->length ? part->length : (size_t)message->length;
    int64_t error = unix_queue_copy(queue, 0, message, bytes);
    if (error)
        return error;
    if (!thread->progress)
        put_credentials(socket, message, part->sender_pid);
    if (message->flags & MSG_PEEK)
        return (int64_t)bytes;
    put_rights(thread, part, message);
    unix_queue_consume(queue, bytes);
    tell_senders(socket);
    return (int64_t)bytes;
}

static int64_t stream_receive(struct thread *thread, struct unix_socket *socket, struct socket_message *message)
{
    bool wants_all = (message->flags & MSG_WAITALL) && !(message->flags & MSG_PEEK);
    if (!socket->was_connected)
        return -EINVAL;
    message_skip(message, thread->progress < message->length ? thread->progress : message->length);
    while (message->length && !unix_queue_is_empty(&socket->queue)) {
        const struct unix_part *part = unix_queue_first(&socket->queue);
        bool comes_with_rights = part->rights;
        if (comes_with_rights && thread->progress)
            return (int64_t)thread->progress;
        int64_t taken = stream_take(thread, socket, message);
        if (taken < 0)
            return thread->progress ? (int64_t)thread->progress : taken;
        thread->progress += (uint64_t)taken;
        if ((message->flags & MSG_PEEK) || comes_with_rights || socket_option_is_on(&socket->socket, SO_PASSCRED))
            return (int64_t)thread->progress;
    }
    if (!message->length || (thread->progress && !wants_all))
        return (int64_t)thread->progress;
    if (!thread->progress && socket->socket.error)
        return socket_take_error(&socket->socket);
    if (socket->shut & UNIX_RECEIVES_NO_MORE)
        return (int64_t)thread->progress;
    int64_t result = socket_wait(thread, &socket->socket, message->does_not_wait, socket->socket.receive_limit_ns);
    return result != CALL_WAITS && thread->progress ? (int64_t)thread->progress : result;
}

static int64_t datagram_receive(struct thread *thread, struct unix_socket *socket, struct socket_message *message)
{
    struct unix_queue *queue = &socket->queue;
    if (!is_datagram(socket) && !socket->was_connected)
        return -ENOTCONN;
    if (unix_queue_is_empty(queue)) {
        if (socket->socket.error)
            return socket_take_error(&socket->socket);
        if (socket->shut & UNIX_RECEIVES_NO_MORE)
            return 0;
        return socket_wait(thread, &socket->socket, message->does_not_wait, socket->socket.receive_limit_ns);
    }
    struct unix_part *part = unix_queue_first(queue);
    size_t whole = part->length;
    size_t bytes = whole < message->length ? whole : (size_t)message->length;
    int64_t error = unix_queue_copy(queue, 0, message, bytes);
    if (error)
        return error;
    message->address = part->sender;
    if (bytes < whole)
        message->result_flags |= MSG_TRUNC;
    if (!is_datagram(socket))
        message->result_flags |= MSG_EOR;
    put_credentials(socket, message, part->sender_pid);
    if (!(message->flags & MSG_PEEK)) {
        put_rights(thread, part, message);
        unix_queue_consume(queue, whole);
        tell_senders(socket);
    }
    return (int64_t)(message->flags & MSG_TRUNC ? whole : bytes);
}

static int64_t unix_receive(struct thread *thread, struct socket *base, struct socket_message *message)
{
    struct unix_socket *socket = unix_of(base);
    return base->type == SOCK_STREAM ? stream_receive(thread, socket, message)
                                     : datagram_receive(thread, socket, message);
}

/* What can be done now */

static bool can_send(const struct unix_socket *socket)
{
    const struct unix_socket *peer = socket->peer;
    return !peer || socket->shut & UNIX_SENDS_NO_MORE || unix_queue_room(&peer->queue);
}

static unsigned unix_poll(struct socket *base)
{
    const struct unix_socket *socket = unix_of(base);
    unsigned events = base->error ? POLLERR : 0;
    if (socket->listens)
        return events | (list_is_empty(&socket->waiting) ? 0 : POLL_READABLE);
    bool has_ended = socket->shut & UNIX_RECEIVES_NO_MORE;
    if (!unix_queue_is_empty(&socket->queue) || has_ended)
        events |= POLL_READABLE;
    if (can_send(socket))
        events |= POLL_WRITABLE;
    if (has_ended)
        events |= POLLRDHUP;
    if (socket->shut == (UNIX_RECEIVES_NO_MORE | UNIX_SENDS_NO_MORE) ||
        (!is_datagram(socket) && !socket->was_connected))
        events |= POLLHUP;
    return events;
}

static int64_t unix_control(struct thread *thread, struct socket *base, uint64_t request, uint64_t argument)
{
    const struct unix_socket *socket = unix_of(base);
    int32_t bytes = 0;
    switch (request) {
    case FIONREAD:
        if (base->type == SOCK_STREAM)
            bytes = (int32_t)pipe_ring_used(&socket->queue.ring);
        else if (!unix_queue_is_empty(&socket->queue))
            bytes = (int32_t)unix_queue_first(&socket->queue)->length;
        break;
    case TIOCOUTQ:
        bytes = socket->peer ? (int32_t)pipe_ring_used(&socket->peer->queue.ring) : 0;
        break;
    default:
        return -ENOTTY;
    }
    return user_write_object(thread->process->space, argument, &bytes);
}

static const struct socket_operations unix_operations = {
    .bind = unix_bind,
    .connect = unix_connect,
    .listen = unix_listen,
    .accept = unix_accept,
    .send = unix_send,
    .receive = unix_receive,
    .shut_down = unix_shut_down,
    .name = unix_name,
    .get_option = unix_get_option,
    .control = unix_control,
    .poll = unix_poll,
    .listens = unix_listens,
    .close = unix_close,
};
