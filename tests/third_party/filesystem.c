/*
 * libext2fs in a component: a file system that mke2fs made, in a region of memory. Files are read and written; transactions go
 * to its journal, power is cut in each of their steps, and what is replayed is all of a transaction or nothing.
 */
#include "tests/components/features/check.h"

#include <component_libc.h>
#include <ext2fs_journal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Filled in from the description. */
uintptr_t image_start, image_paddr;
size_t image_bytes;

enum { BLOCK_BYTES = 4096, BIG_BLOCKS = 300, ALWAYS = 1 << 30, SECONDS = 1700000000, TRANSACTION_STEPS = 8 };

static const char GREETING[] = "a file that mke2fs wrote\n";
static const char TEXT[] = "a file that a component wrote\n";
static const __u32 JOURNAL_MAGIC_BYTES =
    0x98393bc0; /* how blocks of a journal begin; the escape is for blocks like them */

static int writes_left = ALWAYS; /* until the power is cut: later ones are lost */
static ext2_filsys fs;
static blk64_t big_blocks[BIG_BLOCKS];

int component_clock(clockid_t clock, struct timespec *now)
{
    (void)clock;
    *now = (struct timespec){SECONDS, 0};
    return 0;
}

/* --- the disk ------------------------------------------------------------------------------------------------------- */

static struct struct_io_manager memory_disk;

static errcode_t disk_open(const char *name, int flags, io_channel *channel)
{
    (void)flags;
    errcode_t error = ext2fs_get_memzero(sizeof **channel, channel);
    if (error)
        return error;
    (*channel)->magic = EXT2_ET_MAGIC_IO_CHANNEL;
    (*channel)->manager = &memory_disk;
    (*channel)->block_size = 1024;
    (*channel)->refcount = 1;
    (*channel)->name = strdup(name);
    return 0;
}

static errcode_t disk_close(io_channel channel)
{
    if (--channel->refcount > 0)
        return 0;
    free(channel->name);
    return ext2fs_free_mem(&channel);
}

static errcode_t disk_set_block_size(io_channel channel, int bytes)
{
    channel->block_size = bytes;
    return 0;
}

/* A negative count is one of bytes. */
static char *disk_place(io_channel channel, unsigned long long block, int count, size_t *bytes)
{
    *bytes = count < 0 ? (size_t)-count : (size_t)count * (size_t)channel->block_size;
    if (block > image_bytes / (size_t)channel->block_size || *bytes > image_bytes - block * (size_t)channel->block_size)
        return NULL;
    return (char *)image_start + block * (size_t)channel->block_size;
}

static errcode_t disk_read(io_channel channel, unsigned long long block, int count, void *data)
{
    size_t bytes;
    char *place = disk_place(channel, block, count, &bytes);

    if (!place)
        return EXT2_ET_SHORT_READ;
    memcpy(data, place, bytes);
    return 0;
}

static errcode_t disk_write(io_channel channel, unsigned long long block, int count, const void *data)
{
    size_t bytes;
    char *place = disk_place(channel, block, count, &bytes);

    if (!place)
        return EXT2_ET_SHORT_WRITE;
    if (writes_left > 0)
        memcpy(place, data, bytes);
    writes_left -= writes_left > 0 && writes_left < ALWAYS;
    return 0;
}

static errcode_t disk_read_small(io_channel channel, unsigned long block, int count, void *data)
{
    return disk_read(channel, block, count, data);
}

static errcode_t disk_write_small(io_channel channel, unsigned long block, int count, const void *data)
{
    return disk_write(channel, block, count, data);
}

static errcode_t disk_flush(io_channel channel)
{
    (void)channel;
    return 0;
}

static struct struct_io_manager memory_disk = {
    .magic = EXT2_ET_MAGIC_IO_MANAGER,
    .name = "memory",
    .open = disk_open,
    .close = disk_close,
    .set_blksize = disk_set_block_size,
    .read_blk = disk_read_small,
    .write_blk = disk_write_small,
    .flush = disk_flush,
    .read_blk64 = disk_read,
    .write_blk64 = disk_write,
};

/* --- files ---------------------------------------------------------------------------------------------------------- */

static seL4_Bool succeeds(errcode_t error, const char *what)
{
    if (error)
        printf("filesystem: %s: %s\n", what, error_message(error));
    check(error == 0, what);
    return error == 0;
}

static void open_fs(void)
{
    if (succeeds(ext2fs_open("disk", EXT2_FLAG_RW | EXT2_FLAG_64BITS, 0, 0, &memory_disk, &fs),
                 "the file system opens"))
        succeeds(ext2fs_read_bitmaps(fs), "its bitmaps are read");
}

static seL4_Bool file_is(const char *path, const char *content)
{
    char text[sizeof TEXT + sizeof GREETING] = "";
    ext2_ino_t inode;
    ext2_file_t file;
    unsigned got = 0;

    if (ext2fs_namei(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, &inode) || ext2fs_file_open(fs, inode, 0, &file))
        return seL4_False;
    errcode_t error = ext2fs_file_read(file, text, sizeof text - 1, &got);
    ext2fs_file_close(file);
    return !error && got == strlen(content) && strcmp(text, content) == 0;
}

static void write_file(void)
{
    struct ext2_inode inode = {.i_mode = LINUX_S_IFREG | 0644, .i_links_count = 1, .i_flags = EXT4_EXTENTS_FL};
    ext2_ino_t folder, number;
    ext2_extent_handle_t extents;
    ext2_file_t file;
    unsigned done = 0;

    succeeds(ext2fs_mkdir(fs, EXT2_ROOT_INO, 0, "folder"), "a folder is made");
    succeeds(ext2fs_namei(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, "/folder", &folder), "and found");
    succeeds(ext2fs_new_inode(fs, folder, LINUX_S_IFREG | 0644, NULL, &number), "there is an inode");
    ext2fs_inode_alloc_stats2(fs, number, +1, 0);
    succeeds(ext2fs_extent_open2(fs, number, &inode, &extents), "with extents");
    ext2fs_extent_free(extents);
    succeeds(ext2fs_write_new_inode(fs, number, &inode), "it is written");
    succeeds(ext2fs_link(fs, folder, "text", number, EXT2_FT_REG_FILE), "and has a name");
    succeeds(ext2fs_file_open(fs, number, EXT2_FILE_WRITE, &file), "the file opens");
    succeeds(ext2fs_file_write(file, TEXT, sizeof TEXT - 1, &done), "and is written");
    succeeds(ext2fs_file_close(file), "to the end");
    check(done == sizeof TEXT - 1, "all of it");
}

static void check_files(void)
{
    open_fs();
    check(file_is("/greeting", GREETING), "a file is read");
    check(!file_is("/folder/text", TEXT), "another is not there");
    write_file();
    succeeds(ext2fs_close_free(&fs), "the file system closes");
    open_fs();
    check(file_is("/folder/text", TEXT), "what was written is there");
    check(file_is("/greeting", GREETING), "what was there still is");
}

/* --- the journal ---------------------------------------------------------------------------------------------------- */

static unsigned char *on_disk(blk64_t block)
{
    return (unsigned char *)image_start + block * BLOCK_BYTES;
}

static void find_big_file(void)
{
    ext2_ino_t inode = 0;

    succeeds(ext2fs_namei(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, "/big", &inode), "the big file is there");
    for (unsigned i = 0; i < BIG_BLOCKS; i++)
        if (ext2fs_bmap2(fs, inode, NULL, NULL, 0, i, NULL, &big_blocks[i]) || big_blocks[i] == 0)
            check(seL4_False, "the big file has all blocks");
}

static struct fs_journal *open_journal(void)
{
    struct fs_journal *journal = NULL;

    succeeds(fs_journal_open(fs, fs->io, &journal), "the journal opens");
    succeeds(ext2fs_flush(fs), "the superblock is written");
    return journal;
}

/* What a power cut leaves, and what the next start makes of it. */
static void crash_and_recover(struct fs_journal *journal)
{
    fs_journal_abandon(journal);
    ext2fs_free(fs);
    writes_left = ALWAYS;
    open_fs();
    check(ext2fs_has_feature_journal_needs_recovery(fs->super), "the file system needs recovery");
    succeeds(ext2fs_run_ext3_journal(&fs), "the journal is replayed");
    check(!ext2fs_has_feature_journal_needs_recovery(fs->super), "and then it does not need it");
    succeeds(ext2fs_read_bitmaps(fs), "the bitmaps are read again");
}

/* Three transactions: many blocks, some of them again, and one revoked. None is written to its place but by the replay. */
static void check_replay(void)
{
    static unsigned char content[BIG_BLOCKS][BLOCK_BYTES];
    static struct fs_journal_block blocks[BIG_BLOCKS];
    struct fs_journal *journal = open_journal();
    unsigned char before = on_disk(big_blocks[7])[100];
    seL4_Bool is_right = seL4_True;

    for (unsigned i = 0; i < BIG_BLOCKS; i++) {
        memset(content[i], (int)i + 1, BLOCK_BYTES);
        blocks[i] = (struct fs_journal_block){big_blocks[i], content[i]};
    }
    memcpy(content[5], &JOURNAL_MAGIC_BYTES, sizeof JOURNAL_MAGIC_BYTES);
    size_t room = fs_journal_room(journal);
    succeeds(fs_journal_write(journal, blocks, BIG_BLOCKS, NULL, 0), "a transaction of many blocks");
    check(room - fs_journal_room(journal) == BIG_BLOCKS + 3, "takes two descriptors and a commit block");
    memset(content[9], 0x99, BLOCK_BYTES);
    succeeds(fs_journal_write(journal, &blocks[9], 1, &big_blocks[7], 1),
             "one that changes a block again and revokes one");
    check(fs_journal_write(journal, blocks, BIG_BLOCKS, NULL, 0) == 0, "the log has room for another");
    check(fs_journal_write(journal, blocks, BIG_BLOCKS, NULL, 0) == 0 &&
              fs_journal_write(journal, blocks, BIG_BLOCKS, NULL, 0) == ENOSPC,
          "and is full at some time");
    check(on_disk(big_blocks[0])[0] != 1, "no block is at its place");
    crash_and_recover(journal);
    for (unsigned i = 0; i < BIG_BLOCKS; i++)
        is_right &= memcmp(on_disk(big_blocks[i]), content[i], BLOCK_BYTES) == 0;
    check(is_right, "all blocks are at their places");
    check(on_disk(big_blocks[7])[100] != before, "one that was revoked and then written again too");
}

static void check_revocation(void)
{
    static unsigned char content[BLOCK_BYTES];
    struct fs_journal *journal = open_journal();
    unsigned char before = on_disk(big_blocks[3])[0];

    memset(content, 0x33, sizeof content);
    succeeds(fs_journal_write(journal, &(struct fs_journal_block){big_blocks[3], content}, 1, NULL, 0),
             "a transaction");
    succeeds(fs_journal_write(journal, &(struct fs_journal_block){big_blocks[4], content}, 1, &big_blocks[3], 1),
             "and another");
    crash_and_recover(journal);
    check(on_disk(big_blocks[3])[0] == before && on_disk(big_blocks[4])[0] == 0x33, "what was revoked is not replayed");
}

/* A transaction of four blocks is eight writes: superblock, four blocks, descriptor, revocation, commit. */
static void check_power_cuts(void)
{
    static unsigned char content[BLOCK_BYTES];
    struct fs_journal_block blocks[4];

    for (int cut = 0; cut <= TRANSACTION_STEPS; cut++) {
        struct fs_journal *journal = open_journal();
        seL4_Bool has_new = seL4_True, has_old = seL4_True;

        memset(content, 0xc0 + cut, sizeof content);
        for (unsigned i = 0; i < 4; i++)
            blocks[i] = (struct fs_journal_block){big_blocks[20 + i], content};
        writes_left = cut;
        fs_journal_write(journal, blocks, 4, &big_blocks[30], 1);
        crash_and_recover(journal);
        for (unsigned i = 0; i < 4; i++) {
            has_new &= on_disk(big_blocks[20 + i])[17] == 0xc0 + cut;
            has_old &= on_disk(big_blocks[20 + i])[17] != 0xc0 + cut;
        }
        check(cut == TRANSACTION_STEPS ? has_new : has_old, "a transaction counts as a whole, from its last write on");
    }
}

/* The log is emptied when all is at its place, and begins anew. */
static void check_emptying(void)
{
    static unsigned char content[BLOCK_BYTES];
    struct fs_journal *journal = open_journal();
    size_t room = fs_journal_room(journal);

    memset(content, 0x11, sizeof content);
    succeeds(fs_journal_write(journal, &(struct fs_journal_block){big_blocks[40], content}, 1, NULL, 0),
             "a transaction");
    check(fs_journal_room(journal) == room - 3, "takes room");
    succeeds(fs_journal_empty(journal), "the log is emptied");
    check(fs_journal_room(journal) == room, "and has room again");
    succeeds(fs_journal_close(journal), "and closed");
    check(!ext2fs_has_feature_journal_needs_recovery(fs->super), "nothing needs recovery");
    check(on_disk(big_blocks[40])[0] != 0x11, "what was emptied is not replayed");
    check(fs_journal_open(fs, fs->io, &journal) == 0, "it opens again");
    succeeds(fs_journal_close(journal), "and closes");
}

void init(void)
{
    initialize_ext2_error_table();
    check_files();
    find_big_file();
    check_replay();
    check_revocation();
    check_power_cuts();
    check_emptying();
    succeeds(ext2fs_close_free(&fs), "the file system closes in the end");
    printf("filesystem: image at %#lx, %zu bytes\n", image_paddr, image_bytes);
    check_end();
}

void notified(microkit_channel ch)
{
    (void)ch;
}
