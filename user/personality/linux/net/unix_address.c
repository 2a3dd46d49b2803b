/* The names of Unix sockets: paths in the file system, and names of their own that begin with a zero byte. */

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/file/directory.h"
#include "personality/linux/net/unix_socket.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/text.h"

#define PATH_OFFSET offsetof(struct linux_sockaddr_un, path)

int64_t unix_address_check(const struct socket_address *address)
{
    if (address->length < sizeof address->family || address->family != AF_UNIX ||
        address->length > sizeof(struct linux_sockaddr_un))
        return -EINVAL;
    return 0;
}

static bool is_path(const struct socket_address *address)
{
    return address->length > PATH_OFFSET && address->local.path[0];
}

/* The path with its zero byte. */
static const char *path_of(const struct socket_address *address)
{
    static char path[UNIX_PATH_ROOM + 1];
    size_t length = strnlen(address->local.path, address->length - PATH_OFFSET);
    memcpy(path, address->local.path, length);
    path[length] = 0;
    return path;
}

static struct unix_socket *find_by_name(const struct socket_address *address)
{
    list_each (entry, &all_unix_sockets) {
        struct unix_socket *socket = list_item(entry, struct unix_socket, in_all);
        if (!socket->has_borrowed_name && socket->name.length == address->length &&
            memcmp(socket->name.local.path, address->local.path, address->length - PATH_OFFSET) == 0)
            return socket;
    }
    return NULL;
}

struct unix_socket *unix_socket_find(struct thread *thread, const struct socket_address *address, int64_t *error)
{
    struct unix_socket *socket;
    *error = unix_address_check(address);
    if (*error)
        return NULL;
    if (address->length == PATH_OFFSET) {
        *error = -EINVAL;
        return NULL;
    }
    if (is_path(address)) {
        struct inode *inode = path_find(thread->process->working_directory, path_of(address), PATH_FOLLOW, error);
        if (!inode)
            return NULL;
        socket = (inode->mode & S_IFMT) == S_IFSOCK && !inode->operations ? inode->socket : NULL;
        inode_release(inode);
    } else {
        socket = find_by_name(address);
    }
    *error = socket ? 0 : -ECONNREFUSED;
    return socket;
}

static int64_t bind_to_path(const struct thread *thread, struct unix_socket *socket,
                            const struct socket_address *address)
{
    struct path_result place;
    int64_t error = path_walk(thread->process->working_directory, path_of(address), 0, &place);
    if (error)
        return error;
    if (place.inode)
        error = -EADDRINUSE;
    else if (place.must_be_directory)
        error = -ENOENT;
    else
        socket->inode = directory_make(place.parent, place.name, place.name_length,
                                       S_IFSOCK | (0777 & ~thread->process->umask), &error);
    path_result_release(&place);
    if (!error)
        socket->inode->socket = socket;
    return error;
}

/* A name that nobody has: five digits after the zero byte. */
static void name_choose(struct socket_address *address)
{
    static uint32_t last;
    do {
        char digits[6];
        struct text text = TEXT_IN(digits);
        text_add(&text, "%05x", ++last & 0xfffff);
        *address = (struct socket_address){.length = PATH_OFFSET + sizeof digits, .family = AF_UNIX};
        memcpy(address->local.path + 1, digits, sizeof digits - 1);
    } while (find_by_name(address));
}

int64_t unix_socket_bind(struct thread *thread, struct unix_socket *socket, const struct socket_address *address)
{
    int64_t error = unix_address_check(address);
    if (!error && (socket->name.length || socket->was_connected))
        error = -EINVAL;
    if (error)
        return error;
    struct socket_address name = *address;
    if (is_path(&name)) {
        error = bind_to_path(thread, socket, &name);
        name.length = (uint32_t)(PATH_OFFSET + strlen(path_of(&name)) + 1);
        if (name.length > sizeof name.local)
            name.length = sizeof name.local;
    } else if (name.length == PATH_OFFSET) {
        name_choose(&name);
    } else if (find_by_name(&name)) {
        error = -EADDRINUSE;
    }
    if (!error)
        socket->name = name;
    return error;
}
