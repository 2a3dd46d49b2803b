/* The first address space, and the capabilities that only boot makes. */
#include "abi/boot.h"
#include "abi/thread.h"
#include "arch/x86_64/vspace.h"
#include "core/captree.h"
#include "hal/entry.h"
#include "object/thread.h"

#define FIRST_ASID 1

/* The types of tables below the root, in the order in which the interface lists them. */
static const uint8_t table_types[] BOOT_RODATA = {ABI_CAP_TYPE_PDPT, ABI_CAP_TYPE_PAGE_DIRECTORY,
                                                  ABI_CAP_TYPE_PAGE_TABLE};

BOOT_CODE uint64_t hal_boot_tables_size(uint64_t start, uint64_t end)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < ARRAY_LENGTH(table_types); i++) {
        unsigned span_bits = cap_table_span_bits(cap_table_new(table_types[i], 0));
        count += ((end - 1) >> span_bits) - (start >> span_bits) + 1;
    }
    return count << ABI_PAGE_BITS;
}

BOOT_CODE struct cap hal_boot_space_create(uint64_t root_paddr, uint64_t pool_paddr, uint64_t tables_paddr,
                                           uint64_t start, uint64_t end, struct cap_slot **slot)
{
    vspace_init();
    machine_state.asid_table.pool[0] = hal_window(pool_paddr);
    struct cap space = cap_with_mapping(hal_object_create(ABI_OBJECT_PML4, root_paddr, false), FIRST_ASID, 0);
    vspace_assign(FIRST_ASID, root_paddr);

    for (unsigned i = 0; i < ARRAY_LENGTH(table_types); i++) {
        unsigned span_bits = cap_table_span_bits(cap_table_new(table_types[i], 0));
        for (uint64_t address = align_down(start, span_bits); address < end; address += BIT(span_bits)) {
            struct cap table = cap_table_new(table_types[i], tables_paddr);
            *page_walk(root_paddr, address, span_bits).entry = page_entry_table(tables_paddr, 0);
            captree_insert_root((*slot)++, cap_with_mapping(table, FIRST_ASID, address));
            tables_paddr += BIT(ABI_PAGE_BITS);
        }
    }
    return space;
}

BOOT_CODE struct cap hal_boot_map_page(struct cap space, uint64_t paddr, uint64_t address)
{
    struct cap frame = cap_frame_new(paddr, ABI_PAGE_BITS, false, RIGHTS_ALL);
    *page_walk(cap_paddr(space), address, ABI_PAGE_BITS).entry =
        page_entry_frame(paddr, ABI_PAGE_BITS, cap_frame_rights(frame), 0);
    return cap_with_mapping(frame, cap_mapped_asid(space), address);
}

BOOT_CODE struct cap hal_boot_asid_pool_cap(uint64_t pool_paddr)
{
    return cap_asid_pool_new(pool_paddr, 0);
}

BOOT_CODE struct cap hal_boot_asid_control_cap(void)
{
    return cap_asid_control_new();
}

BOOT_CODE void hal_boot_fill_slots(struct cap_slot *root)
{
    captree_insert_root(&root[ABI_INIT_SLOT_IO_PORT_CONTROL], cap_ioport_control_new());
}

BOOT_CODE void hal_boot_thread_start(struct thread *thread, uint64_t entry, uint64_t boot_info)
{
    context_set_user_register(&thread->context, ABI_USER_CONTEXT_RIP, entry);
    context_set_user_register(&thread->context, ABI_USER_CONTEXT_RDI, boot_info);
}
