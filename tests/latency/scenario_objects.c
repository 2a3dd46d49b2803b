/*
 * Many objects at once, and many capabilities under one.
 */
#include "latency.h"

#define MOST      256
#define TREE_BITS 11
#define LEVELS    6
#define ASIDS     511

static const struct {
    seL4_Word type, size_bits;
} kinds[] = {
    {seL4_UntypedObject, 4},       {seL4_TCBObject, 0},
    {seL4_EndpointObject, 0},      {seL4_NotificationObject, 0},
    {seL4_CapTableObject, 1},      {seL4_CapTableObject, 8},
    {seL4_SchedContextObject, 7},  {seL4_SchedContextObject, 12},
    {seL4_ReplyObject, 0},         {seL4_X86_4K, 0},
    {seL4_X86_PageTableObject, 0}, {seL4_X86_PageDirectoryObject, 0},
    {seL4_X86_PDPTObject, 0},      {seL4_X64_PML4Object, 0},
};

void scenario_retype(void)
{
    seL4_CPtr first = slots_take(MOST), memory = object_make(seL4_UntypedObject, 22);

    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        must(seL4_Untyped_Retype(memory, kinds[i].type, kinds[i].size_bits, seL4_CapInitThreadCNode, 0, 0, first, MOST),
             "retype 256 objects");
        slots_must_be(first, MOST, true);
        must(seL4_CNode_Revoke(seL4_CapInitThreadCNode, memory, seL4_WordBits), "revoke 256 objects");
        slots_must_be(first, MOST, false);
    }
    /* All of it in one piece again. */
    must(seL4_Untyped_Retype(memory, seL4_UntypedObject, 22, seL4_CapInitThreadCNode, 0, 0, first, 1),
         "use all of it again");
}

/* --- a tree ------------------------------------------------------------------------------------------------------------ */

static void copy_to(seL4_CPtr cnode, seL4_Word slot, seL4_CPtr from)
{
    must(seL4_CNode_Copy(cnode, slot, TREE_BITS, seL4_CapInitThreadCNode, from, seL4_WordBits, seL4_AllRights),
         "copy into the tree");
}

static seL4_CPtr make_in(seL4_CPtr memory, seL4_Word type, seL4_Word size_bits)
{
    seL4_CPtr slot = slots_take(1);

    must(seL4_Untyped_Retype(memory, type, size_bits, seL4_CapInitThreadCNode, 0, 0, slot, 1),
         "make an object of the tree");
    return slot;
}

/* CNodes that hold each other's capabilities, threads whose spaces they are, and copies of everything. */
static void grow(seL4_CPtr memory)
{
    seL4_CPtr last = 0;

    for (seL4_Word level = 0; level < LEVELS; level++) {
        seL4_CPtr cnode = make_in(memory, seL4_CapTableObject, TREE_BITS);
        seL4_CPtr endpoint = make_in(memory, seL4_EndpointObject, 0), tcb = make_in(memory, seL4_TCBObject, 0);
        seL4_CPtr frame = make_in(memory, seL4_X86_4K, 0);

        for (seL4_Word i = 0; i < 1u << TREE_BITS; i++) {
            if (i == 3)
                copy_to(cnode, i, last ? last : cnode);
            else if (i == 5)
                copy_to(cnode, i, cnode);
            else if (i % 4 == 0)
                must(seL4_CNode_Mint(cnode, i, TREE_BITS, seL4_CapInitThreadCNode, endpoint, seL4_WordBits,
                                     seL4_AllRights, i + 1),
                     "mint into the tree");
            else
                copy_to(cnode, i, i % 4 == 1 ? tcb : i % 4 == 2 ? frame : endpoint);
        }
        must(seL4_TCB_Configure(tcb, cnode, 0, seL4_CapInitThreadVSpace, 0, 0x1000, frame),
             "configure a thread of the tree");
        last = cnode;
    }
}

void scenario_tree(void)
{
    seL4_CPtr memory = object_make(seL4_UntypedObject, 21), inner = make_in(memory, seL4_UntypedObject, 20);
    seL4_CPtr first = slots_take(1);

    grow(inner);
    must(seL4_CNode_Revoke(seL4_CapInitThreadCNode, memory, seL4_WordBits), "revoke the tree");
    must(seL4_Untyped_Retype(memory, seL4_UntypedObject, 21, seL4_CapInitThreadCNode, 0, 0, first, 1),
         "use all of it again");
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, first, seL4_WordBits), "give it back");
    /* A CNode deleted with everything that it holds. */
    seL4_CPtr big = make_in(memory, seL4_CapTableObject, TREE_BITS);

    for (seL4_Word i = 0; i < 1u << TREE_BITS; i++)
        must(seL4_Untyped_Retype(memory, i % 2 ? seL4_EndpointObject : seL4_CapTableObject, 1, big, 0, 0, i, 1),
             "fill a CNode");
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, big, seL4_WordBits), "delete a full CNode");
    must(seL4_CNode_Revoke(seL4_CapInitThreadCNode, memory, seL4_WordBits), "revoke what is left");
}

/* --- address spaces ------------------------------------------------------------------------------------------------------ */

static void fill_page_table(seL4_CPtr memory, seL4_CPtr vspace)
{
    const seL4_X86_VMAttributes attributes = seL4_X86_Default_VMAttributes;
    seL4_CPtr frame = make_in(memory, seL4_X86_4K, 0), copies = slots_take(512);
    seL4_CPtr pdpt = make_in(memory, seL4_X86_PDPTObject, 0),
              directory = make_in(memory, seL4_X86_PageDirectoryObject, 0);
    seL4_CPtr table = make_in(memory, seL4_X86_PageTableObject, 0);

    must(seL4_X86_PDPT_Map(pdpt, vspace, 0, attributes), "map a PDPT");
    must(seL4_X86_PageDirectory_Map(directory, vspace, 0, attributes), "map a page directory");
    must(seL4_X86_PageTable_Map(table, vspace, 0, attributes), "map a page table");
    for (seL4_Word i = 0; i < 512; i++) {
        must(seL4_CNode_Copy(seL4_CapInitThreadCNode, copies + i, seL4_WordBits, seL4_CapInitThreadCNode, frame,
                             seL4_WordBits, seL4_AllRights),
             "copy a frame");
        must(seL4_X86_Page_Map(copies + i, vspace, i << seL4_PageBits, seL4_AllRights, attributes), "map a frame");
    }
    must(seL4_X86_PageTable_Unmap(table), "unmap a full page table");
    must(seL4_X86_PageTable_Map(table, vspace, 0, attributes), "map it again");
    must(seL4_X86_PageDirectory_Unmap(directory), "unmap its directory");
    must(seL4_X86_PDPT_Unmap(pdpt), "unmap its PDPT");
}

void scenario_address_spaces(void)
{
    seL4_CPtr memory = object_make(seL4_UntypedObject, 23), pool = slots_take(1);
    seL4_CPtr pool_memory = make_in(memory, seL4_UntypedObject, seL4_ASIDPoolBits), spaces = slots_take(ASIDS);

    must(seL4_X86_ASIDControl_MakePool(seL4_CapASIDControl, pool_memory, seL4_CapInitThreadCNode, pool, seL4_WordBits),
         "make an ASID pool");
    for (seL4_Word i = 0; i < ASIDS; i++) {
        must(seL4_Untyped_Retype(memory, seL4_X64_PML4Object, 0, seL4_CapInitThreadCNode, 0, 0, spaces + i, 1),
             "make an address space");
        must(seL4_X86_ASIDPool_Assign(pool, spaces + i), "assign an ASID");
    }
    fill_page_table(memory, spaces);
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, pool, seL4_WordBits), "delete a full ASID pool");
    must(seL4_CNode_Revoke(seL4_CapInitThreadCNode, memory, seL4_WordBits), "revoke the address spaces");
    must(seL4_Untyped_Retype(memory, seL4_X86_LargePageObject, 0, seL4_CapInitThreadCNode, 0, 0, pool, 1),
         "make a large page of used memory");
}
