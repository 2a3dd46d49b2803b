/*
 * Sockets: what is common to all families. A family supplies a table of operations and begins its own structure with
 * struct socket. The socket is the wait channel of all that happens to it.
 */
#pragma once

#include "personality/linux/file/open_file.h"
#include "personality/linux/net/message.h"

struct socket_operations;

struct socket {
    const struct socket_operations *operations;
    struct open_file *file; /* not counted; null: not accepted yet */
    uint16_t family, type;
    int protocol;
    int error;      /* of what happened unasked, a positive number; the next call that meets it takes it. 0: none */
    uint32_t is_on; /* options that are on or off, bits by their numbers */
    uint64_t receive_limit_ns, send_limit_ns; /* UINT64_MAX: waits without end */
    int32_t send_bytes, receive_bytes;        /* what SO_SNDBUF and SO_RCVBUF say; nothing depends on it */
    struct linux_linger linger;
};

/*
 * Errors are negative. An operation that waits calls socket_wait, and is called again. Null members: -EOPNOTSUPP, or
 * for options -ENOPROTOOPT, for `control` -ENOTTY.
 */
struct socket_operations {
    int64_t (*bind)(struct thread *thread, struct socket *socket, const struct socket_address *address);
    int64_t (*connect)(struct thread *thread, struct socket *socket, const struct socket_address *address,
                       bool does_not_wait);
    int64_t (*listen)(struct thread *thread, struct socket *socket, int backlog);
    /* *accepted has no open file yet. */
    int64_t (*accept)(struct thread *thread, struct socket *socket, bool does_not_wait, struct socket **accepted);
    int64_t (*send)(struct thread *thread, struct socket *socket, struct socket_message *message);
    int64_t (*receive)(struct thread *thread, struct socket *socket, struct socket_message *message);
    int64_t (*shut_down)(struct socket *socket, int how);
    int64_t (*name)(struct socket *socket, bool of_peer, struct socket_address *address);
    int64_t (*get_option)(struct socket *socket, int level, int option, void *value, uint32_t *bytes);
    int64_t (*set_option)(struct socket *socket, int level, int option, int32_t value);
    int64_t (*control)(struct thread *thread, struct socket *socket, uint64_t request, uint64_t argument);
    unsigned (*poll)(struct socket *socket);
    bool (*listens)(const struct socket *socket);
    void (*close)(struct socket *socket); /* and frees it */
};

/* What every family begins a socket with. */
void socket_initialise(struct socket *socket, const struct socket_operations *operations, uint16_t family,
                       uint16_t type, int protocol);

/* Makes the open file of a socket; -ENOMEM if there is no memory, and the socket is the caller's still. */
int64_t socket_open(struct socket *socket, uint32_t flags);

/* The socket of an open file, or null. */
struct socket *socket_of(const struct open_file *file);

/* Waits for the socket, or refuses to: -EAGAIN, CALL_WAITS, -ERESTART or -EINTR. */
int64_t socket_wait(struct thread *thread, struct socket *socket, bool does_not_wait, uint64_t limit_ns);

/* Takes the error that waits, as a negative number; or 0. */
int64_t socket_take_error(struct socket *socket);

/* Sends and receives by way of the family; a call that gives -EPIPE has sent the signal too. */
int64_t socket_send(struct thread *thread, struct socket *socket, struct socket_message *message);
int64_t socket_receive(struct thread *thread, struct socket *socket, struct socket_message *message);

/* The same for readv and writev: the pieces are one message. */
int64_t socket_transfer_pieces(struct thread *thread, struct socket *socket, uint64_t pieces, uint64_t count,
                               bool sends);

/* The options of all families; value and bytes as the calls have them. */
int64_t socket_get_option(struct socket *socket, int level, int option, void *value, uint32_t *bytes);
int64_t socket_set_option(struct socket *socket, int level, int option, const void *value, uint32_t bytes);
enum { SOCKET_OPTION_ROOM = 64 };

static inline bool socket_option_is_on(const struct socket *socket, int option)
{
    return socket->is_on >> option & 1;
}

extern const struct file_operations socket_file_operations;
