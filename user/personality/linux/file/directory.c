#include "personality/linux/file/directory.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/disk/disk.h"
#include "personality/linux/support/heap.h"
#include "personality/linux/support/text.h"

struct directory_entry {
    struct list in_directory;
    struct inode *inode;
    uint64_t position; /* grows with each new name: a reader of the directory goes on where it was */
    size_t length;
    char name[];
};

enum { FIRST_POSITION = 2 };

static uint64_t last_position = FIRST_POSITION - 1;

static struct directory_entry *entry_find(const struct inode *directory, const char *name, size_t length)
{
    const struct list *head = &directory->directory.entries;
    for (struct list *at = head->next; at != head; at = at->next) {
        struct directory_entry *entry = list_item(at, struct directory_entry, in_directory);
        if (entry->length == length && memcmp(entry->name, name, length) == 0)
            return entry;
    }
    return NULL;
}

struct inode *directory_find(struct inode *directory, const char *name, size_t length)
{
    if (directory->operations)
        return directory->operations->lookup ? directory->operations->lookup(directory, name, length) : NULL;
    struct directory_entry *entry = entry_find(directory, name, length);
    if (!entry)
        return NULL;
    inode_reference(entry->inode);
    return entry->inode;
}

/* An entry at the end, for an inode or, in a directory of the file server, for none. */
static bool entry_create(struct inode *directory, const char *name, size_t length, struct inode *inode)
{
    struct directory_entry *entry = heap_allocate(sizeof *entry + length + 1);
    if (!entry)
        return false;
    memcpy(entry->name, name, length);
    entry->length = length;
    entry->inode = inode;
    entry->position = ++last_position;
    list_append(&directory->directory.entries, &entry->in_directory);
    if (inode)
        inode_reference(inode);
    if (inode && inode_is_directory(inode) && !inode->operations) {
        inode->directory.parent = directory;
        inode->directory.name = entry->name;
    }
    return true;
}

int64_t directory_add(struct inode *directory, const char *name, size_t length, struct inode *inode)
{
    if (directory->operations || directory->disk || !directory->directory.parent)
        return directory->operations || directory->disk ? -EPERM : -ENOENT;
    if (length > NAME_MAX)
        return -ENAMETOOLONG;
    if (!entry_create(directory, name, length, inode))
        return -ENOSPC;
    inode_touch_modified(directory);
    directory->links += inode_is_directory(inode) && !inode->operations;
    return 0;
}

static void entry_delete(struct directory_entry *entry)
{
    if (entry->inode && inode_is_directory(entry->inode) && !entry->inode->operations) {
        entry->inode->directory.name = NULL;
        entry->inode->directory.parent = NULL;
    }
    list_remove(&entry->in_directory);
    if (entry->inode)
        inode_release(entry->inode);
    heap_free(entry);
}

void directory_remove(struct inode *directory, const char *name, size_t length)
{
    struct directory_entry *entry = entry_find(directory, name, length);
    if (!entry)
        return;
    directory->links -= inode_is_directory(entry->inode) && !entry->inode->operations;
    entry_delete(entry);
    inode_touch_modified(directory);
}

void directory_remember(struct inode *directory, const char *name, size_t length, struct inode *inode)
{
    directory_forget(directory, name, length);
    entry_create(directory, name, length, inode);
}

bool directory_recall(struct inode *directory, const char *name, size_t length, struct inode **inode)
{
    const struct directory_entry *entry = entry_find(directory, name, length);
    *inode = entry ? entry->inode : NULL;
    if (*inode)
        inode_reference(*inode);
    return entry;
}

void directory_forget(struct inode *directory, const char *name, size_t length)
{
    struct directory_entry *entry = entry_find(directory, name, length);
    if (entry)
        entry_delete(entry);
}

struct inode *directory_entry_inode(struct list *entry)
{
    return list_item(entry, struct directory_entry, in_directory)->inode;
}

void directory_forget_entry(struct list *entry)
{
    entry_delete(list_item(entry, struct directory_entry, in_directory));
}

bool directory_is_empty(const struct inode *directory)
{
    return !directory->operations && list_is_empty(&directory->directory.entries);
}

void directory_clear(struct inode *directory)
{
    list_each (at, &directory->directory.entries)
        entry_delete(list_item(at, struct directory_entry, in_directory));
}

struct inode *directory_parent(struct inode *directory)
{
    struct inode *parent = directory->operations ? directory->pseudo.parent : directory->directory.parent;
    return parent ? parent : directory;
}

void directory_list(struct inode *directory, uint64_t position, directory_visitor *visit, void *context)
{
    if (position == 0 && !visit(context, ".", directory->number, S_IFDIR, 1))
        return;
    if (position <= 1 && !visit(context, "..", directory_parent(directory)->number, S_IFDIR, FIRST_POSITION))
        return;
    if (directory->operations) {
        if (directory->operations->list)
            directory->operations->list(directory, position < FIRST_POSITION ? FIRST_POSITION : position, visit,
                                        context);
        return;
    }
    list_each (at, &directory->directory.entries) {
        struct directory_entry *entry = list_item(at, struct directory_entry, in_directory);
        if (entry->position >= position &&
            !visit(context, entry->name, entry->inode->number, entry->inode->mode, entry->position + 1))
            return;
    }
}

/* Finds the name of a pseudo directory by asking its parent for all names. */
struct name_search {
    uint64_t number;
    char name[NAME_MAX + 1];
};

static bool name_search_visit(void *context, const char *name, uint64_t number, uint32_t mode, uint64_t next)
{
    struct name_search *search = context;
    (void)mode, (void)next;
    if (number != search->number || name[0] == '.')
        return true;
    memcpy(search->name, name, strlen(name) + 1);
    return false;
}

int64_t directory_path(struct inode *directory, char *path, size_t room)
{
    size_t at = room - 1; /* built from the end */
    if (room < 2)
        return -ERANGE;
    path[at] = 0;
    while (directory != root_directory) {
        struct inode *parent = directory_parent(directory);
        struct name_search search = {.number = directory->number};
        const char *name = directory->operations ? NULL : directory->directory.name;
        if (!name) {
            if (parent == directory)
                return -ENOENT;
            directory_list(parent, FIRST_POSITION, name_search_visit, &search);
            name = search.name;
        }
        size_t length = strlen(name);
        if (at < length + 1)
            return -ERANGE;
        at -= length;
        memcpy(path + at, name, length);
        path[--at] = '/';
        directory = parent;
    }
    if (at == room - 1)
        path[--at] = '/';
    memmove(path, path + at, room - at);
    return (int64_t)(room - at);
}

struct inode *directory_make(struct inode *directory, const char *name, size_t length, uint32_t mode, int64_t *error)
{
    struct inode *inode = inode_create(mode);
    *error = inode ? directory_add(directory, name, length, inode) : -ENOSPC;
    if (*error && inode) {
        inode_release(inode);
        inode = NULL;
    }
    return inode;
}

/* Paths */

enum { LINKS_LIMIT = 40 };

struct inode *root_directory;

/* What is left of the path being walked. One walk at a time: the personality has one thread and walks do not nest. */
static char remaining[2 * PATH_MAX];

/* Puts the target of a link before what remains after `rest`. */
static int64_t remaining_splice(struct inode *link, const char *rest)
{
    static char target[PATH_MAX];
    int64_t length;
    if (link->operations) {
        length = link->operations->read_link(link, target, sizeof target);
    } else if (link->disk && (length = disk_read_link(link))) {
        return length;
    } else {
        length = (int64_t)strlen(link->link_target);
        memcpy(target, link->link_target, (size_t)length);
    }
    if (length <= 0)
        return length ? length : -ENOENT;
    size_t rest_length = strlen(rest) + 1;
    if ((size_t)length + rest_length > sizeof remaining)
        return -ENAMETOOLONG;
    memmove(remaining + length, rest, rest_length);
    memcpy(remaining, target, (size_t)length);
    return 0;
}

void path_result_release(struct path_result *result)
{
    if (result->parent)
        inode_release(result->parent);
    if (result->inode)
        inode_release(result->inode);
    result->parent = result->inode = NULL;
}

int64_t path_walk(struct inode *start, const char *path, unsigned flags, struct path_result *result)
{
    *result = (struct path_result){0};
    size_t path_length = strlen(path);
    if (path_length == 0)
        return -ENOENT;
    if (path_length >= PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(remaining, path, path_length + 1);

    const char *at = remaining;
    struct inode *directory = *at == '/' ? root_directory : start;
    inode_reference(directory);
    int links = 0;
    for (;;) {
        while (*at == '/')
            at++;
        size_t length = text_until(at, "/");
        const char *rest = at + length;
        bool is_last = rest[text_span(rest, "/")] == 0;

        if (length == 0 || (length <= 2 && memcmp(at, "..", length) == 0)) {
            if (!inode_is_directory(directory)) {
                inode_release(directory);
                return -ENOTDIR;
            }
            if (length == 2) {
                struct inode *parent = directory_parent(directory);
                inode_reference(parent);
                inode_release(directory);
                directory = parent;
            }
            if (is_last) {
                result->parent = directory;
                result->inode = directory;
                inode_reference(directory);
                result->name = at;
                result->must_be_directory = true;
                return 0;
            }
            at = rest;
            continue;
        }

        if (!inode_is_directory(directory) || length > NAME_MAX) {
            int64_t error = inode_is_directory(directory) ? -ENAMETOOLONG : -ENOTDIR;
            inode_release(directory);
            return error;
        }
        struct inode *next = NULL;
        int64_t lookup_error = directory->disk ? disk_lookup(directory, at, length, &next) : 0;
        if (lookup_error) {
            inode_release(directory);
            return lookup_error;
        }
        if (!directory->disk)
            next = directory_find(directory, at, length);
        bool follows = next && inode_is_link(next) && (!is_last || (flags & PATH_FOLLOW) || *rest);
        if (follows && next->operations && next->operations->follow) {
            struct inode *end = next->operations->follow(next);
            inode_release(next);
            next = end;
            follows = false;
        }
        if (follows) {
            int64_t error = ++links > LINKS_LIMIT ? -ELOOP : remaining_splice(next, rest);
            inode_release(next);
            if (error) {
                inode_release(directory);
                return error;
            }
            at = remaining;
            if (*at == '/') {
                inode_release(directory);
                directory = root_directory;
                inode_reference(directory);
            }
            continue;
        }
        if (is_last) {
            result->parent = directory;
            result->inode = next;
            result->name = at;
            result->name_length = length;
            result->must_be_directory = *rest != 0;
            if (next && result->must_be_directory && !inode_is_directory(next)) {
                path_result_release(result);
                return -ENOTDIR;
            }
            return 0;
        }
        inode_release(directory);
        if (!next)
            return -ENOENT;
        directory = next;
        at = rest;
    }
}

struct inode *path_find(struct inode *start, const char *path, unsigned flags, int64_t *error)
{
    struct path_result result;
    *error = path_walk(start, path, flags, &result);
    if (*error)
        return NULL;
    struct inode *inode = result.inode;
    if (inode)
        inode_reference(inode);
    else
        *error = -ENOENT;
    path_result_release(&result);
    return inode;
}
