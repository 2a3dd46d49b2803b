/* Unix sockets: streams, datagrams and packets in order between programs of one machine. */
#pragma once

#include "personality/linux/net/socket.h"
#include "personality/linux/net/unix_queue.h"

enum { UNIX_RECEIVES_NO_MORE = 1, UNIX_SENDS_NO_MORE = 2 };

struct unix_socket {
    struct socket socket;
    struct list in_all;
    struct unix_queue queue;

    struct unix_socket *peer;        /* whom it sends to, or null; with streams, whose peer it is */
    struct list clients, in_clients; /* those whose peer this is */
    bool lost_peer;                  /* a datagram socket whose peer has gone: the next one that is sent says so */
    bool was_connected;              /* a stream whose peer has gone is not connected anew */
    unsigned shut;                   /* UNIX_ bits */

    bool listens;
    unsigned backlog, waiting_count;
    struct list waiting, in_waiting; /* connections that nobody has accepted yet */

    struct socket_address name; /* length 0: none; a path, or a zero byte and any bytes */
    bool has_borrowed_name;     /* that of the listener */
    struct inode *inode;        /* behind its path, counted; or null */
    struct linux_ucred own, of_peer;

    unsigned in_flight; /* references of its open file that are rights in a queue */
    bool is_reached;    /* during rights_collect */
    struct list in_work;
};

extern struct list all_unix_sockets; /* by in_all */

/* The Unix socket that an open file is; or null. */
struct unix_socket *unix_socket_of_file(const struct open_file *file);

/* Makes a socket without open file. Null, and an error. */
struct socket *unix_socket_create(const struct thread *thread, int type, int protocol, int64_t *error);

/* Lets two that were just made be each other's peer. */
void unix_socket_pair(struct socket *one, struct socket *other);

/* For bind and connect: checks and keeps the form of an address. */
int64_t unix_address_check(const struct socket_address *address);
/* The socket that is bound to an address; null, and -ECONNREFUSED or another error. */
struct unix_socket *unix_socket_find(struct thread *thread, const struct socket_address *address, int64_t *error);
/* Gives the socket a name, or (an address without a path) one of the kernel's choice. */
int64_t unix_socket_bind(struct thread *thread, struct unix_socket *socket, const struct socket_address *address);
