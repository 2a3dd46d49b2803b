/* From the first line of C to the core: what the machine is, where memory is, where the root task goes. */
#include "arch/x86_64/boot.h"

#include "abi/boot.h"
#include "abi/config.h"
#include "arch/x86_64/timer.h"
#include "arch/x86_64/vspace.h"
#include "core/cpu.h"
#include "device/ioapic.h"
#include "device/lapic.h"
#include "device/pic.h"
#include "device/uart.h"
#include "lib/memory.h"
#include "lib/print.h"
#include "machine/instructions.h"
#include "platform/pc/boot_acpi.h"
#include "platform/pc/boot_loader.h"
#include "platform/pc/boot_memory.h"
#include "platform/pc/boot_root_task.h"

#define PIC_VECTOR      0x20
#define LAPIC_ENABLED   BIT(11)
#define LAPIC_X2        BIT(10)
#define LAPIC_PAGE_MASK (mask_low(52) & ~mask_low(12))
#define IOAPIC_DEFAULT  0xfec00000u
#define MESSAGE_SPECIAL UINT64_C(0xfffffff8) /* 8 bytes that messages use: never given to users */
#define DEVICE_TOP_BITS 47

extern const char ki_start[], ki_boot_end[], ki_end[];
void boot_main(uint32_t magic, uint32_t information);

static struct loader_facts loader;
static struct boot_facts facts;
static struct region_list ram, reserved;

void boot_refuse(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_always("\nPecan cannot start: ");
    print_always_list(format, arguments);
    print_always("\n");
    va_end(arguments);
    hal_halt(1);
}

static void set_up_cpu(void)
{
    boot_cpu.machine.idle = &boot_cpu.idle;
    boot_cpu.current = &boot_cpu.idle;
}

/* The pages of the interrupt controllers are the kernel's: no user may have them. */
static volatile uint32_t *take_device(uint64_t paddr)
{
    region_list_add(&reserved, paddr, paddr + BIT(ABI_PAGE_BITS));
    return boot_map_device(paddr);
}

static void set_up_interrupts(void)
{
    struct acpi_interrupts found;
    acpi_find_interrupts(&loader.rsdp, &found);

    pic_disable(PIC_VECTOR);
    uint64_t base = msr_read(MSR_APIC_BASE);
    if (base & LAPIC_X2) /* back to registers in memory: by way of off */
        msr_write(MSR_APIC_BASE, base & ~(LAPIC_X2 | LAPIC_ENABLED));
    base = (base & ~LAPIC_X2) | LAPIC_ENABLED;
    msr_write(MSR_APIC_BASE, base);
    lapic_init(take_device(base & LAPIC_PAGE_MASK), VECTOR_TIMER, VECTOR_SPURIOUS, cpu_features.tsc_deadline);

    if (found.ioapic_count == 0) {
        found.ioapic_count = 1;
        found.ioapic[0] = IOAPIC_DEFAULT;
    }
    for (unsigned i = 0; i < found.ioapic_count; i++)
        ioapic_add(take_device(align_down(found.ioapic[i], ABI_PAGE_BITS)) +
                   (found.ioapic[i] & mask_low(ABI_PAGE_BITS)) / sizeof(uint32_t));
}

/* --- facts for the core -------------------------------------------------------------------------------------------------- */

static void add_extra(uint64_t id, const void *data, uint64_t size)
{
    facts.extra[facts.extra_count++] = (struct boot_extra){.id = id, .data = data, .size = size};
}

static void add_extras(uint64_t ticks_per_us)
{
    static uint32_t megahertz;
    static uint64_t features = ABI_FEATURE_FOREIGN_THREADS | ABI_FEATURE_TRACE;

    megahertz = (uint32_t)ticks_per_us;
    if (loader.has_vbe)
        add_extra(ABI_BOOT_EXTRA_X86_VBE, &loader.vbe, sizeof(loader.vbe));
    if (loader.rsdp.is_present)
        add_extra(ABI_BOOT_EXTRA_X86_ACPI_RSDP, loader.rsdp.bytes, sizeof(loader.rsdp.bytes));
    if (loader.has_framebuffer)
        add_extra(ABI_BOOT_EXTRA_X86_FRAMEBUFFER, &loader.framebuffer, sizeof(loader.framebuffer));
    add_extra(ABI_BOOT_EXTRA_X86_MULTIBOOT_MAP, &loader.map, sizeof(loader.map));
    add_extra(ABI_BOOT_EXTRA_X86_TSC_FREQUENCY, &megahertz, sizeof(megahertz));
    add_extra(ABI_BOOT_EXTRA_PECAN_FEATURES, &features, sizeof(features));
}
static_assert(sizeof(struct vbe_chunk) + ABI_BOOT_EXTRA_HEADER_BYTES == ABI_BOOT_EXTRA_X86_VBE_BYTES, "interface");
static_assert(sizeof(struct framebuffer_chunk) + ABI_BOOT_EXTRA_HEADER_BYTES == ABI_BOOT_EXTRA_X86_FRAMEBUFFER_BYTES,
              "interface");
static_assert(sizeof(struct map_chunk) + ABI_BOOT_EXTRA_HEADER_BYTES == ABI_BOOT_EXTRA_X86_MULTIBOOT_MAP_BYTES,
              "interface");
static_assert(RSDP_BYTES + ABI_BOOT_EXTRA_HEADER_BYTES == ABI_BOOT_EXTRA_X86_ACPI_RSDP_BYTES, "interface");

static void copy_regions(struct boot_region *to, unsigned *count, const struct region_list *from)
{
    memcpy(to, from->region, from->count * sizeof(to[0]));
    *count = from->count;
}
static_assert(BOOT_MAX_REGIONS == REGION_LIST_MAX && BOOT_MAX_RESERVED == REGION_LIST_MAX, "lists are copied whole");

void boot_main(uint32_t magic, uint32_t information)
{
    set_up_cpu();
    machine_facts.console_port = loader_console_port(magic, information);
    uart_init(machine_facts.console_port);
    boot_check_features();
    boot_make_tables();
    boot_set_up_processor();

    loader_read(magic, information, &loader);
    if (!loader.rsdp.is_present)
        acpi_search(&loader.rsdp);
    set_up_interrupts();

    uint64_t image_start = image_paddr(ki_start), image_end = image_paddr(ki_end);
    region_list_add(&reserved, image_start, image_end);
    region_list_add(&reserved, MESSAGE_SPECIAL, MESSAGE_SPECIAL + 8);
    memory_find_ram(&loader, &ram);
    boot_map_window(ram.region, ram.count);
    memory_take_reserved(&ram, &reserved);
    facts.root_task = root_task_load(&loader, &ram, image_end, USER_TOP);
    region_list_add(&reserved, facts.root_task.memory.start, facts.root_task.memory.end);
    memory_take_reserved(&ram, &reserved);

    uint64_t ticks_per_us = boot_measure_clocks();
    add_extras(ticks_per_us);
    copy_regions(facts.ram, &facts.ram_count, &ram);
    copy_regions(facts.reserved, &facts.reserved_count, &reserved);
    facts.boot_memory = (struct boot_region){image_start, image_paddr(ki_boot_end)};
    facts.device_top = BIT(DEVICE_TOP_BITS);
    facts.user_top = USER_TOP;
    vspace_init();
    print("Pecan: %lu MHz, root task at %lx..%lx\n", ticks_per_us, facts.root_task.memory.start,
          facts.root_task.memory.end);
    kernel_boot(&facts);
}
