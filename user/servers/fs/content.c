/*
 * The content of files: it goes between the disk and the client's pages, and is never seen here.
 */
#include "servers/fs/disk.h"
#include "servers/fs/operations.h"
#include "servers/fs/transaction.h"
#include "servers/fs/volume.h"

#include <string.h>

enum { PAGE_SECTORS = FILE_PAGE_BYTES / DISK_SECTOR_BYTES, EXTENT_MOST_BLOCKS = 32768 };
/* By how many blocks a write makes a tree of extents grow: two full leaves of 340 are cut in two, and what is above them, of five levels. */
enum { TREE_MOST_BLOCKS = 16 };
#define MOST_BYTES (((uint64_t)UINT32_MAX - 1) * VOLUME_BLOCK_BYTES)
_Static_assert((int)FILE_PAGE_BYTES == (int)VOLUME_BLOCK_BYTES, "a page is a block");

/* Pages of a file that lie one behind the other on the disk; without `physical`: a hole. */
struct run {
    uint64_t physical;
    uint64_t count;
    bool is_unwritten; /* the blocks are the file's, but hold nothing of it */
};

/* A file whose blocks are looked up. */
struct map {
    struct inode *inode;
    ext2_extent_handle_t extents; /* null: it has the older kind of block lists */
};

static enum file_result map_open(struct inode *inode, struct map *map)
{
    *map = (struct map){.inode = inode};
    if (!(inode->raw.i_flags & EXT4_EXTENTS_FL))
        return FILE_OK;
    return volume_result(ext2fs_extent_open2(volume, inode->number, inode_small(inode), &map->extents));
}

static void map_close(struct map *map)
{
    if (map->extents)
        ext2fs_extent_free(map->extents);
}

static enum file_result find_in_extents(struct map *map, uint64_t page, struct run *run)
{
    struct ext2fs_extent extent;
    errcode_t error = ext2fs_extent_goto(map->extents, page);
    if (error == EXT2_ET_EXTENT_NOT_FOUND || error == EXT2_ET_NO_CURRENT_NODE)
        return FILE_OK;
    if (!error)
        error = ext2fs_extent_get(map->extents, EXT2_EXTENT_CURRENT, &extent);
    if (error)
        return volume_result(error);
    if (page < extent.e_lblk || page - extent.e_lblk >= extent.e_len)
        return FILE_DAMAGED;
    *run = (struct run){.physical = extent.e_pblk + (page - extent.e_lblk),
                        .count = extent.e_len - (page - extent.e_lblk),
                        .is_unwritten = extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT};
    return FILE_OK;
}

/* The run that a page begins, of at most `most` pages. */
static enum file_result map_find(struct map *map, uint64_t page, uint64_t most, struct run *run)
{
    enum file_result result;
    *run = (struct run){.count = 1};
    if (map->extents)
        result = find_in_extents(map, page, run);
    else
        result = volume_result(ext2fs_bmap2(volume, map->inode->number, inode_small(map->inode), NULL, 0, page, NULL,
                                            (blk64_t *)&run->physical));
    if (run->count > most)
        run->count = most;
    uint64_t blocks = ext2fs_blocks_count(volume->super);
    if (result == FILE_OK && run->physical &&
        (run->physical >= blocks || run->count > blocks - run->physical ||
         run->physical < volume->super->s_first_data_block))
        result = FILE_DAMAGED;
    return result;
}

/* --- between the disk and the client's pages -------------------------------------------------------------------------- */

/* Where in the request's ranges the next page lies. */
struct cursor {
    const struct file_range *range;
    uint32_t within;
};

static void cursor_pass(struct cursor *cursor, uint32_t bytes)
{
    cursor->within += bytes;
    while (cursor->within && cursor->within >= cursor->range->bytes) {
        cursor->within -= cursor->range->bytes;
        cursor->range++;
    }
}

/* Sums up what the disk says. */
static void note_part(void *context, enum disk_result result)
{
    static const enum file_result results[] = {
        [DISK_OK] = FILE_OK, [DISK_REFUSED] = FILE_REFUSED, [DISK_FAILED] = FILE_FAILED, [DISK_NONE] = FILE_NO_DEVICE};
    struct operation *operation = context;
    if (result != DISK_OK)
        operation->worst = results[result];
    if (result != DISK_OK && operation->has_new_blocks)
        transaction_break();
    if (--operation->parts == 0)
        content_done(operation);
}

/* Begins to move the pages of a run, and moves the cursor behind them. */
static void begin_run(struct operation *operation, enum disk_operation direction, const struct run *run,
                      struct cursor *cursor)
{
    uint64_t physical = run->physical;
    for (uint64_t left = run->count * FILE_PAGE_BYTES; left;) {
        uint64_t room = cursor->range->bytes - cursor->within;
        uint32_t bytes = (uint32_t)(room < left ? room : left);
        operation->parts++;
        disk_begin(direction,
                   (struct disk_range){.sector = physical * PAGE_SECTORS,
                                       .offset = cursor->range->offset + cursor->within,
                                       .bytes = bytes,
                                       .buffer = cursor->range->buffer + 1},
                   note_part, operation);
        physical += bytes / FILE_PAGE_BYTES;
        left -= bytes;
        cursor_pass(cursor, bytes);
    }
}

/* What a request asks for can be asked for. */
static bool is_possible(const struct file_request *request)
{
    uint64_t bytes = 0;
    if (request->range_count > FILE_MOST_RANGES || request->offset % FILE_PAGE_BYTES || !request->bytes)
        return false;
    for (uint32_t i = 0; i < request->range_count; i++) {
        const struct file_range *range = &request->ranges[i];
        if (!range->bytes || range->bytes % FILE_PAGE_BYTES || range->offset % FILE_PAGE_BYTES ||
            range->buffer >= UINT32_MAX || range->offset > UINT64_MAX - range->bytes)
            return false;
        bytes += range->bytes;
    }
    return request->bytes <= bytes && bytes - request->bytes < FILE_PAGE_BYTES &&
           bytes <= (uint64_t)FILE_MOST_PAGES * FILE_PAGE_BYTES;
}

static enum file_result open_regular(const struct file_request *request, struct inode *inode)
{
    enum file_result result = inode_open(request->handle, inode);
    if (result != FILE_OK)
        return result;
    if (!inode_is_regular(inode))
        return inode_is_directory(inode) ? FILE_IS_DIRECTORY : FILE_REFUSED;
    return is_possible(request) ? FILE_OK : FILE_REFUSED;
}

/*
 * The parts are counted from one, so that they are not over before all are begun. Returns the operation's result if they
 * are over by now, or else that of the beginning.
 */
static enum file_result end_of_beginning(struct operation *operation, enum file_result result)
{
    if (result != FILE_OK)
        operation->worst = result;
    operation->parts--;
    return operation->parts ? result : operation->worst;
}

/* --- reading ---------------------------------------------------------------------------------------------------------- */

static enum file_result read_pages(struct operation *operation, struct inode *inode, uint64_t page_count)
{
    const struct file_request *request = &operation->request;
    struct cursor cursor = {request->ranges, 0};
    struct map map;
    struct run run;
    enum file_result result = map_open(inode, &map);
    if (result != FILE_OK)
        return result;
    for (uint64_t page = 0; page < page_count && result == FILE_OK; page += run.count) {
        result = map_find(&map, request->offset / FILE_PAGE_BYTES + page, page_count - page, &run);
        if (result != FILE_OK)
            break;
        if (run.physical && !run.is_unwritten) {
            begin_run(operation, DISK_READ, &run, &cursor);
            continue;
        }
        for (uint64_t i = 0; i < run.count; i++) {
            operation->answer.holes |= 1ull << (page + i);
            cursor_pass(&cursor, FILE_PAGE_BYTES);
        }
    }
    map_close(&map);
    return result;
}

enum file_result content_read(struct operation *operation)
{
    const struct file_request *request = &operation->request;
    struct inode inode;
    enum file_result result = open_regular(request, &inode);
    if (result != FILE_OK)
        return result;
    uint64_t size = inode_size(&inode), bytes = request->bytes;
    if (request->offset >= size)
        bytes = 0;
    else if (bytes > size - request->offset)
        bytes = size - request->offset;
    operation->answer.bytes = (uint32_t)bytes;
    inode_describe(&inode, &operation->answer.attributes);
    operation->parts = 1;
    result = read_pages(operation, &inode, (bytes + FILE_PAGE_BYTES - 1) / FILE_PAGE_BYTES);
    return end_of_beginning(operation, result);
}

/* --- writing ---------------------------------------------------------------------------------------------------------- */

enum file_result content_clear_tail(struct inode *inode)
{
    uint64_t size = inode_size(inode);
    struct map map;
    struct run run;
    if (size % VOLUME_BLOCK_BYTES == 0)
        return FILE_OK;
    enum file_result result = map_open(inode, &map);
    if (result != FILE_OK)
        return result;
    result = map_find(&map, size / VOLUME_BLOCK_BYTES, 1, &run);
    map_close(&map);
    if (result != FILE_OK || !run.physical || run.is_unwritten)
        return result;
    /* The last block of the server's buffer is for this. */
    struct disk_range range = {.sector = run.physical * PAGE_SECTORS,
                               .offset = disk_memory_bytes - VOLUME_BLOCK_BYTES,
                               .bytes = VOLUME_BLOCK_BYTES};
    disk_wait();
    if (disk_do(DISK_READ, range) != DISK_OK)
        return FILE_FAILED;
    memset(disk_memory + range.offset + size % VOLUME_BLOCK_BYTES, 0, VOLUME_BLOCK_BYTES - size % VOLUME_BLOCK_BYTES);
    return disk_do(DISK_WRITE, range) == DISK_OK ? FILE_OK : FILE_FAILED;
}

/* Holes in pages [first, first + count): a bit for each; and whether blocks there hold nothing of the file. */
static enum file_result find_holes(struct inode *inode, uint64_t first, uint64_t count, uint64_t *holes,
                                   bool *has_unwritten)
{
    struct map map;
    struct run run;
    *holes = 0;
    *has_unwritten = false;
    enum file_result result = map_open(inode, &map);
    if (result != FILE_OK)
        return result;
    for (uint64_t page = 0; page < count && result == FILE_OK; page += run.count) {
        result = map_find(&map, first + page, count - page, &run);
        if (!run.physical)
            *holes |= 1ull << page;
        *has_unwritten = *has_unwritten || run.is_unwritten;
    }
    map_close(&map);
    return result;
}

/* Adds pages and their blocks to a tree of extents: to the extent before them if they follow it, or as one of their own. */
static errcode_t add_extent(ext2_extent_handle_t extents, uint64_t first, blk64_t physical, uint64_t count)
{
    struct ext2fs_extent near, added = {.e_pblk = physical, .e_lblk = first, .e_len = (uint32_t)count};
    int flags = EXT2_EXTENT_INSERT_AFTER;
    /* In a hole, the extent before it is found, or else the one behind it. */
    errcode_t error = ext2fs_extent_goto(extents, first);
    if (error && error != EXT2_ET_EXTENT_NOT_FOUND && error != EXT2_ET_NO_CURRENT_NODE)
        return error;
    error = ext2fs_extent_get(extents, EXT2_EXTENT_CURRENT, &near);
    if (error && error != EXT2_ET_NO_CURRENT_NODE)
        return error;
    if (!error && near.e_lblk > first)
        flags = 0;
    if (!error && near.e_lblk + near.e_len == first && near.e_pblk + near.e_len == physical &&
        !(near.e_flags & EXT2_EXTENT_FLAGS_UNINIT) && near.e_len + count <= EXTENT_MOST_BLOCKS) {
        near.e_len += (uint32_t)count;
        return ext2fs_extent_replace(extents, 0, &near);
    }
    error = ext2fs_extent_insert(extents, flags, &added);
    return error ? error : ext2fs_extent_fix_parents(extents);
}

static void mark_blocks(blk64_t first, blk64_t count, int in_use)
{
    for (blk64_t i = 0; i < count; i++)
        ext2fs_block_alloc_stats2(volume, first + i, in_use);
}

/* Takes free blocks for a hole, in as few pieces as there are, near to what the file has before it. */
static errcode_t fill_with_extents(struct inode *inode, uint64_t first, uint64_t count)
{
    ext2_extent_handle_t extents;
    blk64_t goal = ext2fs_find_inode_goal(volume, inode->number, inode_small(inode), first);
    errcode_t error = ext2fs_extent_open2(volume, inode->number, inode_small(inode), &extents);
    if (error)
        return error;
    while (count && !error) {
        blk64_t physical, taken;
        error = ext2fs_new_range(volume, 0, goal, count, NULL, &physical, &taken);
        if (error)
            break;
        mark_blocks(physical, taken, 1);
        error = ext2fs_iblk_add_blocks(volume, inode_small(inode), taken);
        if (!error)
            error = add_extent(extents, first, physical, taken);
        if (error) {
            /* There was no block for the tree. */
            mark_blocks(physical, taken, -1);
            ext2fs_iblk_sub_blocks(volume, inode_small(inode), taken);
        }
        first += taken;
        count -= taken;
        goal = physical + taken;
    }
    ext2fs_extent_free(extents);
    return error;
}

static errcode_t allocate(struct inode *inode, uint64_t first, uint64_t count)
{
    if (inode->raw.i_flags & EXT4_EXTENTS_FL)
        return fill_with_extents(inode, first, count);
    errcode_t error = 0;
    for (uint64_t page = first; page < first + count && !error; page++) {
        blk64_t physical = 0;
        error = ext2fs_bmap2(volume, inode->number, inode_small(inode), NULL, BMAP_ALLOC, page, NULL, &physical);
    }
    return error;
}

/* How many holes there are from a page on, up to one that is none. */
static uint64_t count_holes(uint64_t holes, uint64_t page)
{
    uint64_t count = 0;
    while (page + count < FILE_MOST_PAGES && holes >> (page + count) & 1)
        count++;
    return count;
}

/* Holes that have been filled are holes again. Taken together: to cut an extent in two might need a block for the tree. */
static enum file_result empty_holes(struct inode *inode, uint64_t first, uint64_t holes, uint64_t end)
{
    for (uint64_t page = 0, count; page < end; page += count + 1) {
        count = count_holes(holes, page);
        if (count &&
            ext2fs_punch(volume, inode->number, inode_small(inode), NULL, first + page, first + page + count - 1))
            return FILE_DAMAGED;
    }
    return FILE_OK;
}

/* Blocks for the holes; if there are not enough, all are holes again. */
static enum file_result fill_holes(struct inode *inode, uint64_t first, uint64_t holes)
{
    if (!holes)
        return FILE_OK;
    if (transaction_free_for_content())
        return FILE_READ_ONLY;
    for (uint64_t page = 0, count; page < FILE_MOST_PAGES && holes >> page; page += count + 1) {
        count = count_holes(holes, page);
        enum file_result result = count ? volume_result(allocate(inode, first + page, count)) : FILE_OK;
        if (result == FILE_NO_SPACE && empty_holes(inode, first, holes, page + count) != FILE_OK)
            return FILE_DAMAGED;
        if (result != FILE_OK)
            return result;
    }
    return FILE_OK;
}

/* The blocks of a run are to hold what is written now. There are TREE_MOST_BLOCKS free ones. */
static enum file_result set_written(struct map *map, uint64_t page, const struct run *run)
{
    for (uint64_t i = 0; i < run->count; i++) {
        errcode_t error = ext2fs_extent_set_bmap(map->extents, page + i, run->physical + i, 0);
        if (error)
            return volume_result(error) == FILE_NO_SPACE ? FILE_DAMAGED : volume_result(error);
    }
    return FILE_OK;
}

static enum file_result write_pages(struct operation *operation, struct inode *inode, uint64_t first, uint64_t count)
{
    struct cursor cursor = {operation->request.ranges, 0};
    struct map map;
    struct run run;
    enum file_result result = map_open(inode, &map);
    if (result != FILE_OK)
        return result;
    for (uint64_t page = 0; page < count && result == FILE_OK; page += run.count) {
        result = map_find(&map, first + page, count - page, &run);
        if (result == FILE_OK && !run.physical)
            result = FILE_DAMAGED;
        if (result == FILE_OK && run.is_unwritten) {
            operation->has_new_blocks = true;
            result = set_written(&map, first + page, &run);
        }
        if (result == FILE_OK)
            begin_run(operation, DISK_WRITE, &run, &cursor);
    }
    map_close(&map);
    return result;
}

enum file_result content_write(struct operation *operation)
{
    const struct file_request *request = &operation->request;
    struct inode inode;
    uint64_t holes;
    bool has_unwritten;
    enum file_result result = open_regular(request, &inode);
    if (result != FILE_OK)
        return result;
    uint64_t size = inode_size(&inode), first = request->offset / FILE_PAGE_BYTES;
    uint64_t count = ((uint64_t)request->bytes + FILE_PAGE_BYTES - 1) / FILE_PAGE_BYTES;
    if (request->offset > MOST_BYTES - request->bytes)
        return FILE_TOO_LARGE;
    uint64_t end = request->offset + request->bytes;
    if (end > size && first > size / FILE_PAGE_BYTES) {
        result = content_clear_tail(&inode);
        if (result != FILE_OK)
            return result;
    }
    result = find_holes(&inode, first, count, &holes, &has_unwritten);
    /* It cannot be undone what has been cut out of an extent when there is no block for the rest. */
    if (result == FILE_OK && has_unwritten && ext2fs_free_blocks_count(volume->super) < count + TREE_MOST_BLOCKS)
        return FILE_NO_SPACE;
    if (result == FILE_OK)
        result = fill_holes(&inode, first, holes);
    if (result == FILE_NO_SPACE) {
        /* What has been taken and given back has changed the inode. */
        enum file_result written = inode_write(&inode);
        return written == FILE_OK ? FILE_NO_SPACE : written;
    }
    if (result != FILE_OK)
        return result;
    if (end > size && ext2fs_inode_size_set(volume, inode_small(&inode), end))
        return FILE_DAMAGED;
    inode_touch(&inode, INODE_MTIME | INODE_CTIME);
    operation->has_new_blocks = holes;
    operation->parts = 1;
    result = write_pages(operation, &inode, first, count);
    if (result == FILE_OK)
        result = inode_write(&inode);
    inode_describe(&inode, &operation->answer.attributes);
    return end_of_beginning(operation, result);
}
