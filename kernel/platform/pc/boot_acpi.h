/* The few ACPI tables that boot looks at. The firmware's tables are checked: lengths, sums, places. */
#pragma once

#include "platform/pc/boot_loader.h"

#define ACPI_IOAPICS_MAX 8

struct acpi_interrupts {
    uint64_t ioapic[ACPI_IOAPICS_MAX]; /* physical addresses */
    unsigned ioapic_count;
};

/* Searches the BIOS's memory for the root pointer; leaves `rsdp` not present when it is not there. */
void acpi_search(struct rsdp *rsdp);
/* What the interrupt table (MADT) says; nothing found when there is none, or it is damaged. */
void acpi_find_interrupts(const struct rsdp *rsdp, struct acpi_interrupts *found);
