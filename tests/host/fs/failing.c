/*
 * The file server on a disk that cannot do something, or is full: what a request was promised stays so, and what it is not answered with
 * FILE_OK for leaves nothing behind.
 *
 *   failing IMAGE CASE: the image is of an empty file system; e2fsck is for the caller.
 */
#include "client.h"
#include "disk_image.h"
#include "servers/fs/volume.h"
#include "support/random.h"

#include <et/com_err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCK = IMAGE_BLOCK_BYTES, SUPERBLOCK_PLACE = 0, MOST_NAME = 32 };
#define DATE 1000000000000000000
enum { STATUS_REFUSED = 10, STATUS_BEYOND = 11 };

static uint64_t random_state;
static struct file_handle root;

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static void say_nothing(const char *who, errcode_t error, const char *format, va_list arguments)
{
    (void)who, (void)error, (void)format, (void)arguments;
}

static _Noreturn void cut(void)
{
    image_wrong("the power was cut", 0, 0);
}

static void expect(const char *what, uint64_t found, uint64_t wanted)
{
    if (found != wanted)
        image_wrong(what, found, wanted);
}

static void start(void)
{
    random_state = 1;
    image_start(&random_state, UINT64_MAX, cut);
    set_com_err_hook(say_nothing);
}

static void mount_and_attach(void)
{
    const char *why;
    start();
    if (volume_mount(&why) != FILE_OK)
        image_wrong(why, 0, 0);
    root = client_start(&random_state).attributes.handle;
}

/* --- requests --------------------------------------------------------------------------------------------------------- */

static struct file_answer on_name(enum file_operation operation, const char *name)
{
    return client_ask((struct file_request){
        .operation = operation, .handle = root, .name = client_text(name, 0), .mode = 0100644, .generation = 1});
}

static struct file_handle make(const char *name)
{
    struct file_answer answer = on_name(FILE_CREATE, name);
    expect("making a file", answer.result, FILE_OK);
    return answer.attributes.handle;
}

static struct file_answer transfer(enum file_operation operation, struct file_handle handle, uint64_t first,
                                   uint32_t count)
{
    return client_ask((struct file_request){.operation = operation,
                                            .handle = handle,
                                            .offset = first * BLOCK,
                                            .bytes = count * BLOCK,
                                            .range_count = 1,
                                            .ranges = {{.bytes = count * BLOCK}}});
}

static enum file_result write_to(struct file_handle handle, uint64_t first, uint32_t count)
{
    return transfer(FILE_WRITE, handle, first, count).result;
}

static enum file_result unlink_file(const char *name, struct file_handle handle)
{
    return client_ask((struct file_request){.operation = FILE_UNLINK,
                                            .handle = root,
                                            .name = client_text(name, 0),
                                            .other = handle,
                                            .time = DATE})
        .result;
}

static enum file_result commit(void)
{
    return client_ask((struct file_request){.operation = FILE_COMMIT}).result;
}

static uint64_t free_blocks(void)
{
    return client_ask((struct file_request){.operation = FILE_STATISTICS}).statistics.free_blocks;
}

/* A file takes all that is free. */
static struct file_handle fill_disk(void)
{
    struct file_handle handle = make("filler");
    uint64_t page = 0;
    for (uint32_t count = FILE_MOST_PAGES; count; count /= 2) {
        while (write_to(handle, page, count) == FILE_OK)
            page += count;
    }
    expect("blocks that are free on a full disk", free_blocks(), 0);
    return handle;
}

/* --- the start -------------------------------------------------------------------------------------------------------- */

enum { FILES = 12 };

/* Which request fails. */
static enum image_work failing_work;
static unsigned requests_left;

static bool fails_at_count(enum image_work work, struct disk_range range)
{
    (void)range;
    return work == failing_work && requests_left && --requests_left == 0;
}

static const char *file_name(unsigned number)
{
    static char name[MOST_NAME];
    snprintf(name, sizeof name, "file %u", number);
    return name;
}

/* Much is in the journal afterwards. */
static int make_files(void)
{
    mount_and_attach();
    for (unsigned i = 0; i < FILES; i++)
        make(file_name(i));
    return commit();
}

static int mount_on_failing_disk(void)
{
    const char *why;
    start();
    image_fails = fails_at_count;
    enum file_result result = volume_mount(&why);
    image_fails = NULL;
    if (result != FILE_OK)
        return STATUS_REFUSED;
    return requests_left ? STATUS_BEYOND : FILE_OK;
}

static int find_files(void)
{
    mount_and_attach();
    for (unsigned i = 0; i < FILES; i++)
        expect("looking a committed file up", on_name(FILE_LOOKUP, file_name(i)).result, FILE_OK);
    return FILE_OK;
}

/* What the process ended with. */
static int in_a_process(int (*work)(void))
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(work());
    int how = 0;
    waitpid(child, &how, 0);
    return WIFEXITED(how) ? WEXITSTATUS(how) : -WTERMSIG(how);
}

/* Which block begins so, from one on; there is one. */
static size_t find_block(const char *bytes, size_t count, size_t from)
{
    size_t size;
    const uint8_t *image = image_memory(&size);
    while (from < size / BLOCK && memcmp(image + from * BLOCK, bytes, count) != 0)
        from++;
    if (from == size / BLOCK)
        image_wrong("no such block", 0, 0);
    return from;
}

static size_t log_superblock(void)
{
    return find_block("\xc0\x3b\x39\x98\0\0\0\4", 8, 0);
}

/* The image is as it was when nothing failed, but for the superblocks, which count. */
static void compare_images(const uint8_t *wanted)
{
    size_t size, log = log_superblock();
    const uint8_t *image = image_memory(&size);
    for (size_t block = 0; block < size / BLOCK; block++) {
        if (block != SUPERBLOCK_PLACE && block != log && memcmp(image + block * BLOCK, wanted + block * BLOCK, BLOCK))
            image_wrong("a block did not come home", block, 0);
    }
}

static uint8_t *copy_image(void)
{
    size_t size;
    const uint8_t *image = image_memory(&size);
    uint8_t *copy = malloc(size);
    return memcpy(copy, image, size);
}

static void put_image(const uint8_t *copy)
{
    size_t size;
    uint8_t *image = image_memory(&size);
    for (size_t at = 0; at < size; at += BLOCK) {
        if (memcmp(image + at, copy + at, BLOCK) != 0)
            memcpy(image + at, copy + at, BLOCK);
    }
}

/* Whichever request of a start fails, of which many are tried: it is refused, and the next one brings home all that was committed. */
static void try_each_request(enum image_work work, const uint8_t *full, const uint8_t *wanted)
{
    unsigned tries = 0;
    failing_work = work;
    for (unsigned number = 1;; number += 1 + number / 8) {
        put_image(full);
        requests_left = number;
        int status = in_a_process(mount_on_failing_disk);
        if (status == STATUS_BEYOND)
            break;
        expect("a start on a failing disk", (uint64_t)status, STATUS_REFUSED);
        requests_left = 0;
        expect("the start behind it", (uint64_t)in_a_process(mount_on_failing_disk), FILE_OK);
        compare_images(wanted);
        tries++;
    }
    expect("requests that failed", tries > 1, true);
}

/* What the log has lost cannot come home; what is behind it is not thrown away. */
static void damage_log(const uint8_t *full)
{
    size_t size, descriptor;
    put_image(full);
    descriptor = find_block("\xc0\x3b\x39\x98\0\0\0\1", 8, log_superblock());
    image_memory(&size)[(descriptor + 1) * BLOCK + 100] ^= 1;
    requests_left = 0;
    for (int i = 0; i < 2; i++)
        expect("a start with a damaged log", (uint64_t)in_a_process(mount_on_failing_disk), STATUS_REFUSED);
    image_memory(&size)[(descriptor + 1) * BLOCK + 100] ^= 1;
    expect("the start after it was mended", (uint64_t)in_a_process(find_files), FILE_OK);
}

static void fail_starts(void)
{
    expect("filling", (uint64_t)in_a_process(make_files), FILE_OK);
    const uint8_t *full = copy_image();
    expect("a start on a good disk", (uint64_t)in_a_process(mount_on_failing_disk), FILE_OK);
    const uint8_t *wanted = copy_image();
    try_each_request(IMAGE_READ, full, wanted);
    try_each_request(IMAGE_WRITE, full, wanted);
    try_each_request(IMAGE_FLUSH, full, wanted);
    damage_log(full);
}

/* --- content that cannot be written ------------------------------------------------------------------------------------ */

static bool content_fails(enum image_work work, struct disk_range range)
{
    return work == IMAGE_WRITE && range.buffer;
}

/* New blocks hold what they held before: they are not a file's as long as its content is not in them. */
static int write_over_secret(void)
{
    mount_and_attach();
    struct file_handle secret = make("secret");
    memset(image_client_pages, 'S', sizeof image_client_pages);
    expect("writing", write_to(secret, 0, 8), FILE_OK);
    expect("committing", commit(), FILE_OK);
    expect("unlinking", unlink_file("secret", secret), FILE_OK);
    struct file_handle new = make("new");
    image_fails = content_fails;
    expect("a write that fails", write_to(new, 0, 1), FILE_FAILED);
    image_fails = NULL;
    expect("a commit behind it", commit(), FILE_READ_ONLY);
    return 0;
}

static int find_no_secret(void)
{
    mount_and_attach();
    struct file_answer answer = on_name(FILE_LOOKUP, "new");
    expect("looking up what was committed", answer.result, FILE_OK);
    expect("its bytes", answer.attributes.size, 0);
    return 0;
}

static void fail_content(void)
{
    expect("writing", (uint64_t)in_a_process(write_over_secret), 0);
    expect("the next start", (uint64_t)in_a_process(find_no_secret), 0);
}

/* libext2fs refuses all changes from the moment on when content is written. */
static bool refuses_changes(enum image_work work, struct disk_range range)
{
    if (content_fails(work, range))
        volume->flags &= ~EXT2_FLAG_RW;
    return false;
}

/* The inode cannot be written when the content is on its way already: nothing of it counts. */
static void fail_in_part(void)
{
    mount_and_attach();
    struct file_handle handle = make("file");
    image_fails = refuses_changes;
    expect("a change that fails in part", write_to(handle, 0, 1), FILE_READ_ONLY);
    image_fails = NULL;
    volume->flags |= EXT2_FLAG_RW;
    expect("a commit behind it", commit(), FILE_READ_ONLY);
}

/* --- a full disk ------------------------------------------------------------------------------------------------------ */

/* A tree of extents has room for four in the inode; more need a block. */
static void fill_up(void)
{
    mount_and_attach();
    struct file_handle file = make("file"), behind = make("behind");
    for (unsigned i = 0; i < 4; i++)
        expect("writing", write_to(file, 2 * i, 1), FILE_OK);
    expect("writing", write_to(behind, 0, 2), FILE_OK);
    struct file_handle filler = fill_disk();
    expect("unlinking", unlink_file("behind", behind), FILE_OK);
    expect("free blocks", free_blocks(), 2);
    expect("three pages, for two of which there is room behind the last extent", write_to(file, 7, 3), FILE_NO_SPACE);
    expect("free blocks", free_blocks(), 2);
    expect("one page", write_to(file, 7, 1), FILE_OK);
    for (unsigned i = 0; i < 2; i++) {
        expect("a fifth extent, without a block for the tree", write_to(file, 20, 1), FILE_NO_SPACE);
        expect("free blocks", free_blocks(), 1);
    }
    struct file_answer answer =
        client_ask((struct file_request){.operation = FILE_SET, .handle = filler, .set = FILE_SET_SIZE, .offset = 0});
    expect("cutting the file that has the last block", answer.result, FILE_OK);
    expect("committing", commit(), FILE_OK);
}

/* The blocks of these pages are the file's, but hold nothing of it: as fallocate(2) leaves them. */
static void make_unwritten(struct file_handle handle, uint64_t first, uint64_t end)
{
    ext2_extent_handle_t extents;
    struct ext2fs_extent extent;
    expect("opening a tree", (uint64_t)ext2fs_extent_open(volume, handle.inode, &extents), 0);
    for (uint64_t page = first; page < end; page += extent.e_len) {
        expect("finding an extent", (uint64_t)ext2fs_extent_goto(extents, page), 0);
        expect("reading it", (uint64_t)ext2fs_extent_get(extents, EXT2_EXTENT_CURRENT, &extent), 0);
        extent.e_flags |= EXT2_EXTENT_FLAGS_UNINIT;
        expect("changing it", (uint64_t)ext2fs_extent_replace(extents, 0, &extent), 0);
    }
    ext2fs_extent_free(extents);
}

/* The first of two extents could be marked as written, the second one cannot be cut in two: none is. */
static void write_unwritten(void)
{
    mount_and_attach();
    struct file_handle file = make("file");
    static const struct {
        uint64_t first;
        uint32_t count;
    } pieces[] = {{0, 1}, {5, 1}, {1, 1}, {2, 2}};
    for (unsigned i = 0; i < 4; i++) {
        if (i == 3)
            expect("writing", write_to(make("between"), 0, 1), FILE_OK);
        expect("writing", write_to(file, pieces[i].first, pieces[i].count), FILE_OK);
    }
    make_unwritten(file, 1, 4);
    fill_disk();
    expect("a write without a block for the tree", write_to(file, 1, 2), FILE_NO_SPACE);
    expect("pages that hold nothing", transfer(FILE_READ, file, 1, 3).holes, 7);
    expect("committing", commit(), FILE_OK);
}

/* --- ------------------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    void (*work)(void);
} cases[] = {
    {"starts", fail_starts}, {"content", fail_content},      {"in_part", fail_in_part},
    {"full", fill_up},       {"unwritten", write_unwritten},
};

int main(int count, char **arguments)
{
    if (count != 3 || !image_open(arguments[1]))
        return 2;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(arguments[2], cases[i].name) != 0)
            continue;
        cases[i].work();
        printf("ok a failing disk: %s\n", cases[i].name);
        return 0;
    }
    return 2;
}
