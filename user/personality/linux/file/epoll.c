#include "personality/linux/file/epoll.h"

#include "personality/linux/abi/errno.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/heap.h"

struct epoll {
    struct list items;
    unsigned nested; /* items that are epolls; these have none themselves, or asking would have no bounded cost */
    struct list candidates; /* items that may be ready, by in_candidates */
};

struct item {
    struct list in_epoll;
    struct list in_candidates; /* linked while it is one */
    struct list in_file;
    struct channel_watch watch;
    struct epoll *epoll;
    struct open_file *file;
    int descriptor; /* the file and it are the item's name */
    bool is_spent;  /* a one-shot that has been reported waits to be changed */
    struct linux_epoll_event event;
};

static const struct file_operations epoll_operations;

bool open_file_is_epoll(const struct open_file *file)
{
    return file->operations == &epoll_operations;
}

static unsigned item_interest(const struct item *item)
{
    return item->is_spent ? 0 : (item->event.events & POLL_ANYTHING) | POLLERR | POLLHUP;
}

static void item_consider(struct item *item)
{
    if (!list_is_empty(&item->in_candidates))
        return;
    list_append(&item->epoll->candidates, &item->in_candidates);
    wake_for(item->epoll, POLL_READABLE);
}

static void item_woken(struct channel_watch *watch, unsigned poll_bits)
{
    struct item *item = list_item(watch, struct item, watch);
    if (item_interest(item) & poll_bits)
        item_consider(item);
}

static void item_delete(struct item *item)
{
    item->epoll->nested -= open_file_is_epoll(item->file);
    channel_watch_end(&item->watch);
    list_remove(&item->in_epoll);
    list_remove(&item->in_candidates);
    list_remove(&item->in_file);
    heap_free(item);
}

void epoll_forget_file(struct open_file *file)
{
    list_each (entry, &file->watchers)
        item_delete(list_item(entry, struct item, in_file));
}

static unsigned epoll_poll(struct open_file *file)
{
    struct epoll *epoll = file->data;
    list_each (entry, &epoll->candidates) {
        struct item *item = list_item(entry, struct item, in_candidates);
        if (open_file_poll(item->file) & item_interest(item))
            return POLL_READABLE;
    }
    return 0;
}

static const void *epoll_channel(const struct open_file *file)
{
    return file->data;
}

static void epoll_close(struct open_file *file)
{
    struct epoll *epoll = file->data;
    list_each (entry, &epoll->items)
        item_delete(list_item(entry, struct item, in_epoll));
    heap_free(epoll);
}

static const struct file_operations epoll_operations = {
    .poll = epoll_poll, .channel = epoll_channel, .close = epoll_close};

struct open_file *epoll_create(void)
{
    struct epoll *epoll = heap_allocate(sizeof *epoll);
    if (!epoll)
        return NULL;
    list_initialise(&epoll->items);
    list_initialise(&epoll->candidates);
    struct open_file *file = open_file_create_alone(0600, O_RDWR, &epoll_operations, epoll);
    if (!file)
        heap_free(epoll);
    return file;
}

static struct item *item_find(const struct epoll *epoll, const struct open_file *file, int descriptor)
{
    list_each (entry, &file->watchers) {
        struct item *item = list_item(entry, struct item, in_file);
        if (item->epoll == epoll && item->descriptor == descriptor)
            return item;
    }
    return NULL;
}

/* Lets an item that is new or changed be found ready. */
static void item_look(struct item *item)
{
    if (open_file_poll(item->file) & item_interest(item))
        item_consider(item);
}

static int64_t item_add(struct open_file *epoll_file, struct open_file *file, int descriptor,
                        struct linux_epoll_event event)
{
    struct epoll *epoll = epoll_file->data;
    bool is_epoll = open_file_is_epoll(file);
    if (is_epoll && (((struct epoll *)file->data)->nested || !list_is_empty(&epoll_file->watchers)))
        return -ELOOP;
    struct item *item = heap_allocate(sizeof *item);
    if (!item)
        return -ENOMEM;
    item->epoll = epoll;
    item->file = file;
    item->descriptor = descriptor;
    item->event = event;
    item->watch.woken = item_woken;
    epoll->nested += is_epoll;
    list_initialise(&item->in_candidates);
    list_append(&epoll->items, &item->in_epoll);
    list_append(&file->watchers, &item->in_file);
    channel_watch_begin(&item->watch, file->operations->channel(file));
    item_look(item);
    return 0;
}

int64_t epoll_change(struct open_file *epoll, unsigned operation, struct open_file *file, int descriptor,
                     struct linux_epoll_event event)
{
    if (!file->operations->channel)
        return -EPERM;
    if (file == epoll)
        return -EINVAL;
    struct item *item = item_find(epoll->data, file, descriptor);
    switch (operation) {
    case EPOLL_CTL_ADD:
        return item ? -EEXIST : item_add(epoll, file, descriptor, event);
    case EPOLL_CTL_DEL:
        if (item)
            item_delete(item);
        return item ? 0 : -ENOENT;
    case EPOLL_CTL_MOD:
        if (!item)
            return -ENOENT;
        if ((event.events | item->event.events) & EPOLLEXCLUSIVE)
            return -EINVAL;
        item->event = event;
        item->is_spent = false;
        item_look(item);
        return 0;
    default:
        return -EINVAL;
    }
}

int64_t epoll_take(struct open_file *file, struct user_buffer *buffer, unsigned limit)
{
    struct epoll *epoll = file->data;
    struct list again = LIST_INITIAL(again); /* ready items that stay candidates */
    int64_t taken = 0, error = 0;
    while (!list_is_empty(&epoll->candidates) && (uint64_t)taken < limit && !error) {
        struct item *item = list_item(epoll->candidates.next, struct item, in_candidates);
        list_remove(&item->in_candidates);
        struct linux_epoll_event event = {open_file_poll(item->file) & item_interest(item), item->event.data};
        if (!event.events)
            continue;
        error = user_buffer_put(buffer, &event, sizeof event);
        if (!error) {
            taken++;
            item->is_spent = item->event.events & EPOLLONESHOT;
        }
        if (error || !(item->event.events & (EPOLLET | EPOLLONESHOT)))
            list_append(&again, &item->in_candidates);
    }
    list_each (entry, &again) {
        list_remove(entry);
        list_append(&epoll->candidates, entry);
    }
    return taken ? taken : error;
}
