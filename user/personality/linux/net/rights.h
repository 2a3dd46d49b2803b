/*
 * Open files on their way through a Unix socket (SCM_RIGHTS).
 *
 * Files in a queue of a socket that is itself only in such a queue could be reached by nobody: rights_collect finds them.
 */
#pragma once

#include "personality/linux/net/message.h"
#include "personality/linux/support/list.h"

/* How many files one message can carry: Linux allows 253. */
enum { RIGHTS_LIMIT = 240 };

struct open_file;
struct unix_socket;

struct rights {
    struct list in_release;
    unsigned count;
    struct open_file *files[]; /* counted */
};

/* The rights in a message's control messages (null: none). 0, or a negative error if these are not as they should be. */
int64_t rights_take(struct thread *thread, const struct socket_message *message, struct rights **rights);

/* Gives them to the receiver of the message, as descriptors, as many as there is room for; and frees them. */
void rights_put(struct thread *thread, struct socket_message *message, struct rights *rights);

/* Releases the files. Null is allowed. Closing one of them may come back here: that is done after, not inside. */
void rights_drop(struct rights *rights);

/* Drops the rights in queues that no program can reach. To be called when a Unix socket has been closed. */
void rights_collect(void);
