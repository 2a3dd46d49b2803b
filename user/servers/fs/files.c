#include "servers/fs/operations.h"
#include "servers/fs/volume.h"

#include <string.h>

/* Blocks are numbered with 32 bits. */
#define MOST_BYTES (((uint64_t)UINT32_MAX - 1) * VOLUME_BLOCK_BYTES)
enum { PERMISSION_BITS = 07777 };
enum { SET_KNOWN = FILE_SET_MODE | FILE_SET_UID | FILE_SET_GID | FILE_SET_SIZE | FILE_SET_ATIME | FILE_SET_MTIME };

enum file_result files_attach(struct operation *operation)
{
    struct inode root;
    enum file_result result = inode_release_all();
    if (result == FILE_OK)
        result = inode_read(EXT2_ROOT_INO, &root);
    if (result == FILE_OK)
        inode_describe(&root, &operation->answer.attributes);
    return result;
}

enum file_result files_get(struct operation *operation)
{
    struct inode inode;
    enum file_result result = inode_open(operation->request.handle, &inode);
    if (result == FILE_OK)
        inode_describe(&inode, &operation->answer.attributes);
    return result;
}

static enum file_result set_size(struct inode *inode, uint64_t bytes)
{
    uint64_t old = inode_size(inode);
    enum file_result result = FILE_OK;
    if (bytes < old)
        result = inode_cut(inode, (bytes + VOLUME_BLOCK_BYTES - 1) / VOLUME_BLOCK_BYTES);
    else if (bytes > old)
        result = content_clear_tail(inode);
    if (result == FILE_OK)
        result = volume_result(ext2fs_inode_size_set(volume, inode_small(inode), bytes));
    inode_touch(inode, INODE_MTIME);
    return result;
}

enum file_result files_set(struct operation *operation)
{
    const struct file_request *request = &operation->request;
    struct inode inode;
    enum file_result result = inode_open(request->handle, &inode);
    if (result != FILE_OK)
        return result;
    if (request->set & ~(uint32_t)SET_KNOWN)
        return FILE_REFUSED;
    if (request->set & FILE_SET_SIZE) {
        if (!inode_is_regular(&inode))
            return inode_is_directory(&inode) ? FILE_IS_DIRECTORY : FILE_REFUSED;
        if (request->offset > MOST_BYTES)
            return FILE_TOO_LARGE;
        result = set_size(&inode, request->offset);
        if (result != FILE_OK)
            return result;
    }
    if (request->set & FILE_SET_MODE)
        inode.raw.i_mode = (uint16_t)((inode.raw.i_mode & ~PERMISSION_BITS) | (request->mode & PERMISSION_BITS));
    if (request->set & FILE_SET_UID) {
        inode.raw.i_uid = (uint16_t)request->uid;
        ext2fs_set_i_uid_high(inode.raw, request->uid >> 16);
    }
    if (request->set & FILE_SET_GID) {
        inode.raw.i_gid = (uint16_t)request->gid;
        ext2fs_set_i_gid_high(inode.raw, request->gid >> 16);
    }
    if (request->set & FILE_SET_ATIME)
        inode_set_times(&inode, INODE_ATIME, request->atime);
    if (request->set & FILE_SET_MTIME)
        inode_set_times(&inode, INODE_MTIME, request->mtime);
    inode_touch(&inode, INODE_CTIME);
    inode_describe(&inode, &operation->answer.attributes);
    return inode_write(&inode);
}

enum file_result files_readlink(struct operation *operation)
{
    static char block[VOLUME_BLOCK_BYTES];
    struct inode inode;
    enum file_result result = inode_open(operation->request.handle, &inode);
    if (result != FILE_OK)
        return result;
    if (!LINUX_S_ISLNK(inode.raw.i_mode))
        return FILE_REFUSED;
    uint64_t bytes = inode_size(&inode);
    const char *target = (const char *)inode.raw.i_block;
    if (bytes >= sizeof block)
        return FILE_DAMAGED;
    if (!ext2fs_is_fast_symlink(inode_small(&inode))) {
        blk64_t physical = 0;
        errcode_t error = ext2fs_bmap2(volume, inode.number, inode_small(&inode), NULL, 0, 0, NULL, &physical);
        if (!error)
            error = physical ? io_channel_read_blk64(volume->io, physical, 1, block) : EXT2_ET_BAD_BLOCK_NUM;
        if (error)
            return volume_result(error);
        target = block;
    }
    if (bytes > operation->request.text.bytes)
        bytes = operation->request.text.bytes;
    memcpy(operation->room, target, bytes);
    operation->answer.bytes = (uint32_t)bytes;
    return FILE_OK;
}

enum file_result files_release(struct operation *operation)
{
    struct inode inode;
    enum file_result result = inode_open(operation->request.handle, &inode);
    if (result == FILE_STALE || (result == FILE_OK && inode.raw.i_links_count))
        return FILE_OK;
    return result == FILE_OK ? inode_release(&inode) : result;
}

enum file_result files_statistics(struct operation *operation)
{
    const struct ext2_super_block *super = volume->super;
    uint64_t free_blocks = ext2fs_free_blocks_count(volume->super), reserved = ext2fs_r_blocks_count(volume->super);
    operation->answer.statistics = (struct file_statistics){
        .block_bytes = VOLUME_BLOCK_BYTES,
        .blocks = ext2fs_blocks_count(volume->super),
        .free_blocks = free_blocks,
        .available_blocks = free_blocks > reserved ? free_blocks - reserved : 0,
        .files = super->s_inodes_count,
        .free_files = super->s_free_inodes_count,
    };
    return FILE_OK;
}
