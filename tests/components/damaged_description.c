/*
 * init's check of a description, on the host: words of a good one are damaged, and whatever the check lets pass must be
 * usable: every row and all contents are read, as init would. Run it compiled with sanitizers.
 *
 *     damaged_description FILE SEED COUNT [UPDATE]     FILE is an image that `pecan build` made, UPDATE an update of
 *                                                      one of its domains: then that is damaged
 */
#include "init/check.h"
#include "init/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 4096, CHANGES_MOST = 3 };

static uint64_t random_state;
static unsigned long accepted, refused;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void fail(const char *why)
{
    printf("not ok damaged descriptions: %s\n", why);
    exit(1);
}

/* The description begins with its mark, on a page of the file. */
static size_t find(const uint8_t *file, size_t size)
{
    const uint64_t magic = DESCRIPTION_MAGIC;
    for (size_t at = 0; at + sizeof(magic) <= size; at += PAGE_BYTES)
        if (!memcmp(file + at, &magic, sizeof(magic)))
            return at;
    fail("the file has no description");
    return 0;
}

static uint8_t read_all(const struct description *description, uint64_t offset, uint64_t bytes)
{
    uint8_t sum = 0;
    for (uint64_t i = 0; i < bytes; i++)
        sum ^= ((const uint8_t *)description)[offset + i];
    return sum;
}

/* Looks at everything that init looks at. */
static uint8_t use(const struct description *description)
{
    uint8_t sum = 0;
    for (uint32_t i = 0; i < description->domains.count; i++) {
        const struct description_domain *domain = DESCRIPTION_ROW(description, domains, domain, i);
        struct program_view program = plan_program(description, domain);
        struct domain_plan plan = plan_domain(description, domain, &program);
        if (1ul << plan.private_bits < plan.private_bytes)
            fail("a plan is larger than its memory");
        sum ^= (uint8_t)strlen(domain->name) ^ (uint8_t)plan_slots(&plan);
        for (uint32_t k = 0; k < domain->segments.count; k++) {
            const struct description_segment *segment =
                DESCRIPTION_ROW(description, segments, segment, domain->segments.first + k);
            sum ^= read_all(description, segment->contents, segment->contents_bytes);
        }
        for (uint32_t k = 0; k < domain->channels.count; k++)
            sum ^= (uint8_t)DESCRIPTION_ROW(
                       description, domains, domain,
                       DESCRIPTION_ROW(description, channels, channel, domain->channels.first + k)->peer)
                       ->priority;
    }
    for (uint32_t i = 0; i < description->regions.count; i++) {
        const struct description_region *region = DESCRIPTION_ROW(description, regions, region, i);
        if (region->fill == FILL_CONTENTS)
            sum ^= read_all(description, region->contents, region->contents_bytes);
    }
    for (uint32_t i = 0; i < description->patches.count; i++)
        sum ^= read_all(description, DESCRIPTION_ROW(description, patches, patch, i)->contents, sizeof(uint64_t));
    return sum;
}

/* Looks at everything that init looks at of an update. */
static uint8_t use_update(const struct description *description, const struct description_domain *domain,
                          const struct program_update *update)
{
    struct program_view program = update_program(update);
    struct domain_plan plan = plan_domain(description, domain, &program);
    uint8_t sum = (uint8_t)plan_slots(&plan);
    for (uint32_t i = 0; i < program.segment_count; i++)
        sum ^= read_all((const struct description *)update, program.segments[i].contents,
                        program.segments[i].contents_bytes);
    for (uint32_t i = 0; i < update->patches.count; i++) {
        const struct description_patch *patch =
            (const struct description_patch *)((const char *)update + update->patches.offset) + i;
        sum ^= read_all((const struct description *)update, patch->contents, sizeof(uint64_t));
    }
    return sum;
}

/* The domain that a good update is for. */
static const struct description_domain *updated_domain(const struct description *description,
                                                       const struct program_update *update, size_t size)
{
    for (uint32_t i = 0; i < description->domains.count; i++) {
        const struct description_domain *domain = DESCRIPTION_ROW(description, domains, domain, i);
        if (!update_check(description, domain, update, size))
            return domain;
    }
    fail("the update is for no domain");
    return NULL;
}

static void damage(uint8_t *bytes, uint64_t header_bytes)
{
    static const uint64_t values[] = {0,      1,  0xffffffff, 0x7fffffffffffffff, 0xffffffffffffffff,
                                      0x1000, 63, 64,         0x7fffffffd000};
    for (uint64_t changes = 1 + random_next() % CHANGES_MOST; changes > 0; changes--) {
        uint64_t at = random_next() % (header_bytes / sizeof(uint32_t)) * sizeof(uint32_t);
        uint64_t value = values[random_next() % (sizeof(values) / sizeof(values[0]))];
        size_t width = random_next() % 2 ? sizeof(uint32_t) : 1;
        if (random_next() % 2)
            value = bytes[at] + random_next() % 3 - 1;
        memcpy(bytes + at, &value, width);
    }
}

/* A checksum that is right lets all other checks see the damage; one in a hundred stays wrong. */
static void seal(uint8_t *copy, size_t size)
{
    struct program_update *update = (struct program_update *)copy;
    if (update->bytes >= sizeof(*update) && update->bytes <= size && random_next() % 100)
        update->sum = update_sum(update);
}

/* Patches are written behind the header: a table there could be changed after it was checked. */
static void expect_tables_in_header(uint8_t *copy, const struct description *description,
                                    const struct description_domain *domain, size_t size)
{
    if (domain) {
        struct program_update *update = (struct program_update *)copy;
        update->header_bytes = sizeof(*update);
        update->sum = update_sum(update);
        if (!update_check(description, domain, update, size))
            fail("an update whose tables lie behind its header was accepted");
    } else {
        struct description *damaged = (struct description *)copy;
        damaged->header_bytes = sizeof(*damaged);
        if (!description_check(damaged, size))
            fail("a description whose tables lie behind its header was accepted");
    }
}

static size_t read_file(const char *path, uint8_t *bytes, size_t room)
{
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, room, file) : 0;
    if (file)
        fclose(file);
    return size;
}

int main(int count, char **words)
{
    static _Alignas(8) uint8_t bytes[1 << 22], update[1 << 20];
    if (count != 4 && count != 5)
        return 2;
    size_t size = read_file(words[1], bytes, sizeof(bytes));
    size_t start = find(bytes, size);
    size -= start;
    random_state = strtoull(words[2], NULL, 0) * 0x9e3779b97f4a7c15ull + 1;

    const struct description *description = (const struct description *)(bytes + start);
    size += description->stage_bytes; /* zeros behind the file */
    if (description_check(description, size))
        fail(description_check(description, size));
    const struct description_domain *domain = NULL;
    const uint8_t *good = bytes + start;
    uint64_t header_bytes = description->header_bytes;
    if (count == 5) {
        good = update;
        size = read_file(words[4], update, sizeof(update));
        domain = updated_domain(description, (const struct program_update *)update, size);
        header_bytes = ((const struct program_update *)update)->header_bytes;
    }
    /* Only as much memory as the check is told of: what lies beyond would be noticed. */
    uint8_t *copy = malloc(size);
    memcpy(copy, good, size);
    expect_tables_in_header(copy, description, domain, size);
    for (unsigned long i = strtoul(words[3], NULL, 0); i > 0; i--) {
        memcpy(copy, good, size);
        damage(copy, header_bytes);
        if (domain)
            seal(copy, size);
        const char *problem = domain ? update_check(description, domain, (struct program_update *)copy, size)
                                     : description_check((struct description *)copy, size);
        if (problem) {
            refused++;
            continue;
        }
        accepted++;
        if (domain)
            use_update(description, domain, (struct program_update *)copy);
        else
            use((struct description *)copy);
    }
    free(copy);
    if (!accepted || !refused)
        fail("none was accepted, or none refused");
    printf("ok damaged %s: %lu accepted, %lu refused\n", domain ? "updates" : "descriptions", accepted, refused);
    return 0;
}
