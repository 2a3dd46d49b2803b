#include "init/budget.h"

#include "init/cspace.h"
#include "init/region.h"
#include "lib/string.h"
#include "microkit/include/pecan/component.h"

_Static_assert((int)BUDGET_PIECES_MOST == (int)PECAN_BUDGET_PIECES_MOST && (int)CSPACE_BUDGET == (int)PECAN_BUDGET_CAP,
               "budgets are the same inside and outside");

uint64_t budget_slots(const struct description_domain *domain)
{
    return domain->memory_budget ? BUDGET_PIECES_MOST : 0;
}

void budget_make(struct domain_record *domain, uint32_t size_bits)
{
    uint64_t bytes = domain->description->memory_budget;
    if (bytes == MEMORY_REST || !(bytes >> size_bits & 1))
        return;
    if (!memory_make_piece(size_bits, domain->budget + domain->budget_count,
                           &domain->budget_pieces[domain->budget_count]))
        init_fail("no %lu KiB of memory for the budget of %s", (1ul << size_bits) >> 10, domain->description->name);
    domain->budget_count++;
}

void budget_make_rest(struct domain_record *domain)
{
    if (domain->description->memory_budget != MEMORY_REST)
        return;
    domain->budget_count = memory_make_rest(domain->budget, BUDGET_PIECES_MOST, domain->budget_pieces);
    if (domain->budget_count == 0)
        init_fail("no memory is left for %s", domain->description->name);
}

bool budget_give(const struct domain_record *domain)
{
    for (uint32_t i = 0; i < domain->budget_count; i++)
        /* A copy: it is cleared by the first object that the domain makes, not here, where a device may still be at work in it. */
        if (cap_give(domain_slot(domain, PLAN_SLOT_CSPACE), CSPACE_BUDGET + i, CSPACE_BITS, domain->budget + i,
                     seL4_AllRights, 0))
            return false;
    return true;
}

void budget_describe(const struct domain_record *domain, void *page)
{
    struct pecan_memory_budget *budget = &((struct pecan_component_page *)page)->budget;
    budget->count = domain->budget_count;
    for (uint32_t i = 0; i < domain->budget_count; i++) {
        budget->pieces[i].address = domain->budget_pieces[i].address;
        budget->pieces[i].size_bits = domain->budget_pieces[i].size_bits;
    }
}

void budget_take_back(const struct domain_record *domain)
{
    for (uint32_t i = 0; i < domain->budget_count; i++)
        seL4_CNode_Revoke(seL4_CapInitThreadCNode, domain->budget + i, seL4_WordBits);
}

uint64_t budget_bytes(const struct domain_record *domain)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < domain->budget_count; i++)
        bytes += 1ul << domain->budget_pieces[i].size_bits;
    return bytes;
}

static uint64_t largest_piece_bytes(const struct domain_record *domain)
{
    return domain->budget_count ? 1ul << domain->budget_pieces[0].size_bits : 0;
}

uint64_t dma_bytes(const struct description_domain *description)
{
    uint64_t bytes = description->dma_bytes;
    for (uint32_t i = 0; i < the_system.description->domains.count; i++)
        bytes += description->dma_budgets >> i & 1 ? largest_piece_bytes(&the_system.domains[i]) : 0;
    return bytes;
}

static uint64_t patch_value(const struct description_patch *patch)
{
    const struct domain_record *domain = &the_system.domains[patch->of];
    switch (patch->kind) {
    case PATCH_BUDGET_ADDRESS:
        return domain->budget_count ? domain->budget_pieces[0].address : 0;
    case PATCH_BUDGET_BYTES:
        return largest_piece_bytes(domain);
    case PATCH_REGION_BYTES:
        return region_bytes(patch->of);
    default:
        return the_system.regions[patch->of].physical_address;
    }
}

void patches_apply(char *base, const struct description_patch *patches, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t value = patch_value(&patches[i]);
        memcpy(base + patches[i].contents, &value, sizeof(value));
    }
}
