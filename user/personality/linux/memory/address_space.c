#include "personality/linux/memory/address_space.h"

#include "personality/linux/abi/errno.h"
#include "personality/linux/abi/memory.h"
#include "personality/linux/disk/pages.h"
#include "personality/linux/file/inode.h"
#include "personality/linux/support/assert.h"
#include "personality/linux/support/frame.h"
#include "personality/linux/support/heap.h"

/* Where mappings without an address go: below the stack, above a guard at the bottom. */
#define MAPPINGS_TOP    0x7ff000000000ull
#define MAPPINGS_BOTTOM 0x10000ull

static uint64_t page_down(uint64_t address)
{
    return address & ~(uint64_t)(PAGE_SIZE - 1);
}

static uint64_t page_up(uint64_t address)
{
    return page_down(address + PAGE_SIZE - 1);
}

/* A range that a program names: aligned start, not empty, below USER_ADDRESS_END. */
static bool range_is_valid(uint64_t start, uint64_t length)
{
    return start % PAGE_SIZE == 0 && length > 0 && length <= USER_ADDRESS_END && start <= USER_ADDRESS_END - length;
}

struct address_space *address_space_create(void)
{
    struct address_space *space = heap_allocate(sizeof *space);
    if (!space)
        return NULL;
    space->machine = machine_space_create();
    if (!space->machine) {
        heap_free(space);
        return NULL;
    }
    space->references = 1;
    region_set_initialise(&space->regions);
    return space;
}

static void page_unmap(struct address_space *space, uint64_t address, struct page_entry *entry)
{
    if (entry->mapping)
        machine_page_unmap(space->machine, address, entry->mapping);
    entry->mapping = 0;
    entry->writable = false;
}

static void pages_release(struct address_space *space, uint64_t start, uint64_t end)
{
    struct page_entry *entry;
    for (uint64_t at = start; (entry = page_map_next(&space->pages, &at, end)); at += PAGE_SIZE) {
        page_unmap(space, at, entry);
        frame_release(entry->frame);
        entry->frame = 0;
        space->resident_pages--;
    }
}

void address_space_reference(struct address_space *space)
{
    space->references++;
}

void address_space_release(struct address_space *space)
{
    if (--space->references)
        return;
    pages_release(space, 0, USER_ADDRESS_END);
    page_map_destroy(&space->pages);
    region_set_clear(&space->regions);
    machine_space_destroy(space->machine);
    heap_free(space);
}

struct address_space *address_space_fork(struct address_space *parent)
{
    struct address_space *child = address_space_create();
    if (!child)
        return NULL;
    if (!region_set_copy(&child->regions, &parent->regions)) {
        address_space_release(child);
        return NULL;
    }
    child->break_start = parent->break_start;
    child->break_end = parent->break_end;
    child->code_start = parent->code_start;
    child->stack_start = parent->stack_start;
    child->arguments_start = parent->arguments_start;
    child->arguments_end = parent->arguments_end;
    child->environment_end = parent->environment_end;

    const struct region *region = NULL;
    struct page_entry *entry;
    for (uint64_t at = 0; (entry = page_map_next(&parent->pages, &at, USER_ADDRESS_END)); at += PAGE_SIZE) {
        if (!region || at >= region->end)
            region = region_find(&parent->regions, at);
        assert(region);
        struct page_entry *copy = page_map_make(&child->pages, at);
        if (!copy) {
            address_space_release(child);
            return NULL;
        }
        frame_reference(entry->frame);
        *copy = (struct page_entry){.frame = entry->frame};
        child->resident_pages++;
        if (!region->shared && entry->writable) {
            machine_page_protect(parent->machine, at, entry->mapping, false);
            entry->writable = false;
        }
    }
    return child;
}

/* One frame of zeros stands for all pages of zeroed memory that were only read. */
static uint32_t zero_frame(void)
{
    static uint32_t frame;
    if (!frame)
        frame = frame_allocate_zeroed();
    if (frame)
        frame_reference(frame);
    return frame;
}

/* The frame a page starts with, with one use more; 0 and a reason if there is none. */
static uint32_t region_first_frame(const struct region *region, uint64_t page, enum access access,
                                   enum access_result *reason)
{
    *reason = ACCESS_NO_MEMORY;
    if (!region->inode)
        return access == ACCESS_WRITE ? frame_allocate_zeroed() : zero_frame();

    uint64_t offset = region->offset + (page - region->start);
    if (offset >= inode_mappable_bytes(region->inode)) {
        *reason = ACCESS_BEYOND_FILE;
        return 0;
    }
    /* What the file held when it was mapped is in memory since then (call_mmap): a page that is not has come with its growth. */
    if (region->inode->disk)
        disk_page_forget_reading(region->inode, offset / PAGE_SIZE);
    uint32_t frame = inode_frame(region->inode, offset / PAGE_SIZE, true);
    if (frame)
        frame_reference(frame);
    return frame;
}

/* Gives a private page a frame of its own with the same contents. */
static bool page_make_private(struct address_space *space, uint64_t page, struct page_entry *entry)
{
    if (!frame_is_shared(entry->frame))
        return true;
    uint32_t copy = frame_copy(entry->frame);
    if (!copy)
        return false;
    page_unmap(space, page, entry);
    frame_release(entry->frame);
    entry->frame = copy;
    return true;
}

enum access_result address_space_touch(struct address_space *space, uint64_t address, enum access access,
                                       struct page_entry **result)
{
    *result = NULL;
    uint64_t page = page_down(address);
    const struct region *region = page < USER_ADDRESS_END ? region_find(&space->regions, page) : NULL;
    if (!region)
        return ACCESS_UNMAPPED;
    if (!(region->protection & (access == ACCESS_WRITE ? PROT_WRITE : PROT_READ | PROT_WRITE | PROT_EXEC)))
        return ACCESS_FORBIDDEN;

    struct page_entry *entry = page_map_make(&space->pages, page);
    if (!entry)
        return ACCESS_NO_MEMORY;
    if (!entry->frame) {
        enum access_result reason;
        uint32_t frame = region_first_frame(region, page, access, &reason);
        if (!frame)
            return reason;
        *entry = (struct page_entry){.frame = frame};
        space->resident_pages++;
    }
    if (access == ACCESS_WRITE && !region->shared && !page_make_private(space, page, entry))
        return ACCESS_NO_MEMORY;
    *result = entry;
    return ACCESS_GRANTED;
}

enum access_result address_space_fault(struct address_space *space, uint64_t address, enum access access)
{
    struct page_entry *entry;
    enum access_result result = address_space_touch(space, address, access, &entry);
    if (result != ACCESS_GRANTED)
        return result;

    uint64_t page = page_down(address);
    const struct region *region = region_find(&space->regions, page);
    bool writable = (region->protection & PROT_WRITE) && (region->shared || !frame_is_shared(entry->frame));
    if (!entry->mapping) {
        entry->mapping = machine_page_map(space->machine, page, entry->frame, writable);
        if (!entry->mapping)
            return ACCESS_NO_MEMORY;
    } else if (entry->writable != writable) {
        machine_page_protect(space->machine, page, entry->mapping, writable);
    }
    entry->writable = writable;
    return ACCESS_GRANTED;
}

int64_t address_space_map(struct address_space *space, const struct mapping_request *request)
{
    if (request->length == 0 || request->offset % PAGE_SIZE)
        return -EINVAL;
    uint64_t length = page_up(request->length);
    if (length < request->length || length > USER_ADDRESS_END || request->offset + length < request->offset)
        return -ENOMEM;

    uint64_t start = page_down(request->address);
    bool range_is_free = range_is_valid(start, length) && start >= MAPPINGS_BOTTOM;
    if (range_is_free) {
        const struct region *next = region_find_from(&space->regions, start);
        range_is_free = !next || next->start >= start + length;
    }
    if (request->fixed) {
        if (!range_is_valid(request->address, length))
            return request->address % PAGE_SIZE ? -EINVAL : -ENOMEM;
        if (!range_is_free && request->keep_existing)
            return -EEXIST;
        int64_t error = address_space_unmap(space, start, length);
        if (error)
            return error;
    } else if (!range_is_free) {
        start = region_find_gap(&space->regions, length, MAPPINGS_BOTTOM, MAPPINGS_TOP);
        if (!start)
            return -ENOMEM;
    }

    struct region region = {
        .start = start,
        .end = start + length,
        .protection = request->protection & (PROT_READ | PROT_WRITE | PROT_EXEC),
        .shared = request->shared,
        .read_only = request->read_only,
        .inode = request->inode,
        .offset = request->offset,
    };
    return region_add(&space->regions, &region) ? (int64_t)start : -ENOMEM;
}

int64_t address_space_unmap(struct address_space *space, uint64_t address, uint64_t length)
{
    length = page_up(length);
    if (!range_is_valid(address, length))
        return -EINVAL;
    if (!region_remove(&space->regions, address, address + length))
        return -ENOMEM;
    pages_release(space, address, address + length);
    return 0;
}

int64_t address_space_discard(struct address_space *space, uint64_t address, uint64_t length)
{
    length = page_up(length);
    if (length == 0)
        return 0;
    if (!range_is_valid(address, length))
        return -EINVAL;
    if (!region_range_is_covered(&space->regions, address, address + length))
        return -ENOMEM;
    pages_release(space, address, address + length);
    return 0;
}

void address_space_cut(struct address_space *space, const struct inode *file, uint64_t size)
{
    uint64_t keep = page_up(size);
    for (const struct list *entry = space->regions.regions.next; entry != &space->regions.regions;
         entry = entry->next) {
        const struct region *region = list_item(entry, struct region, in_space);
        if (region->inode != file || region->offset + (region->end - region->start) <= keep)
            continue;
        pages_release(space, region->offset < keep ? region->start + (keep - region->offset) : region->start,
                      region->end);
    }
}

/* What the hardware allows never exceeds what the region allows; more is given at the next fault. */
static void pages_restrict(struct address_space *space, uint64_t start, uint64_t end, uint32_t protection)
{
    struct page_entry *entry;
    for (uint64_t at = start; (entry = page_map_next(&space->pages, &at, end)); at += PAGE_SIZE) {
        if (protection == PROT_NONE) {
            page_unmap(space, at, entry);
        } else if (!(protection & PROT_WRITE) && entry->writable) {
            machine_page_protect(space->machine, at, entry->mapping, false);
            entry->writable = false;
        }
    }
}

int64_t address_space_protect(struct address_space *space, uint64_t address, uint64_t length, uint32_t protection)
{
    length = page_up(length);
    if (address % PAGE_SIZE)
        return -EINVAL;
    if (length == 0)
        return 0;
    uint64_t end = address + length;
    if (!range_is_valid(address, length) || !region_range_is_covered(&space->regions, address, end))
        return -ENOMEM;
    for (uint64_t at = address; protection & PROT_WRITE && at < end;) {
        const struct region *region = region_find(&space->regions, at);
        if (region->read_only)
            return -EACCES;
        at = region->end;
    }
    if (!region_split_at(&space->regions, address, end))
        return -ENOMEM;

    for (uint64_t at = address; at < end;) {
        struct region *region = region_find(&space->regions, at);
        region->protection = protection & (PROT_READ | PROT_WRITE | PROT_EXEC);
        at = region->end;
    }
    pages_restrict(space, address, end, protection);
    return 0;
}

/* Moves what the pages hold; the new range is a fresh region. False: no memory, and some pages may have moved. */
static bool pages_move(struct address_space *space, uint64_t from, uint64_t to, uint64_t length)
{
    struct page_entry *entry;
    for (uint64_t at = from; (entry = page_map_next(&space->pages, &at, from + length)); at += PAGE_SIZE) {
        struct page_entry *target = page_map_make(&space->pages, to + (at - from));
        if (!target)
            return false;
        page_unmap(space, at, entry);
        *target = *entry;
        entry->frame = 0;
    }
    return true;
}

int64_t address_space_move(struct address_space *space, uint64_t old_address, uint64_t old_length, uint64_t new_length,
                           bool may_move, uint64_t fixed_address)
{
    old_length = page_up(old_length);
    new_length = page_up(new_length);
    if (!range_is_valid(old_address, old_length) || new_length == 0 || new_length > USER_ADDRESS_END)
        return -EINVAL;
    const struct region *found = region_find(&space->regions, old_address);
    if (!found || found->end < old_address + old_length)
        return -EFAULT;

    if (!fixed_address && new_length <= old_length) {
        int64_t error = 0;
        if (new_length < old_length)
            error = address_space_unmap(space, old_address + new_length, old_length - new_length);
        return error ? error : (int64_t)old_address;
    }

    struct mapping_request request = {
        .address = old_address + old_length,
        .length = new_length - old_length,
        .protection = found->protection,
        .fixed = true,
        .keep_existing = true,
        .shared = found->shared,
        .read_only = found->read_only,
        .inode = found->inode,
        .offset = found->offset + (old_address + old_length - found->start),
    };
    if (!fixed_address && address_space_map(space, &request) >= 0)
        return (int64_t)old_address;
    if (!may_move)
        return -ENOMEM;

    if (fixed_address && (!range_is_valid(fixed_address, new_length) ||
                          (fixed_address < old_address + old_length && old_address < fixed_address + new_length)))
        return -EINVAL;
    request.address = fixed_address;
    request.length = new_length;
    request.fixed = fixed_address != 0;
    request.keep_existing = false;
    request.offset = found->offset + (old_address - found->start);
    int64_t new_address = address_space_map(space, &request);
    if (new_address < 0)
        return new_address;
    uint64_t moved = old_length < new_length ? old_length : new_length;
    if (!pages_move(space, old_address, (uint64_t)new_address, moved))
        return -ENOMEM;
    int64_t error = address_space_unmap(space, old_address, old_length);
    return error ? error : new_address;
}

int64_t address_space_set_break(struct address_space *space, uint64_t address)
{
    uint64_t old_end = page_up(space->break_end);
    uint64_t new_end = page_up(address);
    if (address < space->break_start || address > USER_ADDRESS_END)
        return (int64_t)space->break_end;

    if (new_end > old_end) {
        const struct region *next = region_find_from(&space->regions, old_end);
        struct region region = {.start = old_end, .end = new_end, .protection = PROT_READ | PROT_WRITE};
        if ((next && next->start < new_end) || !region_add(&space->regions, &region))
            return (int64_t)space->break_end;
    } else if (new_end < old_end) {
        if (address_space_unmap(space, new_end, old_end - new_end))
            return (int64_t)space->break_end;
    }
    space->break_end = address;
    return (int64_t)address;
}
