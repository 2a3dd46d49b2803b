#include "init/region.h"

#include "init/memory.h"
#include "init/system.h"
#include "init/window.h"
#include "lib/string.h"

#include <pecan/features.h>

/* Memory in front of a fixed address is cut into powers of two, up and down: so many slots at most. */
enum { SKIP_SLOTS_MOST = 96 };

static const struct description_region *region_at(uint32_t index)
{
    return ROW(regions, region, index);
}

static uint64_t frame_count(const struct description_region *region)
{
    return region->bytes >> region->page_bits;
}

uint64_t region_bytes(uint32_t index)
{
    return the_system.regions[index].frame_count << region_at(index)->page_bits;
}

static bool is_fixed(const struct description_region *region)
{
    return region->physical_address != ADDRESS_NONE;
}

static bool is_at_screen(const struct description_region *region)
{
    return region->flags & REGION_SCREEN;
}

static bool is_contiguous(const struct description_region *region)
{
    return !is_fixed(region) && region->flags & REGION_CONTIGUOUS;
}

bool region_is_for_programs(uint32_t index)
{
    const struct description_region *region = region_at(index);
    return !is_fixed(region) && !is_at_screen(region) && !is_contiguous(region);
}

static seL4_Word frame_type(const struct description_region *region)
{
    return region->page_bits == LARGE_PAGE_BITS ? seL4_X86_LargePageObject : seL4_X86_4K;
}

uint64_t regions_slots(void)
{
    uint64_t slots = 0;
    for (uint32_t i = 0; i < the_system.description->regions.count; i++)
        slots += is_fixed(region_at(i)) || is_at_screen(region_at(i)) ? 2 * frame_count(region_at(i)) + SKIP_SLOTS_MOST
                                                                      : frame_count(region_at(i)) + 1;
    return slots;
}

static void take_slots(struct region_record *record, const struct description_region *region)
{
    record->frames = slots_take(record->frame_count);
    if (!record->frames)
        init_fail("no capability slots for region %s", region->name);
}

static bool is_overlapping(uint64_t address, uint64_t bytes)
{
    for (uint32_t i = 0; i < the_system.description->regions.count; i++)
        if (address < the_system.regions[i].physical_address + region_bytes(i) &&
            the_system.regions[i].physical_address < address + bytes)
            return true;
    return false;
}

/* What the boot loader says of its screen may be wrong: then the region is not there, as without a screen. */
static void place_at_screen(struct region_record *record, const struct description_region *region)
{
    const seL4_X86_BootInfo_fb_t *screen =
        (const void *)pecan_boot_chunk(the_system.boot, SEL4_BOOTINFO_HEADER_X86_FRAMEBUFFER);
    uint64_t first, count;
    if (!screen || screen->header.len < sizeof(*screen) ||
        !plan_pages_at(region, screen->addr, (uint64_t)screen->pitch * screen->height, &first, &count) ||
        is_overlapping(first, count << region->page_bits))
        return;
    for (uint64_t i = 0; i < count; i++)
        if (!memory_is_device_at(first + (i << region->page_bits), region->page_bits))
            return;
    record->physical_address = first;
    record->frame_count = count;
}

/* Where each region lies that is at a physical address. Those that the description places come first: a screen gives way. */
static void place_regions(void)
{
    uint32_t count = the_system.description->regions.count;
    for (uint32_t i = 0; i < count; i++)
        if (is_fixed(region_at(i)))
            the_system.regions[i] = (struct region_record){.frame_count = frame_count(region_at(i)),
                                                           .physical_address = region_at(i)->physical_address};
    for (uint32_t i = 0; i < count; i++)
        if (is_at_screen(region_at(i)))
            place_at_screen(&the_system.regions[i], region_at(i));
}

/* Frames at a fixed address, each from an untyped capability of its own: the address may be anywhere. */
static void make_fixed(struct region_record *record, const struct description_region *region)
{
    take_slots(record, region);
    for (uint64_t i = 0; i < record->frame_count; i++) {
        uint64_t address = record->physical_address + (i << region->page_bits);
        seL4_CPtr untyped = slots_take(1);
        if (!untyped || !memory_make_at(address, region->page_bits, untyped) ||
            seL4_Untyped_Retype(untyped, frame_type(region), 0, seL4_CapInitThreadCNode, 0, 0, record->frames + i, 1))
            init_fail("region %s: physical memory at 0x%lx is not free", region->name, address);
    }
}

void regions_make_fixed(void)
{
    /* Ascending by address: memory in front of a region is lost to the ones behind it. */
    const struct region_record *records = the_system.regions;
    uint64_t done_below = 0;
    place_regions();
    for (;;) {
        uint32_t next = UINT32_MAX;
        for (uint32_t i = 0; i < the_system.description->regions.count; i++)
            if (records[i].frame_count && !records[i].frames &&
                (next == UINT32_MAX || records[i].physical_address < records[next].physical_address))
                next = i;
        if (next == UINT32_MAX)
            return;
        if (records[next].physical_address < done_below)
            init_fail("region %s: its memory belongs to another one", region_at(next)->name);
        make_fixed(&the_system.regions[next], region_at(next));
        done_below = records[next].physical_address + region_bytes(next);
    }
}

void regions_make_contiguous(uint32_t size_bits)
{
    for (uint32_t i = 0; i < the_system.description->regions.count; i++) {
        const struct description_region *region = region_at(i);
        if (!is_contiguous(region) || bits_for(region->bytes) != size_bits)
            continue;
        struct region_record *record = &the_system.regions[i];
        seL4_CPtr untyped = slots_take(1);
        record->frame_count = frame_count(region);
        take_slots(record, region);
        if (!untyped || !memory_make(seL4_UntypedObject, size_bits, untyped, 1))
            init_fail("no %lu KiB of memory in one piece for region %s", region->bytes >> 10, region->name);
        for (uint64_t done = 0; done < frame_count(region);) {
            uint64_t batch = frame_count(region) - done;
            if (batch > CONFIG_RETYPE_FAN_OUT_LIMIT)
                batch = CONFIG_RETYPE_FAN_OUT_LIMIT;
            if (seL4_Untyped_Retype(untyped, frame_type(region), 0, seL4_CapInitThreadCNode, 0, 0,
                                    record->frames + done, batch))
                init_fail("region %s cannot be made", region->name);
            done += batch;
        }
        record->physical_address = seL4_X86_Page_GetAddress(record->frames).paddr;
    }
}

void regions_make_pages(uint32_t page_bits)
{
    for (uint32_t i = 0; i < the_system.description->regions.count; i++) {
        const struct description_region *region = region_at(i);
        if (is_fixed(region) || is_at_screen(region) || is_contiguous(region) || region->page_bits != page_bits)
            continue;
        struct region_record *record = &the_system.regions[i];
        record->frame_count = frame_count(region);
        take_slots(record, region);
        if (!memory_make(frame_type(region), 0, record->frames, record->frame_count))
            init_fail("no %lu KiB of memory for region %s", region->bytes >> 10, region->name);
    }
}

static void fill(const struct region_record *record, const struct description_region *region, const void *contents,
                 uint64_t bytes)
{
    uint64_t page_bytes = 1ul << region->page_bits;
    if (bytes > region->bytes)
        bytes = region->bytes;
    for (uint64_t done = 0; done < bytes; done += page_bytes) {
        seL4_CPtr frame = record->frames + (done >> region->page_bits);
        void *page = window_open(frame, region->page_bits);
        if (!page)
            init_fail("region %s cannot be filled", region->name);
        memcpy(page, (const char *)contents + done, bytes - done < page_bytes ? bytes - done : page_bytes);
        window_close(frame);
    }
}

void regions_fill(void)
{
    for (uint32_t i = 0; i < the_system.description->regions.count; i++) {
        const struct description_region *region = region_at(i);
        const seL4_BootInfoHeader *chunk;
        switch (region->fill) {
        case FILL_CONTENTS:
            fill(&the_system.regions[i], region, (const char *)the_system.description + region->contents,
                 region->contents_bytes);
            break;
        case FILL_BOOT_CHUNK:
            chunk = pecan_boot_chunk(the_system.boot, region->boot_chunk);
            if (chunk)
                fill(&the_system.regions[i], region, chunk, chunk->len);
            break;
        default:
            break;
        }
    }
}

bool region_read(uint32_t index, uint64_t offset, void *to, uint64_t bytes)
{
    const struct description_region *region = region_at(index);
    uint64_t page_bytes = 1ul << region->page_bits;
    while (bytes > 0) {
        uint64_t inside = offset % page_bytes, part = page_bytes - inside < bytes ? page_bytes - inside : bytes;
        const char *page =
            window_open(the_system.regions[index].frames + (offset >> region->page_bits), region->page_bits);
        if (!page)
            return false;
        memcpy(to, page + inside, part);
        window_close(the_system.regions[index].frames + (offset >> region->page_bits));
        to = (char *)to + part;
        offset += part;
        bytes -= part;
    }
    return true;
}

bool region_write_word(uint32_t index, uint64_t offset, uint64_t value)
{
    const struct description_region *region = region_at(index);
    seL4_CPtr frame = the_system.regions[index].frames + (offset >> region->page_bits);
    char *page = window_open(frame, region->page_bits);
    if (!page)
        return false;
    *(volatile uint64_t *)(void *)(page + offset % (1ul << region->page_bits)) = value;
    window_close(frame);
    return true;
}
