#include "servers/fs/operations.h"
#include "servers/fs/volume.h"

#include <string.h>

enum { DEPTH_MOST = 65536 };

/* Who is concerned: the file, where it is and where it goes, and what gives way to it there. */
struct move {
    struct inode file, from, to, old;
    bool has_old, is_within; /* `from` and `to` are the same directory */
};

/* Whether `directory` is in `file`, however deep, or is the same. */
static enum file_result check_not_in(ext2_ino_t file, ext2_ino_t directory)
{
    for (unsigned depth = 0; depth < DEPTH_MOST; depth++) {
        if (directory == file)
            return FILE_REFUSED;
        if (directory == EXT2_ROOT_INO)
            return FILE_OK;
        struct inode inode;
        ext2_ino_t parent;
        enum file_result result = inode_read(directory, &inode);
        if (result == FILE_OK)
            result = name_find(&inode, "..", &parent);
        if (result != FILE_OK)
            return result;
        directory = parent;
    }
    return FILE_DAMAGED;
}

static enum file_result check_old(const struct operation *operation, const struct move *move)
{
    if (operation->request.flags & FILE_NO_REPLACE)
        return FILE_EXISTS;
    if (inode_is_directory(&move->file) && !inode_is_directory(&move->old))
        return FILE_NOT_DIRECTORY;
    if (!inode_is_directory(&move->file) && inode_is_directory(&move->old))
        return FILE_IS_DIRECTORY;
    return inode_is_directory(&move->old) ? directory_is_empty(&move->old) : FILE_OK;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Looks at everything that is concerned. FILE_OK and *is_done: there is nothing to do. */
static enum file_result look(const struct operation *operation, struct move *move, bool *is_done)
{
    const struct file_request *request = &operation->request;
    ext2_ino_t source, target;
    *is_done = false;
    if (is_dots(operation->name) || is_dots(operation->text))
        return FILE_REFUSED;
    enum file_result result = inode_open(request->handle, &move->from);
    if (result == FILE_OK)
        result = inode_open(request->target, &move->to);
    if (result != FILE_OK)
        return result;
    if (!inode_is_directory(&move->from) || !inode_is_directory(&move->to))
        return FILE_NOT_DIRECTORY;
    if (!move->to.raw.i_links_count)
        return FILE_NOT_FOUND;
    move->is_within = move->from.number == move->to.number;

    enum file_result found_target = name_find(&move->to, operation->text, &target);
    result = name_find(&move->from, operation->name, &source);
    if (found_target != FILE_OK && found_target != FILE_NOT_FOUND)
        return found_target;
    move->has_old = found_target == FILE_OK;
    *is_done = request->flags & FILE_REPEATED && move->has_old && target == request->other.inode &&
               (result == FILE_NOT_FOUND || (result == FILE_OK && source != request->other.inode));
    if (*is_done || result != FILE_OK)
        return *is_done ? FILE_OK : result;
    if (source != request->other.inode)
        return FILE_STALE;
    result = inode_open(request->other, &move->file);
    if (result != FILE_OK)
        return result;
    if (move->has_old && target == source) {
        *is_done = true;
        return request->flags & FILE_NO_REPLACE ? FILE_EXISTS : FILE_OK;
    }
    if (inode_is_directory(&move->file) && !move->is_within) {
        result = check_not_in(move->file.number, move->to.number);
        if (result == FILE_OK && !move->has_old && move->to.raw.i_links_count >= EXT2_LINK_MAX)
            result = FILE_TOO_MANY_LINKS;
        if (result != FILE_OK)
            return result;
    }
    if (!move->has_old)
        return FILE_OK;
    result = inode_read(target, &move->old);
    return result == FILE_OK ? check_old(operation, move) : result;
}

static int change_parent(ext2_ino_t directory, int kind, struct ext2_dir_entry *entry, int offset, int block_bytes,
                         char *block, void *context)
{
    (void)directory, (void)offset, (void)block_bytes, (void)block;
    if (kind != DIRENT_DOT_DOT_FILE)
        return 0;
    entry->inode = *(const ext2_ino_t *)context;
    return DIRENT_CHANGED | DIRENT_ABORT;
}

/* The moved directory has another parent, and each parent's count of links another value. */
static enum file_result move_directory(struct move *move)
{
    errcode_t error = ext2fs_dir_iterate2(volume, move->file.number, 0, NULL, change_parent, &move->to.number);
    if (error)
        return volume_result(error);
    if (move->from.raw.i_links_count > 2)
        move->from.raw.i_links_count--;
    move->to.raw.i_links_count++;
    enum file_result result = inode_write(&move->from);
    return result == FILE_OK ? inode_write(&move->to) : result;
}

/* What had the new name loses it. */
static enum file_result give_way(const struct operation *operation, struct move *move)
{
    struct inode *old = &move->old;
    inode_touch(old, INODE_CTIME);
    if (!inode_is_directory(old) && old->raw.i_links_count > 1) {
        old->raw.i_links_count--;
        return inode_write(old);
    }
    if (inode_is_directory(old)) {
        if (move->to.raw.i_links_count > 2)
            move->to.raw.i_links_count--;
        enum file_result result = inode_write(&move->to);
        if (result != FILE_OK)
            return result;
    }
    return inode_lose(old, operation->request.flags & FILE_KEEP);
}

enum file_result names_rename(struct operation *operation)
{
    struct move move;
    bool is_done;
    enum file_result result = look(operation, &move, &is_done);
    if (result != FILE_OK || is_done)
        return result;

    /* The new name first, as it is what may fail; the place of one that gives way is large enough. */
    if (move.has_old)
        result = name_remove(&move.to, operation->text, move.old.number);
    if (result == FILE_OK)
        result = name_add(&move.to, operation->text, &move.file);
    if (result == FILE_OK && move.is_within)
        result = inode_read(move.from.number, &move.from);
    if (result == FILE_OK)
        result = name_remove(&move.from, operation->name, move.file.number);
    if (result == FILE_OK && move.is_within)
        result = inode_read(move.to.number, &move.to);
    if (result == FILE_OK && inode_is_directory(&move.file) && !move.is_within)
        result = move_directory(&move);
    if (result == FILE_OK && move.has_old)
        result = give_way(operation, &move);
    if (result != FILE_OK)
        return move.has_old && result == FILE_NO_SPACE ? FILE_DAMAGED : result;
    result = inode_read(move.file.number, &move.file);
    if (result != FILE_OK)
        return result;
    inode_touch(&move.file, INODE_CTIME);
    return inode_write(&move.file);
}
