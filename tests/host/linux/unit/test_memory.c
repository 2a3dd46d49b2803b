#include "fake_machine.h"
#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/abi/memory.h"
#include "personality/linux/file/inode.h"
#include "personality/linux/memory/address_space.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/support/heap.h"
#include "test.h"

#include <stdlib.h>

#define BASE 0x10000000ull

/* Frames that are never given back: those of zeros. */
static uint32_t frames_for_ever(void)
{
    static uint32_t count;
    if (!count) {
        fake_machine_reset();
        struct address_space *space = address_space_create();
        struct mapping_request request = {.length = PAGE_SIZE, .protection = PROT_READ};
        char byte;
        int64_t address = address_space_map(space, &request);
        user_read(space, &byte, (uint64_t)address, 1);
        address_space_release(space);
        count = fake_frames_used();
    }
    return count;
}

static struct address_space *begin(void)
{
    frames_for_ever();
    fake_machine_reset();
    return address_space_create();
}

static void expect_nothing_left(void)
{
    expect_eq(fake_frames_used(), frames_for_ever());
    expect_eq(fake_mappings(), 0);
}

static int64_t map_at(struct address_space *space, uint64_t page, uint64_t pages, uint32_t protection)
{
    struct mapping_request request = {
        .address = BASE + page * PAGE_SIZE, .length = pages * PAGE_SIZE, .protection = protection, .fixed = true};
    return address_space_map(space, &request);
}

TEST(heap, objects_do_not_overlap_and_all_is_given_back)
{
    enum { COUNT = 500 };
    static struct {
        unsigned char *object;
        size_t size;
    } objects[COUNT];
    fake_machine_reset();
    uint32_t before = fake_frames_used();
    srand(5);
    for (int round = 0; round < 20000; round++) {
        unsigned i = (unsigned)rand() % COUNT;
        if (objects[i].object) {
            for (size_t j = 0; j < objects[i].size; j++)
                expect_eq(objects[i].object[j], i % 251);
            heap_free(objects[i].object);
            objects[i].object = NULL;
        } else {
            objects[i].size = (unsigned)rand() % HEAP_LARGEST + 1;
            objects[i].object = heap_allocate(objects[i].size);
            expect(objects[i].object && (uintptr_t)objects[i].object % 16 == 0);
            for (size_t j = 0; j < objects[i].size; j++)
                expect_eq(objects[i].object[j], 0);
            memset(objects[i].object, (int)(i % 251), objects[i].size);
        }
    }
    for (unsigned i = 0; i < COUNT; i++)
        heap_free(objects[i].object);
    expect_eq(fake_frames_used(), before);
    expect_ptr_eq(heap_allocate(HEAP_LARGEST + 1), NULL);
}

TEST(page_map, random_pages_against_a_list)
{
    enum { COUNT = 300 };
    static uint64_t pages[COUNT];
    struct page_map map = {0};
    fake_machine_reset();
    uint32_t before = fake_frames_used();
    srand(6);
    for (unsigned i = 0; i < COUNT; i++) {
        pages[i] =
            (((uint64_t)rand() << 20 ^ (uint64_t)rand()) & 0x7ffffffff) % (USER_ADDRESS_END / PAGE_SIZE) * PAGE_SIZE;
        if (i % 3)
            pages[i] = pages[i - 1] + PAGE_SIZE;
        struct page_entry *entry = page_map_make(&map, pages[i]);
        expect(entry != NULL);
        entry->frame = i + 1;
    }
    unsigned found = 0;
    uint64_t last = 0;
    struct page_entry *entry;
    for (uint64_t at = 0; (entry = page_map_next(&map, &at, USER_ADDRESS_END)); at += PAGE_SIZE) {
        expect(!found || at > last);
        expect_ptr_eq(page_map_find(&map, at), entry);
        last = at;
        found++;
    }
    unsigned distinct = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        expect(page_map_find(&map, pages[i]) != NULL);
        distinct += page_map_find(&map, pages[i])->frame == i + 1;
    }
    expect_eq(found, distinct);
    page_map_destroy(&map);
    expect_eq(fake_frames_used(), before);
}

/* Mapping, unmapping and protecting at random, against an array with one protection per page. */
TEST(address_space, random_changes_against_an_array)
{
    enum { PAGES = 64, UNMAPPED = -1 };
    static int model[PAGES];
    static const uint32_t protections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC};
    struct address_space *space = begin();
    for (int i = 0; i < PAGES; i++)
        model[i] = UNMAPPED;
    srand(7);
    for (int round = 0; round < 5000; round++) {
        uint64_t first = (unsigned)rand() % PAGES, count = 1 + (unsigned)rand() % (PAGES - first);
        uint32_t protection = protections[rand() % 4];
        switch (rand() % 3) {
        case 0:
            expect_eq(map_at(space, first, count, protection), BASE + first * PAGE_SIZE);
            for (uint64_t i = first; i < first + count; i++)
                model[i] = (int)protection;
            break;
        case 1:
            expect_eq(address_space_unmap(space, BASE + first * PAGE_SIZE, count * PAGE_SIZE), 0);
            for (uint64_t i = first; i < first + count; i++)
                model[i] = UNMAPPED;
            break;
        default: {
            bool covered = true;
            for (uint64_t i = first; i < first + count; i++)
                covered &= model[i] != UNMAPPED;
            int64_t result = address_space_protect(space, BASE + first * PAGE_SIZE, count * PAGE_SIZE, protection);
            expect_eq(result, covered ? 0 : (int64_t)-ENOMEM);
            for (uint64_t i = first; covered && i < first + count; i++)
                model[i] = (int)protection;
        }
        }
        uint64_t page = (unsigned)rand() % PAGES, address = BASE + page * PAGE_SIZE;
        enum access access = rand() % 2 ? ACCESS_WRITE : ACCESS_READ;
        enum access_result wanted = model[page] == UNMAPPED                                   ? ACCESS_UNMAPPED
                                    : model[page] & PROT_WRITE                                ? ACCESS_GRANTED
                                    : access == ACCESS_WRITE || model[page] == (int)PROT_NONE ? ACCESS_FORBIDDEN
                                                                                              : ACCESS_GRANTED;
        expect_eq(address_space_fault(space, address, access), wanted);
        for (uint64_t i = 0; i < PAGES; i++) {
            uint32_t frame;
            bool writable;
            if (fake_mapping(space->machine, BASE + i * PAGE_SIZE, &frame, &writable)) {
                expect(model[i] != UNMAPPED && model[i] != (int)PROT_NONE);
                expect(!writable || (model[i] & PROT_WRITE));
            }
        }
    }
    address_space_release(space);
    expect_nothing_left();
}

/* A family of spaces that fork and write: each sees its own writes and what was there when it was made. */
TEST(address_space, forked_memory_is_private)
{
    enum { SPACES = 6, PAGES = 12 };
    static unsigned char model[SPACES][PAGES];
    struct address_space *spaces[SPACES] = {begin()};
    memset(model, 0, sizeof model);
    expect(map_at(spaces[0], 0, PAGES, PROT_READ | PROT_WRITE) > 0);
    srand(8);
    for (int round = 0; round < 5000; round++) {
        unsigned i = (unsigned)rand() % SPACES, page = (unsigned)rand() % PAGES, parent = (unsigned)rand() % SPACES;
        uint64_t address = BASE + page * PAGE_SIZE + 77;
        unsigned char byte = (unsigned char)rand();
        if (!spaces[i]) {
            if (!spaces[parent])
                continue;
            spaces[i] = address_space_fork(spaces[parent]);
            expect(spaces[i] != NULL);
            memcpy(model[i], model[parent], PAGES);
        } else if (i && rand() % 20 == 0) {
            address_space_release(spaces[i]);
            spaces[i] = NULL;
            continue;
        }
        uint32_t frame;
        bool writable;
        switch (rand() % 3) {
        case 0: /* the personality writes */
            expect_eq(user_write(spaces[i], address, &byte, 1), 0);
            model[i][page] = byte;
            break;
        case 1: /* the program writes: it faults until its mapping allows it, then changes the frame itself */
            while (!fake_mapping(spaces[i]->machine, address & ~4095ull, &frame, &writable) || !writable)
                expect_eq(address_space_fault(spaces[i], address, ACCESS_WRITE), ACCESS_GRANTED);
            ((unsigned char *)machine_frame_data(frame))[77] = byte;
            model[i][page] = byte;
            break;
        default: /* the program reads */
            if (!fake_mapping(spaces[i]->machine, address & ~4095ull, &frame, &writable))
                expect_eq(address_space_fault(spaces[i], address, ACCESS_READ), ACCESS_GRANTED);
            expect(fake_mapping(spaces[i]->machine, address & ~4095ull, &frame, &writable));
            expect_eq(((unsigned char *)machine_frame_data(frame))[77], model[i][page]);
        }
        for (unsigned s = 0; s < SPACES; s++) {
            if (spaces[s]) {
                expect_eq(user_read(spaces[s], &byte, address, 1), 0);
                expect_eq(byte, model[s][page]);
            }
        }
    }
    for (unsigned i = 0; i < SPACES; i++) {
        if (spaces[i])
            address_space_release(spaces[i]);
    }
    expect_nothing_left();
}

TEST(address_space, unsound_requests_are_refused)
{
    struct address_space *space = begin();
    struct mapping_request request = {.address = 1, .length = PAGE_SIZE, .fixed = true};
    expect_eq(address_space_map(space, &request), (int64_t)-EINVAL);
    request = (struct mapping_request){.address = USER_ADDRESS_END, .length = PAGE_SIZE, .fixed = true};
    expect_eq(address_space_map(space, &request), (int64_t)-ENOMEM);
    request = (struct mapping_request){.address = -4096ull, .length = 8192, .fixed = true};
    expect_eq(address_space_map(space, &request), (int64_t)-ENOMEM);
    request = (struct mapping_request){.length = -1ull};
    expect_eq(address_space_map(space, &request), (int64_t)-ENOMEM);
    request = (struct mapping_request){.length = 0};
    expect_eq(address_space_map(space, &request), (int64_t)-EINVAL);
    expect_eq(address_space_unmap(space, 1, 4096), (int64_t)-EINVAL);
    expect_eq(address_space_unmap(space, 0, -1ull), (int64_t)-EINVAL);
    expect_eq(address_space_protect(space, 1, 4096, 0), (int64_t)-EINVAL);
    expect_eq(address_space_protect(space, BASE, -4096ull, 0), (int64_t)-ENOMEM);
    expect_eq(address_space_move(space, BASE, 4096, 8192, true, 0), (int64_t)-EFAULT);
    expect_eq(address_space_move(space, 1, 4096, 8192, true, 0), (int64_t)-EINVAL);
    address_space_release(space);
    expect_nothing_left();
}

TEST(address_space, moves_keep_the_contents)
{
    struct address_space *space = begin();
    expect(map_at(space, 0, 4, PROT_READ | PROT_WRITE) > 0 && map_at(space, 4, 1, PROT_READ) > 0);
    for (unsigned char i = 0; i < 4; i++)
        expect_eq(user_write(space, BASE + i * PAGE_SIZE, &i, 1), 0);
    expect_eq(address_space_move(space, BASE, 4 * PAGE_SIZE, 8 * PAGE_SIZE, false, 0), (int64_t)-ENOMEM);
    int64_t moved = address_space_move(space, BASE, 4 * PAGE_SIZE, 8 * PAGE_SIZE, true, 0);
    expect(moved > 0 && (uint64_t)moved != BASE);
    for (unsigned char i = 0; i < 8; i++) {
        unsigned char byte;
        expect_eq(user_read(space, &byte, (uint64_t)moved + i * PAGE_SIZE, 1), 0);
        expect_eq(byte, i < 4 ? i : 0);
    }
    unsigned char byte;
    expect_eq(user_read(space, &byte, BASE, 1), (int64_t)-EFAULT);
    address_space_release(space);
    expect_nothing_left();
}

TEST(address_space, memory_that_runs_out_is_an_error_and_not_lost)
{
    for (uint32_t frames = 0; frames < 40; frames++) {
        frames_for_ever();
        fake_machine_reset();
        fake_frames_limit(frames);
        struct address_space *space = address_space_create(), *child = NULL;
        if (space && map_at(space, 0, 20, PROT_READ | PROT_WRITE) > 0) {
            for (uint64_t i = 0; i < 20; i++) {
                enum access_result result = address_space_fault(space, BASE + i * PAGE_SIZE, ACCESS_WRITE);
                expect(result == ACCESS_GRANTED || result == ACCESS_NO_MEMORY);
            }
            child = address_space_fork(space);
        }
        if (child) {
            user_clear(child, BASE, 20 * PAGE_SIZE);
            address_space_release(child);
        }
        if (space)
            address_space_release(space);
        expect_nothing_left();
    }
}

TEST(user_memory, strings_and_their_ends)
{
    char text[16];
    struct address_space *space = begin();
    expect(map_at(space, 0, 2, PROT_READ | PROT_WRITE) > 0);
    uint64_t address = BASE + PAGE_SIZE - 3;
    expect_eq(user_write(space, address, "hello", 6), 0);
    expect_eq(user_read_string(space, text, address, sizeof text), 5);
    expect(!strcmp(text, "hello"));
    expect_eq(user_read_string(space, text, address, 5), (int64_t)-ENAMETOOLONG);
    expect_eq(user_read_string(space, text, address, 6), 5);
    expect_eq(user_write(space, BASE + 2 * PAGE_SIZE - 2, "ab", 2), 0);
    expect_eq(user_read_string(space, text, BASE + 2 * PAGE_SIZE - 2, sizeof text), (int64_t)-EFAULT);
    expect_eq(user_read(space, text, -4ull, 8), (int64_t)-EFAULT);
    expect_eq(user_write(space, USER_ADDRESS_END - 4, text, 8), (int64_t)-EFAULT);
    address_space_release(space);
    expect_nothing_left();
}
