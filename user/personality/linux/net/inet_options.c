/* Options of sockets of the Internet. All are kept here, and said to the server: what is asked back is what was set. */

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/abi/tty.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/net/inet_socket.h"
#include "personality/linux/process/process.h"

enum { KEEP_IDLE_DEFAULT = 7200, KEEP_EVERY_DEFAULT = 75, KEEP_COUNT_DEFAULT = 9, TIME_TO_LIVE_DEFAULT = 64 };
enum { SEGMENT_BYTES_SAID = 1460 };

struct option {
    int level, option;
    enum socket_option server;
    bool is_of_streams;           /* only */
    int32_t least, most, without; /* values, and the one before it was set */
};

static const struct option options[] = {
    {SOL_SOCKET, SO_REUSEADDR, SOCKET_REUSE_ADDRESS, false, 0, 1, 0},
    {SOL_SOCKET, SO_BROADCAST, SOCKET_BROADCAST, false, 0, 1, 0},
    {SOL_SOCKET, SO_KEEPALIVE, SOCKET_KEEP_ALIVE, true, 0, 1, 0},
    {IPPROTO_TCP, TCP_NODELAY, SOCKET_NO_DELAY, true, 0, 1, 0},
    {IPPROTO_TCP, TCP_KEEPIDLE, SOCKET_KEEP_IDLE_SECONDS, true, 1, 32767, KEEP_IDLE_DEFAULT},
    {IPPROTO_TCP, TCP_KEEPINTVL, SOCKET_KEEP_EVERY_SECONDS, true, 1, 32767, KEEP_EVERY_DEFAULT},
    {IPPROTO_TCP, TCP_KEEPCNT, SOCKET_KEEP_COUNT, true, 1, 127, KEEP_COUNT_DEFAULT},
    {IPPROTO_IP, IP_TOS, SOCKET_TYPE_OF_SERVICE, false, 0, 255, 0},
    {IPPROTO_IP, IP_TTL, SOCKET_TIME_TO_LIVE, false, 1, 255, TIME_TO_LIVE_DEFAULT},
};

static const struct option *option_find(const struct inet_socket *socket, int level, int number)
{
    for (unsigned i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (options[i].level == level && options[i].option == number &&
            (!options[i].is_of_streams || inet_is_stream(socket)))
            return &options[i];
    }
    return NULL;
}

/* What makes no difference here: a wish about when packets leave, or for errors that come all the same. */
static bool option_is_idle(const struct inet_socket *socket, int level, int number)
{
    if (level == IPPROTO_TCP)
        return inet_is_stream(socket) && (number == TCP_CORK || number == TCP_QUICKACK || number == TCP_DEFER_ACCEPT);
    return level == IPPROTO_IP && (number == IP_RECVERR || number == IP_MTU_DISCOVER);
}

int64_t inet_get_option(struct socket *base, int level, int number, void *value, uint32_t *bytes)
{
    const struct inet_socket *socket = inet_of(base);
    const struct option *option = option_find(socket, level, number);
    int32_t answer = 0;
    if (option)
        answer = socket->options_set >> option->server & 1 ? socket->options[option->server] : option->without;
    else if (level == IPPROTO_TCP && number == TCP_MAXSEG && inet_is_stream(socket))
        answer = SEGMENT_BYTES_SAID;
    else if (!option_is_idle(socket, level, number))
        return -ENOPROTOOPT;
    memcpy(value, &answer, sizeof answer);
    *bytes = sizeof answer;
    return 0;
}

int64_t inet_set_option(struct socket *base, int level, int number, int32_t value)
{
    struct inet_socket *socket = inet_of(base);
    const struct option *option = option_find(socket, level, number);
    if (!option) /* those of all families have been kept already */
        return level == SOL_SOCKET || option_is_idle(socket, level, number) ? 0 : -ENOPROTOOPT;
    if (option->most == 1)
        value = value != 0;
    if (option->server == SOCKET_TIME_TO_LIVE && value == -1)
        value = TIME_TO_LIVE_DEFAULT;
    if (value < option->least || value > option->most)
        return -EINVAL;
    const struct socket_request request = {
        .operation = SOCKET_SET, .option = (uint16_t)option->server, .value = (uint64_t)value};
    if (socket->net.number != NET_NO_NUMBER && !net_socket_request(&socket->net, &request, 0))
        return -ENOBUFS;
    socket->options[option->server] = (uint16_t)value;
    socket->options_set |= 1u << option->server;
    return 0;
}

int64_t inet_control(struct thread *thread, struct socket *base, uint64_t request, uint64_t argument)
{
    struct inet_socket *socket = inet_of(base);
    int32_t bytes = 0;
    switch (request) {
    case FIONREAD:
        if (inet_is_stream(socket)) {
            if (socket->state == INET_LISTENING)
                return -EINVAL;
            bytes = (int32_t)socket->readable;
        }
        for (unsigned i = 0, more = socket->datagrams && !inet_is_stream(socket); more; i++) {
            const struct inet_segment *segment = &socket->segments[(socket->first + i) % SOCKET_MOST_SEGMENTS];
            bytes += segment->bytes;
            more = segment->more;
        }
        break;
    case TIOCOUTQ:
        bytes = (int32_t)socket->held;
        break;
    default:
        return -ENOTTY;
    }
    return user_write_object(thread->process->space, argument, &bytes);
}
