#include "init/check.h"

#include "init/plan.h"
#include "lib/crc32.h"

#include <stdbool.h>
#include <stddef.h>

#define PAGE_BYTES       (1ul << SMALL_PAGE_BITS)
#define REGION_BYTES_MAX (1ul << 36)
#define TABLE_ROWS_MAX   65536u

/* What all checks look at: the description, and how many bytes there are of it or of an update, and of its tables. */
struct checked {
    const struct description *description;
    uint64_t bytes, header_bytes;
};

static bool is_page_multiple(uint64_t value)
{
    return value % PAGE_BYTES == 0;
}

static bool table_is_inside(const struct checked *c, struct description_table table, uint64_t row_bytes)
{
    return table.offset % 8 == 0 && table.count <= TABLE_ROWS_MAX && table.offset <= c->header_bytes &&
           table.count * row_bytes <= c->header_bytes - table.offset;
}

static bool range_is_inside(struct description_range range, struct description_table table, uint32_t *next)
{
    if (range.first != *next || range.count > table.count - *next)
        return false;
    *next += range.count;
    return true;
}

static bool contents_are_inside(const struct checked *c, uint64_t offset, uint64_t bytes)
{
    return offset <= c->bytes && bytes <= c->bytes - offset;
}

static bool name_ends(const char *name)
{
    for (size_t i = 0; i < NAME_BYTES; i++)
        if (!name[i])
            return true;
    return false;
}

static const char *check_region(const struct checked *c, const struct description_region *region)
{
    if (!name_ends(region->name))
        return "a region's name does not end";
    if (region->page_bits != SMALL_PAGE_BITS && region->page_bits != LARGE_PAGE_BITS)
        return "a region's page size";
    if (region->bytes == 0 || region->bytes > REGION_BYTES_MAX || region->bytes % (1ul << region->page_bits))
        return "a region's size";
    if (region->physical_address != ADDRESS_NONE && (region->physical_address % (1ul << region->page_bits) ||
                                                     region->physical_address > ADDRESS_NONE - region->bytes))
        return "a region's physical address";
    if (region->flags & ~(uint32_t)REGION_FLAGS || region->fill > FILL_BOOT_CHUNK)
        return "a region's flags";
    if (region->flags & REGION_SCREEN &&
        (region->flags != REGION_SCREEN || region->physical_address != ADDRESS_NONE || region->fill != FILL_ZERO))
        return "a region where the screen is";
    if (region->fill == FILL_CONTENTS &&
        (!contents_are_inside(c, region->contents, region->contents_bytes) || region->contents_bytes > region->bytes))
        return "a region's contents";
    return NULL;
}

/* The end of an extent that begins at or above `start`, or 0. */
static uint64_t extent_end(uint64_t start, uint64_t address, uint64_t bytes, uint64_t limit)
{
    if (address < start || address > limit || bytes > limit - address)
        return 0;
    return address + bytes;
}

static const char *check_segment(const struct checked *c, const struct description_segment *segment)
{
    if (!is_page_multiple(segment->address) || !is_page_multiple(segment->memory_bytes) || segment->memory_bytes == 0)
        return "a segment's address or size";
    if (segment->contents_bytes > segment->memory_bytes ||
        !contents_are_inside(c, segment->contents, segment->contents_bytes))
        return "a segment's contents";
    return NULL;
}

/* Maps and segments, merged by address: none overlaps the one before, all lie below the stack. */
static const char *check_space(const struct checked *c, const struct description_domain *domain,
                               const struct program_view *program)
{
    const struct description *d = c->description;
    uint64_t end = 0, limit = DOMAIN_STACK_TOP - domain->stack_bytes;
    uint32_t map = 0, segment = 0;
    bool has_entry = false;
    while (map < domain->maps.count || segment < program->segment_count) {
        const struct description_map *m = DESCRIPTION_ROW(d, maps, map, domain->maps.first + map);
        const struct description_segment *s = &program->segments[segment];
        uint64_t start, bytes;
        if (segment == program->segment_count || (map < domain->maps.count && m->address < s->address)) {
            if (m->region >= d->regions.count || m->flags & ~(uint32_t)MAP_FLAGS)
                return "a map's region or flags";
            const struct description_region *region = DESCRIPTION_ROW(d, regions, region, m->region);
            if (m->address % (1ul << region->page_bits))
                return "a map's address";
            start = m->address;
            bytes = region->bytes;
            map++;
        } else {
            const char *problem = check_segment(c, s);
            if (problem)
                return problem;
            start = s->address;
            bytes = s->memory_bytes;
            has_entry |= program->entry >= start && program->entry - start < bytes;
            segment++;
        }
        end = extent_end(end, start, bytes, limit);
        if (!end)
            return "an address space";
    }
    return has_entry ? NULL : "an entry outside the program";
}

/* An update is copied from the stage to the room, and is believed from then on: no other one may be put into it. */
static bool room_is_usable(const struct checked *c, const struct description_domain *domain, uint64_t *rooms_end)
{
    if (domain->update_room_bytes == 0)
        return true;
    if (!contents_are_inside(c, domain->update_room, domain->update_room_bytes) || domain->update_room % 8 ||
        domain->update_room < *rooms_end || domain->update_room_bytes > c->description->stage_bytes)
        return false;
    *rooms_end = domain->update_room + domain->update_room_bytes;
    return true;
}

static const char *check_domain(const struct checked *c, const struct description_domain *domain, uint32_t index)
{
    uint32_t count = c->description->domains.count;
    if (!name_ends(domain->name))
        return "a domain's name does not end";
    if (!is_page_multiple(domain->stack_bytes) || domain->stack_bytes < STACK_BYTES_LEAST ||
        domain->stack_bytes > STACK_BYTES_MOST)
        return "a stack's size";
    if (domain->priority > PRIORITY_MAX || domain->flags & ~(uint32_t)DOMAIN_FLAGS)
        return "a domain's priority or flags";
    if (domain->budget_us > domain->period_us)
        return "a domain's budget";
    if (domain->reserve_bytes > REGION_BYTES_MAX)
        return "a domain's memory";
    if (domain->memory_budget != MEMORY_REST &&
        (domain->memory_budget > REGION_BYTES_MAX || !is_page_multiple(domain->memory_budget)))
        return "a domain's memory budget";
    if (domain->parent != DOMAIN_NONE && (domain->parent >= index || domain->child_id > CHANNEL_ID_MAX))
        return "a domain's parent";
    if (domain->time_domain > TIME_DOMAIN_MAX)
        return "a domain's scheduling domain";
    if (count < 64 && domain->dma_budgets >> count)
        return "the memory that a domain's device reaches";
    if (domain->restart.on & ~(uint32_t)RESTART_REASONS || (count < 64 && domain->restart.with >> count))
        return "a domain's restart policy";
    struct program_view program = plan_program(c->description, domain);
    return check_space(c, domain, &program);
}

/* Patches write behind all tables only. */
static const char *check_patches(const struct checked *c, const struct description_patch *patches, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (patches[i].kind >= PATCH_KINDS || patches[i].contents < c->header_bytes ||
            patches[i].of >= (patches[i].kind <= PATCH_REGION_BYTES ? c->description->regions.count
                                                                    : c->description->domains.count) ||
            !contents_are_inside(c, patches[i].contents, sizeof(uint64_t)))
            return "a patch";
    return NULL;
}

static const char *check_ids(const struct checked *c)
{
    const struct description *d = c->description;
    for (uint32_t i = 0; i < d->channels.count; i++) {
        const struct description_channel *channel = DESCRIPTION_ROW(d, channels, channel, i);
        if (channel->id > CHANNEL_ID_MAX || channel->peer_id > CHANNEL_ID_MAX || channel->peer >= d->domains.count ||
            channel->flags & ~(uint32_t)CHANNEL_FLAGS ||
            (channel->service != SERVICE_NONE && channel->service >= d->services.count))
            return "a channel";
    }
    for (uint32_t i = 0; i < d->services.count; i++) {
        const struct description_service *service = DESCRIPTION_ROW(d, services, service, i);
        if (!name_ends(service->name) || service->provider >= d->domains.count)
            return "a service";
    }
    for (uint32_t i = 0; i < d->irqs.count; i++) {
        const struct description_irq *irq = DESCRIPTION_ROW(d, irqs, irq, i);
        if (irq->id > CHANNEL_ID_MAX || irq->kind > IRQ_MSI || irq->vector > IRQ_VECTOR_MAX)
            return "an interrupt";
    }
    for (uint32_t i = 0; i < d->ports.count; i++) {
        const struct description_port *port = DESCRIPTION_ROW(d, ports, port, i);
        if (port->id > CHANNEL_ID_MAX || port->first > port->last || port->last > 0xffff)
            return "a port range";
    }
    for (uint32_t i = 0; i < d->grants.count; i++) {
        const struct description_grant *grant = DESCRIPTION_ROW(d, grants, grant, i);
        if (grant->kind >= GRANT_KINDS || grant->of >= d->domains.count || grant->slot == 0 ||
            grant->slot > USER_CAP_SLOT_MAX)
            return "a user capability";
    }
    for (uint32_t i = 0; i < d->turns.count; i++) {
        const struct description_turn *turn = DESCRIPTION_ROW(d, turns, turn, i);
        if (turn->duration > TURN_DURATION_MAX || turn->domain > TIME_DOMAIN_MAX)
            return "a turn of the schedule";
    }
    return check_patches(c, DESCRIPTION_ROW(d, patches, patch, 0), d->patches.count);
}

static const char *check_domains(const struct checked *c)
{
    const struct description *d = c->description;
    uint32_t maps = 0, segments = 0, channels = 0, irqs = 0, ports = 0, grants = 0, rests = 0;
    uint64_t rooms_end = d->header_bytes;
    for (uint32_t i = 0; i < d->domains.count; i++) {
        const struct description_domain *domain = DESCRIPTION_ROW(d, domains, domain, i);
        rests += domain->memory_budget == MEMORY_REST;
        if (rests > 1)
            return "two domains that get the rest of the memory";
        if (!range_is_inside(domain->maps, d->maps, &maps) ||
            !range_is_inside(domain->segments, d->segments, &segments) ||
            !range_is_inside(domain->channels, d->channels, &channels) ||
            !range_is_inside(domain->irqs, d->irqs, &irqs) || !range_is_inside(domain->ports, d->ports, &ports) ||
            !range_is_inside(domain->grants, d->grants, &grants))
            return "a domain's part of a table";
        if (!room_is_usable(c, domain, &rooms_end))
            return "a domain's room for updates";
        const char *problem = check_domain(c, domain, i);
        if (problem)
            return problem;
    }
    return NULL;
}

static bool tables_are_inside(const struct checked *c)
{
    const struct description *d = c->description;
    return table_is_inside(c, d->domains, sizeof(struct description_domain)) &&
           table_is_inside(c, d->regions, sizeof(struct description_region)) &&
           table_is_inside(c, d->maps, sizeof(struct description_map)) &&
           table_is_inside(c, d->segments, sizeof(struct description_segment)) &&
           table_is_inside(c, d->channels, sizeof(struct description_channel)) &&
           table_is_inside(c, d->irqs, sizeof(struct description_irq)) &&
           table_is_inside(c, d->ports, sizeof(struct description_port)) &&
           table_is_inside(c, d->grants, sizeof(struct description_grant)) &&
           table_is_inside(c, d->patches, sizeof(struct description_patch)) &&
           table_is_inside(c, d->turns, sizeof(struct description_turn)) &&
           table_is_inside(c, d->services, sizeof(struct description_service));
}

const char *description_check(const struct description *description, uint64_t room)
{
    if (room < sizeof(*description) || description->magic != DESCRIPTION_MAGIC)
        return "there is none behind the program (was this image made by `pecan build`?)";
    if (description->version != DESCRIPTION_VERSION)
        return "it was made by another version of the tool";
    if (description->bytes > room || !is_page_multiple(description->bytes) ||
        description->stage_bytes > room - description->bytes)
        return "it is cut off";
    if (description->header_bytes < sizeof(*description) || description->header_bytes > description->bytes)
        return "the header's size";

    struct checked c = {description, description->bytes, description->header_bytes};
    if (description->domains.count == 0 || description->domains.count > DOMAINS_MAX)
        return "the number of domains";
    if (description->regions.count > DESCRIPTION_REGIONS_MAX)
        return "the number of regions";
    if (!tables_are_inside(&c))
        return "a table lies outside";
    for (uint32_t i = 0; i < description->regions.count; i++) {
        const char *problem = check_region(&c, DESCRIPTION_ROW(description, regions, region, i));
        if (problem)
            return problem;
    }
    if (description->log_region != REGION_NONE &&
        (description->log_region >= description->regions.count ||
         DESCRIPTION_ROW(description, regions, region, description->log_region)->page_bits != SMALL_PAGE_BITS))
        return "init's log";
    if (description->trace_region != REGION_NONE && description->trace_region >= description->regions.count)
        return "the kernel's trace";
    const char *problem = check_domains(&c);
    return problem ? problem : check_ids(&c);
}

uint32_t update_sum(const struct program_update *update)
{
    uint32_t sum = crc32(0, update, offsetof(struct program_update, sum));
    return crc32(sum, update + 1, update->bytes - sizeof(*update));
}

struct program_view update_program(const struct program_update *update)
{
    return (struct program_view){(const char *)update, update->entry,
                                 (const struct description_segment *)((const char *)update + update->segments.offset),
                                 update->segments.count};
}

static bool names_are_equal(const char *a, const char *b)
{
    size_t i = 0;
    while (i < NAME_BYTES && a[i] == b[i] && a[i])
        i++;
    return i < NAME_BYTES && a[i] == b[i];
}

const char *update_check(const struct description *description, const struct description_domain *domain,
                         const struct program_update *update, uint64_t room)
{
    if (room < sizeof(*update) || update->magic != UPDATE_MAGIC)
        return "it is not an update";
    if (update->version != DESCRIPTION_VERSION)
        return "it was made by another version of the tool";
    if (update->bytes > room)
        return "it is cut off";
    if (update->bytes < sizeof(*update) || update->sum != update_sum(update))
        return "its checksum is wrong, so it was changed on its way";
    if (update->header_bytes < sizeof(*update) || update->header_bytes > update->bytes)
        return "the header's size";
    if (!names_are_equal(update->domain, domain->name))
        return "it is for another domain";
    struct checked c = {description, update->bytes, update->header_bytes};
    if (!table_is_inside(&c, update->segments, sizeof(struct description_segment)) ||
        !table_is_inside(&c, update->patches, sizeof(struct description_patch)))
        return "a table lies outside";
    struct program_view program = update_program(update);
    const char *problem = check_space(&c, domain, &program);
    if (problem)
        return problem;
    return check_patches(&c, (const struct description_patch *)((const char *)update + update->patches.offset),
                         update->patches.count);
}
