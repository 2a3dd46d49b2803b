/*
 * Sockets of the Internet: TCP streams, UDP datagrams and raw IPv4, each a socket of the network server (net/client.h).
 *
 * A socket asks the server for its number when it is made, and never waits for an answer that nobody needs. Streams are reset
 * when the server was restarted; sockets that listen and those without connections are made anew with all that was said about
 * them, and their programs notice nothing.
 */
#pragma once

#include "personality/linux/net/client.h"
#include "personality/linux/net/socket.h"

enum inet_state {
    INET_IDLE,
    INET_LISTENING,
    INET_CONNECTING,
    INET_CONNECTED,
    INET_OVER,  /* failed, or was reset */
    INET_EMBRYO /* will be what a listening socket accepts next */
};

/* A segment that waits to be read. */
struct inet_segment {
    uint32_t offset;
    uint16_t bytes;
    uint16_t more : 1; /* the datagram goes on in the next one */
    struct socket_name peer;
};

enum { INET_OPTIONS = SOCKET_TIME_TO_LIVE + 1 };

struct inet_socket {
    struct socket socket;
    struct net_socket net;
    struct list in_all;
    enum inet_state state;
    bool is_told;   /* the program knows how connecting ended */
    bool is_closed; /* by the program: waits for the server's last answer */
    bool is_bound, is_connected_datagram;
    bool receives_no_more, sends_no_more;
    bool is_cut; /* the server was restarted under the connection: every receive says so */
    struct socket_name own, peer;
    uint16_t options[INET_OPTIONS]; /* those in options_set */
    uint32_t options_set;

    /* A request whose answer a call waits for */
    enum { CONTROL_NONE, CONTROL_SENT, CONTROL_ANSWERED } control;
    struct socket_request control_request;
    uint16_t control_result;

    /* Listening */
    unsigned backlog, waiting_count;
    struct list waiting, in_waiting;
    struct inet_socket *embryo; /* of the SOCKET_ACCEPT that is not answered; or null */
    bool is_asking;             /* there is such a request */

    /* Sending */
    unsigned sends; /* SOCKET_SENDs that are not answered */
    size_t held;    /* bytes of the send region that they take */
    struct list in_waiting_for_memory;

    /* Receiving: a ring of segments */
    struct inet_segment segments[SOCKET_MOST_SEGMENTS];
    unsigned first, count;
    uint32_t used;      /* bytes of the first one that were read */
    unsigned datagrams; /* whole ones */
    uint64_t readable;  /* bytes, in all segments */
};

extern struct list all_inet_sockets; /* by in_all */

/* Makes a socket without open file. Null, and an error. */
struct socket *inet_socket_create(int type, int protocol, int64_t *error);

/* Parts of it: what is sent and received (net/inet_data.c), options (net/inet_options.c). */
extern const struct socket_operations inet_operations;
static inline struct inet_socket *inet_of(struct socket *socket)
{
    return (struct inet_socket *)socket;
}
static inline bool inet_is_stream(const struct inet_socket *socket)
{
    return socket->socket.type == SOCK_STREAM;
}

int inet_error(unsigned result); /* a Linux error number for an enum socket_result */
struct socket_address inet_address(struct socket_name name);
/* 0, -EINVAL or -EAFNOSUPPORT. */
int64_t inet_name(const struct socket_address *address, struct socket_name *name);

int64_t inet_send(struct thread *thread, struct socket *socket, struct socket_message *message);
int64_t inet_receive(struct thread *thread, struct socket *socket, struct socket_message *message);
bool inet_can_send(const struct inet_socket *socket);
void inet_sent(struct inet_socket *socket, const struct socket_request *request, const struct socket_report *report);
void inet_received(struct net_socket *net, const struct socket_report *segment);
void inet_forget_segments(struct inet_socket *socket);

int64_t inet_get_option(struct socket *socket, int level, int option, void *value, uint32_t *bytes);
int64_t inet_set_option(struct socket *socket, int level, int option, int32_t value);
int64_t inet_control(struct thread *thread, struct socket *socket, uint64_t request, uint64_t argument);
