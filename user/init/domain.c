#include "init/domain.h"

#include "init/account.h"
#include "init/budget.h"
#include "init/clock.h"
#include "init/memory.h"
#include "init/region.h"
#include "init/window.h"
#include "lib/string.h"
#include "microkit/include/pecan/component.h"
#include "microkit/include/pecan/trace.h"

#define PAGE_BYTES (1ul << SMALL_PAGE_BITS)

/* A scheduling context of this size has room for so many refills more than the least. */
enum { EXTRA_REFILLS = ((1 << PLAN_SCHEDCTX_BITS) - seL4_CoreSchedContextBytes) / seL4_RefillSizeBytes };
enum { TABLE_BITS = 21, DIRECTORY_BITS = 30, PDPT_BITS = 39 };

_Static_assert(seL4_TCBBits <= PLAN_TCB_BITS, "the plan has room for the TCB");
_Static_assert(DOMAIN_BUFFER_ADDRESS == (seL4_UserVSpaceTop & ~(PAGE_BYTES - 1)), "the top page that may be mapped");

uint64_t domain_slots(const struct description_domain *domain)
{
    struct program_view program = plan_program(the_system.description, domain);
    struct domain_plan plan = plan_domain(the_system.description, domain, &program);
    return plan_slots_most(domain, &plan) + domain->irqs.count + domain->ports.count + 2 * domain->grants.count +
           budget_slots(domain);
}

void domain_reserve(struct domain_record *domain, uint32_t index)
{
    domain->description = ROW(domains, domain, index);
    domain->program = plan_program(the_system.description, domain->description);
    domain->plan = plan_domain(the_system.description, domain->description, &domain->program);
    domain->slot_count = plan_slots_most(domain->description, &domain->plan);
    domain->slots = slots_take(domain->slot_count);
    domain->irqs = slots_take(domain->description->irqs.count);
    domain->ports = slots_take(domain->description->ports.count);
    domain->pools = slots_take(domain->description->grants.count);
    domain->budget = slots_take(budget_slots(domain->description));
    if (!domain->slots || !domain->irqs || !domain->ports || !domain->pools || !domain->budget)
        init_fail("no capability slots for %s", domain->description->name);
}

void domain_make_untyped(struct domain_record *domain)
{
    if (!memory_make(seL4_UntypedObject, domain->plan.private_bits, domain_slot(domain, PLAN_SLOT_UNTYPED), 1))
        init_fail("no %lu KiB of memory for %s", (1ul << domain->plan.private_bits) >> 10, domain->description->name);
}

/* --- building ------------------------------------------------------------------------------------------------------- */

/* Where the next object of a kind lies while a domain is built. */
struct builder {
    struct domain_record *domain;
    seL4_CPtr next_frame, next_pdpt, next_directory, next_table, next_map_frame;
    uint64_t mapped_pdpt, mapped_directory, mapped_table; /* one more than the number of the last block */
};

static struct builder builder_for(struct domain_record *domain)
{
    const struct domain_plan *plan = &domain->plan;
    struct builder builder = {.domain = domain};
    builder.next_frame = domain->slots + PLAN_SLOTS_FIXED;
    builder.next_pdpt = builder.next_frame + plan->frames;
    builder.next_directory = builder.next_pdpt + plan->pdpts;
    builder.next_table = builder.next_directory + plan->directories;
    builder.next_map_frame = builder.next_table + plan->tables;
    return builder;
}

static bool make_private(const struct domain_record *domain, seL4_Word type, seL4_Word size_bits, seL4_CPtr slot,
                         uint32_t count)
{
    while (count > 0) {
        uint32_t batch = count < CONFIG_RETYPE_FAN_OUT_LIMIT ? count : CONFIG_RETYPE_FAN_OUT_LIMIT;
        if (seL4_Untyped_Retype(domain_slot(domain, PLAN_SLOT_UNTYPED), type, size_bits, seL4_CapInitThreadCNode, 0, 0,
                                slot, batch))
            return false;
        slot += batch;
        count -= batch;
    }
    return true;
}

/* Large objects first: then each lies right behind the one before. */
static bool make_objects(const struct domain_record *domain)
{
    const struct domain_plan *plan = &domain->plan;
    struct builder first = builder_for((struct domain_record *)domain);
    return make_private(domain, seL4_CapTableObject, CSPACE_BITS, domain_slot(domain, PLAN_SLOT_CSPACE), 1) &&
           make_private(domain, seL4_X64_PML4Object, 0, domain_slot(domain, PLAN_SLOT_VSPACE), 1) &&
           make_private(domain, seL4_X86_PDPTObject, 0, first.next_pdpt, plan->pdpts) &&
           make_private(domain, seL4_X86_PageDirectoryObject, 0, first.next_directory, plan->directories) &&
           make_private(domain, seL4_X86_PageTableObject, 0, first.next_table, plan->tables) &&
           make_private(domain, seL4_X86_4K, 0, first.next_frame, plan->frames) &&
           make_private(domain, seL4_TCBObject, 0, domain_slot(domain, PLAN_SLOT_TCB), 1) &&
           make_private(domain, seL4_CapTableObject, CSPACE_ROOT_BITS, domain_slot(domain, PLAN_SLOT_CSPACE_ROOT), 1) &&
           make_private(domain, seL4_SchedContextObject, PLAN_SCHEDCTX_BITS, domain_slot(domain, PLAN_SLOT_SCHEDCTX),
                        1);
}

/* Maps a frame, and the paging structures above it that are not there yet. Addresses ascend. */
static bool map_frame(struct builder *builder, seL4_CPtr frame, uint64_t address, seL4_Word page_bits,
                      seL4_CapRights_t rights, seL4_X86_VMAttributes attributes)
{
    seL4_CPtr vspace = domain_slot(builder->domain, PLAN_SLOT_VSPACE);
    if (address >> PDPT_BITS >= builder->mapped_pdpt) {
        if (seL4_X86_PDPT_Map(builder->next_pdpt++, vspace, address, seL4_X86_Default_VMAttributes))
            return false;
        builder->mapped_pdpt = (address >> PDPT_BITS) + 1;
    }
    if (address >> DIRECTORY_BITS >= builder->mapped_directory) {
        if (seL4_X86_PageDirectory_Map(builder->next_directory++, vspace, address, seL4_X86_Default_VMAttributes))
            return false;
        builder->mapped_directory = (address >> DIRECTORY_BITS) + 1;
    }
    if (page_bits == SMALL_PAGE_BITS && address >> TABLE_BITS >= builder->mapped_table) {
        if (seL4_X86_PageTable_Map(builder->next_table++, vspace, address, seL4_X86_Default_VMAttributes))
            return false;
        builder->mapped_table = (address >> TABLE_BITS) + 1;
    }
    return !seL4_X86_Page_Map(frame, vspace, address, rights, attributes);
}

static bool fill_frame(seL4_CPtr frame, const void *contents, uint64_t bytes)
{
    void *page = window_open(frame, SMALL_PAGE_BITS);
    if (!page)
        return false;
    memcpy(page, contents, bytes);
    window_close(frame);
    return true;
}

static bool map_segment(struct builder *builder, const struct description_segment *segment)
{
    const char *contents = builder->domain->program.base + segment->contents;
    seL4_CapRights_t rights = segment->is_writable ? seL4_ReadWrite : seL4_CanRead;
    for (uint64_t offset = 0; offset < segment->memory_bytes; offset += PAGE_BYTES) {
        seL4_CPtr frame = builder->next_frame++;
        uint64_t left = offset < segment->contents_bytes ? segment->contents_bytes - offset : 0;
        if (left > 0 && !fill_frame(frame, contents + offset, left < PAGE_BYTES ? left : PAGE_BYTES))
            return false;
        if (!map_frame(builder, frame, segment->address + offset, SMALL_PAGE_BITS, rights,
                       seL4_X86_Default_VMAttributes))
            return false;
    }
    return true;
}

static bool map_region(struct builder *builder, const struct description_map *map)
{
    const struct description_region *region = ROW(regions, region, map->region);
    seL4_CapRights_t rights =
        seL4_CapRights_new(false, false, (map->flags & MAP_READ) != 0, (map->flags & MAP_WRITE) != 0);
    seL4_X86_VMAttributes attributes = map->flags & MAP_UNCACHED ? seL4_X86_CacheDisabled : seL4_X86_WriteBack;
    for (uint64_t offset = 0; offset < region_bytes(map->region); offset += 1ul << region->page_bits) {
        seL4_CPtr frame = the_system.regions[map->region].frames + (offset >> region->page_bits);
        seL4_CPtr copy = builder->next_map_frame++;
        if (cap_give(seL4_CapInitThreadCNode, copy, seL4_WordBits, frame, rights, 0) ||
            !map_frame(builder, copy, map->address + offset, region->page_bits, rights, attributes))
            return false;
    }
    return true;
}

static bool map_private(struct builder *builder, uint64_t address, uint64_t end)
{
    for (; address < end; address += PAGE_BYTES)
        if (!map_frame(builder, builder->next_frame++, address, SMALL_PAGE_BITS, seL4_ReadWrite,
                       seL4_X86_Default_VMAttributes))
            return false;
    return true;
}

static bool fill_component_page(const struct domain_record *domain, seL4_CPtr frame)
{
    struct pecan_component_page *page = window_open(frame, SMALL_PAGE_BITS);
    if (!page)
        return false;
    page->counter_per_us = clock_ticks_per_us();
    page->gives_up_from = domain->gives_up_from_us;
    page->is_traced = the_system.traced_since != 0;
    page->past_starts = domain->starts;
    window_close(frame);
    return true;
}

/* Everything in the address space, from its bottom to its top. */
static bool map_everything(struct builder *builder)
{
    const struct description_domain *domain = builder->domain->description;
    const struct program_view *program = &builder->domain->program;
    uint32_t map = 0, segment = 0;
    while (map < domain->maps.count || segment < program->segment_count) {
        const struct description_map *m = ROW(maps, map, domain->maps.first + map);
        const struct description_segment *s = &program->segments[segment];
        if (segment == program->segment_count || (map < domain->maps.count && m->address < s->address)) {
            if (!map_region(builder, m))
                return false;
            map++;
        } else {
            if (!map_segment(builder, s))
                return false;
            segment++;
        }
    }
    return map_private(builder, DOMAIN_STACK_TOP - domain->stack_bytes, DOMAIN_STACK_TOP) &&
           fill_component_page(builder->domain, builder->next_frame) &&
           map_private(builder, DOMAIN_BUFFER_ADDRESS, DOMAIN_BUFFER_ADDRESS + PAGE_BYTES);
}

bool domain_configure_time(const struct domain_record *domain)
{
    const struct description_domain *description = domain->description;
    seL4_Word badge = BADGE_TIMEOUT | (seL4_Word)(domain - the_system.domains);
    return !seL4_SchedControl_ConfigureFlags(
        the_system.boot->schedcontrol.start, domain_slot(domain, PLAN_SLOT_SCHEDCTX), description->budget_us,
        description->period_us, description->budget_us == description->period_us ? 0 : EXTRA_REFILLS, badge, 0);
}

static bool describe_budget(const struct domain_record *domain, seL4_CPtr buffer_frame)
{
    if (domain->budget_count == 0)
        return true;
    void *page = window_open(buffer_frame, SMALL_PAGE_BITS);
    if (!page)
        return false;
    budget_describe(domain, page);
    window_close(buffer_frame);
    return true;
}

static bool configure_thread(const struct domain_record *domain, seL4_CPtr buffer_frame)
{
    const struct description_domain *description = domain->description;
    seL4_CPtr tcb = domain_slot(domain, PLAN_SLOT_TCB), schedctx = domain_slot(domain, PLAN_SLOT_SCHEDCTX);
    seL4_UserContext registers = {.rip = domain->program.entry, .rsp = DOMAIN_STACK_TOP};

    if (!domain_configure_time(domain) ||
        seL4_TCB_Configure(tcb, domain_slot(domain, PLAN_SLOT_CSPACE_ROOT), 0, domain_slot(domain, PLAN_SLOT_VSPACE), 0,
                           DOMAIN_BUFFER_ADDRESS, buffer_frame) ||
        seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, description->priority, description->priority, schedctx,
                                domain_slot(domain, PLAN_SLOT_FAULT)) ||
        seL4_TCB_BindNotification(tcb, domain_slot(domain, PLAN_SLOT_NOTIFICATION)) ||
        seL4_TCB_WriteRegisters(tcb, false, 0, sizeof(registers) / sizeof(seL4_Word), &registers))
        return false;
    if (description->time_domain && seL4_DomainSet_Set(seL4_CapDomain, (seL4_Uint8)description->time_domain, tcb))
        return false;
    if (description->restart.on & RESTART_ON_OVERRUN &&
        seL4_TCB_SetTimeoutEndpoint(tcb, domain_slot(domain, PLAN_SLOT_TIMEOUT)))
        return false;
    thread_name_in_traces(tcb, PECAN_TRACE_ID_DOMAIN + (seL4_Word)(domain - the_system.domains));
    if (description->flags & DOMAIN_NO_FPU)
        seL4_TCB_SetFlags(tcb, 0, seL4_TCBFlag_fpuDisabled);
#ifdef CONFIG_DEBUG_BUILD
    seL4_DebugNameThread(tcb, description->name);
#endif
    return true;
}

bool domain_build(struct domain_record *domain, uint32_t index)
{
    struct builder builder = builder_for(domain);
    seL4_CPtr buffer_frame = domain->slots + PLAN_SLOTS_FIXED + domain->plan.frames - 1;
    return make_objects(domain) && describe_budget(domain, buffer_frame) &&
           !seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, domain_slot(domain, PLAN_SLOT_VSPACE)) &&
           map_everything(&builder) && configure_thread(domain, buffer_frame) && domain_connect(domain, index) &&
           budget_give(domain);
}

bool domain_start(struct domain_record *domain)
{
    domain->state = DOMAIN_RUNS;
    domain->starts++;
    domain->is_out = false;
    return !seL4_TCB_Resume(domain_slot(domain, PLAN_SLOT_TCB));
}

bool domain_has_room_for(const struct domain_record *domain, const struct program_view *program)
{
    struct domain_plan plan = plan_domain(the_system.description, domain->description, program);
    return plan.private_bytes <= 1ul << domain->plan.private_bits && plan_slots(&plan) <= domain->slot_count;
}

void domain_replace_program(struct domain_record *domain, struct program_view program)
{
    uint32_t private_bits = domain->plan.private_bits;
    domain->program = program;
    domain->plan = plan_domain(the_system.description, domain->description, &program);
    domain->plan.private_bits = private_bits;
}

void domain_destroy(struct domain_record *domain)
{
    struct builder first = builder_for(domain);
    account_end_run(domain);
    domain->is_passive_now = false;
    budget_take_back(domain);
    /* The mappings of regions go with the address space; the capabilities that made them are not in its memory. */
    seL4_CNode_Revoke(seL4_CapInitThreadCNode, domain_slot(domain, PLAN_SLOT_UNTYPED), seL4_WordBits);
    for (uint32_t i = 0; i < domain->plan.map_frames; i++)
        seL4_CNode_Delete(seL4_CapInitThreadCNode, first.next_map_frame + i, seL4_WordBits);
}
