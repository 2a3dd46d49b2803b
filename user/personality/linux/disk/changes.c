#include "personality/linux/disk/changes.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/disk/known.h"
#include "personality/linux/disk/pages.h"
#include "personality/linux/disk/request.h"
#include "personality/linux/file/directory.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/frame.h"
#include "personality/linux/support/heap.h"

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

/* Of a file that is made: a number that was there before is another file's. */
static uint32_t next_generation(void)
{
    static uint32_t generation;
    if (!generation)
        generation = (uint32_t)machine_random() | 1;
    return generation++;
}

static void made(struct disk_request *request, const struct file_answer *answer, const char *text)
{
    int64_t error;
    struct inode *inode = disk_inode_answered(request, answer, request->type, &error);
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
    request->message.generation = next_generation();
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
        request->inode->changed = disk_timespec(answer->attributes.ctime);
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
            inode->accessed = disk_timespec(attributes->atime);
        if (set & FILE_SET_SIZE)
            inode_set_size(inode, request->message.offset);
        if (set & (FILE_SET_MTIME | FILE_SET_SIZE))
            inode->modified = disk_timespec(attributes->mtime);
        inode->changed = disk_timespec(attributes->ctime);
    }
    if (set & FILE_SET_SIZE)
        disk_pages_size_answered(inode);
    call_end(request, disk_error(answer->result), NULL);
}

int64_t disk_set(struct thread *thread, struct inode *inode, const struct file_request *wish)
{
    int64_t error = disk_wait_until_attached();
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
    int64_t error = disk_wait_until_attached();
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
    int64_t error = disk_wait_until_attached();
    if (error)
        return error;
    struct disk_request *request = disk_request_create(FILE_STATISTICS, NULL, counted);
    return request ? call_begin(thread, request) : -ENOMEM;
}
