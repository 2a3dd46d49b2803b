/* Region lists against a model: one flag for each of 4096 places. */
#include "fake_boot.h"
#include "platform/pc/boot_memory.h"
#include "test.h"

#include <string.h>

#define PLACES 4096

static bool model[PLACES];

static void expect_like_model(const struct region_list *list)
{
    bool seen[PLACES] = {false};
    for (unsigned i = 0; i < list->count; i++) {
        expect(list->region[i].start < list->region[i].end);
        expect(i == 0 || list->region[i - 1].end < list->region[i].start);
        expect(list->region[i].end <= PLACES);
        for (uint64_t at = list->region[i].start; at < list->region[i].end; at++)
            seen[at] = true;
    }
    expect(!memcmp(seen, model, sizeof(model)));
}

TEST(regions, random_operations_agree_with_model)
{
    for (unsigned round = 0; round < 200; round++) {
        struct region_list list = {.count = 0};
        memset(model, 0, sizeof(model));
        for (unsigned i = 0; i < 300; i++) {
            uint64_t start = fake_random() % PLACES, end = start + fake_random() % 60;
            if (end > PLACES)
                end = PLACES;
            bool is_add = fake_random() & 1;
            if (list.count >= REGION_LIST_MAX - 1)
                is_add = false, start = 0, end = PLACES / 2;
            if (is_add)
                expect(region_list_add(&list, start, end));
            else
                region_list_remove(&list, start, end);
            for (uint64_t at = start; at < end; at++)
                model[at] = is_add;
            expect_like_model(&list);
        }
    }
}

TEST(regions, full_list_refuses_and_stays)
{
    struct region_list list = {.count = 0};
    for (uint64_t i = 0; i < REGION_LIST_MAX; i++)
        expect(region_list_add(&list, i * 10, i * 10 + 5));
    struct region_list before = list;
    expect(!region_list_add(&list, 7, 8));
    expect(!memcmp(&before, &list, sizeof(list)));
    expect(region_list_add(&list, 5, 10)); /* joins two */
    expect_eq(list.count, REGION_LIST_MAX - 1);
}

TEST(regions, split_of_a_full_list_drops_the_upper_part)
{
    struct region_list list = {.count = 0};
    for (uint64_t i = 0; i < REGION_LIST_MAX; i++)
        expect(region_list_add(&list, i * 10, i * 10 + 5));
    region_list_remove(&list, 2, 3);
    expect_eq(list.count, REGION_LIST_MAX);
    expect_eq(list.region[0].end, 2);
    expect_eq(list.region[1].start, 10);
}

static struct loader_facts loader;

TEST(ram, other_entries_win_and_pages_are_whole)
{
    loader = (struct loader_facts){.region = {{0, 0x9fc00, 1},
                                              {0x100800, 0x8000000, 1},
                                              {0x200000, 0x1000, 2},
                                              {0x300800, 0x10, 3},
                                              {UINT64_MAX - 10, 100, 1}},
                                   .region_count = 5};
    struct region_list ram = {.count = 0};
    memory_find_ram(&loader, &ram);
    expect_eq(ram.count, 3);
    expect_eq(ram.region[0].start, 0x101000);
    expect_eq(ram.region[0].end, 0x200000);
    expect_eq(ram.region[1].start, 0x201000);
    expect_eq(ram.region[1].end, 0x300000);
    expect_eq(ram.region[2].start, 0x301000);
    expect_eq(ram.region[2].end, 0x8100000);
}

TEST(ram, none_is_refused)
{
    loader = (struct loader_facts){.region = {{0, 0x9fc00, 1}, {0x100000, 0x1000000, 2}}, .region_count = 2};
    struct region_list ram = {.count = 0};
    expect(REFUSES(memory_find_ram(&loader, &ram)));
}

TEST(ram, random_maps_give_sane_lists)
{
    for (unsigned round = 0; round < 20000; round++) {
        loader.region_count = fake_random() % LOADER_MAP_MAX;
        for (unsigned i = 0; i < loader.region_count; i++)
            loader.region[i] = (struct loader_region){fake_random() >> (fake_random() % 60),
                                                      fake_random() >> (fake_random() % 60), fake_random() % 3};
        struct region_list ram = {.count = 0};
        if (REFUSES(memory_find_ram(&loader, &ram)))
            continue;
        for (unsigned i = 0; i < ram.count; i++) {
            expect(ram.region[i].start < ram.region[i].end && ram.region[i].start >= 0x100000);
            expect(ram.region[i].start % 4096 == 0 && ram.region[i].end % 4096 == 0);
            expect(ram.region[i].end <= (uint64_t)510 << 30);
            expect(i == 0 || ram.region[i - 1].end < ram.region[i].start);
        }
    }
}
