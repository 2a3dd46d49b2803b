#include "servers/fs/operations.h"
#include "servers/fs/volume.h"

#include <stdlib.h>
#include <string.h>

/* What a directory's entry says of a file: bits 12 to 15 of its mode, and how ext4 has them. */
enum { MODE_TYPE_SHIFT = 12, MODE_TYPES = 16 };
static const uint8_t entry_types[MODE_TYPES] = {
    [1] = EXT2_FT_FIFO,     [2] = EXT2_FT_CHRDEV,   [4] = EXT2_FT_DIR,   [6] = EXT2_FT_BLKDEV,
    [8] = EXT2_FT_REG_FILE, [10] = EXT2_FT_SYMLINK, [12] = EXT2_FT_SOCK,
};

enum { ENTRY_ALIGNMENT = 8 };

static uint8_t mode_type_of(int entry_type)
{
    for (uint8_t type = 0; type < MODE_TYPES; type++) {
        if (entry_types[type] == entry_type && entry_type)
            return type;
    }
    return 0;
}

static enum file_result open_directory(struct file_handle handle, struct inode *directory)
{
    enum file_result result = inode_open(handle, directory);
    if (result != FILE_OK)
        return result;
    return inode_is_directory(directory) ? FILE_OK : FILE_NOT_DIRECTORY;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

enum file_result name_find(const struct inode *directory, const char *name, ext2_ino_t *number)
{
    return volume_result(ext2fs_lookup(volume, directory->number, name, (int)strlen(name), NULL, number));
}

enum file_result name_add(struct inode *directory, const char *name, const struct inode *file)
{
    int type = entry_types[file->raw.i_mode >> MODE_TYPE_SHIFT];
    errcode_t error = ext2fs_link(volume, directory->number, name, file->number, type);
    if (error == EXT2_ET_DIR_NO_SPACE) {
        error = ext2fs_expand_dir(volume, directory->number);
        if (!error)
            error = ext2fs_link(volume, directory->number, name, file->number, type);
    }
    if (error)
        return volume_result(error);
    enum file_result result = inode_read(directory->number, directory);
    inode_touch(directory, INODE_MTIME | INODE_CTIME);
    return result == FILE_OK ? inode_write(directory) : result;
}

enum file_result name_remove(struct inode *directory, const char *name, ext2_ino_t number)
{
    errcode_t error = ext2fs_unlink(volume, directory->number, name, number, 0);
    if (error)
        return error == EXT2_ET_DIR_NO_SPACE ? FILE_DAMAGED : volume_result(error);
    inode_touch(directory, INODE_MTIME | INODE_CTIME);
    return inode_write(directory);
}

enum file_result names_lookup(struct operation *operation)
{
    struct inode directory, inode;
    ext2_ino_t number;
    enum file_result result = open_directory(operation->request.handle, &directory);
    if (result == FILE_OK)
        result = name_find(&directory, operation->name, &number);
    if (result == FILE_OK)
        result = inode_read(number, &inode);
    if (result == FILE_OK)
        inode_describe(&inode, &operation->answer.attributes);
    return result;
}

/* --- new files ------------------------------------------------------------------------------------------------------ */

/* Whether the name is free: FILE_OK. If it has been made by an earlier try, *is_done. */
static enum file_result check_new(struct operation *operation, struct inode *directory, bool *is_done)
{
    const struct file_request *request = &operation->request;
    ext2_ino_t number;
    *is_done = false;
    enum file_result result = open_directory(request->handle, directory);
    if (result != FILE_OK)
        return result;
    if (!directory->raw.i_links_count)
        return FILE_NOT_FOUND;
    result = is_dots(operation->name) ? FILE_EXISTS : name_find(directory, operation->name, &number);
    if (result == FILE_NOT_FOUND)
        return FILE_OK;
    if (result != FILE_OK)
        return result;
    struct inode inode;
    result = inode_read(number, &inode);
    if (result != FILE_OK)
        return result;
    if (!(request->flags & FILE_REPEATED) || inode.raw.i_generation != request->generation)
        return FILE_EXISTS;
    inode_describe(&inode, &operation->answer.attributes);
    *is_done = true;
    return FILE_OK;
}

/* The name comes first: it may fail for lack of space. */
static enum file_result add_file(struct operation *operation, struct inode *directory, struct inode *file)
{
    enum file_result result = name_add(directory, operation->name, file);
    if (result == FILE_OK)
        result = inode_write(file);
    if (result != FILE_OK)
        return result;
    inode_take(file);
    inode_describe(file, &operation->answer.attributes);
    return FILE_OK;
}

enum file_result names_create(struct operation *operation)
{
    struct inode directory, file;
    ext2_ino_t number;
    bool is_done;
    uint32_t mode = operation->request.mode;
    if (mode > UINT16_MAX || !entry_types[mode >> MODE_TYPE_SHIFT] || LINUX_S_ISDIR(mode) || LINUX_S_ISLNK(mode))
        return FILE_REFUSED;
    enum file_result result = check_new(operation, &directory, &is_done);
    if (result != FILE_OK || is_done)
        return result;
    result = inode_choose(&directory, mode, &number);
    if (result != FILE_OK)
        return result;
    inode_make(number, &operation->request, mode, &file);
    return add_file(operation, &directory, &file);
}

/* Takes a block for the first one of a new file, and writes it. */
static enum file_result add_block(struct inode *file, const char *content, bool is_directory)
{
    blk64_t block;
    errcode_t error =
        ext2fs_new_block2(volume, ext2fs_find_inode_goal(volume, file->number, inode_small(file), 0), NULL, &block);
    if (error)
        return volume_result(error);
    ext2fs_block_alloc_stats2(volume, block, 1);
    file->raw.i_flags |= EXT4_EXTENTS_FL;
    ext2fs_iblk_set(volume, inode_small(file), 1);
    error = ext2fs_bmap2(volume, file->number, inode_small(file), NULL, BMAP_SET, 0, NULL, &block);
    if (!error && is_directory)
        error = ext2fs_write_dir_block4(volume, block, (void *)(uintptr_t)content, 0, file->number);
    else if (!error)
        error = io_channel_write_blk64(volume->io, block, 1, content);
    /* The file is there in part. */
    return error ? FILE_DAMAGED : FILE_OK;
}

/* Adds a file that has one block. */
static enum file_result add_file_with_block(struct operation *operation, struct inode *directory, struct inode *file,
                                            const char *content)
{
    enum file_result result = name_add(directory, operation->name, file);
    if (result != FILE_OK)
        return result;
    result = inode_write(file);
    if (result != FILE_OK)
        return result;
    inode_take(file);
    result = add_block(file, content, inode_is_directory(file));
    if (result == FILE_NO_SPACE) {
        /* Undone. */
        result = name_remove(directory, operation->name, file->number);
        if (result == FILE_OK)
            result = inode_lose(file, false);
        return result == FILE_OK ? FILE_NO_SPACE : result;
    }
    if (result == FILE_OK)
        result = inode_write(file);
    inode_describe(file, &operation->answer.attributes);
    return result;
}

enum file_result names_mkdir(struct operation *operation)
{
    struct inode directory, file;
    ext2_ino_t number;
    char *content;
    bool is_done;
    uint32_t mode = LINUX_S_IFDIR | (operation->request.mode & ~(uint32_t)LINUX_S_IFMT & UINT16_MAX);
    enum file_result result = check_new(operation, &directory, &is_done);
    if (result != FILE_OK || is_done)
        return result;
    if (directory.raw.i_links_count >= EXT2_LINK_MAX)
        return FILE_TOO_MANY_LINKS;
    result = inode_choose(&directory, mode, &number);
    if (result != FILE_OK)
        return result;
    inode_make(number, &operation->request, mode, &file);
    file.raw.i_links_count = 2;
    ext2fs_inode_size_set(volume, inode_small(&file), VOLUME_BLOCK_BYTES);
    if (ext2fs_new_dir_block(volume, number, directory.number, &content))
        return FILE_NO_SPACE;
    result = add_file_with_block(operation, &directory, &file, content);
    ext2fs_free_mem(&content);
    if (result != FILE_OK)
        return result;
    directory.raw.i_links_count++;
    return inode_write(&directory);
}

enum file_result names_symlink(struct operation *operation)
{
    struct inode directory, file;
    ext2_ino_t number;
    bool is_done;
    size_t bytes = strlen(operation->text);
    if (!bytes)
        return FILE_REFUSED;
    enum file_result result = check_new(operation, &directory, &is_done);
    if (result != FILE_OK || is_done)
        return result;
    result = inode_choose(&directory, LINUX_S_IFLNK, &number);
    if (result != FILE_OK)
        return result;
    inode_make(number, &operation->request, LINUX_S_IFLNK | 0777, &file);
    ext2fs_inode_size_set(volume, inode_small(&file), bytes);
    if (bytes < sizeof file.raw.i_block) {
        memcpy(file.raw.i_block, operation->text, bytes);
        return add_file(operation, &directory, &file);
    }
    static char block[VOLUME_BLOCK_BYTES];
    memset(block, 0, sizeof block);
    memcpy(block, operation->text, bytes);
    return add_file_with_block(operation, &directory, &file, block);
}

enum file_result names_link(struct operation *operation)
{
    const struct file_request *request = &operation->request;
    struct inode directory, file;
    ext2_ino_t number;
    enum file_result result = open_directory(request->handle, &directory);
    if (result == FILE_OK)
        result = inode_open(request->other, &file);
    if (result != FILE_OK)
        return result;
    if (inode_is_directory(&file))
        return FILE_IS_DIRECTORY;
    result = is_dots(operation->name) ? FILE_EXISTS : name_find(&directory, operation->name, &number);
    if (result == FILE_OK && request->flags & FILE_REPEATED && number == file.number) {
        inode_describe(&file, &operation->answer.attributes);
        return FILE_OK;
    }
    if (result != FILE_NOT_FOUND)
        return result == FILE_OK ? FILE_EXISTS : result;
    if (!directory.raw.i_links_count || !file.raw.i_links_count)
        return FILE_NOT_FOUND;
    if (file.raw.i_links_count >= EXT2_LINK_MAX)
        return FILE_TOO_MANY_LINKS;
    result = name_add(&directory, operation->name, &file);
    if (result != FILE_OK)
        return result;
    file.raw.i_links_count++;
    inode_touch(&file, INODE_CTIME);
    inode_describe(&file, &operation->answer.attributes);
    return inode_write(&file);
}

/* --- removing names ------------------------------------------------------------------------------------------------- */

static int note_entry(ext2_ino_t directory, int kind, struct ext2_dir_entry *entry, int offset, int block_bytes,
                      char *block, void *context)
{
    (void)directory, (void)entry, (void)offset, (void)block_bytes, (void)block;
    if (kind != DIRENT_OTHER_FILE)
        return 0;
    *(bool *)context = true;
    return DIRENT_ABORT;
}

enum file_result directory_is_empty(const struct inode *directory)
{
    bool has_entry = false;
    errcode_t error = ext2fs_dir_iterate2(volume, directory->number, 0, NULL, note_entry, &has_entry);
    if (error)
        return volume_result(error);
    return has_entry ? FILE_NOT_EMPTY : FILE_OK;
}

/* The file that is to lose its name. If it has, in an earlier try: FILE_NOT_FOUND and *is_done. */
static enum file_result find_old(struct operation *operation, struct inode *directory, struct inode *file,
                                 bool *is_done)
{
    const struct file_request *request = &operation->request;
    ext2_ino_t number;
    *is_done = false;
    if (is_dots(operation->name))
        return FILE_REFUSED;
    enum file_result result = open_directory(request->handle, directory);
    if (result == FILE_OK)
        result = name_find(directory, operation->name, &number);
    *is_done = request->flags & FILE_REPEATED &&
               (result == FILE_NOT_FOUND || (result == FILE_OK && number != request->other.inode));
    if (result != FILE_OK)
        return result;
    if (number != request->other.inode)
        return FILE_STALE;
    return inode_open(request->other, file);
}

enum file_result names_unlink(struct operation *operation)
{
    struct inode directory, file;
    bool is_done;
    enum file_result result = find_old(operation, &directory, &file, &is_done);
    if (is_done)
        return FILE_OK;
    if (result == FILE_OK && inode_is_directory(&file))
        return FILE_IS_DIRECTORY;
    if (result == FILE_OK)
        result = name_remove(&directory, operation->name, file.number);
    if (result != FILE_OK)
        return result;
    inode_touch(&file, INODE_CTIME);
    if (file.raw.i_links_count <= 1)
        return inode_lose(&file, operation->request.flags & FILE_KEEP);
    file.raw.i_links_count--;
    return inode_write(&file);
}

enum file_result names_rmdir(struct operation *operation)
{
    struct inode directory, file;
    bool is_done;
    enum file_result result = find_old(operation, &directory, &file, &is_done);
    if (is_done)
        return FILE_OK;
    if (result == FILE_OK && !inode_is_directory(&file))
        return FILE_NOT_DIRECTORY;
    if (result == FILE_OK)
        result = directory_is_empty(&file);
    if (result == FILE_OK)
        result = name_remove(&directory, operation->name, file.number);
    if (result != FILE_OK)
        return result;
    if (directory.raw.i_links_count > 2)
        directory.raw.i_links_count--;
    result = inode_write(&directory);
    return result == FILE_OK ? inode_lose(&file, operation->request.flags & FILE_KEEP) : result;
}

/* --- lists ---------------------------------------------------------------------------------------------------------- */

/* Adds an entry to the list; false: there is no room. */
static bool list_add(struct operation *operation, const struct ext2_dir_entry *entry, uint64_t cookie)
{
    struct ext2_dir_entry *from = (struct ext2_dir_entry *)(uintptr_t)entry;
    size_t name_bytes = (size_t)ext2fs_dirent_name_len(from);
    size_t bytes = (sizeof(struct file_entry) + name_bytes + ENTRY_ALIGNMENT - 1) / ENTRY_ALIGNMENT * ENTRY_ALIGNMENT;
    if (bytes > operation->request.text.bytes - operation->answer.bytes)
        return false;
    char *at = operation->room + operation->answer.bytes;
    struct file_entry header = {.cookie = cookie,
                                .inode = entry->inode,
                                .entry_bytes = (uint16_t)bytes,
                                .type = mode_type_of(ext2fs_dirent_file_type(from)),
                                .name_bytes = (uint8_t)name_bytes};
    memcpy(at, &header, sizeof header);
    memcpy(at + sizeof header, entry->name, name_bytes);
    operation->answer.bytes += (uint32_t)bytes;
    return true;
}

/* Adds the entries of one block, from `cookie` on. False: the list is full, or the block is damaged (*result). */
static bool list_block(struct operation *operation, const char *block, uint64_t start, uint64_t cookie,
                       enum file_result *result)
{
    for (unsigned offset = 0, bytes; offset < VOLUME_BLOCK_BYTES; offset += bytes) {
        const struct ext2_dir_entry *entry = (const struct ext2_dir_entry *)(block + offset);
        if (ext2fs_get_rec_len(volume, (struct ext2_dir_entry *)(uintptr_t)entry, &bytes) || bytes < 8 || bytes % 4 ||
            bytes > VOLUME_BLOCK_BYTES - offset ||
            (unsigned)ext2fs_dirent_name_len((struct ext2_dir_entry *)(uintptr_t)entry) + 8 > bytes) {
            *result = FILE_DAMAGED;
            return false;
        }
        if (entry->inode && start + offset >= cookie && !list_add(operation, entry, start + offset + bytes))
            return false;
    }
    return true;
}

enum file_result names_list(struct operation *operation)
{
    struct inode directory;
    static union {
        char bytes[VOLUME_BLOCK_BYTES];
        uint64_t words;
    } block;
    uint64_t cookie = operation->request.offset;
    operation->answer.bytes = 0;
    enum file_result result = open_directory(operation->request.handle, &directory);
    if (result != FILE_OK)
        return result;
    uint64_t size = inode_size(&directory);
    for (uint64_t start = cookie / VOLUME_BLOCK_BYTES * VOLUME_BLOCK_BYTES; start < size; start += VOLUME_BLOCK_BYTES) {
        blk64_t physical;
        errcode_t error = ext2fs_bmap2(volume, directory.number, inode_small(&directory), NULL, 0,
                                       start / VOLUME_BLOCK_BYTES, NULL, &physical);
        /* A directory has no holes: one that seems to is damaged, and may seem to go on for ever. */
        if (!error && !physical)
            return FILE_DAMAGED;
        if (!error)
            error = ext2fs_read_dir_block4(volume, physical, block.bytes, 0, directory.number);
        if (error)
            return volume_result(error);
        if (!list_block(operation, block.bytes, start, cookie, &result))
            return result == FILE_OK && !operation->answer.bytes ? FILE_REFUSED : result;
    }
    return FILE_OK;
}
