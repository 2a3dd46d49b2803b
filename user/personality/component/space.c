#include "personality/component/space.h"

#include "personality/component/block.h"
#include "personality/component/frame_pool.h"
#include "personality/component/slots.h"

/* A kernel object in a block of its own. */
struct paging_object {
    uint32_t capability, block;
};

/* The paging objects of one space, in a frame; more frames follow when a program uses more than a gigabyte. */
struct machine_space {
    uint32_t frame; /* that this lies in */
    uint32_t count;
    struct machine_space *next;
    struct paging_object objects[(PAGE_SIZE - 16) / sizeof(struct paging_object)];
};
_Static_assert(sizeof(struct machine_space) <= PAGE_SIZE, "a space's record lies in one frame");

enum { OBJECTS_PER_FRAME = (PAGE_SIZE - 16) / sizeof(struct paging_object) };
enum { LEFT_PDPT = 39, LEFT_DIRECTORY = 30, LEFT_TABLE = 21 };

static struct machine_space *record_create(void)
{
    uint32_t frame = machine_frame_allocate();
    if (!frame)
        return NULL;
    struct machine_space *record = machine_frame_data(frame);
    record->frame = frame;
    record->count = 0;
    record->next = NULL;
    return record;
}

/* Makes a paging object and notes it; 0: no memory. */
static seL4_CPtr object_add(struct machine_space *space, seL4_Word type)
{
    struct machine_space *record = space;
    while (record->count == OBJECTS_PER_FRAME) {
        if (!record->next && !(record->next = record_create()))
            return 0;
        record = record->next;
    }
    seL4_CPtr block = block_allocate();
    seL4_CPtr object = block ? block_make(block, type, 0) : 0;
    if (!object) {
        if (block)
            block_free(block);
        return 0;
    }
    record->objects[record->count++] = (struct paging_object){(uint32_t)object, (uint32_t)block};
    return object;
}

/* Gives a space its identifier, from the pools that the description grants. */
static bool identifier_assign(seL4_CPtr pml4)
{
    for (seL4_CPtr pool = CAP_ASID_POOL; pool <= CAP_ASID_POOL_LAST; pool++)
        if (!seL4_X86_ASIDPool_Assign(pool, pml4))
            return true;
    return false;
}

struct machine_space *machine_space_create(void)
{
    struct machine_space *space = record_create();
    if (!space)
        return NULL;
    seL4_CPtr pml4 = object_add(space, seL4_X64_PML4Object);
    if (pml4 && identifier_assign(pml4))
        return space;
    machine_space_destroy(space);
    return NULL;
}

void machine_space_destroy(struct machine_space *space)
{
    /* The top goes first: then nothing below it has to be taken out of it. */
    while (space) {
        struct machine_space *next = space->next;
        for (uint32_t i = 0; i < space->count; i++) {
            slot_delete(space->objects[i].capability);
            block_free(space->objects[i].block);
        }
        machine_frame_free(space->frame);
        space = next;
    }
}

seL4_CPtr space_root(const struct machine_space *space)
{
    return space->objects[0].capability;
}

static bool table_add(struct machine_space *space, seL4_Word bits_left, uint64_t address)
{
    seL4_CPtr root = space_root(space), table;
    switch (bits_left) {
    case LEFT_PDPT:
        table = object_add(space, seL4_X86_PDPTObject);
        return table && !seL4_X86_PDPT_Map(table, root, address, seL4_X86_Default_VMAttributes);
    case LEFT_DIRECTORY:
        table = object_add(space, seL4_X86_PageDirectoryObject);
        return table && !seL4_X86_PageDirectory_Map(table, root, address, seL4_X86_Default_VMAttributes);
    case LEFT_TABLE:
        table = object_add(space, seL4_X86_PageTableObject);
        return table && !seL4_X86_PageTable_Map(table, root, address, seL4_X86_Default_VMAttributes);
    default:
        return false;
    }
}

static seL4_CapRights_t mapping_rights(bool writable)
{
    return writable ? seL4_ReadWrite : seL4_CanRead;
}

uint32_t machine_page_map(struct machine_space *space, uint64_t address, uint32_t frame, bool writable)
{
    seL4_CPtr copy = slot_allocate();
    if (!copy)
        return 0;
    if (seL4_CNode_Copy(slots_root(), copy, SLOT_DEPTH, slots_root(), frame_capability(frame), SLOT_DEPTH,
                        seL4_AllRights)) {
        slot_give_back(copy);
        return 0;
    }
    for (;;) {
        seL4_Error error = seL4_X86_Page_Map(copy, space_root(space), address, mapping_rights(writable),
                                             seL4_X86_Default_VMAttributes);
        if (!error)
            return (uint32_t)copy;
        if (error != seL4_FailedLookup || !table_add(space, seL4_GetMR(2), address))
            break;
    }
    slot_delete(copy);
    return 0;
}

void machine_page_protect(struct machine_space *space, uint64_t address, uint32_t mapping, bool writable)
{
    seL4_X86_Page_Map(mapping, space_root(space), address, mapping_rights(writable), seL4_X86_Default_VMAttributes);
}

void machine_page_unmap(struct machine_space *space, uint64_t address, uint32_t mapping)
{
    (void)space, (void)address;
    slot_delete(mapping);
}
