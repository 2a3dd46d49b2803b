#include "compile.h"

#include "init/check.h"
#include "init/plan.h"
#include "microkit/include/pecan/log.h"
#include "microkit/include/pecan/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES (1ul << SMALL_PAGE_BITS)

_Static_assert(PECAN_LOGS_MOST > DOMAINS_MAX && PECAN_TRACES_MOST > DOMAINS_MAX,
               "all domains, and init's log, the kernel's trace");

enum { VARIABLE_BYTES = 8 };

/* By how much a program may grow at an update, normally: an eighth of its contents, and at least this. */
enum { GROWTH_SHARE = 8, GROWTH_BYTES_LEAST = 0x2000 };

/* --- values of variables -------------------------------------------------------------------------------------------- */

static void set_bytes(struct program *program, const char *name, const void *value, size_t size)
{
    struct program_variable variable = program_variable(program, name, program->place);
    if (variable.size < size)
        fail_at(program->place, "symbol '%s' of '%s' has %lu bytes and not %zu (is it linked with libmicrokit?) @ ",
                name, program->path, variable.size, size);
    memcpy(program_bytes(program, variable.address, size, program->place), value, size);
}

static void set_mask(struct program *program, const char *name, uint64_t mask)
{
    set_bytes(program, name, &mask, sizeof(mask));
}

/* What the library wants to know: its name, and which ids are valid. */
static void set_library_values(const struct system *system, const struct domain *domain, struct program *program)
{
    char name[NAME_BYTES] = {0};
    uint8_t is_passive = domain->is_passive;
    uint64_t irqs = 0, notifications = 0, calls = 0, ports = 0;
    for (size_t i = 0; i < domain->irq_count; i++)
        irqs |= 1ul << domain->irqs[i].row.id;
    for (size_t i = 0; i < domain->port_count; i++)
        ports |= 1ul << domain->ports[i].id;
    for (size_t i = 0; i < system->channel_count; i++)
        for (size_t k = 0; k < 2; k++) {
            const struct end *end = &system->channels[i].ends[k];
            if (end->domain == domain && end->may_notify)
                notifications |= 1ul << end->id;
            if (end->domain == domain && end->may_call)
                calls |= 1ul << end->id;
        }
    memcpy(name, domain->name, strlen(domain->name));
    set_bytes(program, "microkit_name", name, sizeof(name));
    set_bytes(program, "microkit_passive", &is_passive, sizeof(is_passive));
    set_mask(program, "microkit_irqs", irqs);
    set_mask(program, "microkit_notifications", notifications);
    set_mask(program, "microkit_pps", calls);
    set_mask(program, "microkit_ioports", ports);
}

static void set_kept(struct program *program, const char *start, const char *bytes, const struct kept_region *kept)
{
    if (!kept->address)
        return;
    set_bytes(program, start, &kept->address, sizeof(kept->address));
    set_bytes(program, bytes, &kept->bytes, sizeof(kept->bytes));
}

/* Where its own log and trace are, and where those are that it reads (pecan/log.h, pecan/trace.h). */
static void set_logs_and_traces(const struct system *system, const struct domain *domain, struct program *program)
{
    struct pecan_log_source logs[PECAN_LOGS_MOST] = {0};
    struct pecan_trace_source traces[PECAN_TRACES_MOST] = {0};
    set_kept(program, "pecan_log_start", "pecan_log_bytes", &domain->log);
    set_kept(program, "pecan_trace_start", "pecan_trace_bytes", &domain->trace);
    for (size_t i = 0; i <= system->domain_count; i++) {
        const char *name = i < system->domain_count ? system->domains[i]->name : "init";
        memcpy(logs[i].name, name, strlen(name));
        logs[i].address = domain->logs[i].address;
        logs[i].bytes = domain->logs[i].bytes;
    }
    for (size_t i = 0; i <= system->domain_count; i++)
        traces[i] = (struct pecan_trace_source){domain->traces[i].address, domain->traces[i].bytes};
    if (domain->reads_logs)
        set_bytes(program, "pecan_log_sources", logs, sizeof(logs));
    if (domain->reads_traces)
        set_bytes(program, "pecan_trace_sources", traces, sizeof(traces));
}

static const struct region *symbol_region(const struct system *system, const struct symbol *symbol)
{
    bool is_of_region =
        symbol->kind == VALUE_REGION_SIZE || symbol->kind == VALUE_PREFILL_SIZE || symbol->kind == VALUE_REGION_ADDRESS;
    return is_of_region ? system_region(system, symbol->of) : NULL;
}

/* What init writes to a variable whose value is known at boot; PATCH_KINDS: the tool knows the value. */
static enum patch_kind late_kind(const struct symbol *symbol, const struct region *region)
{
    switch (symbol->kind) {
    case VALUE_REGION_ADDRESS:
        return region->physical_address == ADDRESS_NONE ? PATCH_REGION_ADDRESS : PATCH_KINDS;
    case VALUE_REGION_SIZE:
        return region->is_at_screen ? PATCH_REGION_BYTES : PATCH_KINDS;
    case VALUE_BUDGET_ADDRESS:
        return PATCH_BUDGET_ADDRESS;
    case VALUE_BUDGET_BYTES:
        return PATCH_BUDGET_BYTES;
    default:
        return PATCH_KINDS;
    }
}

static void set_symbol(const struct system *system, const struct symbol *symbol, struct program *program,
                       struct late_values *late)
{
    struct program_variable variable = program_variable(program, symbol->name, symbol->place);
    const struct region *region = symbol_region(system, symbol);
    uint64_t value = symbol->number;
    if (variable.size != VARIABLE_BYTES)
        fail_at(symbol->place, "setvar of symbol '%s' in PD '%s': its size is %lu bytes and not %d @ ", symbol->name,
                program->domain_name, variable.size, VARIABLE_BYTES);
    uint8_t *bytes = program_bytes(program, variable.address, VARIABLE_BYTES, symbol->place);
    if (symbol->kind == VALUE_REGION_SIZE)
        value = region->bytes;
    else if (symbol->kind == VALUE_PREFILL_SIZE)
        value = region->contents.size;
    else if (symbol->kind == VALUE_REGION_ADDRESS)
        value = region->physical_address;
    if (late_kind(symbol, region) != PATCH_KINDS) {
        struct late_value *item = ADD(late->items, late->count);
        *item = (struct late_value){.address = variable.address, .kind = late_kind(symbol, region)};
        item->of = region ? region_index(system, symbol->of) : system_domain(system, symbol->of)->index;
        value = 0;
    }
    memcpy(bytes, &value, sizeof(value));
}

/* --- programs ------------------------------------------------------------------------------------------------------- */

static char *find_image(const struct system *system, const struct domain *domain, const char *name)
{
    char *path = search(&system->search, name);
    if (!path)
        fail_at(domain->image_place, "unable to find program image '%s' for PD '%s' in the search path @ ", name,
                domain->name);
    return path;
}

static void check_against_maps(const struct domain *domain, const struct program *program)
{
    for (size_t i = 0; i < domain->map_count; i++)
        for (size_t k = 0; k < program->part_count; k++) {
            const struct map *map = &domain->maps[i];
            const struct program_part *part = &program->parts[k];
            uint64_t map_end = map->address + map->region->bytes, part_end = part->address + part->memory_bytes;
            if (map->address < part_end && part->address < map_end)
                fail_at(map->place,
                        "map for '%s' has virtual address range [0x%lx..0x%lx) which overlaps with the program image "
                        "of PD '%s' [0x%lx..0x%lx) @ ",
                        map->region_name, map->address, map_end, domain->name, part->address, part_end);
        }
}

static struct program *read_program(const struct system *system, const struct domain *domain, struct late_values *late)
{
    char *path = find_image(system, domain, domain->image_path);
    char *symbols = domain->symbols_path ? find_image(system, domain, domain->symbols_path) : path;
    struct program *program =
        program_read(path, symbols, domain->name, domain->image_place, DOMAIN_STACK_TOP - domain->stack_bytes);
    check_against_maps(domain, program);
    set_library_values(system, domain, program);
    set_logs_and_traces(system, domain, program);
    for (size_t i = 0; i < domain->symbol_count; i++)
        set_symbol(system, &domain->symbols[i], program, late);
    program_cut(program);
    return program;
}

/* --- the description ------------------------------------------------------------------------------------------------ */

/* Rows of one table while they are collected. */
struct rows {
    void *items;
    size_t count, row_bytes;
};

struct compiler {
    const struct system *system;
    struct compiled *compiled;
    struct rows domains, regions, maps, segments, channels, irqs, ports, grants, patches, turns, services;
    const void **contents; /* what follows the tables, each item at a multiple of a page */
    size_t content_count;
    uint64_t *content_sizes;
    size_t content_size_count;
    uint64_t stage_bytes;         /* the largest room for an update */
    uint64_t growth[DOMAINS_MAX]; /* private memory for a program that has grown, by domain */
    uint64_t *patch_contents;     /* for each patch, the number of the contents that it is in */
    size_t patch_content_count;
};

static void *add_row(struct rows *rows, size_t row_bytes)
{
    rows->row_bytes = row_bytes;
    return array_add(&rows->items, &rows->count, row_bytes);
}
#define ADD_ROW(rows, type) ((struct description_##type *)add_row(rows, sizeof(struct description_##type)))

/* Contents are numbered until the size of the tables is known; then the number becomes an offset. */
static uint64_t add_contents(struct compiler *compiler, const void *data, uint64_t size)
{
    *(const void **)ADD(compiler->contents, compiler->content_count) = data;
    *(uint64_t *)ADD(compiler->content_sizes, compiler->content_size_count) = size;
    return compiler->content_count - 1;
}

uint32_t region_index(const struct system *system, const char *name)
{
    uint32_t i = 0;
    while (!text_is(system->regions[i]->name, name))
        i++;
    return i;
}

static void add_region(struct compiler *compiler, const struct region *region)
{
    struct description_region *row = ADD_ROW(&compiler->regions, region);
    memcpy(row->name, region->name, strlen(region->name));
    row->bytes = region->bytes;
    row->physical_address = region->physical_address;
    row->page_bits = region->page_bits;
    row->flags = region->is_at_screen ? REGION_SCREEN : region->is_contiguous ? REGION_CONTIGUOUS : 0;
    row->fill = region->fill;
    row->boot_chunk = region->boot_chunk;
    if (region->fill == FILL_CONTENTS) {
        row->contents_bytes = region->contents.size;
        row->contents = add_contents(compiler, region->contents.data, region->contents.size);
    }
}

static int compare_maps(const void *a, const void *b)
{
    uint64_t x = ((const struct description_map *)a)->address, y = ((const struct description_map *)b)->address;
    return x < y ? -1 : x > y;
}

static void add_maps(struct compiler *compiler, const struct domain *domain)
{
    size_t first = compiler->maps.count;
    for (size_t i = 0; i < domain->map_count; i++) {
        struct description_map *row = ADD_ROW(&compiler->maps, map);
        *row = (struct description_map){domain->maps[i].address,
                                        region_index(compiler->system, domain->maps[i].region_name),
                                        domain->maps[i].flags};
    }
    if (domain->map_count)
        qsort((struct description_map *)compiler->maps.items + first, domain->map_count, sizeof(struct description_map),
              compare_maps);
}

/* Returns how many bytes the contents take, in whole pages. */
static uint64_t add_segments(struct compiler *compiler, const struct domain *domain, const struct program *program)
{
    uint64_t contents_bytes = 0;
    const struct late_values *late = &compiler->compiled->late[domain->index];
    for (size_t i = 0; i < program->part_count; i++) {
        const struct program_part *part = &program->parts[i];
        struct description_segment *row = ADD_ROW(&compiler->segments, segment);
        *row = (struct description_segment){.address = part->address,
                                            .memory_bytes = part->memory_bytes,
                                            .contents = add_contents(compiler, part->contents, part->contents_bytes),
                                            .contents_bytes = part->contents_bytes,
                                            .is_writable = part->is_writable};
        contents_bytes += round_up(part->contents_bytes, PAGE_BYTES);
        for (size_t k = 0; k < late->count; k++)
            if (program_part_at(program, late->items[k].address) == part) {
                /* The place in the part is added to the contents' when that is known. */
                struct description_patch *patch = ADD_ROW(&compiler->patches, patch);
                *patch = (struct description_patch){late->items[k].address - part->address, late->items[k].kind,
                                                    late->items[k].of};
                *(uint64_t *)ADD(compiler->patch_contents, compiler->patch_content_count) = row->contents;
            }
    }
    return contents_bytes;
}

static void add_channels(struct compiler *compiler, const struct domain *domain)
{
    for (size_t i = 0; i < compiler->system->channel_count; i++)
        for (size_t k = 0; k < 2; k++) {
            const struct end *end = &compiler->system->channels[i].ends[k];
            const struct end *peer = &compiler->system->channels[i].ends[1 - k];
            if (end->domain != domain)
                continue;
            struct description_channel *row = ADD_ROW(&compiler->channels, channel);
            *row = (struct description_channel){
                end->id,
                peer->domain->index,
                peer->id,
                (end->may_notify ? CHANNEL_NOTIFY : 0u) | (end->may_call ? CHANNEL_CALL : 0u),
                compiler->system->channels[i].service ? compiler->system->channels[i].service->index : SERVICE_NONE,
                0};
        }
}

static void add_devices(struct compiler *compiler, const struct domain *domain)
{
    for (size_t i = 0; i < domain->irq_count; i++)
        *ADD_ROW(&compiler->irqs, irq) = domain->irqs[i].row;
    for (size_t i = 0; i < domain->port_count; i++) {
        const struct port *port = &domain->ports[i];
        *ADD_ROW(&compiler->ports, port) =
            (struct description_port){port->id, (uint32_t)port->first, (uint32_t)(port->first + port->size - 1), 0};
    }
    for (size_t i = 0; i < domain->grant_count; i++) {
        const struct grant *grant = &domain->grants[i];
        *ADD_ROW(&compiler->grants, grant) = (struct description_grant){
            grant->kind, system_domain(compiler->system, grant->domain_name)->index, grant->slot, 0};
    }
}

/*
 * A new program takes the place of the first, with room for more behind it: as much as the description says, or for one
 * that has grown a little if there is a supervisor to hand it over.
 */
static void add_update_room(struct compiler *compiler, const struct domain *domain, struct description_domain *row,
                            uint64_t first_contents, uint64_t contents_bytes)
{
    uint64_t room = domain->update_room_bytes;
    if (room == UPDATE_ROOM_NORMAL) {
        uint64_t growth = contents_bytes / GROWTH_SHARE;
        growth = round_up(growth < GROWTH_BYTES_LEAST ? GROWTH_BYTES_LEAST : growth, PAGE_BYTES);
        compiler->growth[domain->index] = compiler->system->has_supervisor ? growth : 0;
        room = compiler->system->has_supervisor ? contents_bytes + growth : 0;
    }
    if (room == 0)
        return;
    room = round_up(room < contents_bytes ? contents_bytes : room, PAGE_BYTES);
    if (room > contents_bytes)
        add_contents(compiler, allocate(room - contents_bytes), room - contents_bytes);
    row->update_room = first_contents;
    row->update_room_bytes = room;
    if (row->update_room_bytes > compiler->stage_bytes)
        compiler->stage_bytes = row->update_room_bytes;
}

static uint64_t domain_set(const struct system *system, const char *names)
{
    uint64_t set = 0;
    for (const char *text = names ? names : ""; *(text += strspn(text, " ")); text += strcspn(text, " ")) {
        char *name = text_format("%.*s", (int)strcspn(text, " "), text);
        set |= 1ul << system_domain(system, name)->index;
        free(name);
    }
    return set;
}

/* The memory that the domain's device reaches: what is known of it, and the budgets of which that is known at boot. */
static void set_dma(const struct system *system, const struct domain *domain, struct description_domain *row)
{
    size_t next = 0;
    for (const struct symbol *symbol; (symbol = domain_next_dma(domain, &next));) {
        if (symbol->kind == VALUE_BUDGET_ADDRESS)
            row->dma_budgets |= 1ul << system_domain(system, symbol->of)->index;
        else
            row->dma_bytes += dma_bytes(system, symbol);
    }
}

static uint32_t domain_flags(const struct domain *domain)
{
    return (domain->is_passive ? DOMAIN_PASSIVE : 0u) | (domain->has_fpu ? 0u : DOMAIN_NO_FPU) |
           (domain->is_called || domain->has_children ? DOMAIN_RECEIVES : 0u) |
           (domain->is_supervisor ? DOMAIN_SUPERVISOR : 0u) | (domain->is_observer ? DOMAIN_OBSERVER : 0u) |
           (domain->is_vital ? DOMAIN_VITAL : 0u);
}

static struct description_range range_since(uint32_t first, const struct rows *rows)
{
    return (struct description_range){first, (uint32_t)rows->count - first};
}

static void add_domain(struct compiler *compiler, const struct domain *domain, const struct program *program)
{
    const struct restart_policy *policy = &domain->restart;
    uint32_t maps = (uint32_t)compiler->maps.count, segments = (uint32_t)compiler->segments.count;
    uint32_t channels = (uint32_t)compiler->channels.count, irqs = (uint32_t)compiler->irqs.count;
    uint32_t ports = (uint32_t)compiler->ports.count, grants = (uint32_t)compiler->grants.count;
    add_maps(compiler, domain);
    uint64_t first_contents = compiler->content_count, contents_bytes = add_segments(compiler, domain, program);
    add_channels(compiler, domain);
    add_devices(compiler, domain);

    struct description_domain *row = ADD_ROW(&compiler->domains, domain);
    memcpy(row->name, domain->name, strlen(domain->name));
    row->entry = program->entry;
    row->stack_bytes = domain->stack_bytes;
    row->budget_us = domain->budget_us;
    row->period_us = domain->period_us;
    row->reserve_bytes = domain->reserve_bytes;
    row->memory_budget = domain->memory_budget;
    set_dma(compiler->system, domain, row);
    add_update_room(compiler, domain, row, first_contents, contents_bytes);
    row->restart = (struct description_restart){domain_set(compiler->system, policy->with),
                                                policy->window_us,
                                                policy->delay_us,
                                                policy->delay_most_us,
                                                policy->heartbeat_us,
                                                policy->limit,
                                                policy->on};
    row->priority = (uint32_t)domain->priority;
    row->flags = domain_flags(domain);
    row->parent = domain->parent ? domain->parent->index : DOMAIN_NONE;
    row->child_id = domain->child_id;
    row->time_domain = domain->time_domain;
    row->maps = range_since(maps, &compiler->maps);
    row->segments = range_since(segments, &compiler->segments);
    row->channels = range_since(channels, &compiler->channels);
    row->irqs = range_since(irqs, &compiler->irqs);
    row->ports = range_since(ports, &compiler->ports);
    row->grants = range_since(grants, &compiler->grants);
}

static uint64_t place_table(struct description_table *table, const struct rows *rows, uint64_t offset)
{
    *table = (struct description_table){(uint32_t)offset, (uint32_t)rows->count};
    return round_up(offset + rows->count * rows->row_bytes, 8);
}

static uint64_t place_tables(struct compiler *compiler, struct description *header)
{
    uint64_t end = sizeof(*header);
    end = place_table(&header->domains, &compiler->domains, end);
    end = place_table(&header->regions, &compiler->regions, end);
    end = place_table(&header->maps, &compiler->maps, end);
    end = place_table(&header->segments, &compiler->segments, end);
    end = place_table(&header->channels, &compiler->channels, end);
    end = place_table(&header->irqs, &compiler->irqs, end);
    end = place_table(&header->ports, &compiler->ports, end);
    end = place_table(&header->grants, &compiler->grants, end);
    end = place_table(&header->patches, &compiler->patches, end);
    end = place_table(&header->turns, &compiler->turns, end);
    end = place_table(&header->services, &compiler->services, end);
    return round_up(end, PAGE_BYTES);
}

static void copy_table(uint8_t *image, struct description_table table, const struct rows *rows)
{
    if (rows->count)
        memcpy(image + table.offset, rows->items, rows->count * rows->row_bytes);
}

static void copy_tables(const struct compiler *compiler, const struct description *header, uint8_t *image)
{
    memcpy(image, header, sizeof(*header));
    copy_table(image, header->domains, &compiler->domains);
    copy_table(image, header->regions, &compiler->regions);
    copy_table(image, header->maps, &compiler->maps);
    copy_table(image, header->segments, &compiler->segments);
    copy_table(image, header->channels, &compiler->channels);
    copy_table(image, header->irqs, &compiler->irqs);
    copy_table(image, header->ports, &compiler->ports);
    copy_table(image, header->grants, &compiler->grants);
    copy_table(image, header->patches, &compiler->patches);
    copy_table(image, header->turns, &compiler->turns);
    copy_table(image, header->services, &compiler->services);
}

/* Turns the numbers of contents in the rows into offsets. */
static void resolve_contents(struct compiler *compiler, const uint64_t *offsets)
{
    struct description_patch *patches = compiler->patches.items;
    struct description_segment *segments = compiler->segments.items;
    struct description_region *regions = compiler->regions.items;
    struct description_domain *domains = compiler->domains.items;
    for (size_t i = 0; i < compiler->domains.count; i++)
        if (domains[i].update_room_bytes)
            domains[i].update_room = offsets[domains[i].update_room];
    for (size_t i = 0; i < compiler->patches.count; i++)
        patches[i].contents += offsets[compiler->patch_contents[i]];
    for (size_t i = 0; i < compiler->segments.count; i++)
        segments[i].contents = offsets[segments[i].contents];
    for (size_t i = 0; i < compiler->regions.count; i++)
        if (regions[i].fill == FILL_CONTENTS)
            regions[i].contents = offsets[regions[i].contents];
}

/* Private memory in which a program that has grown finds room, where the description does not say how much. */
static void reserve_memory(const struct compiler *compiler, struct description *description)
{
    struct description_domain *domains =
        (struct description_domain *)((char *)description + description->domains.offset);
    for (uint32_t i = 0; i < description->domains.count; i++) {
        struct program_view program = plan_program(description, &domains[i]);
        if (domains[i].reserve_bytes == 0 && compiler->growth[i])
            domains[i].reserve_bytes =
                plan_domain(description, &domains[i], &program).private_bytes + compiler->growth[i];
    }
}

static void assemble(struct compiler *compiler)
{
    struct description header = {.magic = DESCRIPTION_MAGIC,
                                 .version = DESCRIPTION_VERSION,
                                 .stage_bytes = compiler->stage_bytes,
                                 .turn_shift = compiler->system->turn_shift,
                                 .turn_start = compiler->system->turn_start,
                                 .log_region = REGION_NONE,
                                 .trace_region = REGION_NONE};
    uint64_t *offsets = allocate(compiler->content_count * sizeof(*offsets));
    uint64_t end = place_tables(compiler, &header);
    if (compiler->system->log_region)
        header.log_region = region_index(compiler->system, compiler->system->log_region);
    if (compiler->system->trace_region)
        header.trace_region = region_index(compiler->system, compiler->system->trace_region);
    header.header_bytes = (uint32_t)end;
    for (size_t i = 0; i < compiler->content_count; i++) {
        offsets[i] = end;
        end = round_up(end + compiler->content_sizes[i], PAGE_BYTES);
    }
    header.bytes = end;
    resolve_contents(compiler, offsets);

    struct file_bytes *image = &compiler->compiled->description;
    image->data = allocate(end);
    image->size = end;
    copy_tables(compiler, &header, image->data);
    for (size_t i = 0; i < compiler->content_count; i++)
        memcpy(image->data + offsets[i], compiler->contents[i], compiler->content_sizes[i]);
    reserve_memory(compiler, (struct description *)image->data);
}

struct compiled *system_compile(const struct system *system)
{
    struct compiler compiler = {.system = system, .compiled = allocate(sizeof(struct compiled))};
    if (system->region_count > DESCRIPTION_REGIONS_MAX)
        fail_at(system->regions[DESCRIPTION_REGIONS_MAX]->place, "too many memory regions, maximum is %d @ ",
                DESCRIPTION_REGIONS_MAX);
    for (size_t i = 0; i < system->domain_count; i++)
        compiler.compiled->programs[i] = read_program(system, system->domains[i], &compiler.compiled->late[i]);
    for (size_t i = 0; i < system->region_count; i++)
        add_region(&compiler, system->regions[i]);
    for (size_t i = 0; i < system->domain_count; i++)
        add_domain(&compiler, system->domains[i], compiler.compiled->programs[i]);
    for (size_t i = 0; i < system->turn_count; i++)
        *ADD_ROW(&compiler.turns, turn) = system->turns[i];
    for (size_t i = 0; i < system->service_count; i++) {
        struct description_service *row = ADD_ROW(&compiler.services, service);
        memcpy(row->name, system->services[i]->name, strlen(system->services[i]->name));
        row->provider = system->services[i]->provider->index;
    }
    assemble(&compiler);

    const char *problem = description_check(compiled_description(compiler.compiled),
                                            compiler.compiled->description.size + compiler.stage_bytes);
    if (problem)
        fail("the compiled description is not what init expects: %s", problem);
    return compiler.compiled;
}
