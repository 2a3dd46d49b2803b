#include "servers/fs/cache.h"

#include "servers/fs/disk.h"
#include <stdlib.h>
#include <string.h>

enum { NONE = UINT32_MAX };
enum { SECTORS_PER_BLOCK = CACHE_BLOCK_BYTES / DISK_SECTOR_BYTES };

enum block_state { BLOCK_UNUSED, BLOCK_CLEAN, BLOCK_DIRTY, BLOCK_LOGGED };

struct block {
    blk64_t number;
    uint32_t next;  /* in its bucket */
    uint8_t state;  /* enum block_state */
    bool is_in_log; /* since the log was empty; a dirty block's content is newer then */
    bool is_used_lately;
};

static struct block *blocks;
static uint32_t *buckets; /* as many as blocks */
static uint32_t block_count, hand;
static size_t dirty_count, logged_count;
static size_t memory_offset; /* of the first block in the server's buffer */
static bool is_through, through_has_failed;

static uint32_t bucket_of(blk64_t number)
{
    return (uint32_t)(number * 0x9e3779b97f4a7c15u >> 32) % block_count;
}

static uint32_t find(blk64_t number)
{
    uint32_t index = buckets[bucket_of(number)];
    while (index != NONE && blocks[index].number != number)
        index = blocks[index].next;
    return index;
}

static size_t offset_of(uint32_t index)
{
    return memory_offset + (size_t)index * CACHE_BLOCK_BYTES;
}

static uint8_t *data_of(uint32_t index)
{
    return disk_memory + offset_of(index);
}

static void set_state(uint32_t index, enum block_state state)
{
    dirty_count += (state == BLOCK_DIRTY) - (blocks[index].state == BLOCK_DIRTY);
    logged_count += (state == BLOCK_LOGGED) - (blocks[index].state == BLOCK_LOGGED);
    blocks[index].state = (uint8_t)state;
}

static void take_out(uint32_t index)
{
    uint32_t *link = &buckets[bucket_of(blocks[index].number)];
    while (*link != index)
        link = &blocks[*link].next;
    *link = blocks[index].next;
    set_state(index, BLOCK_UNUSED);
    blocks[index].is_in_log = false;
}

/* A place for a block that is not here: an unused one, or that of a clean one which was not used lately. */
static uint32_t make_room(blk64_t number)
{
    for (uint32_t steps = 0; steps < 2 * block_count; steps++) {
        uint32_t index = hand;
        hand = (hand + 1) % block_count;
        if (blocks[index].state == BLOCK_CLEAN && blocks[index].is_used_lately) {
            blocks[index].is_used_lately = false;
            continue;
        }
        if (blocks[index].state > BLOCK_CLEAN)
            continue;
        if (blocks[index].state == BLOCK_CLEAN)
            take_out(index);
        uint32_t bucket = bucket_of(number);
        blocks[index].number = number;
        blocks[index].next = buckets[bucket];
        buckets[bucket] = index;
        set_state(index, BLOCK_CLEAN);
        return index;
    }
    return NONE;
}

static struct disk_range home_of(uint32_t index)
{
    return (struct disk_range){
        .sector = blocks[index].number * SECTORS_PER_BLOCK, .offset = offset_of(index), .bytes = CACHE_BLOCK_BYTES};
}

/* The block, read if need be. */
static errcode_t get(blk64_t number, uint32_t *index)
{
    *index = find(number);
    if (*index == NONE) {
        *index = make_room(number);
        if (*index == NONE)
            return EXT2_ET_NO_MEMORY;
        if (disk_do(DISK_READ, home_of(*index)) != DISK_OK) {
            take_out(*index);
            through_has_failed = through_has_failed || is_through;
            return EXT2_ET_SHORT_READ;
        }
    }
    blocks[*index].is_used_lately = true;
    return 0;
}

errcode_t cache_read(blk64_t number, void *data)
{
    uint32_t index;
    errcode_t error = get(number, &index);
    if (!error)
        memcpy(data, data_of(index), CACHE_BLOCK_BYTES);
    return error;
}

/* Content has changed. */
static errcode_t note_change(uint32_t index)
{
    if (!is_through) {
        set_state(index, BLOCK_DIRTY);
        return 0;
    }
    /* e2fsprogs goes on after errors: what comes last says that the log is empty. */
    if (!through_has_failed && disk_do(DISK_WRITE, home_of(index)) != DISK_OK)
        through_has_failed = true;
    return through_has_failed ? EXT2_ET_SHORT_WRITE : 0;
}

errcode_t cache_write(blk64_t number, const void *data)
{
    uint32_t index = find(number);
    if (index == NONE) {
        index = make_room(number);
        if (index == NONE)
            return EXT2_ET_NO_MEMORY;
    } else if (memcmp(data_of(index), data, CACHE_BLOCK_BYTES) == 0) {
        return 0;
    }
    blocks[index].is_used_lately = true;
    memcpy(data_of(index), data, CACHE_BLOCK_BYTES);
    return note_change(index);
}

bool cache_forget(blk64_t number)
{
    uint32_t index = find(number);
    if (index == NONE)
        return false;
    bool is_in_log = blocks[index].is_in_log;
    take_out(index);
    return is_in_log;
}

size_t cache_size(void)
{
    return block_count;
}

size_t cache_dirty_count(void)
{
    return dirty_count;
}

size_t cache_logged_count(void)
{
    return logged_count;
}

bool cache_is_dirty(blk64_t number)
{
    uint32_t index = find(number);
    return index != NONE && blocks[index].state == BLOCK_DIRTY;
}

void cache_list_dirty(struct fs_journal_block *list)
{
    for (uint32_t i = 0; i < block_count; i++) {
        if (blocks[i].state == BLOCK_DIRTY)
            *list++ = (struct fs_journal_block){blocks[i].number, data_of(i)};
    }
}

void cache_set_logged(void)
{
    for (uint32_t i = 0; i < block_count; i++) {
        if (blocks[i].state == BLOCK_DIRTY) {
            set_state(i, BLOCK_LOGGED);
            blocks[i].is_in_log = true;
        }
    }
}

static void note_failure(void *context, enum disk_result result)
{
    if (result != DISK_OK)
        *(bool *)context = true;
}

errcode_t cache_write_home(void)
{
    bool has_failed = false;
    for (uint32_t i = 0; i < block_count; i++) {
        if (blocks[i].state == BLOCK_LOGGED)
            disk_begin(DISK_WRITE, home_of(i), note_failure, &has_failed);
    }
    disk_wait();
    if (has_failed)
        return EXT2_ET_SHORT_WRITE;
    for (uint32_t i = 0; i < block_count; i++) {
        if (blocks[i].state == BLOCK_LOGGED)
            set_state(i, BLOCK_CLEAN);
        blocks[i].is_in_log = false;
    }
    return 0;
}

void cache_set_through(bool through)
{
    is_through = through;
    through_has_failed = false;
}

void cache_drop(void)
{
    for (uint32_t i = 0; i < block_count; i++) {
        blocks[i] = (struct block){.state = BLOCK_UNUSED};
        buckets[i] = NONE;
    }
    dirty_count = logged_count = 0;
    hand = 0;
}

void cache_start(size_t offset, size_t bytes)
{
    memory_offset = offset;
    block_count = (uint32_t)(bytes / CACHE_BLOCK_BYTES);
    blocks = calloc(block_count, sizeof *blocks);
    buckets = calloc(block_count, sizeof *buckets);
    if (!blocks || !buckets)
        abort();
    cache_drop();
}

/* --- the channel of libext2fs ----------------------------------------------------------------------------------------- */

static errcode_t channel_open(const char *name, int flags, io_channel *opened)
{
    (void)flags;
    io_channel channel = NULL;
    errcode_t error = ext2fs_get_memzero(sizeof *channel, &channel);
    if (error)
        return error;
    channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
    channel->manager = &cache_manager;
    channel->block_size = CACHE_BLOCK_BYTES;
    channel->refcount = 1;
    error = ext2fs_get_mem(strlen(name) + 1, &channel->name);
    if (error) {
        ext2fs_free_mem(&channel);
        return error;
    }
    strcpy(channel->name, name);
    *opened = channel;
    return 0;
}

static errcode_t channel_close(io_channel channel)
{
    if (--channel->refcount > 0)
        return 0;
    ext2fs_free_mem(&channel->name);
    ext2fs_free_mem(&channel);
    return 0;
}

static errcode_t channel_set_blksize(io_channel channel, int bytes)
{
    channel->block_size = bytes;
    return 0;
}

/* A negative count is one of bytes. */
static size_t bytes_of(io_channel channel, int count)
{
    return count < 0 ? (size_t) - (int64_t)count : (size_t)count * (size_t)channel->block_size;
}

static errcode_t channel_read_blk64(io_channel channel, unsigned long long block, int count, void *data)
{
    uint64_t place = block * (uint64_t)channel->block_size;
    for (size_t left = bytes_of(channel, count), bytes; left; left -= bytes) {
        uint32_t index;
        size_t within = place % CACHE_BLOCK_BYTES;
        bytes = CACHE_BLOCK_BYTES - within < left ? CACHE_BLOCK_BYTES - within : left;
        errcode_t error = get(place / CACHE_BLOCK_BYTES, &index);
        if (error)
            return error;
        data = (char *)memcpy(data, data_of(index) + within, bytes) + bytes;
        place += bytes;
    }
    return 0;
}

static errcode_t write_bytes(uint64_t place, size_t left, const void *data)
{
    for (size_t bytes; left; left -= bytes) {
        uint32_t index;
        errcode_t error;
        size_t within = place % CACHE_BLOCK_BYTES;
        bytes = CACHE_BLOCK_BYTES - within < left ? CACHE_BLOCK_BYTES - within : left;
        if (bytes == CACHE_BLOCK_BYTES) {
            error = cache_write(place / CACHE_BLOCK_BYTES, data);
        } else {
            error = get(place / CACHE_BLOCK_BYTES, &index);
            if (!error && memcmp(data_of(index) + within, data, bytes) != 0) {
                memcpy(data_of(index) + within, data, bytes);
                error = note_change(index);
            }
        }
        if (error)
            return error;
        data = (const char *)data + bytes;
        place += bytes;
    }
    return 0;
}

static errcode_t channel_write_blk64(io_channel channel, unsigned long long block, int count, const void *data)
{
    return write_bytes(block * (uint64_t)channel->block_size, bytes_of(channel, count), data);
}

static errcode_t channel_read_blk(io_channel channel, unsigned long block, int count, void *data)
{
    return channel_read_blk64(channel, block, count, data);
}

static errcode_t channel_write_blk(io_channel channel, unsigned long block, int count, const void *data)
{
    return channel_write_blk64(channel, block, count, data);
}

static errcode_t channel_write_byte(io_channel channel, unsigned long offset, int count, const void *data)
{
    (void)channel;
    return write_bytes(offset, (size_t)count, data);
}

static errcode_t channel_flush(io_channel channel)
{
    (void)channel;
    if (!is_through)
        return 0;
    if (!through_has_failed && disk_flush() != DISK_OK)
        through_has_failed = true;
    return through_has_failed ? EXT2_ET_SHORT_WRITE : 0;
}

struct struct_io_manager cache_manager = {.magic = EXT2_ET_MAGIC_IO_MANAGER,
                                          .name = "cache",
                                          .open = channel_open,
                                          .close = channel_close,
                                          .set_blksize = channel_set_blksize,
                                          .read_blk = channel_read_blk,
                                          .write_blk = channel_write_blk,
                                          .flush = channel_flush,
                                          .write_byte = channel_write_byte,
                                          .read_blk64 = channel_read_blk64,
                                          .write_blk64 = channel_write_blk64};
