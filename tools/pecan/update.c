/*
 * pecan update: a new program for one domain of a system that runs.
 */
#include "commands.h"
#include "compile.h"
#include "sdk.h"

#include "init/check.h"

#include <stdio.h>
#include <string.h>

enum { ALIGNMENT = 8 };

struct file_bytes update_make(const struct compiled *compiled, const struct domain *domain)
{
    const struct program *program = compiled->programs[domain->index];
    const struct late_values *late = &compiled->late[domain->index];
    struct program_update header = {.magic = UPDATE_MAGIC, .version = DESCRIPTION_VERSION, .entry = program->entry};
    struct description_segment *segments = allocate(program->part_count * sizeof(*segments));
    struct description_patch *patches = allocate(late->count * sizeof(*patches));
    uint64_t end = sizeof(header);
    memcpy(header.domain, domain->name, strlen(domain->name));
    header.segments = (struct description_table){(uint32_t)end, (uint32_t)program->part_count};
    end += program->part_count * sizeof(*segments);
    header.patches = (struct description_table){(uint32_t)end, (uint32_t)late->count};
    end += late->count * sizeof(*patches);
    header.header_bytes = (uint32_t)end;
    for (size_t i = 0; i < program->part_count; i++) {
        const struct program_part *part = &program->parts[i];
        end = round_up(end, ALIGNMENT);
        segments[i] = (struct description_segment){part->address,        part->memory_bytes, end,
                                                   part->contents_bytes, part->is_writable,  0};
        for (size_t k = 0; k < late->count; k++)
            if (program_part_at(program, late->items[k].address) == part)
                patches[k] = (struct description_patch){end + late->items[k].address - part->address,
                                                        late->items[k].kind, late->items[k].of};
        end += part->contents_bytes;
    }
    header.bytes = round_up(end, ALIGNMENT);

    struct file_bytes update = {allocate(header.bytes), header.bytes};
    memcpy(update.data, &header, sizeof(header));
    memcpy(update.data + header.segments.offset, segments, program->part_count * sizeof(*segments));
    memcpy(update.data + header.patches.offset, patches, late->count * sizeof(*patches));
    for (size_t i = 0; i < program->part_count; i++)
        memcpy(update.data + segments[i].contents, program->parts[i].contents, segments[i].contents_bytes);
    ((struct program_update *)update.data)->sum = update_sum((const struct program_update *)update.data);
    return update;
}

int command_update(int count, char **words)
{
    struct build_options options = options_read(count, words, COMMAND_UPDATE);
    if (!options.domain || !options.output)
        usage_fail("update needs --domain and --output");
    struct sdk sdk = sdk_open(options.board, options.config);
    struct kernel_options kernel = sdk_kernel_options(&sdk);
    struct system *system = system_read(options.system, &options.search, &kernel);
    const struct domain *domain = system_domain(system, options.domain);
    if (!domain)
        fail("'%s' has no protection domain '%s'", options.system, options.domain);
    struct compiled *compiled = system_compile(system);
    struct file_bytes update = update_make(compiled, domain);
    const struct description *description = compiled_description(compiled);
    const struct description_domain *row = DESCRIPTION_ROW(description, domains, domain, domain->index);
    const char *problem = update_check(description, row, (const struct program_update *)update.data, update.size);
    if (problem)
        fail("the update is not what init expects: %s", problem);
    if (update.size > row->update_room_bytes)
        fail_at(domain->place, "pecan:update_room of '%s' has %lu bytes, and this update %zu @ ", domain->name,
                row->update_room_bytes, update.size);
    file_write(options.output, update.data, update.size);
    printf("MICROKIT|UPDATE: %zu KiB\n", update.size >> 10);
    return STATUS_OK;
}
