#include "personality/linux/net/inet_socket.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/heap.h"

/* Connections that are taken from the server before the program asks for them. */
enum { WAITING_MOST = 8 };

/* What a request is for: its answer is looked at accordingly. */
enum request_tag {
    TAG_NONE,    /* nobody needs the answer, unless it is an error */
    TAG_CONTROL, /* a call waits for it */
};

struct list all_inet_sockets = LIST_INITIAL(all_inet_sockets);

static const struct net_socket_events events;

/* Names */

int inet_error(unsigned result)
{
    static const uint8_t errors[] = {
        [SOCKET_OK] = 0,
        [SOCKET_BAD] = EINVAL,
        [SOCKET_NO_MEMORY] = ENOBUFS,
        [SOCKET_IN_USE] = EADDRINUSE,
        [SOCKET_NOT_OWN] = EADDRNOTAVAIL,
        [SOCKET_NOT_CONNECTED] = ENOTCONN,
        [SOCKET_IS_CONNECTED] = EISCONN,
        [SOCKET_TOO_LONG] = EMSGSIZE,
        [SOCKET_NO_ACCESS] = EACCES,
        [SOCKET_UNREACHABLE] = ENETUNREACH,
        [SOCKET_REFUSED] = ECONNREFUSED,
        [SOCKET_RESET] = ECONNRESET,
        [SOCKET_TIMED_OUT] = ETIMEDOUT,
    };
    return result < sizeof errors ? errors[result] : EPROTO;
}

struct socket_address inet_address(struct socket_name name)
{
    struct socket_address address = {.length = sizeof address.internet, .internet = {.family = AF_INET}};
    address.internet.port = __builtin_bswap16(name.port);
    memcpy(&address.internet.address, name.address, sizeof name.address);
    return address;
}

int64_t inet_name(const struct socket_address *address, struct socket_name *name)
{
    if (address->length < sizeof address->internet)
        return -EINVAL;
    if (address->family != AF_INET)
        return -EAFNOSUPPORT;
    *name = (struct socket_name){.port = __builtin_bswap16(address->internet.port)};
    memcpy(name->address, &address->internet.address, sizeof name->address);
    return 0;
}

static bool name_is_any(const struct socket_name *name)
{
    static const uint8_t any[4];
    return memcmp(name->address, any, sizeof any) == 0;
}

/* Where to connect to: nowhere in particular is this machine. */
static int64_t name_of_peer(const struct socket_address *address, struct socket_name *name)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    int64_t error = inet_name(address, name);
    if (!error && name_is_any(name))
        memcpy(name->address, loopback, sizeof loopback);
    return error;
}

static struct inet_socket *of_net(struct net_socket *net)
{
    return list_item(net, struct inet_socket, net);
}

/* Making and ending */

static bool ask(struct inet_socket *socket, enum socket_operation operation, uint64_t value, uint16_t option,
                const struct socket_name *name, enum request_tag tag)
{
    struct socket_request request = {.operation = (uint16_t)operation, .option = option, .value = value};
    if (name)
        request.name = *name;
    return net_socket_request(&socket->net, &request, tag);
}

static struct inet_socket *inet_allocate(int type, int protocol)
{
    struct inet_socket *socket = heap_allocate(sizeof *socket);
    if (!socket)
        return NULL;
    socket_initialise(&socket->socket, &inet_operations, AF_INET, (uint16_t)type, protocol);
    list_initialise(&socket->waiting);
    list_initialise(&socket->in_waiting);
    list_initialise(&socket->in_waiting_for_memory);
    list_append(&all_inet_sockets, &socket->in_all);
    if (net_socket_attach(&socket->net, &events))
        return socket;
    list_remove(&socket->in_all);
    heap_free(socket);
    return NULL;
}

static void inet_free(struct inet_socket *socket)
{
    net_socket_detach(&socket->net);
    list_remove(&socket->in_all);
    list_remove(&socket->in_waiting);
    list_remove(&socket->in_waiting_for_memory);
    if (socket->embryo)
        inet_free(socket->embryo);
    heap_free(socket);
}

static bool ask_to_open(struct inet_socket *socket)
{
    uint16_t kind = inet_is_stream(socket)              ? SOCKET_STREAM
                    : socket->socket.type == SOCK_DGRAM ? SOCKET_DATAGRAM
                                                        : SOCKET_RAW;
    uint64_t protocol = kind == SOCKET_RAW ? (uint64_t)socket->socket.protocol : 0;
    return ask(socket, SOCKET_OPEN, protocol, kind, NULL, TAG_NONE);
}

struct socket *inet_socket_create(int type, int protocol, int64_t *error)
{
    int natural = type == SOCK_STREAM ? IPPROTO_TCP : type == SOCK_DGRAM ? IPPROTO_UDP : 0;
    *error = type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_RAW ? -ESOCKTNOSUPPORT
             : natural && protocol && protocol != natural                  ? -EPROTONOSUPPORT
             : !natural && (protocol <= 0 || protocol > 255)               ? -EPROTONOSUPPORT
                                                                           : 0;
    if (*error)
        return NULL;
    struct inet_socket *socket = inet_allocate(type, natural ? natural : protocol);
    if (socket && ask_to_open(socket))
        return &socket->socket;
    if (socket)
        inet_free(socket);
    *error = -ENOBUFS;
    return NULL;
}

/* The program has no descriptor for it any more, or never had one: it goes when the server has let go of it. */
static void inet_leave(struct inet_socket *socket, bool aborts)
{
    socket->is_closed = true;
    inet_forget_segments(socket);
    list_each (entry, &socket->waiting) {
        list_remove(entry);
        inet_leave(list_item(entry, struct inet_socket, in_waiting), true);
    }
    if (socket->net.number == NET_NO_NUMBER)
        inet_free(socket);
    else
        net_socket_close(&socket->net, aborts);
}

static void inet_close(struct socket *base)
{
    struct inet_socket *socket = inet_of(base);
    if (socket->count && inet_is_stream(socket)) /* what came was not read: the peer learns it */
        inet_leave(socket, true);
    else
        inet_leave(socket, base->linger.is_on && !base->linger.seconds && inet_is_stream(socket));
}

/* Calls that wait for an answer: one at a time; a call that was ended by a signal finds its answer when it is made again. */

static bool request_is_same(const struct socket_request *one, const struct socket_request *other)
{
    return one->operation == other->operation && one->value == other->value && one->option == other->option &&
           memcmp(&one->name, &other->name, sizeof one->name) == 0;
}

static int64_t control_wait(struct thread *thread, struct inet_socket *socket, const struct socket_request *request)
{
    if (socket->socket.error)
        return socket_take_error(&socket->socket);
    bool is_same = request_is_same(&socket->control_request, request);
    if (socket->control == CONTROL_ANSWERED && is_same) {
        socket->control = CONTROL_NONE;
        return -inet_error(socket->control_result);
    }
    if (socket->control != CONTROL_SENT) {
        if (!net_socket_request(&socket->net, request, TAG_CONTROL))
            return -ENOBUFS;
        socket->control_request = *request;
        socket->control = CONTROL_SENT;
    }
    return thread_wait(thread, socket, UINT64_MAX);
}

static int64_t inet_bind(struct thread *thread, struct socket *base, const struct socket_address *address)
{
    struct inet_socket *socket = inet_of(base);
    struct socket_request request = {.operation = SOCKET_BIND};
    int64_t error = inet_name(address, &request.name);
    if (error)
        return error;
    if (socket->is_bound || (socket->state != INET_IDLE && !base->error))
        return -EINVAL;
    error = control_wait(thread, socket, &request);
    socket->is_bound = error == 0;
    return error;
}

static int64_t inet_listen(struct thread *thread, struct socket *base, int backlog)
{
    struct inet_socket *socket = inet_of(base);
    if (!inet_is_stream(socket))
        return -EOPNOTSUPP;
    socket->backlog = backlog < 1 ? 1 : backlog > SOCKET_MOST_WAITING ? SOCKET_MOST_WAITING : (unsigned)backlog;
    if (socket->state == INET_LISTENING) {
        socket->control = CONTROL_NONE;
        return 0;
    }
    if (socket->state != INET_IDLE && !base->error)
        return -EINVAL;
    if (!socket->is_bound) {
        const struct socket_address any = {.length = sizeof any.internet, .internet = {.family = AF_INET}};
        int64_t error = inet_bind(thread, base, &any);
        if (error)
            return error;
    }
    const struct socket_request request = {.operation = SOCKET_LISTEN, .value = socket->backlog};
    return control_wait(thread, socket, &request);
}

/* Accepting: the server is asked for the next connection before the program does, so that polling tells the truth. */

static void ask_for_connection(struct inet_socket *socket)
{
    unsigned most = socket->backlog < WAITING_MOST ? socket->backlog : WAITING_MOST;
    if (socket->state != INET_LISTENING || socket->is_asking || socket->waiting_count >= most || socket->is_closed)
        return;
    if (!socket->embryo) {
        socket->embryo = inet_allocate(SOCK_STREAM, IPPROTO_TCP);
        if (!socket->embryo)
            return; /* when a connection has been accepted, it is tried again */
        socket->embryo->state = INET_EMBRYO;
    }
    const struct socket_request request = {.operation = SOCKET_ACCEPT, .other = socket->embryo->net.number};
    socket->is_asking = net_socket_request(&socket->net, &request, TAG_NONE);
}

static void accept_answered(struct inet_socket *socket, const struct socket_report *report)
{
    struct inet_socket *embryo = socket->embryo;
    socket->is_asking = false;
    socket->embryo = NULL;
    if (!embryo)
        return;
    if (report->result != SOCKET_OK) {
        inet_free(embryo);
    } else if (socket->is_closed) {
        embryo->state = INET_OVER; /* it is nobody's any more: it goes when the server is lost, too */
        inet_leave(embryo, true);
    } else {
        embryo->state = INET_CONNECTED;
        embryo->is_told = embryo->is_bound = true;
        embryo->own = report->own;
        embryo->peer = report->peer;
        list_append(&socket->waiting, &embryo->in_waiting);
        socket->waiting_count++;
        wake_for(socket, POLL_READABLE);
    }
    if (report->result == SOCKET_OK || report->result == SOCKET_RESET || report->result == SOCKET_TIMED_OUT)
        ask_for_connection(socket);
}

static int64_t inet_accept(struct thread *thread, struct socket *base, bool does_not_wait, struct socket **accepted)
{
    struct inet_socket *socket = inet_of(base);
    if (!inet_is_stream(socket))
        return -EOPNOTSUPP;
    if (socket->state != INET_LISTENING)
        return base->error ? socket_take_error(base) : -EINVAL;
    if (list_is_empty(&socket->waiting)) {
        ask_for_connection(socket);
        return socket_wait(thread, base, does_not_wait, base->receive_limit_ns);
    }
    struct inet_socket *first = list_item(socket->waiting.next, struct inet_socket, in_waiting);
    list_remove(&first->in_waiting);
    socket->waiting_count--;
    ask_for_connection(socket);
    *accepted = &first->socket;
    return 0;
}

static bool inet_listens(const struct socket *socket)
{
    return ((const struct inet_socket *)socket)->state == INET_LISTENING;
}

/* Connecting */

static int64_t datagram_connect(struct thread *thread, struct inet_socket *socket, const struct socket_address *address)
{
    struct socket_request request = {.operation = SOCKET_CONNECT};
    int64_t error = address->family == AF_UNSPEC ? 0 : name_of_peer(address, &request.name);
    if (!error)
        error = control_wait(thread, socket, &request);
    if (!error) {
        socket->is_connected_datagram = address->family != AF_UNSPEC;
        socket->peer = request.name;
    }
    return error;
}

/* How connecting ended; told once. */
static int64_t connect_result(struct inet_socket *socket)
{
    bool was_told = socket->is_told;
    socket->is_told = true;
    if (socket->socket.error)
        return socket_take_error(&socket->socket);
    if (socket->state == INET_OVER)
        return -ECONNABORTED;
    return was_told ? -EISCONN : 0;
}

static int64_t inet_connect(struct thread *thread, struct socket *base, const struct socket_address *address,
                            bool does_not_wait)
{
    struct inet_socket *socket = inet_of(base);
    if (!inet_is_stream(socket))
        return datagram_connect(thread, socket, address);
    if (socket->state == INET_LISTENING)
        return -EISCONN;
    if (socket->state != INET_IDLE && socket->state != INET_CONNECTING)
        return connect_result(socket);
    if (socket->state == INET_CONNECTING) {
        if (does_not_wait)
            return -EALREADY;
    } else {
        struct socket_name peer;
        int64_t error = name_of_peer(address, &peer);
        if (error)
            return error;
        if (!ask(socket, SOCKET_CONNECT, 0, 0, &peer, TAG_NONE))
            return -ENOBUFS;
        socket->state = INET_CONNECTING;
        socket->peer = peer;
        if (does_not_wait)
            return -EINPROGRESS;
    }
    int64_t result = socket_wait(thread, base, false, base->send_limit_ns);
    return result == -EAGAIN ? -EINPROGRESS : result;
}

static int64_t inet_shut_down(struct socket *base, int how)
{
    struct inet_socket *socket = inet_of(base);
    if (inet_is_stream(socket) ? socket->state != INET_CONNECTED : !socket->is_connected_datagram)
        return -ENOTCONN;
    uint16_t parts = how == SHUT_RD   ? SOCKET_SHUT_RECEIVE
                     : how == SHUT_WR ? SOCKET_SHUT_SEND
                                      : SOCKET_SHUT_RECEIVE | SOCKET_SHUT_SEND;
    if (!ask(socket, SOCKET_SHUTDOWN, 0, parts, NULL, TAG_NONE))
        return -ENOBUFS;
    socket->receives_no_more |= (parts & SOCKET_SHUT_RECEIVE) != 0;
    socket->sends_no_more |= (parts & SOCKET_SHUT_SEND) != 0;
    wake(socket);
    return 0;
}

static int64_t inet_name_of(struct socket *base, bool of_peer, struct socket_address *address)
{
    const struct inet_socket *socket = inet_of(base);
    bool has_peer = inet_is_stream(socket) ? socket->state == INET_CONNECTED : socket->is_connected_datagram;
    if (of_peer && !has_peer)
        return -ENOTCONN;
    *address = inet_address(of_peer ? socket->peer : socket->own);
    return 0;
}

/* What the server says */

static void inet_fail(struct inet_socket *socket, int error)
{
    socket->state = INET_OVER;
    if (!socket->socket.error)
        socket->socket.error = error;
    wake(socket);
}

static void connect_answered(struct inet_socket *socket, const struct socket_report *report)
{
    if (socket->state != INET_CONNECTING)
        return;
    if (report->result != SOCKET_OK) {
        inet_fail(socket, inet_error(report->result));
        return;
    }
    socket->state = INET_CONNECTED;
    socket->own = report->own;
    socket->peer = report->peer;
    wake(socket);
}

/* A request that was made for a call, or again for a new server, has done its work. */
static void setting_answered(struct inet_socket *socket, const struct socket_request *request,
                             const struct socket_report *report)
{
    if (request->operation == SOCKET_BIND)
        socket->own = report->own;
    if (request->operation == SOCKET_CONNECT && !name_is_any(&report->own))
        socket->own = report->own;
    if (request->operation == SOCKET_LISTEN) {
        socket->state = INET_LISTENING;
        ask_for_connection(socket);
    }
}

static void inet_answered(struct net_socket *net, const struct socket_request *request, uint32_t tag,
                          const struct socket_report *report)
{
    struct inet_socket *socket = of_net(net);
    switch (request->operation) {
    case SOCKET_CLOSE:
    case SOCKET_ABORT:
        inet_free(socket);
        return;
    case SOCKET_SEND:
        inet_sent(socket, request, report);
        return;
    case SOCKET_ACCEPT:
        accept_answered(socket, report);
        return;
    case SOCKET_CONNECT:
        if (inet_is_stream(socket)) {
            connect_answered(socket, report);
            return;
        }
        break;
    case SOCKET_SET:
    case SOCKET_SHUTDOWN:
        return;
    default:
        break;
    }
    if (report->result == SOCKET_OK)
        setting_answered(socket, request, report);
    else if (tag != TAG_CONTROL)
        inet_fail(socket, inet_error(report->result));
    if (tag == TAG_CONTROL) {
        socket->control = CONTROL_ANSWERED;
        socket->control_result = report->result;
        wake(socket);
    }
}

static void inet_ended(struct net_socket *net)
{
    struct inet_socket *socket = of_net(net);
    socket->receives_no_more = true;
    wake(socket);
}

static void inet_failed(struct net_socket *net, enum socket_result result)
{
    struct inet_socket *socket = of_net(net);
    if (inet_is_stream(socket) && socket->state != INET_OVER)
        inet_fail(socket, inet_error(result));
}

/* Says to a new server what was said to the old one. */
static bool ask_again(struct inet_socket *socket)
{
    bool done = net_socket_attach(&socket->net, &events) && ask_to_open(socket);
    for (uint16_t option = 0; done && option < INET_OPTIONS; option++) {
        if (socket->options_set >> option & 1)
            done = ask(socket, SOCKET_SET, socket->options[option], option, NULL, TAG_NONE);
    }
    if (done && socket->is_bound)
        done = ask(socket, SOCKET_BIND, 0, 0, &socket->own, TAG_NONE);
    if (done && socket->is_connected_datagram)
        done = ask(socket, SOCKET_CONNECT, 0, 0, &socket->peer, TAG_NONE);
    if (done && socket->state == INET_LISTENING) {
        done = ask(socket, SOCKET_LISTEN, socket->backlog, 0, NULL, TAG_NONE);
        ask_for_connection(socket);
    }
    return done;
}

static void inet_lost(struct net_socket *net)
{
    struct inet_socket *socket = of_net(net);
    if (socket->state == INET_EMBRYO)
        return; /* its listener makes it anew, or frees it */
    if (socket->is_closed) {
        inet_free(socket);
        return;
    }
    socket->sends = 0;
    socket->held = 0;
    socket->control = CONTROL_NONE; /* who waits for the answer asks again */
    socket->is_asking = false;
    inet_forget_segments(socket);
    if (socket->embryo)
        inet_free(socket->embryo);
    socket->embryo = NULL;
    bool had_connection = socket->state == INET_CONNECTING || socket->state == INET_CONNECTED;
    socket->is_cut |= socket->state == INET_CONNECTED;
    if (had_connection)
        inet_fail(socket, ECONNRESET);
    else if (socket->state != INET_OVER && !ask_again(socket))
        inet_fail(socket, ENOBUFS);
    wake(socket);
}

static const struct net_socket_events events = {
    .answered = inet_answered,
    .received = inet_received,
    .ended = inet_ended,
    .failed = inet_failed,
    .lost = inet_lost,
};

/* What can be done now */

static unsigned inet_poll(struct socket *base)
{
    const struct inet_socket *socket = inet_of(base);
    unsigned events_now = base->error ? POLLERR : 0;
    bool has_ended = socket->receives_no_more || socket->state == INET_OVER;
    bool sends_no_more = socket->sends_no_more || socket->state == INET_OVER;
    if (!inet_is_stream(socket))
        return events_now | (socket->datagrams || has_ended || base->error ? POLL_READABLE : 0) |
               (inet_can_send(socket) ? POLL_WRITABLE : 0);
    switch (socket->state) {
    case INET_LISTENING:
        return events_now | (list_is_empty(&socket->waiting) ? 0 : POLL_READABLE);
    case INET_IDLE:
        return events_now | POLL_WRITABLE | POLLHUP;
    case INET_CONNECTING:
        return 0;
    default:
        break;
    }
    if (socket->count || has_ended || base->error)
        events_now |= POLL_READABLE;
    if (sends_no_more || inet_can_send(socket))
        events_now |= POLL_WRITABLE;
    if (has_ended)
        events_now |= POLLRDHUP;
    if (has_ended && sends_no_more)
        events_now |= POLLHUP;
    return events_now;
}

const struct socket_operations inet_operations = {
    .bind = inet_bind,
    .connect = inet_connect,
    .listen = inet_listen,
    .accept = inet_accept,
    .send = inet_send,
    .receive = inet_receive,
    .shut_down = inet_shut_down,
    .name = inet_name_of,
    .get_option = inet_get_option,
    .set_option = inet_set_option,
    .control = inet_control,
    .poll = inet_poll,
    .listens = inet_listens,
    .close = inet_close,
};
