/*
 * What one call sends or receives: pieces of a program's memory, with addresses and control messages. There is one at a
 * time; a call that waits makes it anew when it looks again.
 */
#pragma once

#include "personality/linux/abi/file.h"
#include "personality/linux/abi/socket.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address_space;
struct thread;

struct socket_address {
    uint32_t length; /* 0: none */
    union {
        uint16_t family;
        struct linux_sockaddr_un local;
        struct linux_sockaddr_in internet;
        uint8_t bytes[SOCKADDR_ROOM];
    };
};

struct socket_message {
    struct address_space *space;
    struct linux_iovec *pieces; /* what is left to be filled or sent; read once, in the personality's own memory */
    unsigned piece_count;
    uint64_t length; /* of the pieces together */
    uint32_t flags;  /* MSG_ */
    bool does_not_wait;
    struct socket_address address;    /* where to; or, set by who receives, where from */
    uint64_t control, control_length; /* in the program's memory; length 0: none. When receiving, what is left of it */
    uint64_t control_written;
    uint32_t result_flags; /* MSG_, set by who receives */
};

/* From a piece of memory, or from pieces (0 or a negative error). */
void message_from_buffer(struct socket_message *message, struct thread *thread, uint64_t address, uint64_t length);
int64_t message_from_pieces(struct socket_message *message, struct thread *thread, uint64_t pieces, uint64_t count);
int64_t message_from_header(struct socket_message *message, struct thread *thread, const struct linux_msghdr *header);

/* Gives and takes bytes in order; 0 or a negative error (then some may have been copied). `count` is at most `length`. */
int64_t message_put(struct socket_message *message, const void *bytes, size_t count);
int64_t message_take(struct socket_message *message, void *bytes, size_t count);
void message_skip(struct socket_message *message, uint64_t count);

/* Appends a control message for the receiver; false, and MSG_CTRUNC is set, if there is no room for all of it. */
bool message_put_control(struct socket_message *message, int32_t level, int32_t type, const void *contents,
                         size_t bytes);
