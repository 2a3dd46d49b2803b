#include "personality/linux/disk/disk.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/disk/known.h"
#include "personality/linux/disk/pages.h"
#include "personality/linux/disk/request.h"
#include "personality/linux/disk/sums.h"
#include "personality/linux/file/directory.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/clock.h"
#include "personality/linux/support/frame.h"
#include "personality/linux/support/heap.h"

enum { BUCKETS = 256, KNOWN_MOST = 8192 };
#define PATIENCE_NS     (2 * NS_PER_SECOND)
#define ATTACH_AGAIN_NS NS_PER_SECOND

static struct list buckets[BUCKETS];
static struct inode *root;
static bool is_attached;
static int64_t attach_error;
static uint64_t attach_ns; /* when that was known */
static uint32_t known;     /* inodes */

int64_t disk_error(uint32_t result)
{
    static const int16_t errors[] = {
        [FILE_OK] = 0,
        [FILE_REFUSED] = EINVAL,
        [FILE_NOT_FOUND] = ENOENT,
        [FILE_STALE] = ESTALE,
        [FILE_EXISTS] = EEXIST,
        [FILE_NOT_DIRECTORY] = ENOTDIR,
        [FILE_IS_DIRECTORY] = EISDIR,
        [FILE_NOT_EMPTY] = ENOTEMPTY,
        [FILE_NO_SPACE] = ENOSPC,
        [FILE_TOO_LARGE] = EFBIG,
        [FILE_TOO_MANY_LINKS] = EMLINK,
        [FILE_READ_ONLY] = EROFS,
        [FILE_DAMAGED] = EIO,
        [FILE_FAILED] = EIO,
        [FILE_NO_DEVICE] = ENODEV,
    };
    return result < sizeof errors / sizeof errors[0] ? -errors[result] : -EIO;
}

/* --- waiting -------------------------------------------------------------------------------------------------------- */

int64_t disk_wait(const void *channel)
{
    struct thread *thread = current_thread();
    if (!thread)
        return -EIO;
    uint64_t now = machine_time_ns();
    uint64_t deadline = thread->wait_begun ? thread->wait_deadline_ns : now + PATIENCE_NS;
    if (!thread->wait_begun)
        thread->wait_uninterrupted = true;
    if (deadline <= now) {
        thread->wait_uninterrupted = false;
        deadline = UINT64_MAX;
    }
    return thread_wait(thread, channel, deadline);
}

static void attach(void);

/* An error is what it was for a while, and is then asked for again. */
int64_t disk_wait_until_attached(void)
{
    if (is_attached && attach_error && machine_time_ns() - attach_ns >= ATTACH_AGAIN_NS)
        attach();
    return is_attached ? attach_error : disk_wait(&is_attached);
}

/* --- inodes --------------------------------------------------------------------------------------------------------- */

static struct list *bucket_of(uint32_t number)
{
    struct list *bucket = &buckets[number % BUCKETS];
    if (!bucket->next)
        list_initialise(bucket);
    return bucket;
}

/* What the server says of a file that is new here. Later it is ours to know: answers may be older than what has been changed since. */
static void attributes_take(struct inode *inode, const struct file_attributes *attributes)
{
    inode->mode = (inode->mode & S_IFMT) | (attributes->mode & 07777);
    inode->uid = attributes->uid;
    inode->gid = attributes->gid;
    inode->links = attributes->links;
    inode->size = attributes->size < INT64_MAX ? attributes->size : INT64_MAX;
    inode->modified = disk_timespec(attributes->mtime);
    inode->accessed = disk_timespec(attributes->atime);
    inode->changed = disk_timespec(attributes->ctime);
}

static struct disk_file *disk_file_create(struct inode *inode, const struct file_handle *handle)
{
    struct disk_file *disk = heap_allocate(sizeof *disk);
    if (!disk)
        return NULL;
    disk->inode = inode;
    disk->handle = *handle;
    list_initialise(&disk->in_changed);
    list_append(bucket_of(handle->inode), &disk->in_bucket);
    inode->disk = disk;
    inode->number = handle->inode;
    known++;
    return disk;
}

/* The inode of a file, with a reference; null without memory. */
static struct inode *inode_of(const struct file_attributes *attributes)
{
    const struct file_handle *handle = &attributes->handle;
    list_each (entry, bucket_of(handle->inode)) {
        struct disk_file *disk = list_item(entry, struct disk_file, in_bucket);
        if (disk->handle.inode == handle->inode && disk->handle.generation == handle->generation) {
            disk->is_stale = false;
            inode_reference(disk->inode);
            return disk->inode;
        }
    }
    struct inode *inode = inode_create(attributes->mode);
    if (!inode)
        return NULL;
    if (!disk_file_create(inode, handle)) {
        inode_release(inode);
        return NULL;
    }
    if ((inode->mode & S_IFMT) == S_IFCHR)
        inode->device = attributes->device;
    attributes_take(inode, attributes);
    return inode;
}

static void released(struct disk_request *request, const struct file_answer *answer, const char *text)
{
    (void)request, (void)answer, (void)text;
}

bool disk_inode_is_needed(const struct inode *inode)
{
    return !inode->disk->is_gone && !list_is_empty(&inode->disk->in_changed);
}

void disk_inode_forget(struct inode *inode)
{
    struct disk_file *disk = inode->disk;
    if (disk->is_gone) {
        struct disk_request *request = disk_request_create(FILE_RELEASE, NULL, released);
        if (request) {
            request->message.handle = disk->handle;
            disk_request_submit(request);
        }
        if (inode_is_regular(inode))
            disk_pages_forget_written(inode, 0);
    }
    list_remove(&disk->in_bucket);
    list_remove(&disk->in_changed);
    heap_free(disk);
    known--;
}

bool frames_give_up(void)
{
    static uint32_t next;
    for (uint32_t i = 0; root && i < BUCKETS; i++) {
        struct list *bucket = bucket_of(next++);
        bool has_given = false;
        list_each (entry, bucket)
            has_given |= disk_pages_give_up(list_item(entry, struct disk_file, in_bucket)->inode);
        if (has_given)
            return true;
    }
    return false;
}

void disk_mapped_changed(void)
{
    for (uint32_t i = 0; i < BUCKETS; i++)
        list_each (entry, bucket_of(i))
            disk_pages_mapped_changed(list_item(entry, struct disk_file, in_bucket)->inode);
}

/* Forgets names that nobody uses, so that walks through large trees do not fill the memory. */
static void forget_unused(struct inode *directory)
{
    list_each (entry, &directory->directory.entries) {
        struct inode *inode = directory_entry_inode(entry);
        if (inode && inode_is_directory(inode))
            forget_unused(inode);
        bool is_used = inode && (inode->references > 1 || !list_is_empty(&inode->disk->in_changed) ||
                                 (inode_is_directory(inode) && !list_is_empty(&inode->directory.entries)));
        if (!is_used)
            directory_forget_entry(entry);
    }
}

void disk_names_forget(void)
{
    if (root)
        forget_unused(root);
}

static void forget_if_many(void)
{
    if (known > KNOWN_MOST)
        forget_unused(root);
}

/* --- the start ------------------------------------------------------------------------------------------------------ */

static void attached(struct disk_request *request, const struct file_answer *answer, const char *text)
{
    (void)request, (void)text;
    attach_error = disk_error(answer->result);
    attach_ns = machine_time_ns();
    is_attached = true;
    if (answer->result == FILE_OK) {
        list_remove(&root->disk->in_bucket);
        root->disk->handle = answer->attributes.handle;
        root->number = answer->attributes.handle.inode;
        list_append(bucket_of(root->disk->handle.inode), &root->disk->in_bucket);
        attributes_take(root, &answer->attributes);
    }
    wake(&is_attached);
}

/* Without memory what was known before stays. */
static void attach(void)
{
    struct disk_request *request = disk_request_create(FILE_ATTACH, NULL, attached);
    if (!request)
        return;
    is_attached = false;
    disk_request_submit(request);
}

void disk_handles_are_stale(struct inode *const *inodes, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (inodes[i])
            inodes[i]->disk->is_stale = true;
}

struct inode *disk_start(void)
{
    const struct file_handle unknown = {0, 0};
    if (!disk_requests_start())
        return NULL;
    disk_sums_start();
    root = inode_create(S_IFDIR | 0755);
    if (!root || !disk_file_create(root, &unknown))
        return NULL;
    is_attached = true;
    attach_error = -EIO;
    attach();
    return root;
}

bool disk_is_there(void)
{
    return root && !attach_error;
}

/* --- names ---------------------------------------------------------------------------------------------------------- */

/* A directory has one name. On a damaged disk it may have more, and lie in itself: whoever goes up from there would never arrive. */
static bool has_other_name(const struct inode *inode, const struct inode *directory, const char *name, size_t length)
{
    return inode_is_directory(inode) && inode->directory.parent &&
           (inode->directory.parent != directory || !inode->directory.name || strlen(inode->directory.name) != length ||
            memcmp(inode->directory.name, name, length) != 0);
}

static bool is_above(const struct inode *inode, struct inode *directory)
{
    while (directory != inode && directory_parent(directory) != directory)
        directory = directory_parent(directory);
    return directory == inode;
}

struct inode *disk_inode_answered(const struct disk_request *request, const struct file_answer *answer, uint32_t type,
                                  int64_t *error)
{
    struct inode *inode = NULL;
    *error = disk_error(answer->result);
    if (*error)
        return NULL;
    inode = inode_of(&answer->attributes);
    if (!inode) {
        *error = -ENOMEM;
        return NULL;
    }
    if (has_other_name(inode, request->directory, request->name, request->name_bytes) ||
        is_above(inode, request->directory) || (type && (inode->mode & S_IFMT) != type)) {
        inode_release(inode);
        *error = -EIO;
        return NULL;
    }
    return inode;
}

static void looked_up(struct disk_request *request, const struct file_answer *answer, const char *text)
{
    struct inode *directory = request->directory;
    int64_t error;
    struct inode *inode = disk_inode_answered(request, answer, 0, &error);
    (void)text;
    if (error && answer->result != FILE_NOT_FOUND)
        directory->disk->error = error;
    if (inode || answer->result == FILE_NOT_FOUND)
        directory_remember(directory, request->name, request->name_bytes, inode);
    if (inode)
        inode_release(inode);
    wake(directory);
}

static int64_t error_once(struct disk_file *disk)
{
    int64_t error = disk->error;
    disk->error = 0;
    return error;
}

int64_t disk_lookup(struct inode *directory, const char *name, size_t length, struct inode **inode)
{
    int64_t error = disk_wait_until_attached();
    *inode = NULL;
    if (error)
        return error;
    if (directory_recall(directory, name, length, inode)) {
        if (!*inode || !(*inode)->disk->is_stale)
            return 0;
        inode_release(*inode);
        *inode = NULL;
        directory_forget(directory, name, length);
    }
    error = error_once(directory->disk);
    if (error)
        return error;
    if (length > DISK_MOST_NAME_BYTES)
        return -ENAMETOOLONG;
    forget_if_many();
    struct disk_request *request = disk_request_create(FILE_LOOKUP, NULL, looked_up);
    if (!request)
        return -ENOMEM;
    disk_request_set_name(request, directory, name, length);
    disk_request_submit(request);
    return disk_wait(directory);
}

static void link_read(struct disk_request *request, const struct file_answer *answer, const char *text)
{
    struct inode *link = request->inode;
    if (answer->result == FILE_OK && !link->link_target)
        link->link_target = heap_string(text, answer->bytes);
    if (!link->link_target)
        link->disk->error = answer->result == FILE_OK ? -ENOMEM : disk_error(answer->result);
    link->disk->is_asked_for = false;
    wake(link);
}

int64_t disk_read_link(struct inode *link)
{
    if (link->link_target)
        return 0;
    int64_t error = error_once(link->disk);
    if (error)
        return error;
    if (!link->disk->is_asked_for) {
        struct disk_request *request = disk_request_create(FILE_READLINK, link, link_read);
        if (!request)
            return -ENOMEM;
        request->wants_text = true;
        link->disk->is_asked_for = true;
        disk_request_submit(request);
    }
    return disk_wait(link);
}
