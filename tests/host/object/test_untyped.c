/* Memory: placing, what is left, clearing in parts. */
#include "abi/boot.h"
#include "core/preempt.h"
#include "world.h"

#include <string.h>

#define ROOT ABI_INIT_SLOT_CNODE

static uint64_t retype(uint64_t untyped, unsigned type, uint64_t bits, uint64_t slot, uint64_t count)
{
    return world_invoke(
        untyped, (struct world_message){ABI_LABEL_UNTYPED_RETYPE, WORDS(type, bits, 0, 0, slot, count), CAPS(ROOT)});
}

static uint64_t watermark(uint64_t untyped)
{
    return cap_untyped_watermark(world_slot(untyped)->cap);
}

TEST(untyped, objects_stand_behind_each_other_each_at_its_size)
{
    world_reset();
    uint64_t untyped = world_new(ABI_OBJECT_UNTYPED, 13), start = cap_paddr(world_slot(untyped)->cap);
    expect_eq(retype(untyped, ABI_OBJECT_ENDPOINT, 0, 200, 3), 0);
    expect_eq(watermark(untyped), 48);
    expect_eq(retype(untyped, ABI_OBJECT_NOTIFICATION, 0, 203, 1), 0);
    expect_eq(watermark(untyped), 128); /* 48 is rounded up to 64 */
    expect_eq(hal_paddr(cap_pointer(world_slot(203)->cap)), start + 64);
    expect_eq(retype(untyped, ABI_OBJECT_TCB, 0, 204, 2), 0);
    expect_eq(hal_paddr(cap_pointer(world_slot(204)->cap)), start + 2048);
    expect_eq(hal_paddr(cap_pointer(world_slot(205)->cap)), start + 4096);
    expect_eq(watermark(untyped), 6144);
}

TEST(untyped, what_is_left_is_told)
{
    world_reset();
    uint64_t untyped = world_new(ABI_OBJECT_UNTYPED, 12);
    expect_eq(retype(untyped, ABI_OBJECT_ENDPOINT, 0, 200, 5), 0);
    expect_eq(retype(untyped, ABI_OBJECT_TCB, 0, 210, 2), ABI_ERROR_NOT_ENOUGH_MEMORY);
    expect_eq(world_current()->context.mr[0], 4096 - 80);
    expect_eq(retype(untyped, ABI_OBJECT_TCB, 0, 210, 1), 0);
    expect_eq(retype(untyped, ABI_OBJECT_ENDPOINT, 0, 220, 1), ABI_ERROR_NOT_ENOUGH_MEMORY);
    expect_eq(world_current()->context.mr[0], 0);
    /* Freed memory comes back when nothing is left, not before. */
    for (unsigned i = 200; i < 205; i++)
        expect_eq(world_invoke(ROOT, (struct world_message){ABI_LABEL_CNODE_DELETE, WORDS(i, 64)}), 0);
    expect_eq(retype(untyped, ABI_OBJECT_ENDPOINT, 0, 220, 1), ABI_ERROR_NOT_ENOUGH_MEMORY);
    expect_eq(world_invoke(ROOT, (struct world_message){ABI_LABEL_CNODE_DELETE, WORDS(210, 64)}), 0);
    expect_eq(retype(untyped, ABI_OBJECT_ENDPOINT, 0, 220, 256 - 220), 0);
}

/* The whole of a page is used, freed, and made a page again, stopped at every point: all of it is clear. */
TEST(untyped, memory_is_clear_wherever_clearing_stops)
{
    for (unsigned point = 0; point < 20; point++) {
        world_reset();
        uint64_t untyped = world_new(ABI_OBJECT_UNTYPED, 14), paddr = cap_paddr(world_slot(untyped)->cap);
        expect_eq(retype(untyped, ABI_OBJECT_4K_PAGE, 0, 200, 4), 0);
        memset(hal_window(paddr), 0xa5, 4 << 12);
        for (unsigned i = 200; i < 204; i++)
            expect_eq(world_invoke(ROOT, (struct world_message){ABI_LABEL_CNODE_DELETE, WORDS(i, 64)}), 0);
        host_preempt_units = 1;
        host_interrupt_after(point);
        struct thread *caller = world_current();
        uint64_t call_pc = caller->context.pc;
        retype(untyped, ABI_OBJECT_4K_PAGE, 0, 200, 4);
        host_no_interrupt();
        unsigned stops = 0;
        for (; caller->context.pc == call_pc; stops++) {
            expect(point < 18);
            kernel_spurious_interrupt();
            host_call(); /* with the registers it has */
        }
        expect_eq(caller->context.info, 0);
        const uint8_t *memory = hal_window(paddr);
        for (unsigned i = 0; i < 4 << 12; i++)
            expect_eq(memory[i], 0);
        expect_eq(cap_type(world_slot(203)->cap), ABI_CAP_TYPE_FRAME);
    }
}

/*
 * A Retype that has been preempted, and another object. The story: a preempted Retype by NBSend was issued again after its capability had gone, which is silently nothing. The note of
 * how many objects there were was left, and the thread's next Retype made fewer than it was asked for.
 */
static uint64_t preempted_retype(unsigned other_type, uint64_t *other)
{
    world_reset();
    uint64_t untyped = world_new(ABI_OBJECT_UNTYPED, 12);
    *other = world_new(other_type, 0);
    struct thread *caller = world_current();
    uint64_t *buffer = world_buffer(caller);
    const uint64_t words[] = {ABI_OBJECT_ENDPOINT, 0, 0, 0, 200, 5};
    for (unsigned i = 0; i < 6; i++)
        *(i < 4 ? &caller->context.mr[i] : &buffer[1 + i]) = words[i];
    buffer[ABI_IPC_BUFFER_CAPS_OFFSET / 8] = ROOT;
    host_preempt_units = 1;
    host_interrupt_after(1);
    world_call(ABI_SYSCALL_NBSEND, untyped, ABI_LABEL_UNTYPED_RETYPE << 12 | 1 << 7 | 6, 0);
    host_no_interrupt();
    expect(!cap_slot_is_empty(world_slot(200)) && cap_slot_is_empty(world_slot(204)));
    return untyped;
}

static void expect_retype_to_be_whole(uint64_t untyped)
{
    expect_eq(retype(untyped, ABI_OBJECT_ENDPOINT, 0, 210, 5), 0);
    for (unsigned i = 210; i < 215; i++)
        expect_eq(cap_type(world_slot(i)->cap), ABI_CAP_TYPE_ENDPOINT);
}

TEST(untyped, a_preempted_call_that_is_over_leaves_no_note)
{
    uint64_t other, untyped = preempted_retype(ABI_OBJECT_REPLY, &other);
    world_current()->context.cap = UINT64_C(1) << 60; /* nothing is found there any more */
    host_call();
    expect_retype_to_be_whole(untyped);
}

/* The same with another capability in the slot: the call is a message now, a signal, an answer. */
TEST(untyped, a_preempted_call_that_became_another_leaves_no_note)
{
    static const unsigned types[] = {ABI_OBJECT_ENDPOINT, ABI_OBJECT_NOTIFICATION, ABI_OBJECT_REPLY};
    for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        uint64_t other, untyped = preempted_retype(types[i], &other);
        world_current()->context.cap = other;
        host_call();
        expect_retype_to_be_whole(untyped);
    }
}

/* And with another call, as when the program's text was changed. */
TEST(untyped, a_preempted_call_with_another_number_leaves_no_note)
{
    static const int64_t numbers[] = {ABI_SYSCALL_YIELD, ABI_SYSCALL_NBWAIT};
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        uint64_t other, untyped = preempted_retype(ABI_OBJECT_NOTIFICATION, &other);
        world_call(numbers[i], other, 0, 0);
        expect_retype_to_be_whole(untyped);
    }
}

TEST(untyped, device_memory_gives_memory_and_frames_and_is_not_touched)
{
    world_reset();
    uint64_t device = ABI_INIT_SLOT_FIRST_DYNAMIC;
    for (;; device++) {
        struct cap cap = world_slot(device)->cap;
        if (cap_type(cap) == ABI_CAP_TYPE_UNTYPED && cap_untyped_is_device(cap) && cap_untyped_size_bits(cap) > 21)
            break;
    }
    expect_eq(retype(device, ABI_OBJECT_ENDPOINT, 0, 200, 1), ABI_ERROR_INVALID_ARGUMENT);
    expect_eq(world_current()->context.mr[0], 1);
    expect_eq(retype(device, ABI_OBJECT_UNTYPED, 20, 200, 1), 0);
    expect(cap_untyped_is_device(world_slot(200)->cap));
    expect_eq(retype(device, ABI_OBJECT_LARGE_PAGE, 0, 201, 1), 0);
    expect_eq(retype(200, ABI_OBJECT_4K_PAGE, 0, 202, 3), 0);
    expect_eq(retype(200, ABI_OBJECT_PAGE_TABLE, 0, 210, 1), ABI_ERROR_INVALID_ARGUMENT);
}
