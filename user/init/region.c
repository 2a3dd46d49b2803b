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

static bool is_fixed(const struct description_region *region)
{
    return region->physical_address != ADDRESS_NONE;
}

static bool is_contiguous(const struct description_region *region)
{
    return !is_fixed(region) && region->flags & REGION_CONTIGUOUS;
}

static seL4_Word frame_type(const struct description_region *region)
{
    return region->page_bits == LARGE_PAGE_BITS ? seL4_X86_LargePageObject : seL4_X86_4K;
}

uint64_t regions_slots(void)
{
    uint64_t slots = 0;
    for (uint32_t i = 0; i < the_system.description->regions.count; i++)
        slots +=
            is_fixed(region_at(i)) ? 2 * frame_count(region_at(i)) + SKIP_SLOTS_MOST : frame_count(region_at(i)) + 1;
    return slots;
}

static void take_slots(struct region_record *record, const struct description_region *region)
{
    record->frames = slots_take(frame_count(region));
    record->physical_address = region->physical_address;
    if (!record->frames)
        init_fail("no capability slots for region %s", region->name);
}

/* Frames at a fixed address, each from an untyped capability of its own: the address may be anywhere. */
static void make_fixed(struct region_record *record, const struct description_region *region)
{
    take_slots(record, region);
    for (uint64_t i = 0; i < frame_count(region); i++) {
        uint64_t address = region->physical_address + (i << region->page_bits);
        seL4_CPtr untyped = slots_take(1);
        if (!untyped || !memory_make_at(address, region->page_bits, untyped) ||
            seL4_Untyped_Retype(untyped, frame_type(region), 0, seL4_CapInitThreadCNode, 0, 0, record->frames + i, 1))
            init_fail("region %s: physical memory at 0x%lx is not free", region->name, address);
    }
}

void regions_make_fixed(void)
{
    /* Ascending by address: memory in front of a region is lost to the ones behind it. */
    uint64_t done_below = 0;
    for (;;) {
        uint32_t next = UINT32_MAX;
        for (uint32_t i = 0; i < the_system.description->regions.count; i++)
            if (is_fixed(region_at(i)) && !the_system.regions[i].frames &&
                (next == UINT32_MAX || region_at(i)->physical_address < region_at(next)->physical_address))
                next = i;
        if (next == UINT32_MAX)
            return;
        if (region_at(next)->physical_address < done_below)
            init_fail("region %s: its memory belongs to another one", region_at(next)->name);
        make_fixed(&the_system.regions[next], region_at(next));
        done_below = region_at(next)->physical_address + region_at(next)->bytes;
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
        if (is_fixed(region) || is_contiguous(region) || region->page_bits != page_bits)
            continue;
        take_slots(&the_system.regions[i], region);
        if (!memory_make(frame_type(region), 0, the_system.regions[i].frames, frame_count(region)))
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
