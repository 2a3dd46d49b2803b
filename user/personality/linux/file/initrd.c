#include "personality/linux/file/initrd.h"

#include "lib/string.h"
#include "personality/linux/file/cpio.h"
#include "personality/linux/file/directory.h"
#include "personality/linux/support/heap.h"
#include "personality/linux/support/text.h"

/* The first name of a file with several names; later ones are links to it. The contents may come with any of them. */
struct hard_link {
    uint32_t number;
    struct inode *inode; /* counted: its name may be taken by a later entry */
};
enum { HARD_LINK_LIMIT = 32 };

struct unpacking {
    struct hard_link links[HARD_LINK_LIMIT];
    unsigned link_count;
};

static struct hard_link *link_find(struct unpacking *unpacking, uint32_t number)
{
    for (unsigned i = 0; i < unpacking->link_count; i++) {
        if (unpacking->links[i].number == number)
            return &unpacking->links[i];
    }
    return NULL;
}

static const char *file_fill(struct inode *inode, const struct cpio_entry *entry)
{
    if (inode_is_link(inode)) {
        inode->link_target = entry->data_size < HEAP_LARGEST ? heap_string(entry->data, entry->data_size) : NULL;
        inode->size = entry->data_size;
        return inode->link_target ? NULL : "the target of a symbolic link is too long";
    }
    if (inode_is_regular(inode) && entry->data_size &&
        inode_write(inode, 0, entry->data, entry->data_size) != (int64_t)entry->data_size)
        return "there is not enough memory for a file";
    if ((inode->mode & S_IFMT) == S_IFCHR)
        inode->device = linux_device(entry->device_major, entry->device_minor);
    return NULL;
}

/* Null, or what is wrong. */
static const char *entry_unpack(struct unpacking *unpacking, const struct cpio_entry *entry)
{
    struct path_result place;
    if (path_walk(root_directory, entry->name, 0, &place) != 0)
        return "a name has no directory to be in";
    if (place.inode && inode_is_directory(place.inode)) {
        bool is_directory = (entry->mode & S_IFMT) == S_IFDIR;
        if (is_directory && !place.inode->operations)
            place.inode->mode = entry->mode;
        path_result_release(&place);
        return is_directory ? NULL : "a file has the name of a directory";
    }
    if (place.inode)
        directory_remove(place.parent, place.name, place.name_length);

    const char *problem = NULL;
    int64_t error;
    bool has_links = (entry->mode & S_IFMT) == S_IFREG && entry->links > 1;
    struct hard_link *link = has_links ? link_find(unpacking, entry->inode) : NULL;
    struct inode *inode;
    if (link) {
        inode = link->inode;
        inode_reference(inode);
        error = directory_add(place.parent, place.name, place.name_length, inode);
        inode->links++;
        if (!error && entry->data_size)
            problem = file_fill(inode, entry);
    } else {
        inode = directory_make(place.parent, place.name, place.name_length, entry->mode, &error);
        if (inode)
            problem = file_fill(inode, entry);
        if (inode && has_links && unpacking->link_count < HARD_LINK_LIMIT) {
            inode_reference(inode);
            unpacking->links[unpacking->link_count++] = (struct hard_link){entry->inode, inode};
        }
    }
    path_result_release(&place);
    if (error || !inode)
        return "a file could not be made (name too long, or no memory)";
    inode->modified = (struct linux_timespec){.seconds = entry->modified};
    inode_release(inode);
    return problem;
}

bool initrd_unpack(const void *archive, size_t size)
{
    struct cpio_reader reader = {.archive = archive, .size = size};
    struct cpio_entry entry;
    struct unpacking unpacking = {.link_count = 0};
    const char *problem = NULL;
    while (!problem && cpio_next(&reader, &entry)) {
        problem = entry_unpack(&unpacking, &entry);
        if (problem)
            log_line("initrd: %s: %s", entry.name, problem);
    }
    if (reader.problem)
        log_line("initrd: at byte %lu of %lu: %s", (unsigned long)reader.offset, (unsigned long)size, reader.problem);
    for (unsigned i = 0; i < unpacking.link_count; i++)
        inode_release(unpacking.links[i].inode);
    return !problem && !reader.problem;
}
