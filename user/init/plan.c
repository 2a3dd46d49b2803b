#include "init/plan.h"

#define PAGE_BYTES (1ul << SMALL_PAGE_BITS)

#define PHYSICAL_END (1ul << 52)

enum { TABLE_BITS = 21, DIRECTORY_BITS = 30, PDPT_BITS = 39 };

/* A part of the address space, and whether it is mapped by large pages. */
struct extent {
    uint64_t start, end;
    uint32_t page_bits;
};

uint32_t bits_for(uint64_t bytes)
{
    uint32_t bits = 0;
    while (bits < WORD_BITS - 1 && 1ul << bits < bytes)
        bits++;
    return bits;
}

bool plan_pages_at(const struct description_region *region, uint64_t address, uint64_t bytes, uint64_t *first,
                   uint64_t *count)
{
    if (bytes == 0 || address > PHYSICAL_END || bytes > PHYSICAL_END - address)
        return false;
    *first = address >> region->page_bits << region->page_bits;
    *count = ((address + bytes - 1) >> region->page_bits) - (address >> region->page_bits) + 1;
    return *count <= region->bytes >> region->page_bits;
}

/* Counts blocks of 2^bits bytes that extents touch which come in ascending order. */
static uint32_t blocks_touched(uint64_t *next_block, const struct extent *extent, uint32_t bits)
{
    uint64_t first = extent->start >> bits, last = (extent->end - 1) >> bits;
    if (first < *next_block)
        first = *next_block;
    if (first > last)
        return 0;
    *next_block = last + 1;
    return (uint32_t)(last - first + 1);
}

struct plan_walk {
    uint64_t next_table, next_directory, next_pdpt;
};

static void plan_extent(struct domain_plan *plan, struct plan_walk *walk, const struct extent *extent)
{
    if (extent->page_bits == SMALL_PAGE_BITS)
        plan->tables += blocks_touched(&walk->next_table, extent, TABLE_BITS);
    plan->directories += blocks_touched(&walk->next_directory, extent, DIRECTORY_BITS);
    plan->pdpts += blocks_touched(&walk->next_pdpt, extent, PDPT_BITS);
}

static struct extent extent_of_map(const struct description *description, const struct description_map *map)
{
    const struct description_region *region = DESCRIPTION_ROW(description, regions, region, map->region);
    return (struct extent){map->address, map->address + region->bytes, region->page_bits};
}

struct program_view plan_program(const struct description *description, const struct description_domain *domain)
{
    return (struct program_view){(const char *)description, domain->entry,
                                 DESCRIPTION_ROW(description, segments, segment, domain->segments.first),
                                 domain->segments.count};
}

struct domain_plan plan_domain(const struct description *description, const struct description_domain *domain,
                               const struct program_view *program)
{
    struct domain_plan plan = {0};
    struct plan_walk walk = {0};
    uint32_t map = 0, segment = 0;

    while (map < domain->maps.count || segment < program->segment_count) {
        const struct description_map *m = DESCRIPTION_ROW(description, maps, map, domain->maps.first + map);
        const struct description_segment *s = &program->segments[segment];
        struct extent extent;
        if (segment == program->segment_count || (map < domain->maps.count && m->address < s->address)) {
            extent = extent_of_map(description, m);
            plan.map_frames += (uint32_t)((extent.end - extent.start) >> extent.page_bits);
            map++;
        } else {
            extent = (struct extent){s->address, s->address + s->memory_bytes, SMALL_PAGE_BITS};
            plan.frames += (uint32_t)(s->memory_bytes >> SMALL_PAGE_BITS);
            segment++;
        }
        plan_extent(&plan, &walk, &extent);
    }
    plan_extent(&plan, &walk,
                &(struct extent){DOMAIN_STACK_TOP - domain->stack_bytes, DOMAIN_STACK_TOP, SMALL_PAGE_BITS});
    plan_extent(&plan, &walk,
                &(struct extent){DOMAIN_BUFFER_ADDRESS, DOMAIN_BUFFER_ADDRESS + PAGE_BYTES, SMALL_PAGE_BITS});
    plan.frames += (uint32_t)(domain->stack_bytes >> SMALL_PAGE_BITS) + 1;

    uint64_t pages = 1ul + plan.pdpts + plan.directories + plan.tables + plan.frames; /* with the root */
    plan.private_bytes = pages * PAGE_BYTES + (1ul << PLAN_TCB_BITS) + (1ul << PLAN_SCHEDCTX_BITS) +
                         (1ul << (CSPACE_ROOT_BITS + PLAN_SLOT_BITS)) + (1ul << (CSPACE_BITS + PLAN_SLOT_BITS));
    uint64_t wanted = plan.private_bytes > domain->reserve_bytes ? plan.private_bytes : domain->reserve_bytes;
    plan.private_bits = bits_for(wanted);
    return plan;
}

uint32_t plan_slots_most(const struct description_domain *domain, const struct domain_plan *plan)
{
    uint32_t slots = plan_slots(plan);
    uint32_t most = PLAN_SLOTS_FIXED + plan->map_frames + (uint32_t)(1ul << (plan->private_bits - SMALL_PAGE_BITS));
    return domain->update_room_bytes && most > slots ? most : slots;
}

uint32_t plan_slots(const struct domain_plan *plan)
{
    return PLAN_SLOTS_FIXED + plan->frames + plan->pdpts + plan->directories + plan->tables + plan->map_frames;
}
