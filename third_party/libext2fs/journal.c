/*
 * Writes transactions to a file system's journal. A transaction in the log:
 *
 *      descriptor, blocks ...  [descriptor, blocks ...]  [revocations ...]  (flush)  commit  (flush)
 *
 * The log is used from its first block to its last and then emptied: it never wraps. What is in it starts at its first block.
 */
#include <ext2fs_journal.h>

#include "jfs_user.h"
#include "journal.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { UUID_BYTES = 16 };

struct fs_journal {
    ext2_filsys fs;
    journal_t *loaded; /* e2fsprogs' view of it: features, superblock, checksums */
    io_channel io;
    blk64_t *places;  /* of the log's blocks, on the disk */
    size_t end;       /* the log's blocks are [loaded->j_first, end) */
    size_t head;      /* where the next transaction begins */
    tid_t next;       /* its number */
    char *descriptor; /* a block each */
    char *copy;
};

/* Journals on a device of their own are not supported: e2fsprogs would open them with this. */
static errcode_t open_no_device(const char *name, int flags, io_channel *channel)
{
    (void)name, (void)flags, (void)channel;
    return EXT2_ET_EXTERNAL_JOURNAL_NOSUPP;
}

static struct struct_io_manager no_devices = {.magic = EXT2_ET_MAGIC_IO_MANAGER, .open = open_no_device};
io_manager unix_io_manager = &no_devices;

struct place_search {
    blk64_t *places;
    size_t count;
};

static int note_place(ext2_filsys fs, blk64_t *block, e2_blkcnt_t index, blk64_t parent, int offset, void *context)
{
    struct place_search *search = context;

    (void)parent, (void)offset;
    if (index < 0 || (size_t)index >= search->count)
        return 0;
    if (*block < fs->super->s_first_data_block || *block >= ext2fs_blocks_count(fs->super))
        return BLOCK_ABORT;
    search->places[index] = *block;
    return 0;
}

static errcode_t find_places(struct fs_journal *journal)
{
    struct place_search search = {journal->places, journal->end};
    errcode_t error = ext2fs_block_iterate3(journal->fs, journal->fs->super->s_journal_inum,
                                            BLOCK_FLAG_DATA_ONLY | BLOCK_FLAG_READ_ONLY, NULL, note_place, &search);

    for (size_t i = 0; !error && i < journal->end; i++)
        if (journal->places[i] == 0)
            error = EXT2_ET_JOURNAL_TOO_SMALL;
    return error;
}

static errcode_t write_log_block(struct fs_journal *journal, size_t index, const void *data)
{
    return io_channel_write_blk64(journal->io, journal->places[index], 1, data);
}

/* Writes where the log starts (0: it is empty) and the number of the transaction that is expected there. */
static errcode_t write_superblock(struct fs_journal *journal, size_t start)
{
    journal_superblock_t *superblock = journal->loaded->j_superblock;

    superblock->s_start = ext2fs_cpu_to_be32((__u32)start);
    superblock->s_sequence = ext2fs_cpu_to_be32(journal->next);
    journal->loaded->j_tail = start;
    journal->loaded->j_tail_sequence = journal->next;
    if (jbd2_journal_has_csum_v2or3(journal->loaded)) {
        superblock->s_checksum = 0;
        superblock->s_checksum =
            ext2fs_cpu_to_be32(ext2fs_crc32c_le(~0u, (unsigned char *)superblock, sizeof *superblock));
    }
    return write_log_block(journal, 0, superblock);
}

/* As Linux does when it mounts: what the file system has, its journal has too. */
static void choose_features(journal_t *loaded)
{
    struct ext2_super_block *super = loaded->j_fs_dev->k_fs->super;

    jbd2_set_feature_revoke(loaded);
    jbd2_clear_feature_checksum(loaded);
    jbd2_clear_feature_async_commit(loaded);
    if (ext2fs_has_feature_64bit(super))
        jbd2_set_feature_64bit(loaded);
    if (!ext2fs_has_feature_metadata_csum(super))
        return;
    jbd2_clear_feature_csum2(loaded);
    jbd2_set_feature_csum3(loaded);
    loaded->j_superblock->s_checksum_type = JBD2_CRC32C_CHKSUM;
    loaded->j_csum_seed = jbd2_chksum(loaded, ~0u, loaded->j_superblock->s_uuid, UUID_BYTES);
}

static errcode_t check_loaded(const journal_t *loaded)
{
    if (loaded->j_format_version < 2 || loaded->j_blocksize != (int)loaded->j_fs_dev->k_fs->blocksize)
        return EXT2_ET_JOURNAL_UNSUPP_VERSION;
    if (loaded->j_tail != 0)
        return EXT2_ET_JOURNAL_FLAGS_WRONG;
    return loaded->j_first == 0 || loaded->j_first >= loaded->j_last ? EXT2_ET_CORRUPT_JOURNAL_SB : 0;
}

static void give_back(struct fs_journal *journal)
{
    ext2fs_free_mem(&journal->places);
    ext2fs_free_mem(&journal->descriptor);
    ext2fs_free_mem(&journal->copy);
    ext2fs_free_mem(&journal);
}

/* Lets e2fsprogs forget the journal without writing to the disk. */
static void unload(struct fs_journal *journal)
{
    ext2_filsys fs = journal->fs;
    int flags = fs->flags;

    journal->loaded->j_sb_buffer->b_dirty = 0;
    fs->flags &= ~EXT2_FLAG_RW;
    ext2fs_close_journal(fs, &journal->loaded);
    fs->flags = flags;
}

errcode_t fs_journal_open(ext2_filsys fs, io_channel log, struct fs_journal **opened)
{
    struct fs_journal *journal;
    errcode_t error;

    if (!(fs->flags & EXT2_FLAG_RW))
        return EXT2_ET_RO_FILSYS;
    if (!ext2fs_has_feature_journal(fs->super))
        return EXT2_ET_NO_JOURNAL;
    if (ext2fs_has_feature_journal_needs_recovery(fs->super))
        return EXT2_ET_JOURNAL_FLAGS_WRONG;
    error = ext2fs_get_memzero(sizeof *journal, &journal);
    if (error)
        return error;
    journal->fs = fs;
    journal->io = log;
    error = ext2fs_open_journal(fs, &journal->loaded);
    if (error)
        goto free_journal;
    error = check_loaded(journal->loaded);
    if (error)
        goto close_loaded;

    journal->end = journal->loaded->j_last;
    if (jbd2_has_feature_fast_commit(journal->loaded))
        journal->end -= (size_t)jbd2_journal_get_num_fc_blks(journal->loaded->j_superblock);
    journal->head = journal->loaded->j_first;
    journal->next = journal->loaded->j_transaction_sequence;
    if (journal->end <= journal->head || journal->end > journal->loaded->j_last) {
        error = EXT2_ET_JOURNAL_TOO_SMALL;
        goto close_loaded;
    }
    error = ext2fs_get_arrayzero(journal->end, sizeof *journal->places, &journal->places);
    if (!error)
        error = ext2fs_get_mem(fs->blocksize, &journal->descriptor);
    if (!error)
        error = ext2fs_get_mem(fs->blocksize, &journal->copy);
    if (!error)
        error = find_places(journal);
    if (error)
        goto close_loaded;

    choose_features(journal->loaded);
    ext2fs_set_feature_journal_needs_recovery(fs->super);
    ext2fs_mark_super_dirty(fs);
    *opened = journal;
    return 0;

close_loaded:
    unload(journal);
free_journal:
    give_back(journal);
    return error;
}

static size_t tail_bytes(const struct fs_journal *journal)
{
    return jbd2_journal_has_csum_v2or3(journal->loaded) ? sizeof(struct jbd2_journal_block_tail) : 0;
}

/* The first tag of a descriptor has an identifier behind it. */
static size_t tags_most(const struct fs_journal *journal)
{
    size_t room = journal->fs->blocksize - sizeof(journal_header_t) - UUID_BYTES - tail_bytes(journal);

    return room / journal_tag_bytes(journal->loaded);
}

static size_t revocation_bytes(const struct fs_journal *journal)
{
    return jbd2_has_feature_64bit(journal->loaded) ? sizeof(__u64) : sizeof(__u32);
}

static size_t revocations_most(const struct fs_journal *journal)
{
    size_t room = journal->fs->blocksize - sizeof(jbd2_journal_revoke_header_t) - tail_bytes(journal);

    return room / revocation_bytes(journal);
}

size_t fs_journal_room(const struct fs_journal *journal)
{
    return journal->end - journal->head;
}

size_t fs_journal_room_for(const struct fs_journal *journal, size_t block_count, size_t revoked_count)
{
    size_t per_descriptor = tags_most(journal), per_revocation = revocations_most(journal);

    return (block_count + per_descriptor - 1) / per_descriptor + block_count +
           (revoked_count + per_revocation - 1) / per_revocation + 1;
}

static char *start_block(struct fs_journal *journal, __u32 type)
{
    journal_header_t *header = (journal_header_t *)memset(journal->descriptor, 0, journal->fs->blocksize);

    header->h_magic = ext2fs_cpu_to_be32(JBD2_MAGIC_NUMBER);
    header->h_blocktype = ext2fs_cpu_to_be32(type);
    header->h_sequence = ext2fs_cpu_to_be32(journal->next);
    return (char *)(header + 1);
}

static __u32 descriptor_checksum(struct fs_journal *journal)
{
    return jbd2_chksum(journal->loaded, journal->loaded->j_csum_seed, journal->descriptor, journal->fs->blocksize);
}

/* Writes the block that start_block began, with the checksum at its end. */
static errcode_t write_descriptor(struct fs_journal *journal, size_t index)
{
    if (tail_bytes(journal)) {
        struct jbd2_journal_block_tail *tail =
            (struct jbd2_journal_block_tail *)(journal->descriptor + journal->fs->blocksize - sizeof *tail);
        tail->t_checksum = ext2fs_cpu_to_be32(descriptor_checksum(journal));
    }
    return write_log_block(journal, index, journal->descriptor);
}

/* What goes to the log in place of a block that begins like one of the log's own. */
static const void *escaped(struct fs_journal *journal, const void *data, __u32 *flags)
{
    if (*(const __u32 *)data != ext2fs_cpu_to_be32(JBD2_MAGIC_NUMBER))
        return data;
    memcpy(journal->copy, data, journal->fs->blocksize);
    memset(journal->copy, 0, sizeof(__u32));
    *flags |= JBD2_FLAG_ESCAPE;
    return journal->copy;
}

static void fill_tag(struct fs_journal *journal, char *at, blk64_t number, __u32 flags, const void *data)
{
    journal_block_tag_t *tag = (journal_block_tag_t *)at;
    __u32 sequence = ext2fs_cpu_to_be32(journal->next);
    __u32 sum = jbd2_chksum(journal->loaded, journal->loaded->j_csum_seed, &sequence, sizeof sequence);

    tag->t_blocknr = ext2fs_cpu_to_be32((__u32)number);
    if (jbd2_has_feature_64bit(journal->loaded))
        tag->t_blocknr_high = ext2fs_cpu_to_be32((__u32)(number >> 32));
    if (jbd2_has_feature_csum3(journal->loaded)) {
        journal_block_tag3_t *longer = (journal_block_tag3_t *)at;
        longer->t_flags = ext2fs_cpu_to_be32(flags);
        longer->t_checksum = ext2fs_cpu_to_be32(jbd2_chksum(journal->loaded, sum, data, journal->fs->blocksize));
        return;
    }
    tag->t_flags = ext2fs_cpu_to_be16((__u16)flags);
    if (jbd2_has_feature_csum2(journal->loaded))
        tag->t_checksum = ext2fs_cpu_to_be16((__u16)jbd2_chksum(journal->loaded, sum, data, journal->fs->blocksize));
}

/* A descriptor and its blocks, from *index on. */
static errcode_t write_group(struct fs_journal *journal, size_t *index, const struct fs_journal_block *blocks,
                             size_t count)
{
    size_t descriptor = (*index)++;
    char *tag = start_block(journal, JBD2_DESCRIPTOR_BLOCK);
    errcode_t error = 0;

    for (size_t i = 0; i < count && !error; i++) {
        __u32 flags = (i > 0 ? JBD2_FLAG_SAME_UUID : 0) | (i == count - 1 ? JBD2_FLAG_LAST_TAG : 0);
        const void *data = escaped(journal, blocks[i].data, &flags);

        fill_tag(journal, tag, blocks[i].number, flags, data);
        tag += journal_tag_bytes(journal->loaded);
        if (i == 0)
            tag = (char *)memcpy(tag, journal->loaded->j_superblock->s_uuid, UUID_BYTES) + UUID_BYTES;
        error = write_log_block(journal, (*index)++, data);
    }
    return error ? error : write_descriptor(journal, descriptor);
}

static errcode_t write_revocations(struct fs_journal *journal, size_t index, const blk64_t *revoked, size_t count)
{
    size_t each = revocation_bytes(journal);
    jbd2_journal_revoke_header_t *header = (jbd2_journal_revoke_header_t *)journal->descriptor;

    start_block(journal, JBD2_REVOKE_BLOCK);
    header->r_count = ext2fs_cpu_to_be32((__u32)(sizeof *header + count * each));
    for (size_t i = 0; i < count; i++) {
        __u64 number = ext2fs_cpu_to_be64(revoked[i]);
        memcpy((char *)(header + 1) + i * each, (char *)&number + sizeof number - each, each);
    }
    return write_descriptor(journal, index);
}

static errcode_t write_commit(struct fs_journal *journal, size_t index)
{
    struct commit_header *commit = (struct commit_header *)journal->descriptor;

    start_block(journal, JBD2_COMMIT_BLOCK);
    commit->h_commit_sec = ext2fs_cpu_to_be64((__u64)time(NULL));
    if (tail_bytes(journal))
        commit->h_chksum[0] = ext2fs_cpu_to_be32(descriptor_checksum(journal));
    return write_log_block(journal, index, commit);
}

static int are_in_fs(const struct fs_journal *journal, const struct fs_journal_block *blocks, size_t block_count,
                     const blk64_t *revoked, size_t revoked_count)
{
    blk64_t total = ext2fs_blocks_count(journal->fs->super);

    for (size_t i = 0; i < block_count; i++)
        if (blocks[i].number >= total)
            return 0;
    for (size_t i = 0; i < revoked_count; i++)
        if (revoked[i] >= total)
            return 0;
    return 1;
}

errcode_t fs_journal_write(struct fs_journal *journal, const struct fs_journal_block *blocks, size_t block_count,
                           const blk64_t *revoked, size_t revoked_count)
{
    size_t index = journal->head, most = tags_most(journal), most_revoked = revocations_most(journal);
    errcode_t error = 0;

    if (!are_in_fs(journal, blocks, block_count, revoked, revoked_count))
        return EXT2_ET_BAD_BLOCK_NUM;
    if (block_count > fs_journal_room(journal) ||
        fs_journal_room_for(journal, block_count, revoked_count) > fs_journal_room(journal))
        return ENOSPC;

    if (journal->loaded->j_tail == 0)
        error = write_superblock(journal, journal->head);
    for (size_t i = 0; i < block_count && !error; i += most)
        error = write_group(journal, &index, blocks + i, block_count - i < most ? block_count - i : most);
    for (size_t i = 0; i < revoked_count && !error; i += most_revoked)
        error = write_revocations(journal, index++, revoked + i,
                                  revoked_count - i < most_revoked ? revoked_count - i : most_revoked);
    if (!error)
        error = io_channel_flush(journal->io);
    if (!error)
        error = write_commit(journal, index++);
    if (!error)
        error = io_channel_flush(journal->io);
    if (error)
        return error;
    journal->head = index;
    journal->next++;
    return 0;
}

errcode_t fs_journal_empty(struct fs_journal *journal)
{
    if (journal->loaded->j_tail == 0)
        return 0;

    errcode_t error = write_superblock(journal, 0);
    if (!error)
        error = io_channel_flush(journal->io);
    if (!error)
        journal->head = journal->loaded->j_first;
    return error;
}

errcode_t fs_journal_close(struct fs_journal *journal)
{
    errcode_t error = fs_journal_empty(journal);

    if (error)
        return error;
    ext2fs_clear_feature_journal_needs_recovery(journal->fs->super);
    ext2fs_mark_super_dirty(journal->fs);
    unload(journal);
    give_back(journal);
    return 0;
}

void fs_journal_abandon(struct fs_journal *journal)
{
    unload(journal);
    give_back(journal);
}
