/* The capabilities that the host adds (hal_host.h says which), and what booting needs of them. */
#include "hal_host.h"

#include "abi/boot.h"
#include "abi/object.h"
#include "core/captree.h"
#include "core/cpu.h"
#include "core/system.h"
#include "hal/entry.h"
#include "object/invocation.h"
#include "object/irq.h"
#include "object/thread.h"

/* Word 0 of a frame: rights 6..5, size 8..7, device 9. Word 1 of tables: 1 when mapped or assigned; of ports: the range. */
static struct cap frame_new(uint64_t paddr, unsigned size_bits, bool is_device, struct rights rights)
{
    unsigned kept = rights.bits & RIGHT_READ ? rights.bits & (RIGHT_READ | RIGHT_WRITE) : 0;
    unsigned size_field = (size_bits - ABI_PAGE_BITS) / ABI_TABLE_INDEX_BITS;
    return cap_make(ABI_CAP_TYPE_FRAME, paddr,
                    (uint64_t)kept << 5 | (uint64_t)size_field << 7 | (uint64_t)is_device << 9, 0);
}
static unsigned frame_rights(struct cap cap)
{
    return (unsigned)cap_field(cap, 5, 2);
}
static bool frame_is_device(struct cap cap)
{
    return cap_field(cap, 9, 1);
}
static bool is_table(struct cap cap)
{
    unsigned type = cap_type(cap);
    return type == ABI_CAP_TYPE_PAGE_TABLE || type == ABI_CAP_TYPE_PAGE_DIRECTORY || type == ABI_CAP_TYPE_PDPT;
}

/* --- objects -------------------------------------------------------------------------------------------------------- */

bool hal_object_is_frame(unsigned type)
{
    return type == ABI_OBJECT_4K_PAGE || type == ABI_OBJECT_LARGE_PAGE || type == ABI_OBJECT_HUGE_PAGE;
}

unsigned hal_object_size_bits(unsigned type)
{
    return type == ABI_OBJECT_HUGE_PAGE    ? ABI_HUGE_PAGE_BITS
           : type == ABI_OBJECT_LARGE_PAGE ? ABI_LARGE_PAGE_BITS
                                           : ABI_PAGE_BITS;
}

struct cap hal_object_create(unsigned type, uint64_t paddr, bool is_device)
{
    switch (type) {
    case ABI_OBJECT_PAGE_TABLE:
        return cap_make(ABI_CAP_TYPE_PAGE_TABLE, paddr, 0, 0);
    case ABI_OBJECT_PAGE_DIRECTORY:
        return cap_make(ABI_CAP_TYPE_PAGE_DIRECTORY, paddr, 0, 0);
    case ABI_OBJECT_PDPT:
        return cap_make(ABI_CAP_TYPE_PDPT, paddr, 0, 0);
    case ABI_OBJECT_PML4:
        return cap_make(ABI_CAP_TYPE_PML4, paddr, 0, 0);
    default:
        return frame_new(paddr, hal_object_size_bits(type), is_device, RIGHTS_ALL);
    }
}

unsigned hal_frame_size_bits(struct cap cap)
{
    return ABI_PAGE_BITS + ABI_TABLE_INDEX_BITS * (unsigned)cap_field(cap, 7, 2);
}

static unsigned memory_bits(struct cap cap)
{
    switch (cap_type(cap)) {
    case ABI_CAP_TYPE_FRAME:
        return hal_frame_size_bits(cap);
    case ABI_CAP_TYPE_IO_PORT:
    case ABI_CAP_TYPE_IO_PORT_CONTROL:
    case ABI_CAP_TYPE_ASID_CONTROL:
        return 0;
    default:
        return ABI_PAGE_BITS;
    }
}

bool hal_cap_same_object(struct cap a, struct cap b)
{
    if (cap_type(a) != cap_type(b))
        return false;
    return cap_type(a) == ABI_CAP_TYPE_IO_PORT ? a.word[1] == b.word[1] : cap_paddr(a) == cap_paddr(b);
}

bool hal_cap_in_region(struct cap child, uint64_t paddr, unsigned size_bits)
{
    unsigned bits = memory_bits(child);
    return bits > 0 && bits <= size_bits && cap_paddr(child) - paddr <= mask_low(size_bits);
}

bool hal_cap_issues(struct cap parent, struct cap child)
{
    return cap_type(parent) == ABI_CAP_TYPE_IO_PORT_CONTROL && cap_type(child) == ABI_CAP_TYPE_IO_PORT;
}

struct cap hal_cap_derive(struct cap cap)
{
    bool needs_mapping = is_table(cap) || cap_type(cap) == ABI_CAP_TYPE_PML4;
    bool has_none = cap_type(cap) == ABI_CAP_TYPE_IO_PORT_CONTROL || (needs_mapping && !cap.word[1]);
    return has_none ? CAP_NULL : cap;
}

struct cap hal_cap_mask_rights(struct cap cap, struct rights rights)
{
    if (cap_type(cap) != ABI_CAP_TYPE_FRAME)
        return cap;
    struct rights kept = {(uint8_t)(frame_rights(cap) & rights.bits)};
    return frame_new(cap_paddr(cap), hal_frame_size_bits(cap), frame_is_device(cap), kept);
}

bool hal_cap_is_vspace(struct cap cap)
{
    return cap_type(cap) == ABI_CAP_TYPE_PML4 && cap.word[1];
}

bool hal_cap_is_buffer_frame(struct cap cap)
{
    return cap_type(cap) == ABI_CAP_TYPE_FRAME && !frame_is_device(cap);
}

void *hal_buffer_window(struct cap cap, uint64_t address, unsigned rights)
{
    if (!hal_cap_is_buffer_frame(cap) || (frame_rights(cap) & rights) != rights)
        return NULL;
    return (uint8_t *)hal_window(cap_paddr(cap)) + (address & mask_low(hal_frame_size_bits(cap)));
}

void host_trace(void)
{
    struct cpu *cpu = this_cpu();
    cpu->trace.log.cap = frame_new(HOST_RAM_START + HOST_RAM_BYTES, ABI_PAGE_BITS, false, RIGHTS_ALL);
    cpu->trace.capacity = (HOST_LOG_BYTES - sizeof(struct abi_trace_log)) / sizeof(struct abi_trace_event);
    cpu->due = cpu->quiet_until = 0;
}

/* --- invocations ---------------------------------------------------------------------------------------------------- */

static struct refusal table_invoke(struct invocation *invocation)
{
    uint64_t *mapped = &invocation->slot->cap.word[1];
    switch (invocation->label) {
    case ABI_LABEL_X86_PAGE_TABLE_MAP:
        if (*mapped)
            return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 0);
        *mapped = 1;
        return NO_REFUSAL;
    case ABI_LABEL_X86_PAGE_TABLE_UNMAP:
        if (!captree_is_final(invocation->slot))
            return refuse(ABI_ERROR_REVOKE_FIRST);
        *mapped = 0;
        return NO_REFUSAL;
    default:
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    }
}

static struct refusal frame_invoke(struct invocation *invocation)
{
    if (invocation->label != ABI_LABEL_X86_PAGE_GET_ADDRESS)
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    invocation_result(invocation, 0, cap_paddr(invocation->cap));
    return NO_REFUSAL;
}

static struct refusal pool_invoke(struct invocation *invocation)
{
    if (invocation->label != ABI_LABEL_X86_ASID_POOL_ASSIGN)
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    if (invocation->extra_count < 1)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    struct cap_slot *space = invocation->extra[0];
    if (cap_type(space->cap) != ABI_CAP_TYPE_PML4 || space->cap.word[1])
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 1);
    space->cap.word[1] = 1;
    return NO_REFUSAL;
}

static uint64_t port_bits(uint64_t first, uint64_t last)
{
    return mask_low((unsigned)last + 1) & ~mask_low((unsigned)first);
}

static struct refusal port_control_invoke(struct invocation *invocation)
{
    if (invocation->label != ABI_LABEL_X86_IO_PORT_CONTROL_ISSUE)
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    if (invocation->length < 4 || invocation->extra_count < 1)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    uint64_t first = invocation_word(invocation, 0) & 0xffff, last = invocation_word(invocation, 1) & 0xffff;
    if (last < first || last >= HOST_PORTS)
        return refuse_number(ABI_ERROR_INVALID_ARGUMENT, 1);
    if (host.ports_issued & port_bits(first, last))
        return refuse(ABI_ERROR_REVOKE_FIRST);
    struct slot_lookup found = slot_lookup_empty(invocation_extra_cap(invocation, 0), invocation_word(invocation, 2),
                                                 invocation_word(invocation, 3));
    if (refused(found.refusal))
        return found.refusal;
    host.ports_issued |= port_bits(first, last);
    captree_insert(invocation->slot, found.slot, cap_make(ABI_CAP_TYPE_IO_PORT, 0, 0, last << 16 | first));
    return NO_REFUSAL;
}

struct refusal hal_cap_invoke(struct invocation *invocation)
{
    switch (cap_type(invocation->cap)) {
    case ABI_CAP_TYPE_FRAME:
        return frame_invoke(invocation);
    case ABI_CAP_TYPE_PAGE_TABLE:
    case ABI_CAP_TYPE_PAGE_DIRECTORY:
    case ABI_CAP_TYPE_PDPT:
        return table_invoke(invocation);
    case ABI_CAP_TYPE_ASID_POOL:
        return pool_invoke(invocation);
    case ABI_CAP_TYPE_IO_PORT_CONTROL:
        return port_control_invoke(invocation);
    default:
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    }
}

struct refusal hal_irq_control_invoke(struct invocation *invocation)
{
    if (invocation->label != ABI_LABEL_IRQ_ISSUE_IRQ_HANDLER)
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    if (invocation->length < 3 || invocation->extra_count < 1)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    uint64_t irq = invocation_word(invocation, 0);
    if (irq >= HAL_IRQ_COUNT)
        return refuse_range(0, HAL_IRQ_COUNT - 1);
    if (irq_is_issued((unsigned)irq))
        return refuse(ABI_ERROR_REVOKE_FIRST);
    struct slot_lookup found = slot_lookup_empty(invocation_extra_cap(invocation, 0), invocation_word(invocation, 1),
                                                 invocation_word(invocation, 2));
    if (refused(found.refusal))
        return found.refusal;
    irq_issue((unsigned)irq, invocation->slot, found.slot);
    return NO_REFUSAL;
}

struct refusal hal_cap_finalise(struct cap cap, bool is_final, struct preemption *preemption UNUSED)
{
    host.finalised += is_final;
    if (is_final && cap_type(cap) == ABI_CAP_TYPE_IO_PORT)
        host.ports_issued &= ~port_bits(cap.word[1] & 0xffff, cap.word[1] >> 16);
    return NO_REFUSAL;
}

/* --- boot ----------------------------------------------------------------------------------------------------------- */

uint64_t hal_boot_tables_size(uint64_t start UNUSED, uint64_t end UNUSED)
{
    return BIT(ABI_PAGE_BITS);
}

struct cap hal_boot_space_create(uint64_t root_paddr, uint64_t pool_paddr UNUSED, uint64_t tables_paddr,
                                 uint64_t start UNUSED, uint64_t end UNUSED, struct cap_slot **slot)
{
    captree_insert_root((*slot)++, cap_make(ABI_CAP_TYPE_PAGE_TABLE, tables_paddr, 0, 1));
    return cap_make(ABI_CAP_TYPE_PML4, root_paddr, 0, 1);
}

struct cap hal_boot_map_page(struct cap space UNUSED, uint64_t paddr, uint64_t address UNUSED)
{
    return frame_new(paddr, ABI_PAGE_BITS, false, RIGHTS_ALL);
}

struct cap hal_boot_asid_pool_cap(uint64_t pool_paddr)
{
    return cap_make(ABI_CAP_TYPE_ASID_POOL, pool_paddr, 0, 0);
}

struct cap hal_boot_asid_control_cap(void)
{
    return cap_make(ABI_CAP_TYPE_ASID_CONTROL, 0, 0, 0);
}

void hal_boot_fill_slots(struct cap_slot *root)
{
    captree_insert_root(&root[ABI_INIT_SLOT_IO_PORT_CONTROL], cap_make(ABI_CAP_TYPE_IO_PORT_CONTROL, 0, 0, 0));
}

void hal_boot_thread_start(struct thread *thread, uint64_t entry, uint64_t boot_info)
{
    context_set_pc(&thread->context, entry);
    context_set_badge(&thread->context, boot_info);
}
