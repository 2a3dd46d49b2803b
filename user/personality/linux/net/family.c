#include "personality/linux/net/family.h"

#include "personality/linux/abi/errno.h"
#include "personality/linux/net/inet_socket.h"
#include "personality/linux/net/unix_socket.h"

struct socket *family_socket_create(struct thread *thread, int family, int type, int protocol, int64_t *error)
{
    if (family == AF_UNIX)
        return unix_socket_create(thread, type, protocol, error);
    if (family == AF_INET && net_client_has_server())
        return inet_socket_create(type, protocol, error);
    *error = -EAFNOSUPPORT;
    return NULL;
}
