#include "personality/linux/net/rights.h"

#include "personality/linux/abi/errno.h"
#include "personality/linux/file/file_table.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/net/unix_socket.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/heap.h"

_Static_assert(sizeof(struct rights) + RIGHTS_LIMIT * sizeof(struct open_file *) <= HEAP_LARGEST, "rights fit");

/* References of Unix sockets that are in queues. */
static unsigned sockets_in_flight;

static void flight_count(const struct rights *rights, bool begins)
{
    for (unsigned i = 0; i < rights->count; i++) {
        struct unix_socket *socket = unix_socket_of_file(rights->files[i]);
        if (!socket)
            continue;
        socket->in_flight += begins ? 1u : -1u;
        sockets_in_flight += begins ? 1u : -1u;
    }
}

/* Taking from a sender */

static int64_t descriptors_read(struct thread *thread, uint64_t address, unsigned count, struct rights *rights)
{
    for (unsigned i = 0; i < count; i++) {
        int32_t descriptor;
        int64_t error = user_read_object(thread->process->space, &descriptor, address + i * sizeof descriptor);
        struct open_file *file = error ? NULL : file_table_get(thread->process->files, (uint32_t)descriptor);
        if (!file)
            return error ? error : -EBADF;
        open_file_reference(file);
        rights->files[rights->count++] = file;
    }
    return 0;
}

static void files_release(struct rights *rights)
{
    for (unsigned i = 0; i < rights->count; i++)
        open_file_release(rights->files[i]);
    heap_free(rights);
}

int64_t rights_take(struct thread *thread, const struct socket_message *message, struct rights **rights)
{
    uint64_t at = message->control, left = message->control_length;
    uint64_t most = left / sizeof(int32_t) < RIGHTS_LIMIT ? left / sizeof(int32_t) : RIGHTS_LIMIT;
    int64_t error = 0;
    *rights = NULL;
    while (!error && left >= sizeof(struct linux_cmsghdr)) {
        struct linux_cmsghdr head;
        error = user_read_object(message->space, &head, at);
        if (error)
            break;
        if (head.length < sizeof head || head.length > left) {
            error = -EINVAL;
            break;
        }
        uint64_t count = (head.length - sizeof head) / sizeof(int32_t);
        if (head.level == SOL_SOCKET && head.type == SCM_RIGHTS) {
            if (!*rights && !(*rights = heap_allocate(sizeof **rights + most * sizeof(struct open_file *))))
                error = -ENOMEM;
            else if (count > most - (*rights)->count)
                error = -EINVAL;
            else
                error = descriptors_read(thread, at + sizeof head, (unsigned)count, *rights);
        } else if (head.level == SOL_SOCKET && head.type != SCM_CREDENTIALS) {
            error = -EINVAL;
        }
        uint64_t step = (head.length + 7) & ~7ull;
        at += step;
        left -= step < left ? step : left;
    }
    if (*rights && (error || !(*rights)->count)) {
        files_release(*rights);
        *rights = NULL;
    }
    if (*rights)
        flight_count(*rights, true);
    return error;
}

/* Giving to a receiver */

void rights_put(struct thread *thread, struct socket_message *message, struct rights *rights)
{
    int32_t descriptors[RIGHTS_LIMIT];
    uint64_t room = message->control_length > sizeof(struct linux_cmsghdr)
                        ? (message->control_length - sizeof(struct linux_cmsghdr)) / sizeof descriptors[0]
                        : 0;
    unsigned count = 0;
    flight_count(rights, false);
    for (; count < rights->count && count < room; count++) {
        int64_t descriptor =
            file_table_add(thread->process->files, rights->files[count], 0, message->flags & MSG_CMSG_CLOEXEC);
        if (descriptor < 0)
            break;
        open_file_reference(rights->files[count]);
        descriptors[count] = (int32_t)descriptor;
    }
    if (count < rights->count)
        message->result_flags |= MSG_CTRUNC;
    if (count)
        message_put_control(message, SOL_SOCKET, SCM_RIGHTS, descriptors, count * sizeof descriptors[0]);
    files_release(rights);
}

/* Dropping */

void rights_drop(struct rights *rights)
{
    static struct list to_release = LIST_INITIAL(to_release);
    static bool is_releasing;
    if (!rights)
        return;
    flight_count(rights, false);
    list_append(&to_release, &rights->in_release);
    if (is_releasing)
        return;
    is_releasing = true;
    while (!list_is_empty(&to_release)) {
        struct rights *first = list_item(to_release.next, struct rights, in_release);
        list_remove(&first->in_release);
        files_release(first);
    }
    is_releasing = false;
}

/* Collecting: what can be reached from sockets that have a reference outside of queues */

static void reach(struct unix_socket *socket, struct list *work)
{
    if (socket->is_reached)
        return;
    socket->is_reached = true;
    list_append(work, &socket->in_work);
}

static void reach_from(const struct unix_socket *socket, struct list *work)
{
    list_each (entry, &socket->queue.parts) {
        const struct rights *rights = list_item(entry, struct unix_part, in_queue)->rights;
        for (unsigned i = 0; rights && i < rights->count; i++) {
            struct unix_socket *next = unix_socket_of_file(rights->files[i]);
            if (next)
                reach(next, work);
        }
    }
    list_each (entry, &socket->waiting)
        reach(list_item(entry, struct unix_socket, in_waiting), work);
}

void rights_collect(void)
{
    struct list work = LIST_INITIAL(work);
    if (!sockets_in_flight)
        return;
    list_each (entry, &all_unix_sockets) {
        struct unix_socket *socket = list_item(entry, struct unix_socket, in_all);
        socket->is_reached = false;
    }
    list_each (entry, &all_unix_sockets) {
        struct unix_socket *socket = list_item(entry, struct unix_socket, in_all);
        const struct open_file *file = socket->socket.file;
        if (file && file->references > socket->in_flight)
            reach(socket, &work);
    }
    while (!list_is_empty(&work)) {
        struct unix_socket *socket = list_item(work.next, struct unix_socket, in_work);
        list_remove(&socket->in_work);
        reach_from(socket, &work);
    }

    /* First all are gathered, since dropping them closes sockets. */
    struct list lost = LIST_INITIAL(lost);
    list_each (entry, &all_unix_sockets) {
        const struct unix_socket *socket = list_item(entry, struct unix_socket, in_all);
        if (socket->is_reached)
            continue;
        list_each (part_entry, &socket->queue.parts) {
            struct unix_part *part = list_item(part_entry, struct unix_part, in_queue);
            if (part->rights)
                list_append(&lost, &part->rights->in_release);
            part->rights = NULL;
        }
    }
    while (!list_is_empty(&lost)) {
        struct rights *rights = list_item(lost.next, struct rights, in_release);
        list_remove(&rights->in_release);
        rights_drop(rights);
    }
}
