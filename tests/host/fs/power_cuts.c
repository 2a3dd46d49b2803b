/*
 * The file server on a disk whose power is cut at any write: what had not been flushed is there, or not, block by block.
 *
 * Each round is a process of its own. It mounts what the one before has left, which replays the journal; compares it with what it
 * must be; carries out random requests; and ends in the middle of them. Then some of the blocks that it had not flushed are put back to
 * what they were. What must be: the names and attributes after some number of requests, none less than had been committed; and
 * in each page of each file what was written to that page of that file, nothing older than what had been committed.
 *
 *   power_cuts IMAGE ROUNDS SEED: the image is of an empty file system; e2fsck is for the caller.
 */
#include "client.h"
#include "disk_image.h"
#include "servers/fs/volume.h"
#include "support/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCK = IMAGE_BLOCK_BYTES };
enum { NAMES = 8, MOST_PAGES = 24, MOST_OPERATIONS = 400 };
enum { STATUS_CUT = 3 };

/* A file as a client knows it. */
struct file {
    uint32_t uid; /* each file has another; 0: there is none of this name */
    uint32_t mode, pages;
};

/* What outlives a round: in memory that all processes share. */
struct world {
    struct file states[MOST_OPERATIONS + 1][NAMES]; /* after so many requests */
    unsigned begun, answered, committed;            /* requests */
    uint32_t next_uid;
    uint32_t versions[1 << 16][MOST_PAGES]; /* of each file's pages, by uid: the last that was written, */
    uint32_t sure[1 << 16][MOST_PAGES];     /* and the last that was committed */
    uint64_t cuts, requests;
};

static struct world *world;
static uint64_t random_state;

/* --- the client --------------------------------------------------------------------------------------------------------- */

static struct file_answer ask(struct file_request request)
{
    request.time = 1000000000000000000;
    return client_ask(request);
}

static struct file_handle root;

static const char *name_of(unsigned number)
{
    static const char *const names[NAMES] = {"a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg", "hhhhhhhh"};
    return names[number];
}

static struct file_request on_name(enum file_operation operation, unsigned number)
{
    return (struct file_request){.operation = operation, .handle = root, .name = client_text(name_of(number), 0)};
}

static struct file_handle handle_of(unsigned number)
{
    return ask(on_name(FILE_LOOKUP, number)).attributes.handle;
}

static void fill(uint64_t *words, uint64_t uid, uint64_t page, uint64_t version)
{
    for (unsigned i = 0; i < BLOCK / 8; i++)
        words[i] = (uid << 40 | version << 16 | page) * 0x9e3779b97f4a7c15u + i;
}

static struct file_request transfer(enum file_operation operation, struct file_handle handle, uint32_t first,
                                    uint32_t count)
{
    return (struct file_request){.operation = operation,
                                 .handle = handle,
                                 .offset = (uint64_t)first * BLOCK,
                                 .bytes = count * BLOCK,
                                 .range_count = 1,
                                 .ranges = {{.offset = 0, .bytes = count * BLOCK}}};
}

/* The page holds some version that was written to it, and none older than is sure. */
static void check_page(uint32_t uid, uint32_t page, const uint64_t *words)
{
    for (uint32_t version = world->versions[uid][page] + 1; version-- > world->sure[uid][page];) {
        uint64_t wanted[BLOCK / 8];
        if (version == 0)
            break;
        fill(wanted, uid, page, version);
        if (memcmp(words, wanted, BLOCK) == 0) {
            world->versions[uid][page] = version;
            return;
        }
    }
    image_wrong("a page is not what was written to it", uid, page);
}

static void check_content(unsigned number, const struct file *file)
{
    if (!file->pages)
        return;
    struct file_answer answer = ask(transfer(FILE_READ, handle_of(number), 0, file->pages));
    if (answer.result != FILE_OK || answer.bytes != file->pages * BLOCK || answer.holes)
        image_wrong("a read failed", answer.result, answer.holes);
    for (uint32_t page = 0; page < file->pages; page++)
        check_page(file->uid, page, (uint64_t *)(image_client_pages + page * BLOCK));
}

/* Finds the number of requests after which the names were as they are now. */
static void compare(void)
{
    struct file found[NAMES] = {0};
    for (unsigned i = 0; i < NAMES; i++) {
        struct file_answer answer = ask(on_name(FILE_LOOKUP, i));
        if (answer.result == FILE_OK)
            found[i] = (struct file){answer.attributes.uid, answer.attributes.mode,
                                     (uint32_t)(answer.attributes.size / BLOCK)};
        else if (answer.result != FILE_NOT_FOUND)
            image_wrong("a look-up failed", answer.result, i);
    }
    unsigned count = world->begun;
    while (memcmp(world->states[count], found, sizeof found) != 0) {
        if (count == world->committed)
            image_wrong("the names are as they never were, of requests", world->committed, world->begun);
        count--;
    }
    for (unsigned i = 0; i < NAMES; i++)
        check_content(i, &found[i]);
    memcpy(world->states[0], found, sizeof found);
    world->begun = world->answered = world->committed = 0;
}

static void commit(void)
{
    struct file_answer answer = ask((struct file_request){.operation = FILE_COMMIT});
    if (answer.result != FILE_OK)
        image_wrong("a commit failed", answer.result, 0);
    memcpy(world->sure, world->versions, sizeof world->sure);
    world->committed = world->answered;
}

/* One random request; the state after it is noted before it is sent. */
static void do_something(void)
{
    struct file *now = world->states[world->answered], *next = world->states[world->answered + 1];
    unsigned number = (unsigned)random_below(&random_state, NAMES),
             other = (unsigned)random_below(&random_state, NAMES);
    uint64_t dice = random_below(&random_state, 16);
    struct file_request request;
    struct file *file = &next[number];
    memcpy(next, now, sizeof *world->states);
    if (!now[number].uid) {
        file->uid = ++world->next_uid;
        file->mode = 0100644;
        request = on_name(FILE_CREATE, number);
        request.mode = file->mode;
        request.uid = file->uid;
        request.generation = file->uid;
    } else if (dice < 2) {
        request = on_name(FILE_UNLINK, number);
        request.other = handle_of(number);
        *file = (struct file){0};
    } else if (dice < 4 && number != other) {
        request = on_name(FILE_RENAME, number);
        request.other = handle_of(number);
        request.target = root;
        request.text = client_text(name_of(other), 100);
        next[other] = *file;
        *file = (struct file){0};
    } else if (dice < 6) {
        file->mode = 0100000 | (uint32_t)random_below(&random_state, 0777);
        request = (struct file_request){
            .operation = FILE_SET, .handle = handle_of(number), .set = FILE_SET_MODE, .mode = file->mode};
    } else if (dice < 8 && file->pages) {
        file->pages = (uint32_t)random_below(&random_state, file->pages);
        request = (struct file_request){.operation = FILE_SET,
                                        .handle = handle_of(number),
                                        .set = FILE_SET_SIZE,
                                        .offset = (uint64_t)file->pages * BLOCK};
    } else {
        uint32_t first = (uint32_t)random_below(&random_state, file->pages + 1);
        uint32_t count = 1 + (uint32_t)random_below(&random_state, 8);
        if (first + count > MOST_PAGES)
            return;
        request = transfer(FILE_WRITE, handle_of(number), first, count);
        for (uint32_t page = first; page < first + count; page++)
            fill((uint64_t *)(image_client_pages + (page - first) * BLOCK), file->uid, page,
                 ++world->versions[file->uid][page]);
        if (file->pages < first + count)
            file->pages = first + count;
    }
    world->begun = world->answered + 1;
    struct file_answer answer = ask(request);
    if (answer.result != FILE_OK)
        image_wrong("a request failed", request.operation, answer.result);
    world->answered = world->begun;
    world->requests++;
}

static _Noreturn void cut(void)
{
    _exit(STATUS_CUT);
}

static _Noreturn void live(void)
{
    const char *why;
    image_start(&random_state,
                random_one_in(&random_state, 8) ? random_below(&random_state, 60)
                                                : 100 + random_below(&random_state, 2500),
                cut);
    if (volume_mount(&why) != FILE_OK) {
        printf("not ok mounting: %s\n", why);
        image_wrong("mounting", 0, 0);
    }
    struct file_answer attached = client_start(&random_state);
    if (attached.result != FILE_OK)
        image_wrong("attaching", attached.result, 0);
    root = attached.attributes.handle;
    compare();
    commit();
    while (world->answered < MOST_OPERATIONS) {
        do_something();
        if (random_one_in(&random_state, 12))
            commit();
    }
    /* As many as there is room for. */
    cut();
}

int main(int count, char **arguments)
{
    if (count != 4)
        return 2;
    world = mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!image_open(arguments[1]) || world == MAP_FAILED)
        return 2;
    unsigned rounds = (unsigned)atoi(arguments[2]);
    random_state = (uint64_t)atoi(arguments[3]) * 0x9e3779b97f4a7c15u + 1;
    for (unsigned round = 0; round < rounds; round++) {
        fflush(stdout);
        random_next(&random_state);
        pid_t child = fork();
        if (child == 0)
            live();
        int how = 0;
        waitpid(child, &how, 0);
        if (!WIFEXITED(how) || WEXITSTATUS(how) != STATUS_CUT) {
            printf("not ok round %u\n", round);
            return 1;
        }
        image_lose_some(&random_state);
        world->cuts++;
    }
    printf("figure power cuts: %llu, after %llu requests in all\n", (unsigned long long)world->cuts,
           (unsigned long long)world->requests);
    printf("ok what was committed is there after each cut\n");
    return 0;
}
