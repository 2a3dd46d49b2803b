/* The kernel's page tables (machine/layout.h has the picture). */
#include "abi/object.h"
#include "arch/x86_64/boot.h"
#include "arch/x86_64/page_entry.h"
#include "core/cpu.h"
#include "machine/instructions.h"

extern const char ki_start[], ki_boot_end[], ki_text_end[], ki_rodata_end[], ki_end[], kernel_stack_guard[];

static unsigned devices_mapped;

static uint64_t no_execute(void)
{
    return cpu_features.no_execute ? PAGE_NO_EXECUTE : 0;
}

static uint64_t table_entry(const uint64_t *table)
{
    return image_paddr(table) | PAGE_PRESENT | PAGE_WRITE;
}

static void map_image(const char *from, const char *to, uint64_t rights)
{
    for (uint64_t address = (uint64_t)from; address < (uint64_t)to; address += BIT(ABI_PAGE_BITS)) {
        uint64_t page = (address - IMAGE_BASE) >> ABI_PAGE_BITS;
        kernel_tables.image[page / TABLE_ENTRIES][page % TABLE_ENTRIES] =
            (address - IMAGE_BASE) | PAGE_PRESENT | PAGE_GLOBAL | rights;
    }
}

static void set_window(unsigned gib, bool is_mapped)
{
    kernel_tables.window[gib] =
        is_mapped ? gib * BIT(ABI_HUGE_PAGE_BITS) | PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE | PAGE_GLOBAL | no_execute()
                  : 0;
}

void boot_make_tables(void)
{
    struct kernel_tables *tables = &kernel_tables;
    if (cpu_features.no_execute)
        msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_NO_EXECUTE);

    tables->root[PML4_KERNEL_INDEX] = table_entry(tables->window);
    for (unsigned gib = 0; gib < BOOT_WINDOW_GIB; gib++)
        set_window(gib, true);
    tables->window[page_entry_index(IMAGE_BASE, 30)] = table_entry(tables->image_directory);
    tables->window[page_entry_index(DEVICE_BASE, 30)] = table_entry(tables->device_directory);
    tables->image_directory[0] = table_entry(tables->image[0]);
    tables->image_directory[1] = table_entry(tables->image[1]);
    tables->device_directory[0] = table_entry(tables->device);

    /* Boot code and its data are mixed. Everything else is either written or executed. */
    map_image(ki_start, ki_boot_end, PAGE_WRITE);
    map_image(ki_boot_end, ki_text_end, 0);
    map_image(ki_text_end, ki_rodata_end, no_execute());
    map_image(ki_rodata_end, ki_end, PAGE_WRITE | no_execute());
    uint64_t guard = image_paddr(kernel_stack_guard) >> ABI_PAGE_BITS;
    tables->image[guard / TABLE_ENTRIES][guard % TABLE_ENTRIES] = 0;

    cr3_write(image_paddr(tables->root));
}

void boot_map_window(const struct boot_region *ram, unsigned count)
{
    bool has_ram[WINDOW_GIB] = {false};
    for (unsigned i = 0; i < count; i++)
        for (uint64_t gib = ram[i].start >> ABI_HUGE_PAGE_BITS; gib <= (ram[i].end - 1) >> ABI_HUGE_PAGE_BITS; gib++)
            has_ram[gib] = true;
    has_ram[0] = true; /* the kernel itself */
    for (unsigned gib = 0; gib < WINDOW_GIB; gib++) {
        set_window(gib, has_ram[gib]);
        if (has_ram[gib])
            machine_facts.window_end = (gib + 1) * BIT(ABI_HUGE_PAGE_BITS);
    }
    /* Global translations go only with their bit in CR4. */
    cr4_write(cr4_read() & ~CR4_GLOBAL_PAGES);
    cr4_write(cr4_read() | CR4_GLOBAL_PAGES);
}

volatile uint32_t *boot_map_device(uint64_t paddr)
{
    unsigned page = devices_mapped++;
    kernel_tables.device[page] =
        paddr | PAGE_PRESENT | PAGE_WRITE | PAGE_WRITE_THRU | PAGE_UNCACHED | PAGE_GLOBAL | no_execute();
    return (volatile uint32_t *)(DEVICE_BASE + page * BIT(ABI_PAGE_BITS));
}
