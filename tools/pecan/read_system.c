/*
 * <system>, <memory_region>, <channel>: the parts of a description outside protection domains.
 */
#include "system.h"

#include <errno.h>
#include <string.h>

#define LARGE_PAGE_BYTES (1ul << LARGE_PAGE_BITS)
#define SMALL_PAGE_BYTES (1ul << SMALL_PAGE_BITS)
#define REGION_BYTES_MAX (1ul << 36)

static uint32_t read_page_size(struct region *region, const struct xml_element *element)
{
    uint64_t bytes = attribute_number_or(element, "page_size", SMALL_PAGE_BYTES);
    region->has_page_size = xml_value(element, "page_size") != NULL;
    if (bytes != SMALL_PAGE_BYTES && bytes != LARGE_PAGE_BYTES)
        fail_on(element, "page size 0x%lx not supported", bytes);
    return bytes == LARGE_PAGE_BYTES ? LARGE_PAGE_BITS : SMALL_PAGE_BITS;
}

static void read_prefill_file(const struct system *system, struct region *region, const struct xml_element *element)
{
    char *path = search(&system->search, region->prefill_path);
    if (!path)
        fail_on(element, "prefill_path: file not found: '%s'", region->prefill_path);
    if (!file_read(path, &region->contents))
        fail_on(element, "prefill_path: cannot read '%s': %s", path, strerror(errno));
    if (region->contents.size == 0)
        fail_on(element, "prefill_path: file is empty: '%s'", path);
    region->fill = FILL_CONTENTS;
}

static void read_boot_chunk(struct region *region, const struct xml_element *element)
{
    enum { PECAN_FEATURES = 0x1000 };
    static const struct {
        const char *name;
        uint32_t id;
    } chunks[] = {{"x86_vbe", 1},
                  {"x86_mbmmap", 2},
                  {"x86_acpi_rsdp", 3},
                  {"x86_framebuffer", 4},
                  {"x86_tsc_freq", 5},
                  {"fdt", 6},
                  {"pecan_features", PECAN_FEATURES}};
    const char *name = xml_value(element, "prefill_bootinfo");
    for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++)
        if (text_is(name, chunks[i].name)) {
            region->fill = FILL_BOOT_CHUNK;
            region->boot_chunk = chunks[i].id;
            return;
        }
    fail_on(element, "prefill_bootinfo '%s' is not a kind of boot information", name);
}

static void read_region_size(struct region *region, const struct xml_element *element)
{
    uint64_t page_bytes = 1ul << region->page_bits;
    if (xml_value(element, "size"))
        region->bytes = attribute_number(element, "size");
    else if (region->fill == FILL_CONTENTS)
        region->bytes = round_up(region->contents.size, page_bytes);
    else if (region->fill == FILL_BOOT_CHUNK)
        region->bytes = page_bytes;
    else
        fail_at(element->place, "Missing required attribute 'size' on element 'memory_region': ");
    if (region->bytes == 0 || region->bytes > REGION_BYTES_MAX)
        fail_on(element, "size 0x%lx must be greater than 0 and at most 0x%lx", region->bytes, REGION_BYTES_MAX);
    if (region->bytes % page_bytes)
        fail_on(element, "size is not a multiple of the page size");
    if (region->contents.size > region->bytes)
        fail_on(element, "size of prefill file (0x%zx) exceeds the region's size (0x%lx)", region->contents.size,
                region->bytes);
}

void read_region(struct system *system, const struct xml_element *element)
{
    static const char *const allowed[] = {
        "name", "size", "page_size", "phys_addr", "prefill_path", "prefill_bootinfo", "pecan:phys_bootinfo", NULL};
    leaf_check(element, allowed);
    struct region *region = allocate(sizeof(*region));
    *(struct region **)ADD(system->regions, system->region_count) = region;
    region->place = element->place;
    region->name = attribute_text(element, "name");
    if (strlen(region->name) >= NAME_BYTES)
        fail_on(element, "name '%s' has more than %d bytes", region->name, NAME_BYTES - 1);
    region->page_bits = read_page_size(region, element);
    region->prefill_path = xml_value(element, "prefill_path");
    if (region->prefill_path && xml_value(element, "prefill_bootinfo"))
        fail_on(element, "prefill_path and prefill_bootinfo cannot be used together");
    if (region->prefill_path)
        read_prefill_file(system, region, element);
    else if (xml_value(element, "prefill_bootinfo"))
        read_boot_chunk(region, element);
    read_region_size(region, element);
    region->physical_address = attribute_number_or(element, "phys_addr", ADDRESS_NONE);
    if (region->physical_address != ADDRESS_NONE && region->physical_address % (1ul << region->page_bits))
        fail_on(element, "phys_addr is not aligned to the page size");
    if (region->physical_address != ADDRESS_NONE && region->physical_address > (1ul << 52) - region->bytes)
        fail_on(element, "phys_addr 0x%lx is not a physical address", region->physical_address);
    const char *chunk = xml_value(element, "pecan:phys_bootinfo");
    region->is_at_screen = chunk != NULL;
    if (chunk && !text_is(chunk, "x86_framebuffer"))
        fail_on(element, "pecan:phys_bootinfo '%s' is not a kind of boot information with an address", chunk);
    if (chunk && (region->physical_address != ADDRESS_NONE || region->fill != FILL_ZERO))
        fail_on(element, "pecan:phys_bootinfo cannot be used together with phys_addr or a prefill");
}

static void read_end(struct system *system, struct end *end, const struct xml_element *element)
{
    static const char *const allowed[] = {"pd", "id", "pp", "notify", "setvar_id", NULL};
    if (!text_is(element->name, "end"))
        fail_unknown(element);
    leaf_check(element, allowed);
    end->domain_name = attribute_text(element, "pd");
    end->id = attribute_id(element, "id");
    end->may_call = attribute_bool_or(element, "pp", false);
    end->may_notify = attribute_bool_or(element, "notify", true);
    end->symbol = xml_value(element, "setvar_id");
    end->domain = system_domain(system, end->domain_name);
    if (!end->domain)
        fail_on(element, "invalid pd name '%s'", end->domain_name);
}

void read_channel(struct system *system, const struct xml_element *element)
{
    static const char *const none[] = {NULL};
    struct channel channel = {.place = element->place};
    size_t ends = 0;
    container_check(element, none);
    XML_EACH(child, element)
    {
        if (ends == 2)
            fail_on(element, "exactly two end elements must be specified");
        read_end(system, &channel.ends[ends++], child);
    }
    if (ends != 2)
        fail_on(element, "exactly two end elements must be specified");
    if (channel.ends[0].may_call && channel.ends[1].may_call)
        fail_on(element, "cannot ppc bidirectionally");
    for (size_t i = 0; i < 2; i++) {
        if (channel.ends[i].may_call)
            channel.ends[1 - i].domain->is_called = true;
        if (channel.ends[i].symbol)
            domain_add_symbol(channel.ends[i].domain, channel.ends[i].symbol, element)->number = channel.ends[i].id;
    }
    *(struct channel *)ADD(system->channels, system->channel_count) = channel;
}

struct domain *system_domain(const struct system *system, const char *name)
{
    for (size_t i = 0; i < system->domain_count; i++)
        if (text_is(system->domains[i]->name, name))
            return system->domains[i];
    return NULL;
}

struct region *system_region(const struct system *system, const char *name)
{
    for (size_t i = 0; i < system->region_count; i++)
        if (text_is(system->regions[i]->name, name))
            return system->regions[i];
    return NULL;
}

static void read_part(struct system *system, const struct xml_element *element)
{
    if (text_is(element->name, "protection_domain"))
        read_domain(system, element, NULL);
    else if (text_is(element->name, "memory_region"))
        read_region(system, element);
    else if (text_is(element->name, "virtual_machine"))
        fail_at(element->place, "virtual machine must be a child of a protection domain @ ");
    else if (text_is(element->name, "io_address_space"))
        fail_on(element, "io_address_space is not supported by this kernel (it has no IOMMU)");
    else if (text_is(element->name, "domains"))
        read_schedule(system, element);
    else if (!text_is(element->name, "channel"))
        fail_unknown(element);
}

struct system *system_read(const char *path, const struct search_path *search, const struct kernel_options *kernel)
{
    struct xml_element *root = xml_read(path);
    struct system *system = allocate(sizeof(*system));
    system->path = path;
    system->search = *search;
    system->kernel = *kernel;
    if (!text_is(root->name, "system"))
        fail_at(root->place, "the document element is '%s', and must be 'system' @ ", root->name);
    text_refuse(root);
    XML_EACH(child, root)
    read_part(system, child);
    XML_EACH(child, root)
    if (text_is(child->name, "channel"))
        read_channel(system, child);
    if (system->domain_count == 0)
        fail_at(root->place, "at least one protection domain must be defined @ ");
    services_connect(system);
    kept_add(system);
    system_check(system);
    return system;
}
