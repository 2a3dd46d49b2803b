#include "personality/linux/disk/disk.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/disk/pages.h"
#include "personality/linux/disk/request.h"
#include "personality/linux/disk/sums.h"
#include "personality/linux/file/directory.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/clock.h"
#include "personality/linux/support/frame.h"
#include "personality/linux/support/heap.h"
#include "personality/linux/support/text.h"

enum { BUCKETS = 256, KNOWN_MOST = 8192 };
#define PATIENCE_NS     (2 * NS_PER_SECOND)
#define ATTACH_AGAIN_NS NS_PER_SECOND

static struct list buckets[BUCKETS];
static struct inode *root;
static bool is_attached;
static int64_t attach_error;
static uint64_t attach_ns;  /* when that was known */
static uint32_t known;      /* inodes */
static uint32_t generation; /* of the next file that is made */

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
static int64_t wait_until_attached(void)
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

static struct linux_timespec time_from(int64_t ns)
{
    return timespec_from_ns(ns < 0 ? 0 : (uint64_t)ns);
}

/* What the server says of a file that is new here. Later it is ours to know: answers may be older than what has been changed since. */
static void attributes_take(struct inode *inode, const struct file_attributes *attributes)
{
    inode->mode = (inode->mode & S_IFMT) | (attributes->mode & 07777);
    inode->uid = attributes->uid;
    inode->gid = attributes->gid;
    inode->links = attributes->links;
    inode->size = attributes->size < INT64_MAX ? attributes->size : INT64_MAX;
    inode->modified = time_from(attributes->mtime);
    inode->accessed = time_from(attributes->atime);
    inode->changed = time_from(attributes->ctime);
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

struct inode *disk_start(void)
{
    const struct file_handle unknown = {0, 0};
    if (!disk_requests_start())
        return NULL;
    disk_sums_start();
    root = inode_create(S_IFDIR | 0755);
    if (!root || !disk_file_create(root, &unknown))
        return NULL;
    generation = (uint32_t)machine_random() | 1;
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

/* The inode that a request on a name is answered with, of one type unless it is 0; or null and an error. */
static struct inode *inode_answered(const struct disk_request *request, const struct file_answer *answer, uint32_t type,
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
    struct inode *inode = inode_answered(request, answer, 0, &error);
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
    int64_t error = wait_until_attached();
    *inode = NULL;
    if (error || directory_recall(directory, name, length, inode))
        return error;
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

/* --- changes -------------------------------------------------------------------------------------------------------- */

static int64_t call_begin(struct thread *thread, struct disk_request *request)
{
    struct disk_call *call = heap_allocate(sizeof *call);
    if (!call) {
        disk_request_free(request);
        return -ENOMEM;
    }
    call->request = request;
    request->call = call;
    if (request->message.set & FILE_SET_SIZE)
        request->inode->disk->size_is_asked = true;
    thread->disk_call = call;
    disk_request_submit(request);
    return disk_call_result(thread, NULL);
}

static void call_end(struct disk_request *request, int64_t result, struct inode *inode)
{
    struct disk_call *call = request->call;
    if (!call) {
        if (inode)
            inode_release(inode);
        return;
    }
    call->request = NULL;
    call->result = result;
    call->inode = inode;
    wake(call);
}

void disk_call_forget(struct thread *thread)
{
    struct disk_call *call = thread->disk_call;
    if (!call)
        return;
    thread->disk_call = NULL;
    if (call->request)
        disk_request_abandon(call->request);
    if (call->inode)
        inode_release(call->inode);
    if (call->list_frame)
        frame_release(call->list_frame);
    heap_free(call);
}

int64_t disk_call_result(struct thread *thread, struct inode **inode)
{
    struct disk_call *call = thread->disk_call;
    if (call->request) {
        int64_t result = disk_wait(call);
        if (result != CALL_WAITS)
            disk_call_forget(thread);
        return result;
    }
    int64_t result = call->result;
    if (inode) {
        *inode = call->inode;
        call->inode = NULL;
    }
    disk_call_forget(thread);
    return result;
}

/* A request on a name: null without memory. */
static struct disk_request *request_on_name(enum file_operation operation, struct inode *directory, const char *name,
                                            size_t length, struct inode *other, disk_answered *answered)
{
    struct disk_request *request = disk_request_create(operation, other, answered);
    if (!request)
        return NULL;
    if (other)
        request->message.other = other->disk->handle;
    disk_request_set_name(request, directory, name, length);
    return request;
}

static void made(struct disk_request *request, const struct file_answer *answer, const char *text)
{
    int64_t error;
    struct inode *inode = inode_answered(request, answer, request->type, &error);
    (void)text;
    directory_forget(request->directory, request->name, request->name_bytes);
    if (inode) {
        directory_remember(request->directory, request->name, request->name_bytes, inode);
        inode_touch_modified(request->directory);
        request->directory->links += inode_is_directory(inode);
    }
    call_end(request, error, inode);
}

int64_t disk_make(struct thread *thread, struct inode *directory, const char *name, size_t length, uint32_t mode,
                  uint64_t device, const char *link_text)
{
    uint32_t type = mode & S_IFMT;
    if (length > DISK_MOST_NAME_BYTES)
        return -ENAMETOOLONG;
    struct disk_request *request = request_on_name(type == S_IFDIR   ? FILE_MKDIR
                                                   : type == S_IFLNK ? FILE_SYMLINK
                                                                     : FILE_CREATE,
                                                   directory, name, length, NULL, made);
    if (!request)
        return -ENOMEM;
    request->type = type;
    request->message.mode = type == S_IFDIR ? mode & 07777 : mode;
    request->message.device = (uint32_t)device;
    request->message.generation = generation++;
    if (link_text) {
        request->text_bytes = (uint32_t)strlen(link_text);
        request->text = heap_string(link_text, request->text_bytes);
        if (!request->text) {
            disk_request_free(request);
            return -ENOMEM;
        }
    }
    return call_begin(thread, request);
}

static void linked(struct disk_request *request, const struct file_answer *answer, const char *text)
{
    (void)text;
    if (answer->result == FILE_OK) {
        request->inode->links++;
        request->inode->changed = time_from(answer->attributes.ctime);
        directory_forget(request->directory, request->name, request->name_bytes);
        directory_remember(request->directory, request->name, request->name_bytes, request->inode);
        inode_touch_modified(request->directory);
    }
    call_end(request, disk_error(answer->result), NULL);
}

int64_t disk_link(struct thread *thread, struct inode *directory, const char *name, size_t length, struct inode *file)
{
    if (length > DISK_MOST_NAME_BYTES)
        return -ENAMETOOLONG;
    struct disk_request *request = request_on_name(FILE_LINK, directory, name, length, file, linked);
    return request ? call_begin(thread, request) : -ENOMEM;
}

/* A file has lost a name. */
static void name_is_lost(struct inode *file)
{
    bool is_directory = inode_is_directory(file);
    file->links = is_directory || file->links == 0 ? 0 : file->links - 1;
    file->changed = inode_now();
    file->disk->is_gone = file->links == 0;
}

static void unlinked(struct disk_request *request, const struct file_answer *answer, const char *text)
{
    (void)text;
    if (answer->result == FILE_OK) {
        directory_forget(request->directory, request->name, request->name_bytes);
        directory_remember(request->directory, request->name, request->name_bytes, NULL);
        inode_touch_modified(request->directory);
        request->directory->links -= inode_is_directory(request->inode);
        name_is_lost(request->inode);
    }
    call_end(request, disk_error(answer->result), NULL);
}

int64_t disk_unlink(struct thread *thread, struct inode *directory, const char *name, size_t length, struct inode *file)
{
    struct disk_request *request =
        request_on_name(inode_is_directory(file) ? FILE_RMDIR : FILE_UNLINK, directory, name, length, file, unlinked);
    if (!request)
        return -ENOMEM;
    request->message.flags = FILE_KEEP;
    return call_begin(thread, request);
}

static void renamed(struct disk_request *request, const struct file_answer *answer, const char *text)
{
    (void)text;
    struct inode *file = request->inode, *from = request->directory, *to = request->target, *old = NULL;
    if (answer->result == FILE_OK) {
        directory_recall(to, request->text, request->text_bytes, &old);
        if (old != file) {
            directory_forget(from, request->name, request->name_bytes);
            directory_remember(from, request->name, request->name_bytes, NULL);
            directory_forget(to, request->text, request->text_bytes);
            directory_remember(to, request->text, request->text_bytes, file);
            from->links -= inode_is_directory(file);
            to->links += inode_is_directory(file) && !old;
            if (old)
                name_is_lost(old);
            inode_touch_modified(from);
            inode_touch_modified(to);
        }
        if (old)
            inode_release(old);
    }
    call_end(request, disk_error(answer->result), NULL);
}

int64_t disk_rename(struct thread *thread, struct inode *from, const char *old_name, size_t old_length,
                    struct inode *file, struct inode *to, const char *new_name, size_t new_length, bool no_replace)
{
    if (new_length > DISK_MOST_NAME_BYTES)
        return -ENAMETOOLONG;
    struct disk_request *request = request_on_name(FILE_RENAME, from, old_name, old_length, file, renamed);
    if (!request)
        return -ENOMEM;
    request->target = to;
    inode_reference(to);
    request->message.target = to->disk->handle;
    request->message.flags = (uint16_t)(FILE_KEEP | (no_replace ? FILE_NO_REPLACE : 0));
    request->text = heap_string(new_name, new_length);
    request->text_bytes = (uint32_t)new_length;
    if (!request->text) {
        disk_request_free(request);
        return -ENOMEM;
    }
    return call_begin(thread, request);
}

static void was_set(struct disk_request *request, const struct file_answer *answer, const char *text)
{
    struct inode *inode = request->inode;
    const struct file_attributes *attributes = &answer->attributes;
    uint32_t set = request->message.set;
    (void)text;
    if (answer->result == FILE_OK) {
        if (set & FILE_SET_MODE)
            inode->mode = (inode->mode & S_IFMT) | (attributes->mode & 07777);
        if (set & FILE_SET_UID)
            inode->uid = attributes->uid;
        if (set & FILE_SET_GID)
            inode->gid = attributes->gid;
        if (set & FILE_SET_ATIME)
            inode->accessed = time_from(attributes->atime);
        if (set & FILE_SET_SIZE)
            inode_set_size(inode, request->message.offset);
        if (set & (FILE_SET_MTIME | FILE_SET_SIZE))
            inode->modified = time_from(attributes->mtime);
        inode->changed = time_from(attributes->ctime);
    }
    if (set & FILE_SET_SIZE)
        disk_pages_size_answered(inode);
    call_end(request, disk_error(answer->result), NULL);
}

int64_t disk_set(struct thread *thread, struct inode *inode, const struct file_request *wish)
{
    int64_t error = wait_until_attached();
    if (error)
        return error;
    struct disk_request *request = disk_request_create(FILE_SET, inode, was_set);
    if (!request)
        return -ENOMEM;
    request->message.set = wish->set;
    request->message.mode = wish->mode;
    request->message.uid = wish->uid;
    request->message.gid = wish->gid;
    request->message.offset = wish->offset;
    request->message.atime = wish->atime;
    request->message.mtime = wish->mtime;
    /* What was written before would set the time again later. */
    if (wish->set & FILE_SET_MTIME && inode_is_regular(inode))
        disk_pages_write(inode);
    return call_begin(thread, request);
}

int64_t disk_wait_for_size(const struct inode *file)
{
    return file->disk->size_is_asked ? disk_wait(file->disk) : 0;
}

int64_t disk_set_size(struct thread *thread, struct inode *file, uint64_t size)
{
    const struct file_request wish = {.set = FILE_SET_SIZE, .offset = size};
    if (size > INODE_MOST_BYTES)
        return -EFBIG;
    int64_t error = disk_wait_for_size(file);
    return error ? error : disk_set(thread, file, &wish);
}

static void listed(struct disk_request *request, const struct file_answer *answer, const char *text)
{
    struct disk_call *call = request->call;
    int64_t error = disk_error(answer->result);
    if (!error && call) {
        call->list_frame = frame_allocate_zeroed();
        if (call->list_frame)
            memcpy(frame_data(call->list_frame), text, answer->bytes);
        else
            error = -ENOMEM;
        call->list_bytes = answer->bytes;
    }
    call_end(request, error, NULL);
}

int64_t disk_list(struct thread *thread, struct inode *directory, uint64_t cookie)
{
    int64_t error = wait_until_attached();
    if (error)
        return error;
    struct disk_request *request = disk_request_create(FILE_LIST, directory, listed);
    if (!request)
        return -ENOMEM;
    request->message.offset = cookie;
    request->wants_text = true;
    return call_begin(thread, request);
}

static void counted(struct disk_request *request, const struct file_answer *answer, const char *text)
{
    (void)text;
    if (request->call)
        request->call->statistics = answer->statistics;
    call_end(request, disk_error(answer->result), NULL);
}

int64_t disk_statistics(struct thread *thread)
{
    int64_t error = wait_until_attached();
    if (error)
        return error;
    struct disk_request *request = disk_request_create(FILE_STATISTICS, NULL, counted);
    return request ? call_begin(thread, request) : -ENOMEM;
}
