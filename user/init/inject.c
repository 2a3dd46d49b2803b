#include "init/inject.h"

#include "init/component_page.h"
#include "init/region.h"

#define PAGE_BYTES (1ul << SMALL_PAGE_BITS)

/* A jump to itself. */
#define LOOP_INSTRUCTIONS 0xfeebul

enum { CONTEXT_WORDS = sizeof(seL4_UserContext) / sizeof(seL4_Word) };
enum { PAGE_WORDS = PAGE_BYTES / sizeof(uint64_t), REGISTERS_MOST = 2, SEGMENT_REGISTERS = 2 };

bool inject_hang(struct domain_record *domain)
{
    seL4_CPtr tcb = domain_slot(domain, PLAN_SLOT_TCB), schedctx = domain_slot(domain, PLAN_SLOT_SCHEDCTX);
    volatile struct pecan_component_page *page = component_page_open(domain);
    if (!page)
        return false;
    page->loop = LOOP_INSTRUCTIONS;
    private_frame_close(domain);

    seL4_UserContext registers = {.rip = DOMAIN_BUFFER_ADDRESS + offsetof(struct pecan_component_page, loop),
                                  .rsp = DOMAIN_STACK_TOP};
    if (seL4_TCB_WriteRegisters(tcb, true, 0, CONTEXT_WORDS, &registers))
        return false;
    /* A passive domain that waits has left its time at its notification. One at work computes on its caller's. */
    if (domain->is_passive_now && !seL4_SchedContext_Unbind(schedctx))
        seL4_SchedContext_Bind(schedctx, tcb);
    return true;
}

/* The next number of a sequence that `state` stands for (splitmix64). */
static uint64_t random_next(uint64_t *state)
{
    uint64_t value = *state += 0x9e3779b97f4a7c15ul;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ul;
    value = (value ^ value >> 27) * 0x94d049bb133111ebul;
    return value ^ value >> 31;
}

/* Private frames lie in the order of their addresses; constants and code are not written by the domain, so not here. */
static uint32_t writable_frames(const struct domain_record *domain)
{
    uint32_t count = (uint32_t)(domain->description->stack_bytes >> SMALL_PAGE_BITS) + 1;
    for (uint32_t i = 0; i < domain->program.segment_count; i++)
        if (domain->program.segments[i].is_writable)
            count += (uint32_t)(domain->program.segments[i].memory_bytes >> SMALL_PAGE_BITS);
    return count;
}

static seL4_CPtr writable_frame(const struct domain_record *domain, uint32_t number)
{
    seL4_CPtr frame = domain->slots + PLAN_SLOTS_FIXED;
    for (uint32_t i = 0; i < domain->program.segment_count; i++) {
        uint32_t pages = (uint32_t)(domain->program.segments[i].memory_bytes >> SMALL_PAGE_BITS);
        if (domain->program.segments[i].is_writable) {
            if (number < pages)
                return frame + number;
            number -= pages;
        }
        frame += pages;
    }
    return frame + number;
}

static bool maps_region(const struct description_domain *domain, uint32_t region)
{
    for (uint32_t i = 0; i < domain->maps.count; i++)
        if (ROW(maps, map, domain->maps.first + i)->region == region)
            return true;
    return false;
}

/* Whether the region is the domain's alone, as its heap is: no other one maps it, and no device reaches it. */
static bool is_own_region(const struct domain_record *domain, const struct description_map *map)
{
    if (!(map->flags & MAP_WRITE) || !region_is_for_programs(map->region))
        return false;
    for (uint32_t i = 0; i < the_system.description->domains.count; i++)
        if (&the_system.domains[i] != domain && maps_region(the_system.domains[i].description, map->region))
            return false;
    return true;
}

/* Writes to the word with this number, of all in its own regions; the numbers go round. False: it has none. */
static bool corrupt_own_regions(const struct domain_record *domain, uint64_t number, uint64_t value)
{
    const struct description_domain *description = domain->description;
    uint64_t words = 0;
    for (uint32_t i = 0; i < description->maps.count; i++) {
        const struct description_map *map = ROW(maps, map, description->maps.first + i);
        words += is_own_region(domain, map) ? region_bytes(map->region) / sizeof(uint64_t) : 0;
    }
    if (words == 0)
        return false;
    number %= words;
    for (uint32_t i = 0;; i++) {
        const struct description_map *map = ROW(maps, map, description->maps.first + i);
        words = is_own_region(domain, map) ? region_bytes(map->region) / sizeof(uint64_t) : 0;
        if (number < words)
            return region_write_word(map->region, number * sizeof(uint64_t), value);
        number -= words;
    }
}

/* The thread goes on from where it is, as it would after an interrupt; one that waits in the kernel begins to wait again. */
static void corrupt_registers(const struct domain_record *domain, uint64_t *state)
{
    seL4_CPtr tcb = domain_slot(domain, PLAN_SLOT_TCB);
    union {
        seL4_UserContext registers;
        seL4_Word words[CONTEXT_WORDS];
    } context;
    uint64_t count = random_next(state) % (REGISTERS_MOST + 1);
    if (domain->is_passive_now || count == 0 ||
        seL4_TCB_ReadRegisters(tcb, false, 0, CONTEXT_WORDS, &context.registers))
        return;
    while (count-- > 0) {
        uint64_t number = random_next(state) % (CONTEXT_WORDS - SEGMENT_REGISTERS);
        context.words[number] = random_next(state);
    }
    seL4_TCB_WriteRegisters(tcb, true, 0, CONTEXT_WORDS, &context.registers);
}

void inject_corruption(struct domain_record *domain, uint64_t seed, uint64_t count)
{
    uint64_t state = seed, pages = writable_frames(domain);
    while (count-- > 0) {
        uint64_t place = random_next(&state), word = random_next(&state) % PAGE_WORDS, value = random_next(&state);
        if (count % 2 && corrupt_own_regions(domain, place, value))
            continue;
        seL4_CPtr frame = writable_frame(domain, (uint32_t)(place % pages));
        volatile uint64_t *page = private_frame_open(domain, frame);
        if (!page)
            return;
        page[word] = value;
        private_frame_close(domain);
    }
    corrupt_registers(domain, &state);
}
