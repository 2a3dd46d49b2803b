#include "platform/pc/boot_acpi.h"

#include "arch/x86_64/boot.h"
#include "hal/hal.h"
#include "lib/memory.h"

#define WINDOW       ((uint64_t)BOOT_WINDOW_GIB << 30)
#define SEARCH_START 0xe0000u
#define SEARCH_END   0x100000u
#define SEARCH_STEP  16u
#define RSDP1_BYTES  20u
#define TABLE_MAX    (1u << 20)

struct rsdp_content {
    char signature[8];
    uint8_t sum;
    char maker[6];
    uint8_t revision;
    uint32_t rsdt, length;
    uint64_t xsdt;
    uint8_t extended_sum, reserved[3];
} PACKED;
static_assert(sizeof(struct rsdp_content) == RSDP_BYTES, "format");

struct table_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, sum;
    char maker[14];
    uint32_t maker_revision, creator, creator_revision;
} PACKED;
static_assert(sizeof(struct table_header) == 36, "format");

struct madt {
    struct table_header header;
    uint32_t local_address, flags;
} PACKED;

struct madt_entry {
    uint8_t type, length;
} PACKED;
#define MADT_IOAPIC 1
struct madt_ioapic {
    struct madt_entry entry;
    uint8_t id, reserved;
    uint32_t address, first_interrupt;
} PACKED;

static bool sum_is_zero(const void *data, uint64_t size)
{
    const uint8_t *bytes = data;
    uint8_t sum = 0;
    for (uint64_t i = 0; i < size; i++)
        sum += bytes[i];
    return sum == 0;
}

void acpi_search(struct rsdp *rsdp)
{
    for (uint64_t at = SEARCH_START; at < SEARCH_END; at += SEARCH_STEP) {
        const struct rsdp_content *content = hal_window(at);
        if (memcmp(content->signature, "RSD PTR ", sizeof(content->signature)) || !sum_is_zero(content, RSDP1_BYTES))
            continue;
        memcpy(rsdp->bytes, content, content->revision >= 2 ? RSDP_BYTES : RSDP1_BYTES);
        rsdp->is_present = true;
        return;
    }
}

/* The table at `paddr`, or null when it is out of reach or damaged. */
static const struct table_header *table_at(uint64_t paddr)
{
    const struct table_header *header = hal_window(paddr);
    if (paddr == 0 || paddr > WINDOW - sizeof(*header) || header->length < sizeof(*header) ||
        header->length > TABLE_MAX || header->length > WINDOW - paddr || !sum_is_zero(header, header->length))
        return NULL;
    return header;
}

/* The table with this signature among those that the root table lists, with addresses of `width` bytes. */
static const struct table_header *find_table(const struct table_header *root, unsigned width, const char *signature)
{
    if (!root)
        return NULL;
    for (uint64_t offset = sizeof(*root); offset + width <= root->length; offset += width) {
        uint64_t paddr = 0;
        memcpy(&paddr, (const char *)root + offset, width);
        const struct table_header *table = table_at(paddr);
        if (table && !memcmp(table->signature, signature, sizeof(table->signature)))
            return table;
    }
    return NULL;
}

void acpi_find_interrupts(const struct rsdp *rsdp, struct acpi_interrupts *found)
{
    struct rsdp_content content;
    *found = (struct acpi_interrupts){.ioapic_count = 0};
    if (!rsdp->is_present)
        return;
    memcpy(&content, rsdp->bytes, sizeof(content));
    const struct table_header *table = NULL;
    if (content.revision >= 2 && content.xsdt)
        table = find_table(table_at(content.xsdt), sizeof(uint64_t), "APIC");
    if (!table)
        table = find_table(table_at(content.rsdt), sizeof(uint32_t), "APIC");
    if (!table)
        return;

    for (uint64_t offset = sizeof(struct madt); offset + sizeof(struct madt_entry) <= table->length;) {
        const struct madt_entry *entry = (const struct madt_entry *)((const char *)table + offset);
        if (entry->length < sizeof(*entry) || entry->length > table->length - offset)
            return;
        if (entry->type == MADT_IOAPIC && entry->length >= sizeof(struct madt_ioapic) &&
            found->ioapic_count < ACPI_IOAPICS_MAX) {
            const struct madt_ioapic *ioapic = (const struct madt_ioapic *)entry;
            found->ioapic[found->ioapic_count++] = ioapic->address;
        }
        offset += entry->length;
    }
}
