/*
 * A disk that is damaged at random: mounting it succeeds or fails, whatever is asked is answered, and neither takes for ever.
 *
 * First a process fills the file system, and ends with much in the journal. Then each round is a process of its own, with a copy of the
 * image in which some bytes are others, most of them of the metadata; once before what is in the journal was brought home, and once behind
 * that. It goes through all directories and files, asks for anything, and commits. The sanitizers watch the server and libext2fs, which
 * gets no more memory in a piece than it would in the component.
 *
 *   damaged IMAGE ROUNDS FIRST: the image is of an empty file system; FIRST is the number of the first round, and its seed.
 *   Round 0 is a directory of 2^62 bytes.
 */
#include "client.h"
#include "disk_image.h"
#include "servers/fs/volume.h"
#include "support/random.h"

#include <et/com_err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCK = IMAGE_BLOCK_BYTES, MOST_BLOCKS = 1 << 14 };
enum { REQUESTS = 80, MOST_STEPS = 300, MOST_DEPTH = 4 };
enum { STATUS_MOUNTED = 10, STATUS_REFUSED = 11 };
/* Of the processor's time; a round takes a hundredth of it. */
enum { MOST_SECONDS = 5 };

static uint64_t random_state;
static uint32_t used_blocks[MOST_BLOCKS]; /* that are not all zeros: what files hold here is */
static uint32_t used_count;
static unsigned steps_left;

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=4";
}

static void say_nothing(const char *who, errcode_t error, const char *format, va_list arguments)
{
    (void)who, (void)error, (void)format, (void)arguments;
}

static uint32_t below(uint64_t bound)
{
    return (uint32_t)random_below(&random_state, bound);
}

static _Noreturn void cut(void)
{
    image_wrong("the power was cut", 0, 0);
}

static void start(uint64_t seed)
{
    random_state = seed * 0x9e3779b97f4a7c15u + 1;
    image_start(&random_state, UINT64_MAX, cut);
    set_com_err_hook(say_nothing);
}

/* A new file, of this name or of this number. */
static struct file_handle make(enum file_operation operation, struct file_handle directory, const char *name,
                               unsigned number)
{
    static char target[FILE_MOST_LINK_BYTES];
    char text[32];
    snprintf(text, sizeof text, name, number);
    struct file_request request = {.operation = operation, .handle = directory, .name = client_text(text, 0)};
    request.mode = 0100644;
    request.generation = number;
    memset(target, 'x', sizeof target);
    memcpy(client_texts + BLOCK, target, sizeof target);
    request.text = (struct file_text){BLOCK, 1 + number * 40};
    struct file_answer answer = client_ask(request);
    if (answer.result != FILE_OK)
        image_wrong("filling", operation, answer.result);
    return answer.attributes.handle;
}

/* So many pages, each a hole behind the one before: more than four are too many extents for the inode. */
static void write_pages(struct file_handle handle, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        client_ask((struct file_request){.operation = FILE_WRITE,
                                         .handle = handle,
                                         .offset = 2 * i * BLOCK,
                                         .bytes = BLOCK,
                                         .range_count = 1,
                                         .ranges = {{.bytes = BLOCK}}});
}

/* Everything that there can be; some names are those that client_ask_anything takes. */
static void make_files(struct file_handle root)
{
    struct file_handle directory = make(FILE_MKDIR, root, "d", 0);
    write_pages(make(FILE_CREATE, root, "a", 0), 3);
    write_pages(make(FILE_CREATE, directory, "b", 0), 20);
    make(FILE_SYMLINK, root, "e", 1);
    for (unsigned i = 0; i < 12; i++) {
        make(FILE_SYMLINK, directory, "link %u", i);
        write_pages(make(FILE_CREATE, directory, "file %u", i), i);
        struct file_handle nameless = make(FILE_CREATE, root, "lost", i);
        client_ask((struct file_request){.operation = FILE_UNLINK,
                                         .flags = FILE_KEEP,
                                         .handle = root,
                                         .name = client_text("lost", 0),
                                         .other = nameless});
    }
    for (unsigned i = 0; i < 300; i++)
        make(FILE_MKDIR, i % 3 ? directory : root, "a directory %u", i);
}

static _Noreturn void fill(uint64_t seed)
{
    const char *why;
    start(seed);
    if (volume_mount(&why) != FILE_OK)
        image_wrong(why, 0, 0);
    make_files(client_start(&random_state).attributes.handle);
    _exit(client_ask((struct file_request){.operation = FILE_COMMIT}).result);
}

/* --- damage --------------------------------------------------------------------------------------------------------- */

static void find_used_blocks(void)
{
    static const uint8_t zeros[BLOCK];
    size_t bytes;
    const uint8_t *image = image_memory(&bytes);
    used_count = 0;
    for (uint32_t block = 0; block < bytes / BLOCK && used_count < MOST_BLOCKS; block++) {
        if (memcmp(image + (size_t)block * BLOCK, zeros, BLOCK) != 0)
            used_blocks[used_count++] = block;
    }
}

/* Numbers on either side of what is checked. */
static uint32_t some_number(void)
{
    static const uint32_t numbers[] = {0, 1, 2, 11, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, UINT32_MAX};
    uint32_t number = below(2) ? numbers[below(sizeof numbers / sizeof *numbers)] : below(1u << below(32));
    return below(8) ? number : __builtin_bswap32(number); /* the journal's have the other order */
}

static void damage(void)
{
    size_t size;
    /* A third goes to the superblock, and to descriptors of groups behind it. */
    uint32_t block = below(3) ? used_blocks[below(used_count)] : below(2);
    uint8_t *bytes = image_memory(&size) + (size_t)block * BLOCK;
    uint32_t at = below(BLOCK), number = some_number();
    bool is_to_be_used = below(8);
    for (unsigned i = 0; is_to_be_used && i < BLOCK && !bytes[at]; i++)
        at = (at + 1) % BLOCK;
    switch (below(4)) {
    case 0:
        bytes[at] ^= (uint8_t)(1 << below(8));
        break;
    case 1:
        bytes[at] = (uint8_t)number;
        break;
    case 2:
        memcpy(bytes + (at & ~1u), &number, sizeof(uint16_t));
        break;
    default:
        memcpy(bytes + (at & ~3u), &number, sizeof number);
    }
}

/* The root's size is that of no directory: a list that believed it would go through holes for ever. */
static void lengthen_root(void)
{
    enum { TABLE_IN_DESCRIPTOR = 8, SIZE_HIGH_IN_INODE = 108, INODE_BYTES = 256, ROOT = EXT2_ROOT_INO - 1 };
    size_t size;
    uint32_t table;
    uint8_t *image = image_memory(&size);
    memcpy(&table, image + BLOCK + TABLE_IN_DESCRIPTOR, sizeof table);
    image[(size_t)table * BLOCK + ROOT * INODE_BYTES + SIZE_HIGH_IN_INODE + 3] = 0x7f;
}

/* --- what is asked of the server -------------------------------------------------------------------------------------- */

static void walk(struct file_handle directory, unsigned depth);

static void visit(struct file_handle directory, const struct file_entry *entry, unsigned depth)
{
    struct file_request request = {.operation = FILE_LOOKUP, .handle = directory, .name = {0, entry->name_bytes}};
    memcpy(client_texts, entry->name, entry->name_bytes);
    struct file_answer found = client_ask(request);
    if (found.result != FILE_OK)
        return;
    struct file_handle handle = found.attributes.handle;
    client_ask((struct file_request){.operation = FILE_READLINK, .handle = handle, .text = {0, FILE_MOST_LINK_BYTES}});
    client_ask((struct file_request){.operation = FILE_READ,
                                     .handle = handle,
                                     .bytes = IMAGE_CLIENT_BYTES,
                                     .range_count = 1,
                                     .ranges = {{.bytes = IMAGE_CLIENT_BYTES}}});
    if (entry->name[0] != '.')
        walk(handle, depth + 1);
}

/* Lists a directory and visits what is in it. A list goes forward, and its entries lie in it. */
static void walk(struct file_handle directory, unsigned depth)
{
    uint64_t cookie = 0;
    while (depth < MOST_DEPTH && steps_left) {
        char list[BLOCK];
        struct file_answer answer = client_ask((struct file_request){
            .operation = FILE_LIST, .handle = directory, .offset = cookie, .text = {0, sizeof list}});
        if (answer.result != FILE_OK || !answer.bytes)
            return;
        if (answer.bytes > sizeof list)
            image_wrong("a list is longer than its room", answer.bytes, 0);
        memcpy(list, server_texts, answer.bytes);
        for (uint32_t at = 0; at < answer.bytes && steps_left;) {
            steps_left--;
            struct file_entry *entry = (struct file_entry *)(list + at);
            if (answer.bytes - at < sizeof *entry || entry->entry_bytes > answer.bytes - at || entry->entry_bytes % 8 ||
                entry->entry_bytes < sizeof *entry + entry->name_bytes || entry->cookie <= cookie)
                image_wrong("an entry that cannot be", at, entry->entry_bytes);
            cookie = entry->cookie;
            visit(directory, entry, depth);
            at += entry->entry_bytes;
        }
    }
}

static _Noreturn void live(uint64_t round)
{
    const char *why = NULL;
    setrlimit(RLIMIT_CPU, &(struct rlimit){MOST_SECONDS, MOST_SECONDS + 1});
    image_copy();
    start(round);
    if (round == 0)
        lengthen_root();
    else
        for (uint32_t count = 1 + below(1 + below(12)); count > 0; count--)
            damage();
    if (volume_mount(&why) != FILE_OK) {
        if (!why || !*why)
            image_wrong("it is not said why", 0, 0);
        _exit(STATUS_REFUSED);
    }
    struct file_answer attached = client_start(&random_state);
    steps_left = MOST_STEPS;
    if (attached.result == FILE_OK)
        walk(attached.attributes.handle, 0);
    for (unsigned i = 0; i < REQUESTS; i++)
        client_ask_anything();
    client_ask((struct file_request){.operation = FILE_COMMIT});
    _exit(STATUS_MOUNTED);
}

/* What the process ended with. */
static int in_a_process(void (*work)(uint64_t seed), uint64_t seed)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        work(seed);
    int how = 0;
    waitpid(child, &how, 0);
    return WIFEXITED(how) ? WEXITSTATUS(how) : -WTERMSIG(how);
}

/* Brings home what is in the journal. */
static _Noreturn void settle(uint64_t seed)
{
    const char *why;
    start(seed);
    _exit(volume_mount(&why));
}

static unsigned mounted_count, refused_count;

static void damage_disks(uint64_t first, uint64_t rounds)
{
    find_used_blocks();
    for (uint64_t round = first; round < first + rounds; round++) {
        int status = in_a_process(live, round);
        mounted_count += status == STATUS_MOUNTED;
        refused_count += status == STATUS_REFUSED;
        if (status != STATUS_MOUNTED && status != STATUS_REFUSED)
            printf("not ok damaged disk %llu: %d\n", (unsigned long long)round, status);
    }
}

int main(int count, char **arguments)
{
    if (count != 4 || !image_open(arguments[1]))
        return 2;
    uint64_t rounds = strtoull(arguments[2], NULL, 10), first = strtoull(arguments[3], NULL, 10);
    if (in_a_process(fill, 1) != FILE_OK)
        return 1;
    damage_disks(first, rounds);
    if (in_a_process(settle, 1) != FILE_OK)
        return 1;
    damage_disks(first, rounds);
    printf("figure damaged disks: %u mounted, %u refused\n", mounted_count, refused_count);
    if (mounted_count + refused_count != 2 * rounds || !mounted_count || !refused_count)
        return 1;
    printf("ok damaged disks are mounted or refused\n");
    return 0;
}
