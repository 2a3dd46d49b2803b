/* Partition tables: right ones, damaged ones, and ones made to mislead. */
#include "servers/block/partitions.h"
#include "support/random.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

enum { SECTOR = PARTITION_SECTOR_BYTES, WINDOW = PARTITION_WINDOW_SECTORS, DISK_SECTORS = 10000 };
enum { ENTRY_COUNT = 128, ENTRY_BYTES = 128, FIRST_USABLE = 34, LAST_USABLE = DISK_SECTORS - 34 };

/* The beginning and the end of a disk. */
struct disk {
    uint8_t start[WINDOW * SECTOR], end[WINDOW * SECTOR];
};

static void write_number(uint8_t *bytes, uint64_t number, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
}

static uint32_t sum_of(const uint8_t *bytes, size_t count)
{
    static uint32_t table[256]; /* what a byte does to the sum: thousands of tables are summed up */
    for (unsigned byte = 0; byte < 256 && !table[255]; byte++) {
        table[byte] = byte;
        for (unsigned bit = 0; bit < 8; bit++)
            table[byte] = table[byte] >> 1 ^ (table[byte] & 1 ? 0xedb88320u : 0);
    }
    uint32_t sum = UINT32_MAX;
    for (size_t i = 0; i < count; i++)
        sum = sum >> 8 ^ table[(sum ^ bytes[i]) & 0xff];
    return ~sum;
}

static uint8_t *entries_of(struct disk *disk, bool is_copy)
{
    return is_copy ? disk->end + (WINDOW - 33) * SECTOR : disk->start + 2 * SECTOR;
}

static uint8_t *header_of(struct disk *disk, bool is_copy)
{
    return is_copy ? disk->end + (WINDOW - 1) * SECTOR : disk->start + SECTOR;
}

static void write_sums(struct disk *disk, bool is_copy)
{
    uint8_t *header = header_of(disk, is_copy);
    write_number(header + 88, sum_of(entries_of(disk, is_copy), ENTRY_COUNT * ENTRY_BYTES), 4);
    write_number(header + 16, 0, 4);
    write_number(header + 16, sum_of(header, 92), 4);
}

/* Whoever writes entries writes the sums behind the last. */
static void write_entry(struct disk *disk, unsigned number, uint64_t first, uint64_t last)
{
    for (unsigned is_copy = 0; is_copy < 2; is_copy++) {
        uint8_t *entry = entries_of(disk, is_copy) + number * ENTRY_BYTES;
        entry[0] = 0xaf;
        write_number(entry + 32, first, 8);
        write_number(entry + 40, last, 8);
    }
}

static void set_entry(struct disk *disk, unsigned number, uint64_t first, uint64_t last)
{
    write_entry(disk, number, first, last);
    write_sums(disk, false);
    write_sums(disk, true);
}

/* A disk with an empty GUID partition table. */
static struct disk *disk_new(void)
{
    static struct disk disk;
    memset(&disk, 0, sizeof disk);
    disk.start[446 + 4] = 0xee;
    write_number(disk.start + 510, 0xaa55, 2);
    for (unsigned is_copy = 0; is_copy < 2; is_copy++) {
        uint8_t *header = header_of(&disk, is_copy);
        memcpy(header, "EFI PART", 8);
        write_number(header + 8, 0x10000, 4);
        write_number(header + 12, 92, 4);
        write_number(header + 24, is_copy ? DISK_SECTORS - 1 : 1, 8);
        write_number(header + 32, is_copy ? 1 : DISK_SECTORS - 1, 8);
        write_number(header + 40, FIRST_USABLE, 8);
        write_number(header + 48, LAST_USABLE, 8);
        write_number(header + 72, is_copy ? DISK_SECTORS - 33 : 2, 8);
        write_number(header + 80, ENTRY_COUNT, 4);
        write_number(header + 84, ENTRY_BYTES, 4);
        write_sums(&disk, is_copy);
    }
    return &disk;
}

static enum partitions_result read_start(const struct disk *disk, struct partitions *partitions)
{
    return partitions_read(&(struct partition_window){disk->start, 0, WINDOW}, DISK_SECTORS, partitions);
}

static enum partitions_result read_end(const struct disk *disk, struct partitions *partitions)
{
    return partitions_read_copy(&(struct partition_window){disk->end, DISK_SECTORS - WINDOW, WINDOW}, DISK_SECTORS,
                                partitions);
}

static unsigned count_of(const struct partitions *partitions)
{
    unsigned count = 0;
    for (unsigned i = 0; i < PARTITIONS_MOST; i++)
        count += partitions->at[i].count != 0;
    return count;
}

TEST(partitions, are_those_of_the_table_and_of_its_copy)
{
    struct disk *disk = disk_new();
    struct partitions partitions;
    set_entry(disk, 0, FIRST_USABLE, 99);
    set_entry(disk, 4, 200, LAST_USABLE);
    for (unsigned is_copy = 0; is_copy < 2; is_copy++) {
        expect_eq(is_copy ? read_end(disk, &partitions) : read_start(disk, &partitions), PARTITIONS_OK);
        expect_eq(count_of(&partitions), 2);
        expect_eq(partitions.at[0].first, FIRST_USABLE);
        expect_eq(partitions.at[0].count, 100 - FIRST_USABLE);
        expect_eq(partitions.at[4].first, 200);
        expect_eq(partitions.at[4].count, LAST_USABLE - 199);
    }
}

TEST(partitions, of_a_damaged_table_are_not_used)
{
    struct partitions partitions;
    for (unsigned place = 0; place < 92; place++) {
        struct disk *disk = disk_new();
        set_entry(disk, 0, 100, 199);
        header_of(disk, false)[place] ^= 0x10;
        header_of(disk, true)[place] ^= 0x10;
        expect_eq(read_start(disk, &partitions), PARTITIONS_SEE_END);
        expect_eq(count_of(&partitions), 0);
        expect_eq(read_end(disk, &partitions), PARTITIONS_NONE);
        expect_eq(count_of(&partitions), 0);
    }
    struct disk *disk = disk_new();
    entries_of(disk, false)[ENTRY_COUNT * ENTRY_BYTES - 1] ^= 1;
    expect_eq(read_start(disk, &partitions), PARTITIONS_SEE_END);
    expect_eq(read_end(disk, &partitions), PARTITIONS_OK);
}

/* Entries that would reach what is not theirs, though the sums are right. */
TEST(partitions, outside_of_their_place_are_left_out)
{
    static const uint64_t wrong[][2] = {
        {0, 99},                          /* the table */
        {1, 1},                           /* its header */
        {FIRST_USABLE - 1, 99},           /* its last entries */
        {100, LAST_USABLE + 1},           /* the copy */
        {100, UINT64_MAX},                /* the end of numbers */
        {DISK_SECTORS, DISK_SECTORS + 9}, /* behind the disk */
        {200, 199},                       /* backwards */
        {UINT64_MAX, UINT64_MAX},
        {UINT64_MAX, 100},
    };
    struct partitions partitions;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct disk *disk = disk_new();
        set_entry(disk, 0, wrong[i][0], wrong[i][1]);
        set_entry(disk, 1, 300, 399);
        expect_eq(read_start(disk, &partitions), PARTITIONS_OK);
        expect_eq(count_of(&partitions), 1);
        expect_eq(partitions.at[1].count, 100);
    }
}

TEST(partitions, that_overlap_an_earlier_one_are_left_out)
{
    static const uint64_t wrong[][2] = {{300, 399}, {200, 300}, {399, 500}, {350, 360}, {200, 500}};
    struct partitions partitions;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct disk *disk = disk_new();
        set_entry(disk, 2, 300, 399);
        set_entry(disk, 3, wrong[i][0], wrong[i][1]);
        set_entry(disk, 4, 600, 600);
        expect_eq(read_start(disk, &partitions), PARTITIONS_OK);
        expect_eq(count_of(&partitions), 2);
        expect_eq(partitions.at[2].count, 100);
        expect_eq(partitions.at[4].count, 1);
    }
}

/* Headers whose sums are right, but which claim the impossible. */
TEST(partitions, need_a_table_outside_of_their_range)
{
    static const struct {
        unsigned place, bytes;
        uint64_t value;
    } wrong[] = {
        {40, 8, 1},          {40, 8, 0},      {40, 8, 33},       {48, 8, UINT64_MAX},  {48, 8, DISK_SECTORS},
        {48, 8, 0},          {80, 4, 129},    {80, 4, 1u << 31}, {84, 4, 64},          {84, 4, 0},
        {72, 8, UINT64_MAX}, {72, 8, WINDOW}, {72, 8, 40},       {72, 8, WINDOW - 31}, {48, 8, DISK_SECTORS - 1},
    };
    struct partitions partitions;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct disk *disk = disk_new();
        uint8_t *header = header_of(disk, false);
        set_entry(disk, 0, 100, 199);
        write_number(header + wrong[i].place, wrong[i].value, wrong[i].bytes);
        write_number(header + 16, 0, 4);
        write_number(header + 16, sum_of(header, 92), 4);
        expect_eq(read_start(disk, &partitions), PARTITIONS_SEE_END);
        expect_eq(count_of(&partitions), 0);
    }
}

static void set_record_entry(struct disk *disk, unsigned number, uint8_t type, uint32_t first, uint32_t count)
{
    uint8_t *entry = disk->start + 446 + 16 * number;
    entry[4] = type;
    write_number(entry + 8, first, 4);
    write_number(entry + 12, count, 4);
}

TEST(partitions, of_a_boot_record_are_its_four_entries)
{
    struct disk *disk = disk_new();
    struct partitions partitions;
    set_record_entry(disk, 0, 0x83, 2048, 1000);
    set_record_entry(disk, 2, 0x83, DISK_SECTORS - 100, 101); /* longer than the disk */
    set_record_entry(disk, 3, 0x83, DISK_SECTORS - 100, 100);
    expect_eq(read_start(disk, &partitions), PARTITIONS_OK);
    expect_eq(count_of(&partitions), 2);
    expect_eq(partitions.at[0].first, 2048);
    expect_eq(partitions.at[3].count, 100);

    set_record_entry(disk, 0, 0x83, 0, 1000); /* the record itself */
    set_record_entry(disk, 1, 0x83, UINT32_MAX, UINT32_MAX);
    set_record_entry(disk, 2, 0x83, DISK_SECTORS - 100, 50);
    expect_eq(read_start(disk, &partitions), PARTITIONS_OK);
    expect_eq(count_of(&partitions), 1);
    expect_eq(partitions.at[2].count, 50);

    disk->start[510] = 0;
    expect_eq(read_start(disk, &partitions), PARTITIONS_NONE);
    expect_eq(count_of(&partitions), 0);
}

/* The records of logical partitions, and where they are. */
static struct record {
    uint64_t sector;
    uint8_t bytes[SECTOR];
} records[20];
static unsigned record_count;

static struct record *record_new(uint64_t sector)
{
    struct record *record = &records[record_count++];
    *record = (struct record){.sector = sector};
    write_number(record->bytes + 510, 0xaa55, 2);
    return record;
}

static void record_entry(struct record *record, unsigned number, uint8_t type, uint32_t first, uint32_t count)
{
    uint8_t *entry = record->bytes + 446 + 16 * number;
    entry[4] = type;
    write_number(entry + 8, first, 4);
    write_number(entry + 12, count, 4);
}

static void read_with_records(const struct disk *disk, struct partitions *partitions)
{
    static const uint8_t zeros[SECTOR];
    enum partitions_result result = read_start(disk, partitions);
    for (unsigned reads = 0; result == PARTITIONS_SEE_RECORD; reads++) {
        expect(reads < PARTITIONS_MOST);
        uint64_t sector = partitions->records[partitions->record_count];
        const uint8_t *bytes = zeros;
        expect(sector >= 1 && sector < DISK_SECTORS);
        for (unsigned i = 0; i < record_count; i++)
            bytes = records[i].sector == sector ? records[i].bytes : bytes;
        result = partitions_read_record(&(struct partition_window){bytes, sector, 1}, partitions);
    }
    expect_eq(result, PARTITIONS_OK);
}

/* As fdisk writes it: a record in front of each logical partition. */
static struct disk *disk_with_logical(void)
{
    struct disk *disk = disk_new();
    record_count = 0;
    set_record_entry(disk, 0, 0x83, 100, 900);
    set_record_entry(disk, 2, 0x0f, 1000, 4000);
    record_entry(record_new(1000), 0, 0x83, 10, 490);
    record_entry(&records[0], 1, 0x05, 1000, 1000);
    record_entry(record_new(2000), 0, 0x82, 10, 990);
    record_entry(&records[1], 1, 0x05, 2000, 2000);
    record_entry(record_new(3000), 0, 0x83, 1, 1999);
    return disk;
}

TEST(partitions, that_are_logical_are_found_by_their_records)
{
    struct disk *disk = disk_with_logical();
    struct partitions partitions;
    read_with_records(disk, &partitions);
    expect_eq(count_of(&partitions), 4);
    expect_eq(partitions.at[0].first, 100);
    expect_eq(partitions.at[4].first, 1010);
    expect_eq(partitions.at[4].count, 490);
    expect_eq(partitions.at[5].first, 2010);
    expect_eq(partitions.at[5].count, 990);
    expect_eq(partitions.at[6].first, 3001);
    expect_eq(partitions.at[6].count, 1999);
    /* One that was deleted leaves an empty entry, which has no number. */
    record_entry(&records[0], 0, 0, 0, 0);
    read_with_records(disk, &partitions);
    expect_eq(count_of(&partitions), 3);
    expect_eq(partitions.at[4].first, 2010);
    expect_eq(partitions.at[5].first, 3001);
}

TEST(partitions, that_are_logical_keep_to_their_place)
{
    static const struct {
        unsigned record, entry, expected;
        uint8_t type;
        uint32_t first, count;
    } wrong[] = {
        {0, 0, 3, 0x83, 0, 490},        /* its own record */
        {0, 0, 3, 0x83, 10, 4000},      /* behind the extended partition */
        {0, 0, 3, 0x83, UINT32_MAX, 1}, /* far behind */
        {0, 0, 2, 0x83, 10, 1000},      /* the next record, which is not read then */
        {1, 0, 3, 0x83, 10, 1000},      /* the same for the last, and that has a partition */
        {0, 1, 2, 0x05, 0, 1000},       /* no record but the first is there */
        {0, 1, 2, 0x05, 5000, 1},       /* behind the extended partition */
        {2, 1, 4, 0x05, 1000, 1000},    /* in a circle */
        {2, 1, 4, 0x05, 500, 10},       /* into the gap between two: nothing is there */
        {2, 1, 4, 0x05, 20, 10},        /* into a partition */
    };
    struct partitions partitions;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct disk *disk = disk_with_logical();
        record_entry(&records[wrong[i].record], wrong[i].entry, wrong[i].type, wrong[i].first, wrong[i].count);
        read_with_records(disk, &partitions);
        expect_eq(count_of(&partitions), wrong[i].expected);
    }
    /* A primary one lies over a record. */
    struct disk *disk = disk_with_logical();
    set_record_entry(disk, 1, 0x83, 2000, 1);
    read_with_records(disk, &partitions);
    expect_eq(count_of(&partitions), 3);
    expect_eq(partitions.at[1].count, 1);
    expect_eq(partitions.at[4].count, 490);
}

/* More than have a number; and all but the first sector of each is the partition. */
TEST(partitions, that_are_logical_are_twelve_at_most)
{
    struct disk *disk = disk_new();
    struct partitions partitions;
    record_count = 0;
    set_record_entry(disk, 0, 0x05, 1000, 4000);
    for (unsigned i = 0; i < 20; i++) {
        record_entry(record_new(1000 + 100 * i), 0, 0x83, 1, 99);
        record_entry(&records[i], 1, 0x05, 100 * (i + 1), 100);
    }
    read_with_records(disk, &partitions);
    expect_eq(count_of(&partitions), PARTITIONS_MOST - PARTITIONS_PRIMARY);
    expect_eq(partitions.at[PARTITIONS_MOST - 1].first, 2101);
}

/* Whatever the disk says, partitions lie on it behind the first sector, and no two of them share a sector. */
static void expect_sound(const struct partitions *partitions)
{
    for (unsigned i = 0; i < PARTITIONS_MOST; i++) {
        const struct partition *one = &partitions->at[i];
        if (!one->count)
            continue;
        expect(one->first >= 1 && one->first < DISK_SECTORS && one->count <= DISK_SECTORS - one->first);
        for (unsigned k = 0; k < i; k++) {
            const struct partition *other = &partitions->at[k];
            expect(!other->count || other->first + other->count <= one->first ||
                   one->first + one->count <= other->first);
        }
    }
}

TEST(partitions, of_hostile_tables_are_sound)
{
    uint64_t random = 1;
    unsigned taken = 0;
    for (unsigned round = 0; round < 3000; round++) {
        struct disk *disk = disk_new();
        struct partitions partitions;
        for (unsigned i = 0; i < 8; i++)
            write_entry(disk, (unsigned)random_below(&random, PARTITIONS_MOST + 2),
                        random_below(&random, DISK_SECTORS + 100), random_below(&random, DISK_SECTORS + 100));
        write_sums(disk, false);
        write_sums(disk, true);
        for (unsigned i = (unsigned)random_below(&random, 4); i > 0; i--)
            header_of(disk, false)[24 + random_below(&random, 64)] = (uint8_t)random_below(&random, 256);
        if (random_below(&random, 3) == 0) {
            for (unsigned i = 446; i < 510; i++)
                disk->start[i] = (uint8_t)random_below(&random, 256) & (uint8_t)random_below(&random, 256);
        }
        uint8_t *header = header_of(disk, false);
        write_number(header + 16, 0, 4);
        write_number(header + 16, sum_of(header, 92), 4);
        read_start(disk, &partitions);
        expect_sound(&partitions);
        taken += count_of(&partitions);
        /* The windows may hold less of the disk than they could. */
        partitions_read(&(struct partition_window){disk->start, 0, random_below(&random, WINDOW)},
                        random_below(&random, DISK_SECTORS), &partitions);
        read_end(disk, &partitions);
        expect_sound(&partitions);
        taken += count_of(&partitions);
    }
    expect(taken > 3000); /* it was not refused altogether */
}

TEST(partitions, of_hostile_records_are_sound)
{
    uint64_t random = 1;
    unsigned taken = 0;
    for (unsigned round = 0; round < 3000; round++) {
        struct disk *disk = disk_with_logical();
        struct partitions partitions;
        while (record_count < 20)
            record_new(random_below(&random, DISK_SECTORS));
        for (unsigned i = (unsigned)random_below(&random, 40); i > 0; i--) {
            record_entry(&records[random_below(&random, 20)], (unsigned)random_below(&random, 2),
                         random_below(&random, 2) ? 0x05 : 0x83, (uint32_t)random_below(&random, 5000),
                         (uint32_t)random_below(&random, 5000));
            /* The next record is more often one. */
            struct record *from = &records[random_below(&random, 20)], *to = &records[random_below(&random, 20)];
            if (to->sector > 1000)
                record_entry(from, 1, 0x0f, (uint32_t)to->sector - 1000, 1);
        }
        read_with_records(disk, &partitions);
        expect_sound(&partitions);
        for (unsigned i = 0; i < PARTITIONS_MOST; i++) {
            for (unsigned k = 0; k < partitions.record_count; k++)
                expect(partitions.records[k] < partitions.at[i].first ||
                       partitions.records[k] - partitions.at[i].first >= partitions.at[i].count);
        }
        for (unsigned i = PARTITIONS_PRIMARY; i < PARTITIONS_MOST; i++)
            taken += partitions.at[i].count != 0;
    }
    expect(taken > 3000);
}
