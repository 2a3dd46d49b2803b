#include "estate.h"

#include "../support/objects.h"
#include "../support/random.h"
#include "layout.h"
#include "trap.h"

#define ESTATE_BITS    20
#define SCRATCH_BITS   19
#define DEVICE_BITS    22
#define PADDING_SIZES  14
#define TOP_BITS       2
#define OWN_GUARD      (seL4_WordBits - TOP_BITS - OWN_BITS)
#define LENT_GUARD     (seL4_WordBits - TOP_BITS - LENT_BITS)
#define SECRET_GUARDS  (seL4_WordBits - TOP_BITS - SECRET_BITS)
#define ROUND_ROBIN_US 5000

#define GUARD(value, bits) ((value) << 6 | (bits))

/* Slots of the root task for the attacker's objects; they are empty after estate_destroy. */
enum made {
    TCB,
    CNODE,
    VSPACE,
    SCRATCH,
    SCHEDCTX,
    ENDPOINT,
    NOTIFICATION,
    REPLY,
    BUFFER,
    DEVICE,
    PDPT,
    DIRECTORY,
    IMAGE_TABLE,
    BUFFER_TABLE,
    PADDING,
    MADE_COUNT,
};

static seL4_CPtr estate, device, made, fault_handler, top_cnode, lent_cnode, secret_cnode, image_frames;
static seL4_Word image_frame_count;

extern char __image_start[];

/* --- capabilities ------------------------------------------------------------------------------------------------------ */

static void copy_into(seL4_CPtr cnode, seL4_Word slot, seL4_Word depth, seL4_CPtr from, const char *what)
{
    must(seL4_CNode_Copy(cnode, slot, (seL4_Uint8)depth, seL4_CapInitThreadCNode, from, seL4_WordBits, seL4_AllRights),
         what);
}

static void give(enum own_slot slot, seL4_CPtr from)
{
    copy_into(made + CNODE, slot, OWN_BITS, from, "give the attacker a capability");
}

static void move_into(seL4_CPtr cnode, seL4_Word slot, seL4_Word depth, seL4_CPtr from, const char *what)
{
    must(seL4_CNode_Move(cnode, slot, (seL4_Uint8)depth, seL4_CapInitThreadCNode, from, seL4_WordBits), what);
}

static void place_cnode(seL4_Word top_slot, seL4_CPtr cnode, seL4_Word guard)
{
    must(seL4_CNode_Mint(top_cnode, top_slot, TOP_BITS, seL4_CapInitThreadCNode, cnode, seL4_WordBits, seL4_AllRights,
                         guard),
         "build the attacker's capability space");
}

/* --- memory ---------------------------------------------------------------------------------------------------------------- */

static void make(enum made which, seL4_Word type, seL4_Word size_bits)
{
    must(seL4_Untyped_Retype(estate, type, size_bits, seL4_CapInitThreadCNode, 0, 0, made + which, 1),
         "make an object of the attacker");
}

static bool is_attackers(seL4_Word address)
{
    return address >= (seL4_Word)attacker_memory_start && address < (seL4_Word)attacker_memory_end;
}

/* The program's pages, at their addresses: the attacker's own to write, the others to read and run. */
static void map_image(void)
{
    const seL4_CapRights_t read_only = seL4_CapRights_new(0, 0, 1, 0);

    for (seL4_Word i = 0; i < image_frame_count; i++) {
        seL4_Word address = (seL4_Word)__image_start + i * PAGE_BYTES;

        must(seL4_X86_Page_Unmap(image_frames + i), "unmap a page of the last attacker");
        must(seL4_X86_Page_Map(image_frames + i, made + VSPACE, address,
                               is_attackers(address) ? seL4_AllRights : read_only, seL4_X86_Default_VMAttributes),
             "map a page for the attacker");
    }
}

static void build_address_space(void)
{
    const seL4_X86_VMAttributes attributes = seL4_X86_Default_VMAttributes;
    const seL4_Word image = (seL4_Word)__image_start;

    make(VSPACE, seL4_X64_PML4Object, 0);
    make(PDPT, seL4_X86_PDPTObject, 0);
    make(DIRECTORY, seL4_X86_PageDirectoryObject, 0);
    make(IMAGE_TABLE, seL4_X86_PageTableObject, 0);
    make(BUFFER_TABLE, seL4_X86_PageTableObject, 0);
    make(BUFFER, seL4_X86_4K, 0);
    must(seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, made + VSPACE), "assign an ASID");
    must(seL4_X86_PDPT_Map(made + PDPT, made + VSPACE, image, attributes), "map a PDPT");
    must(seL4_X86_PageDirectory_Map(made + DIRECTORY, made + VSPACE, image, attributes), "map a page directory");
    must(seL4_X86_PageTable_Map(made + IMAGE_TABLE, made + VSPACE, image, attributes), "map a page table");
    must(seL4_X86_PageTable_Map(made + BUFFER_TABLE, made + VSPACE, BUFFER_ADDRESS, attributes), "map a page table");
    must(seL4_X86_Page_Map(made + BUFFER, made + VSPACE, BUFFER_ADDRESS, seL4_AllRights, attributes), "map a buffer");
    map_image();
}

/* --- building --------------------------------------------------------------------------------------------------------------- */

static void lend(void)
{
    const seL4_BootInfo *info = seL4_GetBootInfo();

    lent_cnode = object_make(seL4_CapTableObject, LENT_BITS);
    secret_cnode = object_make(seL4_CapTableObject, SECRET_BITS);
    move_into(lent_cnode, LENT_IRQ_CONTROL, LENT_BITS, seL4_CapIRQControl, "lend interrupt control");
    move_into(secret_cnode, SECRET_PORT_CONTROL, SECRET_BITS, seL4_CapIOPortControl, "lend port control");
    copy_into(lent_cnode, LENT_ASID_CONTROL, LENT_BITS, seL4_CapASIDControl, "lend ASID control");
    copy_into(lent_cnode, LENT_SCHED_CONTROL, LENT_BITS, info->schedcontrol.start, "lend scheduling control");
    copy_into(lent_cnode, LENT_DOMAIN, LENT_BITS, seL4_CapDomain, "lend the domain capability");
}

void estate_end(void)
{
    must(seL4_CNode_Move(seL4_CapInitThreadCNode, seL4_CapIOPortControl, seL4_WordBits, secret_cnode,
                         SECRET_PORT_CONTROL, SECRET_BITS),
         "take port control back");
}

static void copy_image_frames(void)
{
    const seL4_SlotRegion *frames = &seL4_GetBootInfo()->userImageFrames;

    image_frame_count = frames->end - frames->start;
    image_frames = slots_take(image_frame_count);
    for (seL4_Word i = 0; i < image_frame_count; i++)
        copy_into(seL4_CapInitThreadCNode, image_frames + i, seL4_WordBits, frames->start + i,
                  "copy a frame capability");
}

void estate_init(seL4_CPtr fault_endpoint)
{
    fault_handler = fault_endpoint;
    estate = object_make(seL4_UntypedObject, ESTATE_BITS);
    device = device_make(DEVICE_BITS);
    made = slots_take(MADE_COUNT);
    top_cnode = object_make(seL4_CapTableObject, TOP_BITS);
    lend();
    place_cnode(1, lent_cnode, GUARD(0, LENT_GUARD));
    place_cnode(2, secret_cnode, GUARD(SECRET_GUARD, SECRET_GUARDS));
    copy_image_frames();
}

static void schedule(void)
{
    /* An error means that the attacker has bound its context elsewhere: then it stays stopped and is built again. */
    (void)seL4_SchedControl_ConfigureFlags(seL4_GetBootInfo()->schedcontrol.start, made + SCHEDCTX, ROUND_ROBIN_US,
                                           ROUND_ROBIN_US, 0, 0, seL4_SchedContext_NoFlag);
    (void)seL4_TCB_SetSchedParams(made + TCB, seL4_CapInitThreadTCB, ATTACKER_MCP, ATTACKER_PRIORITY, made + SCHEDCTX,
                                  fault_handler);
}

static void give_everything(void)
{
    give(OWN_TCB, made + TCB);
    give(OWN_VSPACE, made + VSPACE);
    give(OWN_SCHEDCTX, made + SCHEDCTX);
    give(OWN_ENDPOINT, made + ENDPOINT);
    give(OWN_NOTIFICATION, made + NOTIFICATION);
    give(OWN_REPLY, made + REPLY);
    give(OWN_BUFFER, made + BUFFER);
    move_into(made + CNODE, OWN_UNTYPED, OWN_BITS, made + SCRATCH, "give the attacker memory");
    move_into(made + CNODE, OWN_DEVICE, OWN_BITS, made + DEVICE, "give the attacker device memory");
    must(seL4_CNode_Mint(made + CNODE, OWN_CNODE, OWN_BITS, seL4_CapInitThreadCNode, made + CNODE, seL4_WordBits,
                         seL4_AllRights, GUARD(0, seL4_WordBits - OWN_BITS)),
         "give the attacker its CNode");
}

void estate_build(void)
{
    /* The objects lie elsewhere each time, so that what still points to an old one meets another kind of object. */
    make(PADDING, seL4_UntypedObject, seL4_MinUntypedBits + random_below(&attacker.random, PADDING_SIZES));
    make(CNODE, seL4_CapTableObject, OWN_BITS);
    make(TCB, seL4_TCBObject, 0);
    make(SCHEDCTX, seL4_SchedContextObject, 8);
    make(ENDPOINT, seL4_EndpointObject, 0);
    make(NOTIFICATION, seL4_NotificationObject, 0);
    make(REPLY, seL4_ReplyObject, 0);
    must(seL4_Untyped_Retype(device, seL4_UntypedObject, DEVICE_BITS - 1, seL4_CapInitThreadCNode, 0, 0, made + DEVICE,
                             1),
         "make device memory");
    build_address_space();
    make(SCRATCH, seL4_UntypedObject, SCRATCH_BITS);
    place_cnode(0, made + CNODE, GUARD(0, OWN_GUARD));
    give_everything();
    estate_repair();
}

void estate_destroy(void)
{
    must(seL4_CNode_Revoke(seL4_CapInitThreadCNode, estate, seL4_WordBits), "revoke the attacker's memory");
    must(seL4_CNode_Revoke(seL4_CapInitThreadCNode, device, seL4_WordBits), "revoke the attacker's device memory");
    /* All of it is free again, or it could not be one object. */
    must(seL4_Untyped_Retype(estate, seL4_UntypedObject, ESTATE_BITS, seL4_CapInitThreadCNode, 0, 0, made, 1),
         "use all of the attacker's memory again");
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, made, seL4_WordBits), "give the attacker's memory back");
}

void estate_restart(void)
{
    seL4_UserContext registers = {.rip = (seL4_Word)attacker_start, .rflags = 0x202};

    must(seL4_TCB_WriteRegisters(made + TCB, 1, 0, sizeof(registers) / sizeof(seL4_Word), &registers),
         "start the attacker");
}

void estate_repair(void)
{
    schedule();
    must(seL4_TCB_Configure(made + TCB, top_cnode, 0, made + VSPACE, 0, BUFFER_ADDRESS, made + BUFFER),
         "configure the attacker's thread");
    (void)seL4_TCB_SetFlags(made + TCB, ~0ul, 0);
    estate_restart();
}
