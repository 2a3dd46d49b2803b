/* Untyped_Retype: the checks in their order, where objects land, and what memory holds. */
#include "harness/invoke.h"
#include "harness/memory.h"
#include "harness/objects.h"

#define RETYPE(untyped, ...) call(untyped, UntypedRetype, CAPS(ROOT), WORDS(__VA_ARGS__))

/* Sizes that depend on size_bits: what is allowed and how large the object becomes is the interface's. */
#define TYPES_BEYOND seL4_ObjectTypeCount

/* row: untyped.retype.label untyped.retype.length untyped.retype.root_cap untyped.retype.type_range untyped.retype.size_word */
/* row: untyped.retype.size_max untyped.retype.cnode_min untyped.retype.untyped_min untyped.retype.schedcontext_min */
/* row: error.words.invalid_argument */
TEST(untyped, checks_of_type_and_size)
{
    seL4_CPtr untyped = untyped_new(16), slot = slot_new();
    const seL4_Word words[] = {seL4_EndpointObject, 0, 0, 0, slot, 1};

    expect_answer(call(untyped, TCBSuspend, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(untyped, 0, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(untyped, UntypedRetype, CAPS(ROOT), (struct words){5, words}), seL4_TruncatedMessage, NONE);
    expect_answer(call(untyped, UntypedRetype, NONE, (struct words){6, words}), seL4_TruncatedMessage, NONE);
    /* Each of these is wrong in what is checked later, too. */
    expect_answer(RETYPE(untyped, TYPES_BEYOND, 64, 0, 65, ~0ul, 0), seL4_InvalidArgument, WORDS(0));
    expect_answer(RETYPE(untyped, ~0ul, 64, 0, 65, ~0ul, 0), seL4_InvalidArgument, WORDS(0));
    expect_answer(RETYPE(untyped, 1ul << 32, 0, 0, 0, slot, 1), seL4_InvalidArgument, WORDS(0));
    expect_answer(RETYPE(untyped, seL4_UntypedObject, 64, 0, 65, ~0ul, 0), seL4_RangeError,
                  WORDS(0, seL4_MaxUntypedBits));
    expect_answer(RETYPE(untyped, seL4_EndpointObject, 64, 0, 65, ~0ul, 0), seL4_RangeError,
                  WORDS(0, seL4_MaxUntypedBits));
    expect_answer(RETYPE(untyped, seL4_UntypedObject, 48, 0, 65, ~0ul, 0), seL4_RangeError,
                  WORDS(0, seL4_MaxUntypedBits));
    expect_answer(RETYPE(untyped, seL4_CapTableObject, 43, 0, 65, ~0ul, 0), seL4_RangeError,
                  WORDS(0, seL4_MaxUntypedBits));
    expect_answer(RETYPE(untyped, seL4_SchedContextObject, 48, 0, 65, ~0ul, 0), seL4_RangeError,
                  WORDS(0, seL4_MaxUntypedBits));
    expect_answer(RETYPE(untyped, seL4_CapTableObject, 0, 0, 65, ~0ul, 0), seL4_InvalidArgument, WORDS(1));
    expect_answer(RETYPE(untyped, seL4_UntypedObject, 3, 0, 65, ~0ul, 0), seL4_InvalidArgument, WORDS(1));
    expect_answer(RETYPE(untyped, seL4_SchedContextObject, 6, 0, 65, ~0ul, 0), seL4_InvalidArgument, WORDS(1));
    expect(slot_is_empty(slot));
    expect_success(RETYPE(untyped, seL4_CapTableObject, 1, 0, 0, slot, 1));
    expect_success(RETYPE(untyped, seL4_UntypedObject, 4, 0, 0, slot_new(), 1));
    expect_success(RETYPE(untyped, seL4_SchedContextObject, 7, 0, 0, slot_new(), 1));
}

/* row: untyped.retype.depth_zero untyped.retype.node_lookup untyped.retype.node_depth_range untyped.retype.node_not_cnode */
TEST(untyped, checks_of_the_destination)
{
    seL4_CPtr untyped = untyped_new(16), slot = slot_new(), cnode = cnode_new(4), endpoint = endpoint_new();

    /* Depth 0: the index does not matter. */
    expect_success(RETYPE(untyped, seL4_EndpointObject, 0, ~0ul, 0, slot, 1));
    expect_answer(RETYPE(untyped, seL4_EndpointObject, 0, 0, 65, ~0ul, 0), seL4_RangeError, WORDS(1, 64));
    expect_lookup(RETYPE(untyped, seL4_EndpointObject, 0, cnode, 60, ~0ul, 0), 0, seL4_DepthMismatch, 60, 64);
    expect_lookup(RETYPE(untyped, seL4_EndpointObject, 0, 1ul << 40, 64, ~0ul, 0), 0, seL4_GuardMismatch, 64, 0,
                  64 - root_radix());
    expect_lookup(RETYPE(untyped, seL4_EndpointObject, 0, endpoint, 64, ~0ul, 0), 0, seL4_MissingCapability, 64);
    expect_lookup(RETYPE(untyped, seL4_EndpointObject, 0, slot_new(), 64, ~0ul, 0), 0, seL4_MissingCapability, 64);
    expect_lookup(call(untyped, UntypedRetype, CAPS(endpoint), WORDS(seL4_EndpointObject, 0, 0, 0, ~0ul, 0)), 0,
                  seL4_MissingCapability, 0);
    expect_success(RETYPE(untyped, seL4_EndpointObject, 0, cnode, 64, 5, 1));
    expect_success(call(cnode, CNodeMove, CAPS(cnode), WORDS(6, 4, 5, 4)));
}

/* row: untyped.retype.offset_range untyped.retype.count_zero untyped.retype.count_max untyped.retype.count_slots */
/* row: untyped.retype.slots_empty untyped.retype.memory error.words.not_enough_memory */
TEST(untyped, checks_of_the_slots)
{
    seL4_CPtr untyped = untyped_new(12), cnode = cnode_new(4), wide = cnode_new(9);

    expect_answer(RETYPE(untyped, seL4_X86_4K, 0, cnode, 64, 16, 0), seL4_RangeError, WORDS(0, 15));
    expect_answer(RETYPE(untyped, seL4_X86_4K, 0, cnode, 64, ~0ul, 0), seL4_RangeError, WORDS(0, 15));
    expect_answer(RETYPE(untyped, seL4_X86_4K, 0, cnode, 64, 15, 0), seL4_RangeError, WORDS(1, 256));
    expect_answer(RETYPE(untyped, seL4_X86_4K, 0, cnode, 64, 15, 257), seL4_RangeError, WORDS(1, 256));
    expect_answer(RETYPE(untyped, seL4_X86_4K, 0, cnode, 64, 15, ~0ul), seL4_RangeError, WORDS(1, 256));
    expect_answer(RETYPE(untyped, seL4_X86_4K, 0, cnode, 64, 12, 5), seL4_RangeError, WORDS(1, 4));
    expect_success(call(cnode, CNodeCopy, CAPS(ROOT), WORDS(14, 4, cnode, 64, 15)));
    expect_answer(RETYPE(untyped, seL4_X86_4K, 0, cnode, 64, 12, 4), seL4_DeleteFirst, NONE);
    expect_answer(RETYPE(untyped, seL4_X86_4K, 0, cnode, 64, 12, 2), seL4_NotEnoughMemory, WORDS(4096));
    expect_success(RETYPE(untyped, seL4_EndpointObject, 0, wide, 64, 100, 256));
    expect_answer(RETYPE(untyped, seL4_EndpointObject, 0, wide, 64, 0, 1), seL4_NotEnoughMemory, WORDS(0));
}

/* row: untyped.retype.memory_not_rounded untyped.retype.aligned untyped.retype.watermark untyped.retype.restart */
TEST(untyped, watermark)
{
    seL4_CPtr untyped = untyped_new(13), endpoint = slot_new(), slot = slot_new(), first = slot_new();

    expect_success(RETYPE(untyped, seL4_EndpointObject, 0, 0, 0, endpoint, 1));
    /* 16 bytes are gone; a page would have to begin at the second half. */
    expect_answer(RETYPE(untyped, seL4_X86_4K, 0, 0, 0, slot, 2), seL4_NotEnoughMemory, WORDS(8192 - 16));
    expect_success(RETYPE(untyped, seL4_X86_4K, 0, 0, 0, slot, 1));
    expect_answer(RETYPE(untyped, seL4_EndpointObject, 0, 0, 0, slot_new(), 1), seL4_NotEnoughMemory, WORDS(0));
    /* What was freed comes back only when nothing is left. */
    cap_delete(slot);
    expect_answer(RETYPE(untyped, seL4_EndpointObject, 0, 0, 0, slot, 1), seL4_NotEnoughMemory, WORDS(0));
    cap_delete(endpoint);
    expect_success(RETYPE(untyped, seL4_X86_4K, 0, 0, 0, slot, 1));
    expect_success(RETYPE(untyped, seL4_X86_4K, 0, 0, 0, first, 1));
}

static seL4_Word address_of(seL4_CPtr frame)
{
    return call(frame, X86PageGetAddress, NONE, NONE).word[0];
}

/* row: untyped.retype.ascending untyped.retype.size_ignored */
TEST(untyped, objects_are_consecutive)
{
    seL4_CPtr untyped = untyped_new(16), frames = slots_new(8), small = slot_new();

    expect_success(RETYPE(untyped, seL4_X86_4K, 63, 0, 0, frames, 8));
    for (unsigned i = 1; i < 8; i++)
        expect_eq(address_of(frames + i), address_of(frames) + i * 4096);
    expect_eq(address_of(frames) % 0x10000, 0);
    expect_success(RETYPE(untyped, seL4_EndpointObject, 0, 0, 0, small, 1));
    expect_success(RETYPE(untyped, seL4_X86_4K, 0, 0, 0, slot_new(), 1));
    expect_eq(address_of(small + 1), address_of(frames) + 9 * 4096);
}

/* row: untyped.retype.children untyped.invoke.all_rights object.new.notification object.new.cnode */
TEST(untyped, new_capabilities)
{
    seL4_CPtr untyped = untyped_new(14), cnode = slot_new(), notification = slot_new();

    expect_success(RETYPE(untyped, seL4_CapTableObject, 4, 0, 0, cnode, 1));
    expect_success(RETYPE(untyped, seL4_NotificationObject, 0, 0, 0, notification, 1));
    for (seL4_Word i = 0; i < 16; i++)
        expect_lookup(call(cnode, CNodeMove, CAPS(cnode), WORDS(i, 4, (i + 1) % 16, 4)), 1, seL4_MissingCapability, 4);
    expect_success(call(cnode, CNodeDelete, NONE, WORDS(3, 4)));
    expect_nothing(receive(seL4_SysNBWait, notification, 0));
    expect_success(call(notification, 0, NONE, NONE));
    struct answer signal = receive(seL4_SysNBWait, notification, 0);
    expect_eq(signal.badge, 0);
    cap_revoke(untyped);
    expect(slot_is_empty(cnode) && slot_is_empty(notification));
}

/* row: untyped.retype.zeroed object.new.frame cnode.delete.empties */
TEST(untyped, memory_of_new_objects_is_zero)
{
    seL4_CPtr untyped = untyped_new(14), frame = slot_new();
    struct window window = window_new();

    expect_success(RETYPE(untyped, seL4_X86_4K, 0, 0, 0, frame, 1));
    volatile seL4_Word *page = window_map(&window, frame);
    for (unsigned i = 0; i < 512; i++)
        page[i] = ~0ul;
    cap_delete(frame);
    expect_success(RETYPE(untyped, seL4_X86_4K, 0, 0, 0, frame, 1));
    expect_nothing_mapped(&window);
    page = window_map(&window, frame);
    for (unsigned i = 0; i < 512; i++)
        expect_eq(page[i], 0);
}

/* row: untyped.retype.device untyped.retype.device_untyped */
TEST(untyped, device_memory_holds_only_frames)
{
    seL4_CPtr device = device_untyped(14), slot = slot_new(), frame = slot_new();
    const seL4_Word types[] = {seL4_TCBObject,           seL4_EndpointObject,         seL4_NotificationObject,
                               seL4_ReplyObject,         seL4_X86_PDPTObject,         seL4_X64_PML4Object,
                               seL4_X86_PageTableObject, seL4_X86_PageDirectoryObject};

    expect(device);
    for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        expect_answer(RETYPE(device, types[i], 0, 0, 0, slot, 1), seL4_InvalidArgument, WORDS(1));
    expect_answer(RETYPE(device, seL4_CapTableObject, 4, 0, 0, slot, 1), seL4_InvalidArgument, WORDS(1));
    expect_answer(RETYPE(device, seL4_SchedContextObject, 8, 0, 0, slot, 1), seL4_InvalidArgument, WORDS(1));
    /* An untyped made of it is device memory too. */
    expect_success(RETYPE(device, seL4_UntypedObject, 13, 0, 0, slot, 1));
    expect_answer(RETYPE(slot, seL4_EndpointObject, 0, 0, 0, frame, 1), seL4_InvalidArgument, WORDS(1));
    expect_success(RETYPE(slot, seL4_X86_4K, 0, 0, 0, frame, 1));
}

/* Ordinary memory is not reachable as device memory, so the video memory below 1 MiB serves. */
/* row: untyped.retype.device_kept */
TEST(untyped, device_memory_is_not_cleared)
{
    seL4_CPtr low = untyped_at(0xb8000), slot = slot_new(), frames = slots_new(192);
    struct window window = window_new();
    seL4_Word skipped = (0xb8000 - untyped_address(low)) / 4096;

    expect(low && skipped < 192);
    expect_success(RETYPE(low, seL4_X86_4K, 0, 0, 0, frames, skipped + 1));
    expect_eq(address_of(frames + skipped), 0xb8000);
    cap_copy(frames + skipped, seL4_AllRights);
    volatile seL4_Word *page = window_map(&window, frames + skipped);
    page[3] = 0x1234567812345678;
    cap_revoke(low);
    expect(slot_is_empty(frames));
    expect_success(RETYPE(low, seL4_X86_4K, 0, 0, 0, frames, skipped + 1));
    page = window_map(&window, frames + skipped);
    expect_eq(page[3], 0x1234567812345678);
    (void)slot;
    cap_revoke(low);
}

/* row: untyped.retype.boot_untyped */
TEST(untyped, boot_untyped_is_full_without_children)
{
    const seL4_BootInfo *info = seL4_GetBootInfo();
    seL4_CPtr slot = slot_new();
    unsigned tried = 0;

    /* Small ones that nobody uses; the first retype clears them. */
    for (seL4_CPtr cap = info->untyped.start; cap < info->untyped.end; cap++) {
        const seL4_UntypedDesc *description = &info->untypedList[cap - info->untyped.start];
        if (description->isDevice || description->sizeBits > 20)
            continue;
        expect_success(RETYPE(cap, seL4_UntypedObject, description->sizeBits, 0, 0, slot, 1));
        cap_delete(slot);
        tried++;
    }
    expect(tried > 0);
}

/* row: untyped.invoke.first_half combined.first_half.allowed_types */
TEST(untyped, retype_as_first_half)
{
    seL4_CPtr untyped = untyped_new(12), slot = slot_new(), notification = notification_new();

    seL4_Signal(cap_badged(notification, 9));
    struct answer signal = send_receive(seL4_SysNBSendWait, untyped, UntypedRetype, CAPS(ROOT),
                                        WORDS(seL4_EndpointObject, 0, 0, 0, slot, 1), notification, 0);
    expect_eq(signal.badge, 9);
    expect(!slot_is_empty(slot));
}
