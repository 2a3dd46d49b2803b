/* The families of sockets that there are. */
#pragma once

#include "personality/linux/net/socket.h"

/* Makes a socket without open file. Null, and an error. */
struct socket *family_socket_create(struct thread *thread, int family, int type, int protocol, int64_t *error);
