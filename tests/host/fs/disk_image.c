#include "disk_image.h"

#include "support/random.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SECTORS_PER_BLOCK = IMAGE_BLOCK_BYTES / DISK_SECTOR_BYTES,
    MOST_BEGUN = 64,
    MEMORY_BYTES = 4 << 20,
    MOST_CHANGED = 1 << 14
};
enum { STATUS_WRONG = 4 };

/* What outlives the process that is cut off: blocks that are not flushed, and what they were. */
struct shared {
    uint64_t changed_count;
    uint64_t changed[MOST_CHANGED];
    uint8_t before[MOST_CHANGED][IMAGE_BLOCK_BYTES];
};

uint8_t *disk_memory;
size_t disk_memory_bytes;
uint8_t image_client_pages[IMAGE_CLIENT_BYTES];
bool (*image_fails)(enum image_work work, struct disk_range range);

static struct shared *shared;
static uint8_t *image;
static size_t image_bytes;
static int image_file;
static uint64_t *random_state;
static uint64_t writes_left; /* until the cut */
static void (*cut_power)(void);

void image_wrong(const char *what, uint64_t a, uint64_t b)
{
    printf("not ok %s: %llu, %llu\n", what, (unsigned long long)a, (unsigned long long)b);
    fflush(stdout);
    _exit(STATUS_WRONG);
}

bool image_open(const char *path)
{
    struct stat status;
    image_file = open(path, O_RDWR);
    if (image_file < 0 || fstat(image_file, &status))
        return false;
    image_bytes = (size_t)status.st_size;
    image = mmap(NULL, image_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, image_file, 0);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return image != MAP_FAILED && shared != MAP_FAILED;
}

uint8_t *image_memory(size_t *bytes)
{
    *bytes = image_bytes;
    return image;
}

void image_copy(void)
{
    image = mmap(NULL, image_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, image_file, 0);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (image == MAP_FAILED || shared == MAP_FAILED)
        image_wrong("no memory", 0, 0);
}

void image_start(uint64_t *random, uint64_t blocks_before_cut, void (*cut)(void))
{
    random_state = random;
    writes_left = blocks_before_cut;
    cut_power = cut;
    disk_memory_bytes = MEMORY_BYTES;
    disk_memory = malloc(MEMORY_BYTES);
}

struct begun {
    enum disk_operation operation;
    struct disk_range range;
    disk_done *done;
    void *context;
    bool fails;
};

static struct begun begun[MOST_BEGUN];
static unsigned begun_count;

static void remember(uint64_t block)
{
    for (uint64_t i = 0; i < shared->changed_count; i++) {
        if (shared->changed[i] == block)
            return;
    }
    if (shared->changed_count == sizeof shared->changed / sizeof *shared->changed)
        image_wrong("too much is not flushed", block, 0);
    memcpy(shared->before[shared->changed_count], image + block * IMAGE_BLOCK_BYTES, IMAGE_BLOCK_BYTES);
    shared->changed[shared->changed_count++] = block;
}

static void write_block(uint64_t block, const uint8_t *data)
{
    if (writes_left-- == 0)
        cut_power();
    remember(block);
    memcpy(image + block * IMAGE_BLOCK_BYTES, data, IMAGE_BLOCK_BYTES);
}

static bool is_on_disk(struct disk_range range)
{
    uint64_t sectors = image_bytes / DISK_SECTOR_BYTES, count = range.bytes / DISK_SECTOR_BYTES;
    return range.sector < sectors && count <= sectors - range.sector;
}

static void end_one(unsigned number)
{
    struct begun one = begun[number];
    uint8_t *memory = (one.range.buffer ? image_client_pages : disk_memory) + one.range.offset;
    begun[number] = begun[--begun_count];
    if (!is_on_disk(one.range)) {
        one.done(one.context, DISK_REFUSED);
        return;
    }
    if (one.fails) {
        one.done(one.context, DISK_FAILED);
        return;
    }
    for (uint32_t done = 0; done < one.range.bytes; done += IMAGE_BLOCK_BYTES) {
        uint64_t block = one.range.sector / SECTORS_PER_BLOCK + done / IMAGE_BLOCK_BYTES;
        if (one.operation == DISK_READ)
            memcpy(memory + done, image + block * IMAGE_BLOCK_BYTES, IMAGE_BLOCK_BYTES);
        else
            write_block(block, memory + done);
    }
    one.done(one.context, DISK_OK);
}

void disk_begin(enum disk_operation operation, struct disk_range range, disk_done *done, void *context)
{
    if (range.bytes % IMAGE_BLOCK_BYTES || range.sector % SECTORS_PER_BLOCK)
        image_wrong("a range that cannot be", range.sector, range.bytes);
    while (begun_count == MOST_BEGUN || (begun_count && random_one_in(random_state, 3)))
        end_one((unsigned)random_below(random_state, begun_count));
    bool fails = image_fails && image_fails(operation == DISK_READ ? IMAGE_READ : IMAGE_WRITE, range);
    begun[begun_count++] = (struct begun){operation, range, done, context, fails};
}

void disk_wait(void)
{
    while (begun_count)
        end_one((unsigned)random_below(random_state, begun_count));
}

struct waiter {
    bool is_done;
    enum disk_result result;
};

static void note_end(void *context, enum disk_result result)
{
    *(struct waiter *)context = (struct waiter){true, result};
}

enum disk_result disk_do(enum disk_operation operation, struct disk_range range)
{
    struct waiter waiter = {0};
    disk_begin(operation, range, note_end, &waiter);
    while (!waiter.is_done)
        end_one((unsigned)random_below(random_state, begun_count));
    return waiter.result;
}

/* What has been written is there for good; what is on its way is not. */
enum disk_result disk_flush(void)
{
    if (image_fails && image_fails(IMAGE_FLUSH, (struct disk_range){0}))
        return DISK_FAILED;
    shared->changed_count = 0;
    return DISK_OK;
}

enum disk_result disk_size(uint64_t *sectors)
{
    *sectors = image_bytes / DISK_SECTOR_BYTES;
    return DISK_OK;
}

/* The power is cut: of what was not flushed, some is lost. */
void image_lose_some(uint64_t *random_of_cut)
{
    unsigned of = 1 + (unsigned)random_below(random_of_cut, 4);
    for (uint64_t i = 0; i < shared->changed_count; i++) {
        if (random_one_in(random_of_cut, of))
            memcpy(image + shared->changed[i] * IMAGE_BLOCK_BYTES, shared->before[i], IMAGE_BLOCK_BYTES);
    }
    shared->changed_count = 0;
}
