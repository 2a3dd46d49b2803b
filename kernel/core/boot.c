/*
 * From what the loader left to the first thread: its memory, capabilities, boot information, and every free byte as untyped.
 * The order of slots and of memory is the interface's (docs/kernel.md "Boot").
 */
#include "abi/boot.h"

#include "abi/object.h"
#include "core/captree.h"
#include "core/cpu.h"
#include "core/sched.h"
#include "core/system.h"
#include "hal/entry.h"
#include "lib/assert.h"
#include "lib/print.h"
#include "object/schedctx.h"
#include "object/thread.h"

#define PAGE_BYTES BIT(ABI_PAGE_BITS)

/* Where the first objects lie, all physical; and where the program sees its pages. */
struct boot_plan {
    uint64_t extra_bytes; /* used */
    unsigned extra_bits;  /* log2 of the bytes taken, 0 when there are none */
    uint64_t image_end;   /* virtual: the buffer's page, then the boot information, then the extra pages */
    uint64_t mapped_end;
    uint64_t objects_start, objects_end;
    uint64_t extra, cnode, vspace, asid_pool, ipc_buffer, boot_info, tables, thread, schedctx;
};

struct boot_state {
    const struct boot_facts *facts;
    struct boot_plan plan;
    struct cap_slot *cnode, *next_slot;
    struct abi_boot_info *info;
    struct cap vspace;
};

static BOOT_DATA struct boot_state boot;

static BOOT_CODE uint64_t slot_number(const struct cap_slot *slot)
{
    return (uint64_t)(slot - boot.cnode);
}

static BOOT_CODE struct cap_slot *take_slot(void)
{
    if (slot_number(boot.next_slot) >= BIT(CONFIG_ROOT_CNODE_SIZE_BITS))
        panic("the root task's image needs more slots than the root CNode has");
    return boot.next_slot++;
}

/* --- planning ------------------------------------------------------------------------------------------------------- */

static BOOT_CODE void plan_extra(struct boot_plan *plan)
{
    const struct boot_facts *facts = boot.facts;
    for (unsigned i = 0; i < facts->extra_count; i++)
        plan->extra_bytes += ABI_BOOT_EXTRA_HEADER_BYTES + facts->extra[i].size;
    if (plan->extra_bytes == 0)
        return;
    plan->extra_bits = ABI_PAGE_BITS;
    while (BIT(plan->extra_bits) < plan->extra_bytes)
        plan->extra_bits++;
}

static BOOT_CODE void plan_addresses(struct boot_plan *plan)
{
    const struct boot_image *image = &boot.facts->root_task;
    plan->image_end = image->virtual_start + (image->memory.end - image->memory.start);
    plan->mapped_end = plan->image_end + 2 * PAGE_BYTES + (plan->extra_bits ? BIT(plan->extra_bits) : 0);
    if (plan->mapped_end > boot.facts->user_top || plan->mapped_end < image->virtual_start)
        panic("the root task's image ends at %lx: no room for its boot information below %lx", plan->image_end,
              boot.facts->user_top);
}

static BOOT_CODE uint64_t place(uint64_t *cursor, uint64_t size)
{
    uint64_t start = *cursor;
    *cursor += size;
    return start;
}

/* Lays the objects out from `cursor` on, larger ones first so that each is aligned to its size; returns the end. */
static BOOT_CODE uint64_t lay_out(struct boot_plan *plan, uint64_t cursor)
{
    unsigned cnode_bits = CONFIG_ROOT_CNODE_SIZE_BITS + ABI_SLOT_BITS;
    if (plan->extra_bits >= cnode_bits)
        plan->extra = place(&cursor, BIT(plan->extra_bits));
    plan->cnode = place(&cursor, BIT(cnode_bits));
    if (plan->extra_bits && plan->extra_bits < cnode_bits)
        plan->extra = place(&cursor, BIT(plan->extra_bits));
    plan->vspace = place(&cursor, PAGE_BYTES);
    plan->asid_pool = place(&cursor, PAGE_BYTES);
    plan->ipc_buffer = place(&cursor, PAGE_BYTES);
    plan->boot_info = place(&cursor, PAGE_BYTES);
    plan->tables = place(&cursor, hal_boot_tables_size(boot.facts->root_task.virtual_start, plan->mapped_end));
    plan->thread = place(&cursor, BIT(ABI_TCB_BITS));
    plan->schedctx = place(&cursor, BIT(ABI_INIT_THREAD_SCHED_CONTEXT_BITS));
    return cursor;
}

/* The highest free region that can take all objects. */
static BOOT_CODE void plan_memory(struct boot_plan *plan)
{
    const struct boot_facts *facts = boot.facts;
    unsigned align = CONFIG_ROOT_CNODE_SIZE_BITS + ABI_SLOT_BITS;
    if (plan->extra_bits > align)
        align = plan->extra_bits;
    uint64_t size = lay_out(plan, 0);
    for (unsigned i = facts->ram_count; i > 0; i--) {
        const struct boot_region *region = &facts->ram[i - 1];
        if (region->end - region->start < size)
            continue;
        uint64_t start = align_down(region->end - size, align);
        if (start < region->start)
            continue;
        plan->objects_start = start;
        plan->objects_end = lay_out(plan, start);
        return;
    }
    panic("no free memory region holds the %lu bytes of the first objects", size);
}

/* --- the first thread's objects ------------------------------------------------------------------------------------ */

static BOOT_CODE void create_fixed_caps(void)
{
    const struct boot_plan *plan = &boot.plan;
    struct cap_slot *slots = boot.cnode;
    uint64_t guard_size = 64 - CONFIG_ROOT_CNODE_SIZE_BITS;
    captree_insert_root(&slots[ABI_INIT_SLOT_TCB], cap_thread_new(hal_window(plan->thread)));
    captree_insert_root(&slots[ABI_INIT_SLOT_CNODE], cap_cnode_new(slots, CONFIG_ROOT_CNODE_SIZE_BITS, guard_size));
    captree_insert_root(&slots[ABI_INIT_SLOT_IRQ_CONTROL], cap_irq_control_new());
    captree_insert_root(&slots[ABI_INIT_SLOT_ASID_CONTROL], hal_boot_asid_control_cap());
    captree_insert_root(&slots[ABI_INIT_SLOT_ASID_POOL], hal_boot_asid_pool_cap(plan->asid_pool));
    captree_insert_root(&slots[ABI_INIT_SLOT_DOMAIN], cap_domain_new());
    captree_insert_root(&slots[ABI_INIT_SLOT_SCHED_CONTEXT],
                        cap_schedctx_new(hal_window(plan->schedctx), ABI_INIT_THREAD_SCHED_CONTEXT_BITS));
    hal_boot_fill_slots(slots);
}

static BOOT_CODE void create_sched_control(void)
{
    boot.info->sched_control.start = slot_number(boot.next_slot);
    captree_insert_root(take_slot(), cap_sched_control_new(this_cpu()->id));
    boot.info->sched_control.end = slot_number(boot.next_slot);
}

static BOOT_CODE void create_space(void)
{
    const struct boot_plan *plan = &boot.plan;
    boot.info->user_image_paging.start = slot_number(boot.next_slot);
    boot.vspace = hal_boot_space_create(plan->vspace, plan->asid_pool, plan->tables,
                                        boot.facts->root_task.virtual_start, plan->mapped_end, &boot.next_slot);
    boot.info->user_image_paging.end = slot_number(boot.next_slot);
    captree_insert_root(&boot.cnode[ABI_INIT_SLOT_VSPACE], boot.vspace);
}

/* Maps `size` bytes page by page, one capability each, in slots that `region` then names. */
static BOOT_CODE void map_pages(uint64_t paddr, uint64_t address, uint64_t size, struct abi_slot_region *region)
{
    region->start = slot_number(boot.next_slot);
    for (uint64_t offset = 0; offset < size; offset += PAGE_BYTES)
        captree_insert_root(take_slot(), hal_boot_map_page(boot.vspace, paddr + offset, address + offset));
    region->end = slot_number(boot.next_slot);
}

static BOOT_CODE void map_all(void)
{
    const struct boot_plan *plan = &boot.plan;
    const struct boot_image *image = &boot.facts->root_task;
    captree_insert_root(&boot.cnode[ABI_INIT_SLOT_IPC_BUFFER],
                        hal_boot_map_page(boot.vspace, plan->ipc_buffer, plan->image_end));
    captree_insert_root(&boot.cnode[ABI_INIT_SLOT_BOOT_INFO_FRAME],
                        hal_boot_map_page(boot.vspace, plan->boot_info, plan->image_end + PAGE_BYTES));
    if (plan->extra_bits)
        map_pages(plan->extra, plan->image_end + 2 * PAGE_BYTES, BIT(plan->extra_bits), &boot.info->extra_pages);
    map_pages(image->memory.start, image->virtual_start, image->memory.end - image->memory.start,
              &boot.info->user_image_frames);
}

static BOOT_CODE void write_extra(void)
{
    const struct boot_facts *facts = boot.facts;
    uint8_t *cursor = hal_window(boot.plan.extra);
    for (unsigned i = 0; i < facts->extra_count; i++) {
        const struct boot_extra *extra = &facts->extra[i];
        struct abi_boot_extra_header header = {extra->id, ABI_BOOT_EXTRA_HEADER_BYTES + extra->size};
        __builtin_memcpy(cursor, &header, sizeof(header));
        __builtin_memcpy(cursor + sizeof(header), extra->data, extra->size);
        cursor += header.length;
    }
}

static BOOT_CODE void create_thread(void)
{
    const struct boot_plan *plan = &boot.plan;
    struct cap_slot *slots = boot.cnode;
    struct thread *thread = hal_window(plan->thread);
    struct schedctx *schedctx = hal_window(plan->schedctx);
    thread_init(thread, this_cpu()->domain);
    thread_set_name(thread, "rootserver");
    thread->priority = ABI_INIT_THREAD_PRIORITY;
    thread->max_priority = ABI_INIT_THREAD_MAX_PRIORITY;
    thread_set_buffer_address(thread, plan->image_end);

    struct cap_slot *buffer = &slots[ABI_INIT_SLOT_IPC_BUFFER];
    captree_insert(&slots[ABI_INIT_SLOT_CNODE], &thread->slot[THREAD_SLOT_CSPACE], slots[ABI_INIT_SLOT_CNODE].cap);
    captree_insert(&slots[ABI_INIT_SLOT_VSPACE], &thread->slot[THREAD_SLOT_VSPACE], slots[ABI_INIT_SLOT_VSPACE].cap);
    captree_insert(buffer, &thread->slot[THREAD_SLOT_BUFFER], cap_derive(buffer, buffer->cap).cap);
    hal_boot_thread_start(thread, boot.facts->root_task.entry, plan->image_end + PAGE_BYTES);

    uint64_t slice = ABI_INIT_THREAD_TIME_SLICE_MS * 1000 * hal_ticks_per_us();
    schedctx_configure(schedctx, slice, slice, MINIMUM_REFILLS, this_cpu()->now, false);
    thread->state = THREAD_RUNNING;
    schedctx_bind_thread(schedctx, thread);
}

/* --- untyped memory ------------------------------------------------------------------------------------------------ */

static BOOT_CODE void give_untyped(uint64_t start, uint64_t end, bool is_device)
{
    struct abi_boot_info *info = boot.info;
    while (start < end) {
        unsigned size_bits = start ? (unsigned)__builtin_ctzll(start) : ABI_MAX_UNTYPED_BITS;
        if (size_bits > ABI_MAX_UNTYPED_BITS)
            size_bits = ABI_MAX_UNTYPED_BITS;
        while (BIT(size_bits) > end - start)
            size_bits--;
        if (size_bits < ABI_MIN_UNTYPED_BITS)
            return;
        uint64_t index = slot_number(boot.next_slot) - info->untyped.start;
        if (index >= ABI_BOOT_INFO_MAX_UNTYPEDS || slot_number(boot.next_slot) >= BIT(CONFIG_ROOT_CNODE_SIZE_BITS))
            return; /* dropped: the list is full */
        info->untyped_list[index] =
            (struct abi_untyped_entry){.paddr = start, .size_bits = (uint8_t)size_bits, .is_device = is_device};
        captree_insert_root(take_slot(), cap_untyped_new(start, size_bits, is_device, BIT(size_bits)));
        start += BIT(size_bits);
    }
}

/* All that is neither free memory nor reserved, below the top: two ascending lists walked together. */
static BOOT_CODE void give_device_memory(void)
{
    const struct boot_facts *facts = boot.facts;
    uint64_t cursor = 0;
    unsigned ram = 0, reserved = 0;
    while (ram < facts->ram_count || reserved < facts->reserved_count) {
        bool takes_ram = reserved == facts->reserved_count ||
                         (ram < facts->ram_count && facts->ram[ram].start < facts->reserved[reserved].start);
        const struct boot_region *next = takes_ram ? &facts->ram[ram++] : &facts->reserved[reserved++];
        if (cursor < next->start)
            give_untyped(cursor, next->start < facts->device_top ? next->start : facts->device_top, true);
        if (next->end > cursor)
            cursor = next->end;
    }
    if (cursor < facts->device_top)
        give_untyped(cursor, facts->device_top, true);
}

static BOOT_CODE void give_memory(void)
{
    const struct boot_facts *facts = boot.facts;
    const struct boot_plan *plan = &boot.plan;
    boot.info->untyped.start = slot_number(boot.next_slot);
    give_device_memory();
    give_untyped(facts->boot_memory.start, facts->boot_memory.end, false);
    for (unsigned i = 0; i < facts->ram_count; i++) {
        const struct boot_region *region = &facts->ram[i];
        if (plan->objects_start < region->start || plan->objects_start >= region->end) {
            give_untyped(region->start, region->end, false);
        } else {
            give_untyped(region->start, plan->objects_start, false);
            give_untyped(align_up(plan->objects_end, ABI_MIN_UNTYPED_BITS), region->end, false);
        }
    }
    boot.info->untyped.end = slot_number(boot.next_slot);
}

BOOT_CODE void kernel_boot(const struct boot_facts *facts)
{
    struct cpu *cpu = this_cpu();
    boot.facts = facts;
    system_state.schedule[0] = (struct domain_turn){0, DOMAIN_DURATION_MAX};
    sched_init(cpu);

    struct boot_plan *plan = &boot.plan;
    plan_extra(plan);
    plan_addresses(plan);
    plan_memory(plan);
    __builtin_memset(hal_window(plan->objects_start), 0, plan->objects_end - plan->objects_start);

    boot.cnode = hal_window(plan->cnode);
    boot.next_slot = &boot.cnode[ABI_INIT_SLOT_FIRST_DYNAMIC];
    boot.info = hal_window(plan->boot_info);
    *boot.info = (struct abi_boot_info){.extra_length = plan->extra_bytes,
                                        .node_id = 0,
                                        .num_nodes = 1,
                                        .num_iopt_levels = UINT64_MAX,
                                        .ipc_buffer = plan->image_end,
                                        .cnode_size_bits = CONFIG_ROOT_CNODE_SIZE_BITS};
    create_fixed_caps();
    create_sched_control();
    create_space();
    map_all();
    write_extra();
    create_thread();
    give_memory();
    boot.info->empty = (struct abi_slot_region){slot_number(boot.next_slot), BIT(CONFIG_ROOT_CNODE_SIZE_BITS)};
    sched_leave(cpu);
}
