/* The state in which the first program finds itself: boot information, capabilities, registers, memory. */
#include "harness/caller.h"
#include "harness/initial.h"
#include "harness/memory.h"
#include "harness/timing.h"

#include "lib/start.h"
#include "lib/string.h"

#include <pecan/features.h>

#define INFO_FRAME (pecan_boot_info())
#define PAGE       4096ul

extern const char __image_start[], __image_end[];

static seL4_Word count_of(seL4_SlotRegion region)
{
    return region.end - region.start;
}

static seL4_Word address_of(seL4_CPtr frame)
{
    struct answer answer = call(frame, X86PageGetAddress, NONE, NONE);

    expect_eq(answer.label, seL4_NoError);
    expect_eq(answer.length, 1);
    return answer.word[0];
}

/* --- the struct ---------------------------------------------------------------------------------------------------------- */

/* row: boot.info.node boot.info.iopt_levels boot.info.shared_frames boot.info.cnode_size boot.info.domain */
/* row: boot.info.sched_control boot.info.ipc_buffer boot.info.own_address boot.thread.argument */
TEST(boot, information)
{
    const seL4_BootInfo *info = INFO_FRAME;

    expect_eq(info->nodeID, 0);
    expect_eq(info->numNodes, 1);
    expect_eq(info->numIOPTLevels, ~0ul);
    expect_eq(count_of(info->sharedFrames), 0);
    expect_eq(count_of(info->ioSpaceCaps), 0);
    expect_eq(info->initThreadCNodeSizeBits, CONFIG_ROOT_CNODE_SIZE_BITS);
    expect_eq(info->initThreadDomain, 0);
    expect_eq(count_of(info->schedcontrol), 1);
    expect_eq((seL4_Word)info->ipcBuffer, (seL4_Word)__image_end);
    expect_eq((seL4_Word)info, (seL4_Word)__image_end + PAGE);
    expect_eq(entry_registers.rdi, (seL4_Word)info);
}

/* row: boot.info.empty boot.info.slot_order */
TEST(boot, slots)
{
    const seL4_BootInfo *info = INFO_FRAME;

    expect_eq(info->schedcontrol.start, seL4_NumInitialCaps);
    expect_eq(info->userImagePaging.start, info->schedcontrol.end);
    expect_eq(info->extraBIPages.start, info->userImagePaging.end);
    expect_eq(info->userImageFrames.start, info->extraBIPages.end);
    expect_eq(info->untyped.start, info->userImageFrames.end);
    expect_eq(info->empty.start, info->untyped.end);
    expect_eq(info->empty.end, 1ul << info->initThreadCNodeSizeBits);
    /* All but the first, which are this test's, and the last, the supervisor's. */
    for (seL4_CPtr slot = slot_new(); slot < info->empty.end - 32; slot += 7)
        expect(slot_is_empty(slot));
}

/* row: boot.info.image_frames */
TEST(boot, image_frames)
{
    const seL4_BootInfo *info = INFO_FRAME;
    seL4_Word pages = (seL4_Word)(__image_end - __image_start) / PAGE;

    expect_eq(count_of(info->userImageFrames), pages);
    for (seL4_Word i = 0; i < pages; i++) {
        seL4_CPtr frame = info->userImageFrames.start + i;
        expect_eq(address_of(frame), address_of(info->userImageFrames.start) + i * PAGE);
        /* Mapped at its page: there again is in order, elsewhere is not. */
        expect_answer(call(frame, X86PageMap, CAPS(seL4_CapInitThreadVSpace), WORDS((seL4_Word)__image_end, 3, 0)),
                      seL4_InvalidArgument, WORDS(0));
        expect_success(
            call(frame, X86PageMap, CAPS(seL4_CapInitThreadVSpace), WORDS((seL4_Word)__image_start + i * PAGE, 3, 0)));
    }
}

/* Truncated messages tell the types of tables apart: each knows its own label. */
static bool has_label(seL4_CPtr cap, seL4_Word label)
{
    return call(cap, label, NONE, NONE).label == seL4_TruncatedMessage;
}

/* row: boot.info.image_paging */
TEST(boot, image_paging)
{
    const seL4_BootInfo *info = INFO_FRAME;
    static const seL4_Word labels[] = {X86PDPTMap, X86PageDirectoryMap, X86PageTableMap};
    unsigned level = 0, seen[3] = {0};

    for (seL4_CPtr cap = info->userImagePaging.start; cap < info->userImagePaging.end; cap++) {
        while (level < 3 && !has_label(cap, labels[level]))
            level++;
        expect(level < 3);
        seen[level]++;
        /* Mapped ones. */
        expect_answer(call(cap, labels[level], CAPS(seL4_CapInitThreadVSpace), WORDS(0x10000000000, 0)),
                      seL4_InvalidCapability, WORDS(0));
    }
    expect_eq(seen[0], 1);
    expect_eq(seen[1], 1);
    seL4_Word end = (seL4_Word)INFO_FRAME + PAGE + count_of(info->extraBIPages) * PAGE;
    expect_eq(seen[2], ((end - 1) >> 21) - ((seL4_Word)__image_start >> 21) + 1);
}

/* --- capabilities ---------------------------------------------------------------------------------------------------------- */

/* row: boot.slots.fixed boot.slots.absent */
TEST(boot, initial_capabilities)
{
    expect(has_label(seL4_CapInitThreadTCB, TCBSetPriority));
    expect(has_label(seL4_CapInitThreadCNode, CNodeDelete));
    expect_eq(call(seL4_CapInitThreadVSpace, X86PageMap, NONE, NONE).label, seL4_IllegalOperation);
    vspace_new();
    expect(has_label(seL4_CapIRQControl, X86IRQIssueIRQHandlerIOAPIC));
    expect(has_label(seL4_CapASIDControl, X86ASIDControlMakePool));
    expect(has_label(seL4_CapInitThreadASIDPool, X86ASIDPoolAssign));
    expect(has_label(seL4_CapIOPortControl, X86IOPortControlIssue));
    expect_eq(address_of(seL4_CapBootInfoFrame) % PAGE, 0);
    expect_eq(address_of(seL4_CapInitThreadIPCBuffer) % PAGE, 0);
    expect(has_label(seL4_CapDomain, DomainSetSet));
    expect_eq(call(seL4_CapInitThreadSC, SchedContextConsumed, NONE, NONE).label, seL4_NoError);
    expect(has_label(INFO_FRAME->schedcontrol.start, SchedControlConfigureFlags));
    expect(slot_is_empty(seL4_CapNull));
    expect(slot_is_empty(seL4_CapIOSpace));
    expect(slot_is_empty(seL4_CapSMMUSIDControl));
    expect(slot_is_empty(seL4_CapSMMUCBControl));
    expect(slot_is_empty(seL4_CapSMC));
}

/* --- the thread -------------------------------------------------------------------------------------------------------------- */

/* row: boot.thread.registers */
TEST(boot, registers)
{
    const seL4_Word *words = (const seL4_Word *)&entry_registers;

    for (unsigned i = 1; i < 18; i++) {
        if (i == 2)
            expect_eq(words[i], 0x202);
        else if (&words[i] != &entry_registers.rdi)
            expect_eq(words[i], 0);
    }
    expect_eq(entry_selectors, 0);
}

/* row: boot.thread.priority boot.thread.no_handler boot.thread.schedcontext */
TEST(boot, initial_thread)
{
    seL4_CPtr tcb = tcb_new();

    /* Its maximum is 255: as an authority it gives 255 and no more. */
    expect_success(call(tcb, TCBSetMCPriority, CAPS(seL4_CapInitThreadTCB), WORDS(255)));
    expect_answer(call(tcb, TCBSetMCPriority, CAPS(seL4_CapInitThreadTCB), WORDS(256)), seL4_RangeError, WORDS(0, 255));
    /* Its priority is above a maximum of 254. */
    expect_no_error(seL4_TCB_SetMCPriority(runner()->tcb, seL4_CapInitThreadTCB, 254));
    expect_answer(call(seL4_CapInitThreadSC, SchedContextYieldTo, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_no_error(seL4_TCB_SetMCPriority(runner()->tcb, seL4_CapInitThreadTCB, 255));
    expect_eq(call(seL4_CapInitThreadSC, SchedContextYieldTo, NONE, NONE).label, seL4_NoError);
    expect_answer(call(seL4_CapInitThreadTCB, TCBUnbindNotification, NONE, NONE), seL4_IllegalOperation, NONE);
    /* Measured before the first test: full slices of the configured milliseconds. */
    expect_near(initial_slice_us(), CONFIG_BOOT_THREAD_TIME_SLICE * 1000, 6);
}

/* row: boot.thread.cspace */
TEST(boot, addresses_are_slot_numbers)
{
    expect_lookup(call(ROOT, CNodeDelete, NONE, WORDS(1ul << root_radix(), 64)), 0, seL4_GuardMismatch, 64, 0,
                  64 - root_radix());
    expect_lookup(call(ROOT, CNodeDelete, NONE, WORDS(1ul << 63, 64)), 0, seL4_GuardMismatch, 64, 0, 64 - root_radix());
    expect_success(call(ROOT, CNodeDelete, NONE, WORDS((1ul << root_radix()) - 40, 64)));
}

static char empty_memory[3 * 4096];
static uint8_t code_in_data[16] = {0x0f, 0x0b};

/* row: boot.thread.image_rights boot.thread.image_bss */
TEST(boot, image_memory)
{
    seL4_CPtr faults = endpoint_new();
    struct worker *worker = worker_new(RUNNER_PRIORITY + 1);
    seL4_UserContext registers = worker_registers(worker, code_in_data);

    for (size_t i = 0; i < sizeof(empty_memory); i++)
        expect_eq(empty_memory[i], 0);
    /* Data is executable, code can be written. */
    worker_set_fault_handler(worker, faults);
    worker_start_at(worker, &registers);
    struct answer fault = receive((seL4_Word)seL4_SysNBWait, faults, 0);
    expect_eq(fault.label, seL4_Fault_UserException);
    expect_eq(fault.word[0], (seL4_Word)code_in_data);
    volatile char *code = (volatile char *)(seL4_Word)code_undefined;
    *code = *code;
}

/* --- memory -------------------------------------------------------------------------------------------------------------------- */

static const seL4_UntypedDesc *entry(seL4_Word i)
{
    return &INFO_FRAME->untypedList[i];
}

static bool listed(seL4_Word address)
{
    return untyped_at(address) != 0;
}

/* row: boot.info.untyped boot.untyped.order boot.untyped.shape boot.untyped.no_overlap boot.untyped.device_top */
/* row: boot.untyped.low_memory */
TEST(boot, untyped_list)
{
    seL4_Word count = count_of(INFO_FRAME->untyped), top = 0, memory = 0;

    expect(count > 0 && count <= CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS);
    for (seL4_Word i = 0; i < count; i++) {
        seL4_Word size = 1ul << entry(i)->sizeBits;
        expect(entry(i)->sizeBits >= seL4_MinUntypedBits && entry(i)->sizeBits <= seL4_MaxUntypedBits);
        expect_eq(entry(i)->paddr % size, 0);
        if (i > 0 && entry(i)->isDevice) {
            expect(entry(i - 1)->isDevice);
            expect(entry(i)->paddr >= entry(i - 1)->paddr + (1ul << entry(i - 1)->sizeBits));
        }
        if (entry(i)->isDevice)
            top = entry(i)->paddr + size;
        else
            memory += size;
        for (seL4_Word j = 0; j < i; j++)
            expect(entry(j)->paddr + (1ul << entry(j)->sizeBits) <= entry(i)->paddr ||
                   entry(i)->paddr + size <= entry(j)->paddr);
        /* The size of the slot's untyped: that much and no more can be made of it. */
        expect(has_label(INFO_FRAME->untyped.start + i, UntypedRetype));
    }
    expect_eq(top, 1ul << 47);
    expect(memory > 32ul << 20);
    expect_eq(entry(0)->paddr, 0);
    expect_eq(entry(0)->sizeBits, 20);
    expect(entry(0)->isDevice);
    for (seL4_Word i = count; i < CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS; i++) {
        expect_eq(entry(i)->paddr, 0);
        expect_eq(entry(i)->sizeBits, 0);
        expect_eq(entry(i)->isDevice, 0);
    }
}

/* row: boot.info.untyped */
TEST(boot, untyped_entries_describe_their_slots)
{
    seL4_CPtr frame = slot_new();

    for (seL4_Word i = 0; i < count_of(INFO_FRAME->untyped); i++) {
        seL4_CPtr untyped = INFO_FRAME->untyped.start + i;
        if (entry(i)->sizeBits < 12 || entry(i)->sizeBits > 20 || entry(i)->sizeBits == seL4_MaxUntypedBits)
            continue;
        expect_answer(
            call(untyped, UntypedRetype, CAPS(ROOT), WORDS(seL4_UntypedObject, entry(i)->sizeBits + 1, 0, 0, frame, 1)),
            seL4_NotEnoughMemory, WORDS(1ul << entry(i)->sizeBits));
        expect_success(call(untyped, UntypedRetype, CAPS(ROOT), WORDS(seL4_X86_4K, 0, 0, 0, frame, 1)));
        expect_eq(address_of(frame), entry(i)->paddr);
        if (entry(i)->sizeBits > 12 && entry(i)->isDevice)
            expect_answer(call(untyped, UntypedRetype, CAPS(ROOT), WORDS(seL4_EndpointObject, 0, 0, 0, slot_new(), 1)),
                          seL4_InvalidArgument, WORDS(1));
        cap_revoke(untyped);
    }
}

/* row: boot.untyped.reserved */
TEST(boot, reserved_memory_is_not_listed)
{
    const seL4_BootInfo *info = INFO_FRAME;

    expect(!listed(0xfee00000));
    expect(!listed(0xfec00000));
    /* The kernel lies right before the image. */
    expect(!listed(address_of(info->userImageFrames.start) - PAGE));
    for (seL4_CPtr frame = info->userImageFrames.start; frame < info->userImageFrames.end; frame++)
        expect(!listed(address_of(frame)));
    for (seL4_CPtr frame = info->extraBIPages.start; frame < info->extraBIPages.end; frame++)
        expect(!listed(address_of(frame)));
    expect(!listed(address_of(seL4_CapBootInfoFrame)));
    expect(!listed(address_of(seL4_CapInitThreadIPCBuffer)));
}

/* --- the chunks ---------------------------------------------------------------------------------------------------------------- */

/* row: boot.info.extra_length boot.info.extra_pages boot.extra.sequence */
TEST(boot, extra_information)
{
    const seL4_BootInfo *info = INFO_FRAME;
    seL4_Word at = 0, pages = count_of(info->extraBIPages);

    while (at < info->extraLen) {
        const seL4_BootInfoHeader *header = (const seL4_BootInfoHeader *)((seL4_Word)info + PAGE + at);
        expect(header->len >= sizeof(*header));
        at += header->len;
    }
    expect_eq(at, info->extraLen);
    expect(pages > 0 && (pages & (pages - 1)) == 0);
    expect(info->extraLen <= pages * PAGE && (pages == 1 || info->extraLen > pages / 2 * PAGE));
}

/* row: boot.extra.memory_map boot.extra.rsdp boot.extra.tsc boot.extra.framebuffer boot.extra.features */
TEST(boot, extra_chunks)
{
    const seL4_BootInfoHeader *map = pecan_boot_chunk(INFO_FRAME, SEL4_BOOTINFO_HEADER_X86_MBMMAP);
    const seL4_BootInfoHeader *rsdp = pecan_boot_chunk(INFO_FRAME, SEL4_BOOTINFO_HEADER_X86_ACPI_RSDP);
    const seL4_BootInfoHeader *tsc = pecan_boot_chunk(INFO_FRAME, SEL4_BOOTINFO_HEADER_X86_TSC_FREQ);
    const seL4_BootInfoHeader *framebuffer = pecan_boot_chunk(INFO_FRAME, SEL4_BOOTINFO_HEADER_X86_FRAMEBUFFER);
    const seL4_BootInfoHeader *features = pecan_boot_chunk(INFO_FRAME, PECAN_BOOTINFO_HEADER_FEATURES);
    const uint8_t *bytes = (const uint8_t *)map;
    uint32_t map_length, megahertz, type;
    bool has_memory = false;

    expect(map && rsdp && tsc && features);
    expect_eq(map->len, 1220);
    memcpy(&map_length, bytes + 16, 4);
    expect(map_length > 0 && map_length % 24 == 0);
    for (uint32_t at = 0; at < map_length; at += 24) {
        memcpy(&type, bytes + 20 + at + 20, 4);
        has_memory |= type == 1;
    }
    expect(has_memory);
    expect_eq(rsdp->len, 0x34);
    expect(!memcmp(rsdp + 1, "RSD PTR ", 8));
    expect_eq(tsc->len, 20);
    memcpy(&megahertz, tsc + 1, 4);
    /* Under instruction counting the clock has a thousand; a measured one is rounded down. */
    expect(megahertz == 1000 || megahertz == 999);
    if (framebuffer)
        expect_eq(framebuffer->len, 38);
    expect_eq(features->len, 24);
    expect_eq(pecan_features(INFO_FRAME), PECAN_FEATURE_FOREIGN_THREADS | PECAN_FEATURE_TRACE);
}
