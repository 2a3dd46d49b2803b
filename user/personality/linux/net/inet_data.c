/* What sockets of the Internet send and receive. */

#include "personality/linux/abi/errno.h"
#include "personality/linux/net/inet_socket.h"
#include "personality/linux/process/process.h"

/* A stream is cut into requests of this size at most. */
enum { SEND_BYTES = 4 * NET_SEND_UNIT, SENDS_MOST = SOCKET_MOST_SENDS };

/* Sockets whose senders wait for a part of the send region. */
static struct list waiting_for_memory = LIST_INITIAL(waiting_for_memory);

/* Sending */

bool inet_can_send(const struct inet_socket *socket)
{
    return socket->sends < SENDS_MOST && net_send_is_possible(socket->held);
}

/* A request of the socket is answered, and its memory is free again. */
void inet_sent(struct inet_socket *socket, const struct socket_request *request, const struct socket_report *report)
{
    socket->sends--;
    socket->held -= net_send_rounded(request->bytes);
    if (report->result != SOCKET_OK && !inet_is_stream(socket) && !socket->socket.error)
        socket->socket.error = inet_error(report->result);
    wake_for(socket, report->result == SOCKET_OK ? POLL_WRITABLE : POLL_ANYTHING);
    list_each (entry, &waiting_for_memory) {
        list_remove(entry);
        wake_for(list_item(entry, struct inet_socket, in_waiting_for_memory), POLL_WRITABLE);
    }
}

/* Sends the next `bytes` of the message, or with streams fewer; how many, -EAGAIN if that cannot be now, or an error. */
static int64_t send_piece(struct inet_socket *socket, struct socket_message *message, const struct socket_name *name,
                          size_t bytes)
{
    struct socket_request request = {.operation = SOCKET_SEND, .name = *name};
    if (socket->sends >= SENDS_MOST)
        return -EAGAIN;
    void *memory = NULL;
    if (bytes)
        memory = net_send_allocate(socket->held, !inet_is_stream(socket), &bytes, &request.offset);
    if (bytes && !memory) {
        list_remove(&socket->in_waiting_for_memory);
        list_append(&waiting_for_memory, &socket->in_waiting_for_memory);
        return -EAGAIN;
    }
    request.bytes = (uint32_t)bytes;
    int64_t error = message_take(message, memory, bytes);
    if (!error && !net_socket_request(&socket->net, &request, 0))
        error = -ENOBUFS;
    if (error) {
        net_send_free(request.offset, bytes);
        return error;
    }
    socket->sends++;
    socket->held += net_send_rounded(bytes);
    return (int64_t)bytes;
}

/* What was sent before the call had to wait is not sent again. */
static int64_t stream_send(struct thread *thread, struct inet_socket *socket, struct socket_message *message)
{
    static const struct socket_name connected;
    uint64_t progress = thread->progress;
    message_skip(message, progress < message->length ? progress : message->length);
    if (socket->socket.error && !progress)
        return socket_take_error(&socket->socket);
    if (socket->state != INET_CONNECTED && socket->state != INET_CONNECTING)
        return progress ? (int64_t)progress : -EPIPE;
    if (socket->sends_no_more)
        return progress ? (int64_t)progress : -EPIPE;
    int64_t sent = 0;
    while (message->length && socket->state == INET_CONNECTED) {
        size_t bytes = message->length < SEND_BYTES ? (size_t)message->length : SEND_BYTES;
        sent = send_piece(socket, message, &connected, bytes);
        if (sent < 0)
            break;
        thread->progress += (uint64_t)sent;
    }
    if (!message->length || (thread->progress && (message->does_not_wait || (sent < 0 && sent != -EAGAIN))))
        return (int64_t)thread->progress;
    if (sent < 0 && sent != -EAGAIN)
        return sent;
    int64_t result = socket_wait(thread, &socket->socket, message->does_not_wait, socket->socket.send_limit_ns);
    return result != CALL_WAITS && thread->progress ? (int64_t)thread->progress : result;
}

static int64_t datagram_send(struct thread *thread, struct inet_socket *socket, struct socket_message *message)
{
    struct socket_name name = {.port = 0};
    int64_t error = message->address.length ? inet_name(&message->address, &name) : 0;
    if (!error && !message->address.length && !socket->is_connected_datagram)
        error = -EDESTADDRREQ;
    if (!error && message->length > SOCKET_MOST_DATAGRAM_BYTES)
        error = -EMSGSIZE;
    if (!error)
        error = socket_take_error(&socket->socket);
    if (!error && socket->sends_no_more)
        error = -EPIPE;
    if (error)
        return error;
    int64_t sent = send_piece(socket, message, &name, (size_t)message->length);
    if (sent != -EAGAIN)
        return sent;
    return socket_wait(thread, &socket->socket, message->does_not_wait, socket->socket.send_limit_ns);
}

int64_t inet_send(struct thread *thread, struct socket *base, struct socket_message *message)
{
    struct inet_socket *socket = inet_of(base);
    return inet_is_stream(socket) ? stream_send(thread, socket, message) : datagram_send(thread, socket, message);
}

/* Receiving */

static struct inet_segment *segment_at(struct inet_socket *socket, unsigned index)
{
    return &socket->segments[(socket->first + index) % SOCKET_MOST_SEGMENTS];
}

void inet_received(struct net_socket *net, const struct socket_report *report)
{
    struct inet_socket *socket = list_item(net, struct inet_socket, net);
    bool is_wanted = !socket->is_closed && !socket->receives_no_more && report->bytes <= UINT16_MAX;
    if (!is_wanted || socket->count == SOCKET_MOST_SEGMENTS) {
        if (!socket->is_closed)
            net_socket_give_back(net, 1);
        return;
    }
    *segment_at(socket, socket->count) = (struct inet_segment){
        .offset = report->offset, .bytes = (uint16_t)report->bytes, .more = report->more != 0, .peer = report->peer};
    socket->count++;
    socket->readable += report->bytes;
    socket->datagrams += !report->more;
    wake_for(socket, POLL_READABLE);
}

void inet_forget_segments(struct inet_socket *socket)
{
    socket->count = socket->first = socket->datagrams = 0;
    socket->used = 0;
    socket->readable = 0;
}

/* The first segment has been read. */
static void segment_drop(struct inet_socket *socket)
{
    const struct inet_segment *segment = segment_at(socket, 0);
    socket->datagrams -= !segment->more;
    socket->readable -= segment->bytes - socket->used;
    socket->used = 0;
    socket->first = (socket->first + 1) % SOCKET_MOST_SEGMENTS;
    socket->count--;
    net_socket_give_back(&socket->net, 1);
}

static const void *segment_data(const struct inet_segment *segment)
{
    const struct socket_report place = {.offset = segment->offset};
    return net_packet(&place);
}

/* Copies what there is for the message, and takes it away unless it is only looked at. The bytes, or an error. */
static int64_t stream_take(struct inet_socket *socket, struct socket_message *message)
{
    bool looks = message->flags & MSG_PEEK;
    int64_t done = 0;
    for (unsigned i = 0; message->length && i < socket->count;) {
        const struct inet_segment *segment = segment_at(socket, i);
        uint32_t used = i == 0 ? socket->used : 0;
        size_t bytes = segment->bytes - used;
        if (bytes > message->length)
            bytes = (size_t)message->length;
        int64_t error = message_put(message, (const char *)segment_data(segment) + used, bytes);
        if (error)
            return done ? done : error;
        done += (int64_t)bytes;
        if (looks) {
            i++;
            continue;
        }
        socket->used += (uint32_t)bytes;
        socket->readable -= bytes;
        if (socket->used == segment->bytes)
            segment_drop(socket);
    }
    return done;
}

static int64_t stream_receive(struct thread *thread, struct inet_socket *socket, struct socket_message *message)
{
    bool wants_all = (message->flags & MSG_WAITALL) && !(message->flags & MSG_PEEK);
    if (socket->state == INET_IDLE || socket->state == INET_LISTENING)
        return -ENOTCONN;
    message_skip(message, thread->progress < message->length ? thread->progress : message->length);
    int64_t taken = stream_take(socket, message);
    if (taken < 0)
        return thread->progress ? (int64_t)thread->progress : taken;
    thread->progress += (uint64_t)taken;
    if (!message->length || (thread->progress && !wants_all))
        return (int64_t)thread->progress;
    if (!thread->progress && socket->socket.error)
        return socket_take_error(&socket->socket);
    if (!thread->progress && socket->is_cut && !socket->receives_no_more)
        return -ECONNRESET; /* never an end of the stream, which a program would believe */
    if (socket->receives_no_more || socket->state == INET_OVER)
        return (int64_t)thread->progress;
    int64_t result = socket_wait(thread, &socket->socket, message->does_not_wait, socket->socket.receive_limit_ns);
    return result != CALL_WAITS && thread->progress ? (int64_t)thread->progress : result;
}

/* The first whole datagram. */
static int64_t datagram_take(struct inet_socket *socket, struct socket_message *message)
{
    uint64_t whole = 0, copied = 0;
    unsigned segments = 0;
    message->address = inet_address(segment_at(socket, 0)->peer);
    for (bool more = true; more; segments++) {
        const struct inet_segment *segment = segment_at(socket, segments);
        size_t bytes = segment->bytes < message->length ? segment->bytes : (size_t)message->length;
        int64_t error = message_put(message, segment_data(segment), bytes);
        if (error)
            return error;
        whole += segment->bytes;
        copied += bytes;
        more = segment->more;
    }
    if (copied < whole)
        message->result_flags |= MSG_TRUNC;
    for (unsigned i = 0; i < segments && !(message->flags & MSG_PEEK); i++)
        segment_drop(socket);
    return (int64_t)(message->flags & MSG_TRUNC ? whole : copied);
}

int64_t inet_receive(struct thread *thread, struct socket *base, struct socket_message *message)
{
    struct inet_socket *socket = inet_of(base);
    if (inet_is_stream(socket))
        return stream_receive(thread, socket, message);
    if (socket->datagrams)
        return datagram_take(socket, message);
    if (base->error)
        return socket_take_error(base);
    if (socket->receives_no_more)
        return 0;
    return socket_wait(thread, base, message->does_not_wait, base->receive_limit_ns);
}
