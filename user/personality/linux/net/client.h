/*
 * The personality's side of protocols/socket.h: numbers of sockets, requests until they are answered, and memory for what is
 * sent. It knows nothing of Linux's sockets, and is told of nothing but by its functions: the pair of rings belongs to it.
 *
 * When the server was restarted every number is lost, and so are all requests. What is asked for while the server is away
 * waits for the next one. All that the server says is checked here: a report for a number that is not taken, a segment
 * outside of the packet region or an answer to nothing is dropped.
 */
#pragma once

#include "personality/linux/machine.h"
#include "personality/linux/support/list.h"
#include "protocols/socket.h"

enum { NET_NO_NUMBER = SOCKET_MOST };

struct net_socket;

/* None of these may give up its number but the first, and all may make requests. */
struct net_socket_events {
    /* A request is answered. Of a close or an abort: the number is free now, and the socket too may be. */
    void (*answered)(struct net_socket *socket, const struct socket_request *request, uint32_t tag,
                     const struct socket_report *report);
    void (*received)(struct net_socket *socket, const struct socket_report *segment);
    void (*ended)(struct net_socket *socket);
    void (*failed)(struct net_socket *socket, enum socket_result result);
    /* The server was restarted: all numbers are gone, and so are requests and segments. The socket may be freed. */
    void (*lost)(struct net_socket *socket);
};

/* A request until it is answered. */
struct net_call {
    struct list in_socket; /* in order */
    struct list in_unsent; /* linked until it is in the ring */
    struct net_socket *socket;
    struct socket_request request;
    uint32_t tag; /* the socket's */
};

struct net_socket {
    const struct net_socket_events *events;
    uint16_t number; /* NET_NO_NUMBER: none */
    struct list calls;
    struct list in_work;   /* linked while segments are to be given back */
    uint32_t owed;         /* how many */
    struct net_call close; /* always there, so that closing cannot fail */
};

/* Looks whether there is a server; to be called once. */
void net_client_start(void);
bool net_client_has_server(void);

/* The server's rings have changed. */
void net_client_notified(void);

/* Sends what was asked for since; the end of each event. */
void net_client_flush(void);

/* The interfaces as they were last seen whole; false if they never were. */
bool net_client_interfaces(struct socket_interfaces *interfaces);

/* Takes a free number for the socket; false if there is none. */
bool net_socket_attach(struct net_socket *socket, const struct net_socket_events *events);
/* Gives up a number that the server does not know (any more). */
void net_socket_detach(struct net_socket *socket);

/* Puts a request for the socket behind those before; `socket` and `id` in it are filled in. False: no memory. */
bool net_socket_request(struct net_socket *socket, const struct socket_request *request, uint32_t tag);
void net_socket_close(struct net_socket *socket, bool aborts);
void net_socket_give_back(struct net_socket *socket, uint32_t segments);

/* A segment in the packet region. */
const void *net_packet(const struct socket_report *segment);

/*
 * Memory for what is to be sent: at most `bytes` (shortened, unless `is_whole`), null if there is none now or the server is
 * away. Who holds much of it gets less. It goes back when the SOCKET_SEND that names it is answered, or by net_send_free.
 */
void *net_send_allocate(size_t held, bool is_whole, size_t *bytes, uint64_t *offset);
void net_send_free(uint64_t offset, size_t bytes);
bool net_send_is_possible(size_t held);
enum { NET_SEND_UNIT = 4096 };

/* What a piece of `bytes` takes of the region. */
static inline size_t net_send_rounded(size_t bytes)
{
    return (bytes + NET_SEND_UNIT - 1) & ~(size_t)(NET_SEND_UNIT - 1);
}
