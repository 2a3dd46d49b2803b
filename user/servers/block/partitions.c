#include "servers/block/partitions.h"

#include "lib/crc32.h"

/* The master boot record. */
enum { MBR_ENTRIES = 446, MBR_ENTRY_BYTES = 16, MBR_TYPE = 4, MBR_FIRST = 8, MBR_COUNT = 12 };
enum { MBR_SIGNATURE = 510, MBR_SIGNATURE_VALUE = 0xaa55 };
enum { MBR_TYPE_NONE = 0, MBR_TYPE_GPT = 0xee, MBR_TYPES_EXTENDED_COUNT = 3 };

/* The header of a GUID partition table, and its entries. */
#define GPT_SIGNATURE_VALUE 0x5452415020494645u
enum {
    GPT_SIGNATURE = 0,
    GPT_HEADER_BYTES = 12,
    GPT_HEADER_SUM = 16,
    GPT_OWN_SECTOR = 24,
    GPT_FIRST_USABLE = 40,
    GPT_LAST_USABLE = 48,
    GPT_ENTRIES_SECTOR = 72,
    GPT_ENTRY_COUNT = 80,
    GPT_ENTRY_BYTES = 84,
    GPT_ENTRIES_SUM = 88,
    GPT_LEAST_HEADER_BYTES = 92,
    GPT_LEAST_ENTRY_BYTES = 128,
    GPT_MOST_ENTRY_COUNT = 128,
};
enum { ENTRY_TYPE = 0, ENTRY_TYPE_BYTES = 16, ENTRY_FIRST = 32, ENTRY_LAST = 40 };

static uint64_t read_number(const uint8_t *bytes, unsigned count)
{
    uint64_t number = 0;
    for (unsigned i = count; i > 0; i--)
        number = number << 8 | bytes[i - 1];
    return number;
}

static uint32_t read_32(const uint8_t *bytes)
{
    return (uint32_t)read_number(bytes, 4);
}

static uint64_t read_64(const uint8_t *bytes)
{
    return read_number(bytes, 8);
}

/* The sum of a header, whose field for the sum counts as zeros. */
static uint32_t header_sum(const uint8_t *header, size_t count)
{
    static const uint8_t zeros[4];
    uint32_t sum = crc32(0, header, GPT_HEADER_SUM);
    sum = crc32(sum, zeros, sizeof zeros);
    return crc32(sum, header + GPT_HEADER_SUM + sizeof zeros, count - GPT_HEADER_SUM - sizeof zeros);
}

/* The bytes of some sectors; null if they are not all in the window. */
static const uint8_t *window_at(const struct partition_window *window, uint64_t first, uint64_t count)
{
    if (first < window->first || first - window->first > window->count ||
        count > window->count - (first - window->first))
        return NULL;
    return window->bytes + (first - window->first) * PARTITION_SECTOR_BYTES;
}

static bool overlaps(const struct partition *a, const struct partition *b)
{
    return a->count && b->count && a->first < b->first + b->count && b->first < a->first + a->count;
}

static bool overlaps_any(const struct partitions *partitions, const struct partition *partition)
{
    for (unsigned i = 0; i < PARTITIONS_MOST; i++) {
        if (overlaps(&partitions->at[i], partition))
            return true;
    }
    for (unsigned i = 0; i < partitions->record_count; i++) {
        if (overlaps(&(struct partition){partitions->records[i], 1}, partition))
            return true;
    }
    return false;
}

/* Enters a partition, of which is known that it lies on the disk, unless an earlier one, or a record, has sectors of it. */
static void enter(struct partitions *partitions, unsigned number, struct partition partition)
{
    if (!overlaps_any(partitions, &partition))
        partitions->at[number] = partition;
}

/* The header in a sector, if it is one and its sum is right. */
static const uint8_t *find_header(const struct partition_window *window, uint64_t sector)
{
    const uint8_t *header = window_at(window, sector, 1);
    if (!header || read_64(header + GPT_SIGNATURE) != GPT_SIGNATURE_VALUE || read_64(header + GPT_OWN_SECTOR) != sector)
        return NULL;
    uint32_t bytes = read_32(header + GPT_HEADER_BYTES);
    if (bytes < GPT_LEAST_HEADER_BYTES || bytes > PARTITION_SECTOR_BYTES ||
        header_sum(header, bytes) != read_32(header + GPT_HEADER_SUM))
        return NULL;
    return header;
}

static bool is_all_zeros(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i])
            return false;
    }
    return true;
}

/* The table whose header is in `sector`. False, and nothing entered, if it is not whole. */
static bool read_table(const struct partition_window *window, uint64_t sector, uint64_t disk_sectors,
                       struct partitions *partitions)
{
    const uint8_t *header = find_header(window, sector);
    if (!header)
        return false;
    uint32_t count = read_32(header + GPT_ENTRY_COUNT), bytes = read_32(header + GPT_ENTRY_BYTES);
    if (count > GPT_MOST_ENTRY_COUNT || bytes != GPT_LEAST_ENTRY_BYTES)
        return false;
    uint64_t entry_sectors = ((uint64_t)count * bytes + PARTITION_SECTOR_BYTES - 1) / PARTITION_SECTOR_BYTES;
    uint64_t entries_sector = read_64(header + GPT_ENTRIES_SECTOR);
    const uint8_t *entries = window_at(window, entries_sector, entry_sectors);
    if (!entries || crc32(0, entries, (size_t)count * bytes) != read_32(header + GPT_ENTRIES_SUM))
        return false;
    /* The header, its entries, and those of the copy at the other end of the disk lie outside of this range. */
    uint64_t first_usable = read_64(header + GPT_FIRST_USABLE), last_usable = read_64(header + GPT_LAST_USABLE);
    if (disk_sectors < 2 || first_usable <= 1 || last_usable >= disk_sectors - 1 || last_usable < first_usable ||
        (sector >= first_usable && sector <= last_usable) ||
        (entry_sectors && entries_sector <= last_usable && entries_sector + entry_sectors > first_usable))
        return false;
    for (unsigned i = 0; i < count && i < PARTITIONS_MOST; i++, entries += bytes) {
        uint64_t first = read_64(entries + ENTRY_FIRST), last = read_64(entries + ENTRY_LAST);
        if (is_all_zeros(entries + ENTRY_TYPE, ENTRY_TYPE_BYTES) || first < first_usable || last > last_usable ||
            last < first)
            continue;
        enter(partitions, i, (struct partition){first, last - first + 1});
    }
    return true;
}

/* Types of partitions that hold others. */
static bool is_extended(uint8_t type)
{
    static const uint8_t types[MBR_TYPES_EXTENDED_COUNT] = {0x05, 0x0f, 0x85};
    return type == types[0] || type == types[1] || type == types[2];
}

static bool is_record(const uint8_t *record)
{
    return record && read_number(record + MBR_SIGNATURE, 2) == MBR_SIGNATURE_VALUE;
}

static uint8_t type_of(const uint8_t *record, unsigned number)
{
    return record[MBR_ENTRIES + number * MBR_ENTRY_BYTES + MBR_TYPE];
}

/* What an entry says, whose sectors count from `base`; nothing if that is not behind `base`, and within `outer`. */
static struct partition read_entry(const uint8_t *record, unsigned number, uint64_t base, struct partition outer)
{
    const uint8_t *entry = record + MBR_ENTRIES + number * MBR_ENTRY_BYTES;
    uint64_t first = base + read_32(entry + MBR_FIRST), count = read_32(entry + MBR_COUNT);
    if (type_of(record, number) == MBR_TYPE_NONE || first == base || first < outer.first ||
        first - outer.first > outer.count || count > outer.count - (first - outer.first))
        return (struct partition){0};
    return (struct partition){first, count};
}

/* Whether the record in a sector is to be read next: it lies where none has been, and in no partition. */
static enum partitions_result see_record(struct partitions *partitions, uint64_t sector)
{
    if (partitions->record_count == PARTITIONS_MOST - PARTITIONS_PRIMARY ||
        overlaps_any(partitions, &(struct partition){sector, 1}))
        return PARTITIONS_OK;
    partitions->records[partitions->record_count] = sector;
    return PARTITIONS_SEE_RECORD;
}

static enum partitions_result read_boot_record(const uint8_t *record, uint64_t disk_sectors,
                                               struct partitions *partitions)
{
    const struct partition whole = {0, disk_sectors};
    for (unsigned i = 0; i < PARTITIONS_PRIMARY; i++) {
        struct partition partition = read_entry(record, i, 0, whole);
        if (!is_extended(type_of(record, i)))
            enter(partitions, i, partition);
        else if (!partitions->extended.count)
            partitions->extended = partition;
    }
    return partitions->extended.count ? see_record(partitions, partitions->extended.first) : PARTITIONS_OK;
}

static bool is_for_gpt(const uint8_t *record)
{
    for (unsigned i = 0; i < PARTITIONS_PRIMARY; i++) {
        if (type_of(record, i) == MBR_TYPE_GPT)
            return true;
    }
    return false;
}

enum partitions_result partitions_read(const struct partition_window *start, uint64_t disk_sectors,
                                       struct partitions *partitions)
{
    *partitions = (struct partitions){0};
    const uint8_t *record = window_at(start, 0, 1);
    if (!is_record(record))
        return PARTITIONS_NONE;
    if (is_for_gpt(record))
        return read_table(start, 1, disk_sectors, partitions) ? PARTITIONS_OK : PARTITIONS_SEE_END;
    return read_boot_record(record, disk_sectors, partitions);
}

/* The first entry is a logical partition, and the second the next record, whose place counts from that of the first record. */
enum partitions_result partitions_read_record(const struct partition_window *window, struct partitions *partitions)
{
    enum { LOGICAL, NEXT };
    uint64_t sector = partitions->records[partitions->record_count++];
    const uint8_t *record = window_at(window, sector, 1);
    if (!is_record(record))
        return PARTITIONS_OK;
    if (type_of(record, LOGICAL) != MBR_TYPE_NONE && !is_extended(type_of(record, LOGICAL)))
        enter(partitions, PARTITIONS_PRIMARY + partitions->logical_count++,
              read_entry(record, LOGICAL, sector, partitions->extended));
    struct partition next = read_entry(record, NEXT, partitions->extended.first, partitions->extended);
    return is_extended(type_of(record, NEXT)) && next.count ? see_record(partitions, next.first) : PARTITIONS_OK;
}

enum partitions_result partitions_read_copy(const struct partition_window *end, uint64_t disk_sectors,
                                            struct partitions *partitions)
{
    *partitions = (struct partitions){0};
    bool is_whole = disk_sectors && read_table(end, disk_sectors - 1, disk_sectors, partitions);
    return is_whole ? PARTITIONS_OK : PARTITIONS_NONE;
}
