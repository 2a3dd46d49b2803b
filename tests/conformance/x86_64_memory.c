/* Frames and page tables: every check of their operations, and what a program then finds at the addresses. */
#include "harness/invoke.h"
#include "harness/objects.h"
#include "harness/worker.h"

#include "lib/start.h"

#define SPACE seL4_CapInitThreadVSpace

/* No table of the initial address space leads here. */
#define ADDRESS    0x10000000000ul
#define LARGE_SIZE 0x200000ul
#define HUGE_SIZE  0x40000000ul
#define LAST       0x7fffffffffff
#define READ       2
#define READ_WRITE 3

#define PRESENT 1
#define WRITE   2
#define USER    4

static struct answer map(seL4_CPtr frame, seL4_CPtr space, seL4_Word address, seL4_Word rights)
{
    return call(frame, X86PageMap, CAPS(space), WORDS(address, rights, 0));
}
static struct answer unmap(seL4_CPtr frame)
{
    return call(frame, X86PageUnmap, NONE, NONE);
}
static struct answer pdpt_map(seL4_CPtr table, seL4_CPtr space, seL4_Word address)
{
    return call(table, X86PDPTMap, CAPS(space), WORDS(address, 0));
}
static struct answer directory_map(seL4_CPtr table, seL4_CPtr space, seL4_Word address)
{
    return call(table, X86PageDirectoryMap, CAPS(space), WORDS(address, 0));
}
static struct answer table_map(seL4_CPtr table, seL4_CPtr space, seL4_Word address)
{
    return call(table, X86PageTableMap, CAPS(space), WORDS(address, 0));
}

static seL4_CPtr pdpt_new(void)
{
    return object_new(seL4_X86_PDPTObject, 0);
}
static seL4_CPtr directory_new(void)
{
    return object_new(seL4_X86_PageDirectoryObject, 0);
}
static seL4_CPtr table_new(void)
{
    return object_new(seL4_X86_PageTableObject, 0);
}
static seL4_CPtr large_new(void)
{
    return object_new(seL4_X86_LargePageObject, 0);
}
/* Not memory: the tests' own is too small. */
static seL4_CPtr huge_new(void)
{
    seL4_CPtr device = device_untyped(seL4_HugePageBits), slot = slot_new();

    expect(device);
    expect_no_error(seL4_Untyped_Retype(device, seL4_X64_HugePageObject, 0, ROOT, 0, 0, slot, 1));
    return slot;
}

struct tables {
    seL4_CPtr pdpt, directory, table;
};

/* New tables of all levels for the address. */
static struct tables tables_map(seL4_CPtr space, seL4_Word address)
{
    struct tables tables = {pdpt_new(), directory_new(), table_new()};

    expect_success(pdpt_map(tables.pdpt, space, address));
    expect_success(directory_map(tables.directory, space, address));
    expect_success(table_map(tables.table, space, address));
    return tables;
}

static seL4_CPtr space_unassigned(void)
{
    return object_new(seL4_X64_PML4Object, 0);
}
static seL4_CPtr space_new(void)
{
    seL4_CPtr space = space_unassigned();

    expect_no_error(seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, space));
    return space;
}
static seL4_CPtr pool_new(void)
{
    seL4_CPtr slot = slot_new();

    expect_no_error(seL4_X86_ASIDControl_MakePool(seL4_CapASIDControl, untyped_new(12), ROOT, slot, ROOT_DEPTH));
    return slot;
}

/* --- what a thread finds at an address ------------------------------------------------------------------------------- */

struct toucher {
    struct worker *worker;
    seL4_CPtr faults;
};

static struct toucher toucher_new(void)
{
    struct toucher toucher = {worker_new(RUNNER_PRIORITY + 1), endpoint_new()};

    worker_set_fault_handler(toucher.worker, toucher.faults);
    return toucher;
}

#define NO_FAULT 0x100

/* Runs code with `rdi` = address: the status of its page fault at the address, or NO_FAULT when it reached its `ud2`. */
static seL4_Word touch(struct toucher toucher, const void *code, seL4_Word address)
{
    seL4_UserContext registers = worker_registers(toucher.worker, code);

    registers.rdi = address;
    registers.rax = 0;
    worker_start_at(toucher.worker, &registers);
    struct answer fault = receive(seL4_SysNBRecv, toucher.faults, reply_new());
    if (fault.label == seL4_Fault_UserException && fault.word[3] == 6)
        return NO_FAULT;
    expect_eq(fault.label, seL4_Fault_VMFault);
    expect_eq(fault.word[seL4_VMFault_Addr], address);
    return fault.word[seL4_VMFault_FSR];
}
static seL4_Word load(struct toucher toucher, seL4_Word address)
{
    return touch(toucher, code_load, address);
}
static seL4_Word store(struct toucher toucher, seL4_Word address)
{
    return touch(toucher, code_store, address);
}

static volatile seL4_Word *word_at(seL4_Word address)
{
    return (volatile seL4_Word *)address;
}

/* --- Page_Map: checks ------------------------------------------------------------------------------------------------ */

/* row: page.any.label */
TEST(x86_page, foreign_labels)
{
    seL4_CPtr frame = frame_new();

    expect_answer(call(frame, X86PageTableMap, CAPS(SPACE), WORDS(ADDRESS, 0)), seL4_IllegalOperation, NONE);
    expect_answer(call(frame, UntypedRetype, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(frame, 0xfffff, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(SPACE, X86PDPTMap, CAPS(SPACE), WORDS(ADDRESS, 0)), seL4_IllegalOperation, NONE);
}

/* row: page.map.length page.map.no_cap */
TEST(x86_page, map_truncated)
{
    seL4_CPtr frame = frame_new();

    expect_answer(call(frame, X86PageMap, CAPS(frame), WORDS(1, READ_WRITE)), seL4_TruncatedMessage, NONE);
    expect_answer(call(frame, X86PageMap, NONE, WORDS(1, READ_WRITE, 0)), seL4_TruncatedMessage, NONE);
}

/* row: page.map.vspace_type page.map.vspace_asid object.new.vspace */
TEST(x86_page, map_needs_an_assigned_space)
{
    seL4_CPtr frame = frame_new();

    expect_answer(map(frame, frame, LAST + 2, READ_WRITE), seL4_InvalidCapability, WORDS(1));
    expect_answer(map(frame, 0, LAST + 2, READ_WRITE), seL4_InvalidCapability, WORDS(1));
    expect_answer(map(frame, space_unassigned(), LAST + 2, READ_WRITE), seL4_InvalidCapability, WORDS(1));
}

/* row: page.map.mapped_elsewhere page.map.mapped_address */
TEST(x86_page, mapped_frame_stays)
{
    seL4_CPtr frame = frame_new(), other = space_new();

    tables_map(SPACE, ADDRESS);
    expect_success(map(frame, SPACE, ADDRESS, READ_WRITE));
    expect_answer(map(frame, other, ADDRESS + 0x1000, READ_WRITE), seL4_InvalidCapability, WORDS(1));
    expect_answer(map(frame, SPACE, ADDRESS + 0x1000, READ_WRITE), seL4_InvalidArgument, WORDS(0));
    expect_answer(map(frame, SPACE, ADDRESS + 1, READ_WRITE), seL4_InvalidArgument, WORDS(0));
    expect_answer(map(frame, SPACE, LAST + 1, READ_WRITE), seL4_InvalidArgument, WORDS(0));
}

/* row: page.map.address_top page.map.address_end page.map.address_first page.map.highest */
TEST(x86_page, top_of_the_space)
{
    seL4_CPtr frame = frame_new();

    tables_map(SPACE, LAST - 0x1ffe);
    expect_answer(map(frame, SPACE, LAST + 1, READ_WRITE), seL4_InvalidArgument, WORDS(0));
    expect_answer(map(frame, SPACE, 0xffff800000000000, READ_WRITE), seL4_InvalidArgument, WORDS(0));
    expect_answer(map(frame, SPACE, -0x1000ul, READ_WRITE), seL4_InvalidArgument, WORDS(0));
    expect_answer(map(frame, SPACE, 0x7ffffffff000, READ_WRITE), seL4_InvalidArgument, WORDS(0));
    expect_answer(map(large_new(), SPACE, 0x7fffffe00000, READ_WRITE), seL4_InvalidArgument, WORDS(0));
    expect_answer(map(huge_new(), SPACE, 0x7fffc0000000, READ_WRITE), seL4_InvalidArgument, WORDS(0));
    expect_answer(map(frame, SPACE, 0x7ffffffff001, READ_WRITE), seL4_InvalidArgument, WORDS(0));
    expect_success(map(frame, SPACE, 0x7fffffffe000, READ_WRITE));
    *word_at(0x7fffffffeff8) = 3;
    expect_eq(*word_at(0x7fffffffeff8), 3);
}

/* row: page.map.asid_deleted page.map.asid_reused table.map.asid_deleted table.map.asid_reused object.delete.asid_pool */
TEST(x86_page, space_that_lost_its_asid)
{
    seL4_CPtr pool = pool_new(), space = space_unassigned(), frame = frame_new(), pdpt = pdpt_new();

    expect_no_error(seL4_X86_ASIDPool_Assign(pool, space));
    cap_delete(pool);
    expect_lookup(map(frame, space, ADDRESS + 1, READ_WRITE), 0, seL4_InvalidRoot);
    expect_lookup(pdpt_map(pdpt, space, ADDRESS), 0, seL4_InvalidRoot);
    /* The next pool takes its place, and its first space the number. */
    pool = pool_new();
    expect_no_error(seL4_X86_ASIDPool_Assign(pool, space_unassigned()));
    expect_answer(map(frame, space, ADDRESS + 1, READ_WRITE), seL4_InvalidCapability, WORDS(1));
    expect_answer(pdpt_map(pdpt, space, ADDRESS), seL4_InvalidCapability, WORDS(1));
}

/* row: page.map.alignment */
TEST(x86_page, map_aligned)
{
    expect_answer(map(frame_new(), SPACE, ADDRESS + 0x800, READ_WRITE), seL4_AlignmentError, NONE);
    expect_answer(map(large_new(), SPACE, ADDRESS + 0x1000, READ_WRITE), seL4_AlignmentError, NONE);
    expect_answer(map(huge_new(), SPACE, ADDRESS + LARGE_SIZE, READ_WRITE), seL4_AlignmentError, NONE);
}

/* row: page.map.no_pdpt page.map.no_page_directory page.map.no_page_table */
/* row: table.map.pdpt table.map.page_directory table.map.page_table table.map.no_pdpt table.map.no_page_directory */
TEST(x86_page, tables_first)
{
    seL4_CPtr frame = frame_new(), large = large_new(), huge = huge_new();
    seL4_CPtr pdpt = pdpt_new(), directory = directory_new(), table = table_new();

    expect_lookup(map(frame, SPACE, ADDRESS, READ_WRITE), 0, seL4_MissingCapability, 39);
    expect_lookup(map(large, SPACE, ADDRESS, READ_WRITE), 0, seL4_MissingCapability, 39);
    expect_lookup(map(huge, SPACE, ADDRESS, READ_WRITE), 0, seL4_MissingCapability, 39);
    expect_lookup(directory_map(directory, SPACE, ADDRESS), 0, seL4_MissingCapability, 39);
    expect_lookup(table_map(table, SPACE, ADDRESS), 0, seL4_MissingCapability, 39);
    expect_success(pdpt_map(pdpt, SPACE, ADDRESS));
    expect_lookup(map(frame, SPACE, ADDRESS, READ_WRITE), 0, seL4_MissingCapability, 30);
    expect_lookup(map(large, SPACE, ADDRESS, READ_WRITE), 0, seL4_MissingCapability, 30);
    expect_lookup(table_map(table, SPACE, ADDRESS), 0, seL4_MissingCapability, 30);
    expect_success(directory_map(directory, SPACE, ADDRESS));
    expect_lookup(map(frame, SPACE, ADDRESS, READ_WRITE), 0, seL4_MissingCapability, 21);
    expect_success(map(large, SPACE, ADDRESS + LARGE_SIZE, READ_WRITE));
    expect_lookup(map(frame, SPACE, ADDRESS + LARGE_SIZE, READ_WRITE), 0, seL4_MissingCapability, 21);
    expect_success(table_map(table, SPACE, ADDRESS));
    expect_success(map(frame, SPACE, ADDRESS, READ_WRITE));
}

/* row: page.map.large_over_table page.map.huge_over_directory table.map.occupied */
TEST(x86_page, tables_are_not_replaced)
{
    seL4_CPtr large = large_new(), huge = huge_new();

    tables_map(SPACE, ADDRESS);
    expect_answer(map(large, SPACE, ADDRESS, READ_WRITE), seL4_DeleteFirst, NONE);
    expect_answer(map(huge, SPACE, ADDRESS, READ_WRITE), seL4_DeleteFirst, NONE);
    expect_answer(pdpt_map(pdpt_new(), SPACE, ADDRESS), seL4_DeleteFirst, NONE);
    expect_answer(directory_map(directory_new(), SPACE, ADDRESS), seL4_DeleteFirst, NONE);
    expect_answer(table_map(table_new(), SPACE, ADDRESS), seL4_DeleteFirst, NONE);
    expect_success(map(large, SPACE, ADDRESS + LARGE_SIZE, READ_WRITE));
    expect_answer(table_map(table_new(), SPACE, ADDRESS + LARGE_SIZE), seL4_DeleteFirst, NONE);
    expect_success(map(huge, SPACE, ADDRESS + HUGE_SIZE, READ_WRITE));
    expect_answer(directory_map(directory_new(), SPACE, ADDRESS + HUGE_SIZE), seL4_DeleteFirst, NONE);
    expect_lookup(table_map(table_new(), SPACE, ADDRESS + HUGE_SIZE), 0, seL4_MissingCapability, 30);
}

/* --- Page_Map: effects ----------------------------------------------------------------------------------------------- */

/* row: page.map.read_write page.map.read_only page.map.write_only page.map.no_rights page.map.again fault.status.write_present */
TEST(x86_page, rights)
{
    seL4_CPtr frame = frame_new();
    struct toucher toucher = toucher_new();

    tables_map(SPACE, ADDRESS);
    expect_success(map(frame, SPACE, ADDRESS, READ_WRITE));
    expect_eq(load(toucher, ADDRESS), NO_FAULT);
    expect_eq(store(toucher, ADDRESS), NO_FAULT);
    /* The same capability at the same address: its rights change, and at once. */
    expect_success(map(frame, SPACE, ADDRESS, READ));
    expect_eq(load(toucher, ADDRESS), NO_FAULT);
    expect_eq(store(toucher, ADDRESS), PRESENT | WRITE | USER);
    expect_success(map(frame, SPACE, ADDRESS, 1));
    expect_eq(load(toucher, ADDRESS), PRESENT | USER);
    expect_success(map(frame, SPACE, ADDRESS, 0));
    expect_eq(store(toucher, ADDRESS), PRESENT | WRITE | USER);
    expect_success(map(frame, SPACE, ADDRESS, 0xf));
    expect_eq(store(toucher, ADDRESS), NO_FAULT);
}

/* row: page.map.masked rights.frame.read_only rights.frame.none */
TEST(x86_page, rights_of_the_capability)
{
    seL4_CPtr frame = frame_new();
    struct toucher toucher = toucher_new();

    tables_map(SPACE, ADDRESS);
    seL4_CPtr readable = cap_copy(frame, seL4_CanRead), closed = cap_copy(frame, seL4_CanWrite);
    expect_success(map(readable, SPACE, ADDRESS, READ_WRITE));
    expect_eq(load(toucher, ADDRESS), NO_FAULT);
    expect_eq(store(toucher, ADDRESS), PRESENT | WRITE | USER);
    expect_success(map(closed, SPACE, ADDRESS + 0x1000, READ_WRITE));
    expect_eq(load(toucher, ADDRESS + 0x1000), PRESENT | USER);
    /* What is lost does not come back. */
    expect_success(map(cap_copy(closed, seL4_AllRights), SPACE, ADDRESS + 0x2000, READ_WRITE));
    expect_eq(load(toucher, ADDRESS + 0x2000), PRESENT | USER);
}

/* row: page.map.replaces page.unmap.replaced object.new.frame */
TEST(x86_page, last_one_mapped_is_seen)
{
    seL4_CPtr first = frame_new(), second = frame_new();

    tables_map(SPACE, ADDRESS);
    expect_success(map(first, SPACE, ADDRESS, READ_WRITE));
    *word_at(ADDRESS) = 11;
    expect_success(map(second, SPACE, ADDRESS, READ_WRITE));
    expect_eq(*word_at(ADDRESS), 0);
    *word_at(ADDRESS) = 22;
    expect_success(unmap(first));
    expect_eq(*word_at(ADDRESS), 22);
    cap_delete(first);
    expect_eq(*word_at(ADDRESS), 22);
}

/* row: page.map.copy derive.copy.frame tree.revoke.frame */
TEST(x86_page, copy_is_a_second_mapping)
{
    seL4_CPtr frame = frame_new();
    struct toucher toucher = toucher_new();

    tables_map(SPACE, ADDRESS);
    expect_success(map(frame, SPACE, ADDRESS, READ_WRITE));
    seL4_CPtr copy = cap_copy(frame, seL4_AllRights);
    expect_success(map(copy, SPACE, ADDRESS + 0x1000, READ_WRITE));
    *word_at(ADDRESS + 8) = 33;
    expect_eq(*word_at(ADDRESS + 0x1008), 33);
    cap_revoke(frame);
    expect(slot_is_empty(copy));
    expect_eq(load(toucher, ADDRESS + 0x1000), USER);
    expect_eq(load(toucher, ADDRESS), NO_FAULT);
}

/* row: page.map.executable */
TEST(x86_page, readable_is_executable)
{
    seL4_CPtr frame = frame_new();
    struct toucher toucher = toucher_new();

    tables_map(SPACE, ADDRESS);
    expect_success(map(frame, SPACE, ADDRESS, READ_WRITE));
    *(volatile uint16_t *)ADDRESS = 0x0b0f; /* ud2 */
    expect_eq(touch(toucher, (const void *)ADDRESS, ADDRESS), NO_FAULT);
    expect_success(map(frame, SPACE, ADDRESS, READ));
    expect_eq(touch(toucher, (const void *)ADDRESS, ADDRESS), NO_FAULT);
}

/* Which memory type results cannot be seen here; that each choice is memory can. */
TEST(x86_page, attributes_are_accepted)
{
    seL4_CPtr frame = frame_new(), large = large_new();

    tables_map(SPACE, ADDRESS);
    for (seL4_Word attributes = 0; attributes < 16; attributes++) {
        expect_success(call(frame, X86PageMap, CAPS(SPACE), WORDS(ADDRESS, READ_WRITE, attributes)));
        expect_success(call(large, X86PageMap, CAPS(SPACE), WORDS(ADDRESS + LARGE_SIZE, READ_WRITE, attributes)));
        *word_at(ADDRESS) = attributes;
        *word_at(ADDRESS + 2 * LARGE_SIZE - 8) = attributes + 1;
        expect_eq(*word_at(ADDRESS), attributes);
        expect_eq(*word_at(ADDRESS + 2 * LARGE_SIZE - 8), attributes + 1);
    }
}

/* A large page and, unmapped, small ones in its place. */
TEST(x86_page, sizes_change_places)
{
    seL4_CPtr large = large_new(), frame = frame_new();
    struct tables tables = tables_map(SPACE, ADDRESS);

    expect_success(map(frame, SPACE, ADDRESS, READ_WRITE));
    *word_at(ADDRESS) = 44;
    expect_success(call(tables.table, X86PageTableUnmap, NONE, NONE));
    expect_success(map(large, SPACE, ADDRESS, READ_WRITE));
    expect_eq(*word_at(ADDRESS), 0);
    *word_at(ADDRESS + LARGE_SIZE - 8) = 55;
    /* The small frame's capability is out of date. */
    expect_success(unmap(frame));
    expect_eq(*word_at(ADDRESS + LARGE_SIZE - 8), 55);
    expect_success(unmap(large));
    expect_success(table_map(tables.table, SPACE, ADDRESS));
    expect_success(map(frame, SPACE, ADDRESS, READ_WRITE));
    expect_eq(*word_at(ADDRESS), 44);
}

/* --- Page_Unmap, GetAddress, deletion -------------------------------------------------------------------------------- */

/* row: page.unmap.mapped page.unmap.not_mapped page.unmap.remap fault.status.read fault.status.write */
TEST(x86_page, unmap_takes_it_away)
{
    seL4_CPtr frame = frame_new();
    struct toucher toucher = toucher_new();

    tables_map(SPACE, ADDRESS);
    expect_success(unmap(frame));
    expect_success(map(frame, SPACE, ADDRESS, READ_WRITE));
    expect_eq(load(toucher, ADDRESS), NO_FAULT);
    expect_success(unmap(frame));
    expect_eq(load(toucher, ADDRESS), USER);
    expect_eq(store(toucher, ADDRESS), WRITE | USER);
    expect_success(unmap(frame));
    expect_success(map(frame, SPACE, ADDRESS + 0x5000, READ_WRITE));
    expect_eq(store(toucher, ADDRESS + 0x5000), NO_FAULT);
}

/* row: object.delete.frame */
TEST(x86_page, delete_unmaps)
{
    seL4_CPtr large = large_new(), original = frame_new();
    struct toucher toucher = toucher_new();

    tables_map(SPACE, ADDRESS);
    seL4_CPtr copy = cap_copy(original, seL4_AllRights);
    expect_success(map(copy, SPACE, ADDRESS, READ_WRITE));
    expect_success(map(large, SPACE, ADDRESS + LARGE_SIZE, READ_WRITE));
    expect_eq(store(toucher, ADDRESS), NO_FAULT);
    expect_eq(store(toucher, ADDRESS + LARGE_SIZE), NO_FAULT);
    cap_delete(copy);
    cap_delete(large);
    expect_eq(load(toucher, ADDRESS), USER);
    expect_eq(load(toucher, ADDRESS + LARGE_SIZE), USER);
}

/* row: page.get_address.value */
TEST(x86_page, address_of_a_frame)
{
    const seL4_BootInfo *info = pecan_boot_info();
    seL4_CPtr device = device_untyped(seL4_LargePageBits), frames = slots_new(2);
    seL4_Word paddr = info->untypedList[device - info->untyped.start].paddr;

    expect_no_error(seL4_Untyped_Retype(device, seL4_X86_4K, 0, ROOT, 0, 0, frames, 2));
    expect_answer(call(frames, X86PageGetAddress, NONE, NONE), seL4_NoError, WORDS(paddr));
    expect_answer(call(frames + 1, X86PageGetAddress, NONE, NONE), seL4_NoError, WORDS(paddr + 0x1000));
}

/* --- tables ---------------------------------------------------------------------------------------------------------- */

/* row: table.map.label table.map.length table.map.no_cap table.map.mapped table.map.vspace_type table.map.vspace_asid */
/* row: table.map.address */
TEST(x86_table, map_checks)
{
    struct tables tables = tables_map(SPACE, ADDRESS);
    const seL4_CPtr cap[] = {pdpt_new(), directory_new(), table_new()};
    const seL4_CPtr mapped[] = {tables.pdpt, tables.directory, tables.table};
    const seL4_Word label[] = {X86PDPTMap, X86PageDirectoryMap, X86PageTableMap};

    for (unsigned i = 0; i < 3; i++) {
        expect_answer(call(cap[i], label[(i + 1) % 3], CAPS(SPACE), WORDS(ADDRESS, 0)), seL4_IllegalOperation, NONE);
        expect_answer(call(cap[i], X86PageMap, CAPS(SPACE), WORDS(ADDRESS, 0, 0)), seL4_IllegalOperation, NONE);
        expect_answer(call(mapped[i], label[i], CAPS(SPACE), WORDS(ADDRESS)), seL4_TruncatedMessage, NONE);
        expect_answer(call(mapped[i], label[i], NONE, WORDS(ADDRESS, 0)), seL4_TruncatedMessage, NONE);
        expect_answer(call(mapped[i], label[i], CAPS(arena()), WORDS(-1ul, 0)), seL4_InvalidCapability, WORDS(0));
        expect_answer(call(cap[i], label[i], CAPS(arena()), WORDS(-1ul, 0)), seL4_InvalidCapability, WORDS(1));
        expect_answer(call(cap[i], label[i], CAPS(0), WORDS(-1ul, 0)), seL4_InvalidCapability, WORDS(1));
        expect_answer(call(cap[i], label[i], CAPS(space_unassigned()), WORDS(-1ul, 0)), seL4_InvalidCapability,
                      WORDS(1));
        expect_answer(call(cap[i], label[i], CAPS(SPACE), WORDS(-1ul, 0)), seL4_InvalidArgument, WORDS(0));
        expect_answer(call(cap[i], label[i], CAPS(SPACE), WORDS(LAST + 1, 0)), seL4_InvalidArgument, WORDS(0));
    }
}

/* row: table.map.address_highest table.map.rounded */
TEST(x86_table, address_is_rounded_down)
{
    seL4_CPtr frame = frame_new();

    tables_map(SPACE, LAST);
    expect_success(map(frame, SPACE, LAST + 1 - LARGE_SIZE, READ_WRITE));
    tables_map(SPACE, ADDRESS + HUGE_SIZE + LARGE_SIZE + 0x54321);
    expect_success(map(frame_new(), SPACE, ADDRESS + HUGE_SIZE + LARGE_SIZE, READ_WRITE));
}

/* row: table.unmap.copies table.unmap.not_mapped derive.copy.table_unmapped derive.copy.table_mapped derive.copy.vspace_no_asid */
TEST(x86_table, copies)
{
    seL4_CPtr table = table_new(), slot = slot_new(), space = space_unassigned();
    struct words copy_table = WORDS(slot, ROOT_DEPTH, table, ROOT_DEPTH, 15);

    tables_map(SPACE, ADDRESS);
    expect_success(call(table, X86PageTableUnmap, NONE, NONE));
    expect_answer(call(ROOT, CNodeCopy, CAPS(ROOT), copy_table), seL4_IllegalOperation, NONE);
    expect_answer(call(ROOT, CNodeCopy, CAPS(ROOT), WORDS(slot, ROOT_DEPTH, space, ROOT_DEPTH, 15)),
                  seL4_IllegalOperation, NONE);
    expect_success(table_map(table, SPACE, ADDRESS + LARGE_SIZE));
    expect_success(call(ROOT, CNodeCopy, CAPS(ROOT), copy_table));
    expect_answer(call(table, X86PageTableUnmap, NONE, NONE), seL4_RevokeFirst, NONE);
    expect_answer(call(slot, X86PageTableUnmap, NONE, NONE), seL4_RevokeFirst, NONE);
    /* That a copy goes changes nothing; the last one takes the table along. */
    cap_delete(table);
    expect_success(map(frame_new(), SPACE, ADDRESS + LARGE_SIZE, READ_WRITE));
    expect_success(call(slot, X86PageTableUnmap, NONE, NONE));
    expect_lookup(map(frame_new(), SPACE, ADDRESS + LARGE_SIZE, READ_WRITE), 0, seL4_MissingCapability, 21);
}

/* row: table.unmap.mapped table.unmap.cleared */
TEST(x86_table, unmap_takes_all_below_along)
{
    seL4_CPtr frame = frame_new(), again = frame_new();
    struct tables tables = tables_map(SPACE, ADDRESS);
    struct toucher toucher = toucher_new();

    expect_success(map(frame, SPACE, ADDRESS, READ_WRITE));
    expect_eq(store(toucher, ADDRESS), NO_FAULT);
    expect_success(call(tables.table, X86PageTableUnmap, NONE, NONE));
    expect_eq(load(toucher, ADDRESS), USER);
    expect_success(table_map(tables.table, SPACE, ADDRESS));
    expect_eq(load(toucher, ADDRESS), USER);
    /* The frame believes that it is mapped: it may be mapped there again. */
    expect_success(map(frame, SPACE, ADDRESS, READ_WRITE));
    expect_eq(load(toucher, ADDRESS), NO_FAULT);

    expect_success(call(tables.directory, X86PageDirectoryUnmap, NONE, NONE));
    expect_eq(load(toucher, ADDRESS), USER);
    expect_success(directory_map(tables.directory, SPACE, ADDRESS));
    expect_lookup(map(again, SPACE, ADDRESS, READ_WRITE), 0, seL4_MissingCapability, 21);
    /* The table believes so too, and is unmapped first. */
    expect_answer(table_map(tables.table, SPACE, ADDRESS), seL4_InvalidCapability, WORDS(0));
    expect_success(call(tables.table, X86PageTableUnmap, NONE, NONE));
    expect_success(table_map(tables.table, SPACE, ADDRESS));
    expect_eq(load(toucher, ADDRESS), USER);

    expect_success(call(tables.pdpt, X86PDPTUnmap, NONE, NONE));
    expect_success(pdpt_map(tables.pdpt, SPACE, ADDRESS));
    expect_lookup(map(again, SPACE, ADDRESS, READ_WRITE), 0, seL4_MissingCapability, 30);
}

/* row: object.delete.table */
TEST(x86_table, delete_unmaps)
{
    struct tables tables = tables_map(SPACE, ADDRESS);
    struct toucher toucher = toucher_new();

    expect_success(map(frame_new(), SPACE, ADDRESS, READ_WRITE));
    expect_eq(load(toucher, ADDRESS), NO_FAULT);
    cap_delete(tables.directory);
    expect_eq(load(toucher, ADDRESS), USER);
    expect_success(directory_map(directory_new(), SPACE, ADDRESS));
    expect_eq(load(toucher, ADDRESS), USER);
}

/* --- other address spaces --------------------------------------------------------------------------------------------- */

extern const char __image_start[];

/* The first program's image in another address space, page by page. */
static void image_map(seL4_CPtr space)
{
    const seL4_BootInfo *info = pecan_boot_info();
    seL4_Word address = (seL4_Word)__image_start;
    seL4_CPtr pdpt = pdpt_new(), directory = directory_new();

    expect_success(pdpt_map(pdpt, space, address));
    expect_success(directory_map(directory, space, address));
    for (seL4_CPtr frame = info->userImageFrames.start; frame < info->userImageFrames.end; frame++) {
        if (frame == info->userImageFrames.start || address % LARGE_SIZE == 0)
            expect_success(table_map(table_new(), space, address));
        expect_success(map(cap_copy(frame, seL4_AllRights), space, address, READ_WRITE));
        address += 0x1000;
    }
}

static struct toucher toucher_in(seL4_CPtr space)
{
    struct toucher toucher = {worker_new(RUNNER_PRIORITY + 1), endpoint_new()};

    image_map(space);
    expect_no_error(seL4_TCB_SetSpace(toucher.worker->tcb, toucher.faults, ROOT, 0, space, 0));
    return toucher;
}

/* row: asid.assign.effect */
TEST(x86_space, threads_see_their_own)
{
    seL4_CPtr space = space_new(), here = frame_new(), there = frame_new();
    struct toucher toucher = toucher_in(space);

    tables_map(SPACE, ADDRESS);
    expect_success(map(here, SPACE, ADDRESS, READ_WRITE));
    *word_at(ADDRESS) = 66;
    expect_eq(load(toucher, ADDRESS), USER);
    tables_map(space, ADDRESS);
    expect_success(map(there, space, ADDRESS, READ_WRITE));
    expect_eq(store(toucher, ADDRESS), NO_FAULT); /* a zero */
    expect_eq(*word_at(ADDRESS), 66);
    /* Changed while the thread is away. */
    expect_success(map(there, space, ADDRESS, READ));
    expect_eq(store(toucher, ADDRESS), PRESENT | WRITE | USER);
    expect_success(unmap(there));
    expect_eq(load(toucher, ADDRESS), USER);
    /* What the boot information maps for the first thread is not there. */
    expect_eq(load(toucher, (seL4_Word)pecan_boot_info()), USER);
}

/* row: object.delete.vspace */
TEST(x86_space, thread_outlives_its_space)
{
    seL4_CPtr space = space_new();
    struct toucher toucher = toucher_in(space);
    seL4_UserContext registers = worker_registers(toucher.worker, code_load);

    registers.rdi = ADDRESS;
    cap_revoke(space); /* takes the thread's copy too: it finds nothing at all, not even its code */
    cap_delete(space);
    worker_start_at(toucher.worker, &registers);
    struct answer fault = receive(seL4_SysNBRecv, toucher.faults, reply_new());
    expect_eq(fault.label, seL4_Fault_VMFault);
    expect_eq(fault.word[seL4_VMFault_IP], (seL4_Word)code_load);
    expect_eq(fault.word[seL4_VMFault_Addr], (seL4_Word)code_load);
    expect_eq(fault.word[seL4_VMFault_PrefetchFault], 1);
}

/* row: object.delete.asid_pool */
TEST(x86_space, thread_outlives_its_pool)
{
    seL4_CPtr pool = pool_new(), space = space_unassigned();

    expect_no_error(seL4_X86_ASIDPool_Assign(pool, space));
    struct toucher toucher = toucher_in(space);
    expect_eq(load(toucher, (seL4_Word)code_load), NO_FAULT);
    cap_delete(pool);
    seL4_UserContext registers = worker_registers(toucher.worker, code_spin);
    worker_start_at(toucher.worker, &registers);
    struct answer fault = receive(seL4_SysNBRecv, toucher.faults, reply_new());
    expect_eq(fault.label, seL4_Fault_VMFault);
    expect_eq(fault.word[seL4_VMFault_Addr], (seL4_Word)code_spin);
}

static void delete_own_pool(struct worker *worker)
{
    call(worker->argument[0], CNodeDelete, NONE, WORDS(worker->argument[1], ROOT_DEPTH));
    worker->result[0] = 1; /* never reached: its code is gone */
}

/* A thread pulls the ground from under its own feet; others go on. */
TEST(x86_space, running_thread_loses_its_space)
{
    seL4_CPtr pool = pool_new(), space = space_unassigned();

    expect_no_error(seL4_X86_ASIDPool_Assign(pool, space));
    struct toucher toucher = toucher_in(space);
    toucher.worker->argument[0] = ROOT;
    toucher.worker->argument[1] = pool;
    worker_start(toucher.worker, delete_own_pool);
    struct answer fault = receive(seL4_SysNBRecv, toucher.faults, reply_new());
    expect_eq(fault.label, seL4_Fault_VMFault);
    expect_eq(fault.word[seL4_VMFault_IP], fault.word[seL4_VMFault_Addr]);
    expect_eq(toucher.worker->result[0], 0);
    expect(slot_is_empty(pool));
}
