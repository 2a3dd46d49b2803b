#include "servers/fs/log_channel.h"

#include "servers/fs/disk.h"
#include <string.h>

enum { BLOCK_BYTES = 4096, GATHERED_MOST = LOG_CHANNEL_BYTES / BLOCK_BYTES };

/* Blocks [first, end) are gathered. The first place of the buffer stays free at first: a descriptor comes after its blocks. */
static unsigned long long first, end;
static unsigned place_of_first;
static size_t buffer_offset;
static bool has_failed;
static unsigned flushes_left;

static struct struct_io_manager manager;
static struct struct_io_channel channel;

static void note_failure(void *context, enum disk_result result)
{
    (void)context;
    if (result != DISK_OK)
        has_failed = true;
}

static void write_gathered(void)
{
    if (first == end)
        return;
    disk_begin(DISK_WRITE,
               (struct disk_range){.sector = first * (BLOCK_BYTES / DISK_SECTOR_BYTES),
                                   .offset = buffer_offset + place_of_first * (size_t)BLOCK_BYTES,
                                   .bytes = (uint32_t)(end - first) * BLOCK_BYTES},
               note_failure, NULL);
    /* The buffer is used again. */
    disk_wait();
    first = end;
}

static unsigned gathered(void)
{
    return (unsigned)(end - first);
}

static errcode_t write_one(unsigned long long block, const void *data)
{
    bool is_behind = gathered() && block == end && place_of_first + gathered() < GATHERED_MOST;
    bool is_before = gathered() && block + 1 == first && place_of_first > 0;
    if (is_before) {
        first--;
        place_of_first--;
    } else if (!is_behind) {
        write_gathered();
        first = end = block;
        place_of_first = 1;
    }
    unsigned place = place_of_first + (unsigned)(block - first);
    memcpy(disk_memory + buffer_offset + place * (size_t)BLOCK_BYTES, data, BLOCK_BYTES);
    if (!is_before)
        end++;
    return 0;
}

static errcode_t write_blk64(io_channel io, unsigned long long block, int count, const void *data)
{
    (void)io;
    if (count < 0)
        return EXT2_ET_INVALID_ARGUMENT;
    for (int i = 0; i < count; i++)
        write_one(block + (unsigned)i, (const char *)data + (size_t)i * BLOCK_BYTES);
    return 0;
}

static errcode_t flush(io_channel io)
{
    (void)io;
    write_gathered();
    bool is_good = !has_failed;
    has_failed = false;
    if (is_good && flushes_left) {
        flushes_left--;
        is_good = disk_flush() == DISK_OK;
    }
    return is_good ? 0 : EXT2_ET_SHORT_WRITE;
}

void log_channel_flush_next(unsigned count)
{
    flushes_left = count;
}

io_channel log_channel_start(size_t offset)
{
    buffer_offset = offset;
    first = end = 0;
    has_failed = false;
    manager = (struct struct_io_manager){
        .magic = EXT2_ET_MAGIC_IO_MANAGER, .name = "log", .write_blk64 = write_blk64, .flush = flush};
    channel = (struct struct_io_channel){
        .magic = EXT2_ET_MAGIC_IO_CHANNEL, .manager = &manager, .block_size = BLOCK_BYTES, .refcount = 1};
    return &channel;
}
