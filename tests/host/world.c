#include "world.h"

#include "abi/boot.h"

#include <stdio.h>
#include <string.h>

#define ROOT_CNODE ABI_INIT_SLOT_CNODE
#define FULL_DEPTH 64

static struct world {
    uint64_t random, next_slot, untyped;
    uint8_t *memory, *memory_end;
    struct cap_slot *slots; /* of the root CNode */
} world;

static void on_halt(int status)
{
    test_fail(__FILE__, __LINE__, "the kernel stopped with status %d", status);
}

void world_reset(void)
{
    host.on_halt = on_halt;
    host.is_quiet = true;
    host_boot();
    world = (struct world){.random = 1, .next_slot = 64};
    world.slots = cap_pointer(host_cpu.current->slot[THREAD_SLOT_CSPACE].cap);
    for (unsigned i = ABI_INIT_SLOT_FIRST_DYNAMIC; i < 64; i++) {
        struct cap cap = world_slot(i)->cap;
        if (cap_type(cap) != ABI_CAP_TYPE_UNTYPED || cap_untyped_is_device(cap))
            continue;
        if (!world.untyped || cap_untyped_size_bits(cap) > cap_untyped_size_bits(world_slot(world.untyped)->cap))
            world.untyped = i;
    }
    /* The upper half of the largest memory is for world_memory. */
    struct cap cap = world_slot(world.untyped)->cap;
    unsigned size_bits = cap_untyped_size_bits(cap);
    expect_eq(world_invoke(world.untyped, (struct world_message){ABI_LABEL_UNTYPED_RETYPE,
                                                                 WORDS(ABI_OBJECT_UNTYPED, size_bits - 1, 0, 0, 62, 2),
                                                                 CAPS(ROOT_CNODE)}),
              ABI_ERROR_NONE);
    world.untyped = 62;
    world.memory = hal_window(cap_paddr(world_slot(63)->cap));
    world.memory_end = world.memory + BIT(size_bits - 1);
}

uint64_t world_random(uint64_t limit)
{
    world.random = world.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (world.random >> 33) % limit;
}

void *world_memory(uint64_t bytes)
{
    uint8_t *memory = world.memory;
    world.memory += align_up(bytes, 6);
    if (world.memory > world.memory_end)
        test_fail(__FILE__, __LINE__, "no memory left");
    memset(memory, 0, bytes);
    return memory;
}

/* --- slots and objects ---------------------------------------------------------------------------------------------- */

struct cap_slot *world_slot(uint64_t number)
{
    return world.slots + number;
}

uint64_t world_free_slot(void)
{
    return world.next_slot++;
}

struct thread *world_thread(uint64_t number)
{
    return cap_pointer(world_slot(number)->cap);
}

struct schedctx *world_schedctx(uint64_t number)
{
    return cap_pointer(world_slot(number)->cap);
}

uint64_t world_new_some(unsigned type, unsigned size_bits, unsigned count)
{
    uint64_t first = world.next_slot;
    world.next_slot += count;
    uint64_t error = world_invoke(
        world.untyped,
        (struct world_message){ABI_LABEL_UNTYPED_RETYPE, WORDS(type, size_bits, 0, 0, first, count), CAPS(ROOT_CNODE)});
    expect_eq(error, ABI_ERROR_NONE);
    return first;
}

uint64_t world_new(unsigned type, unsigned size_bits)
{
    return world_new_some(type, size_bits, 1);
}

/* --- calls ---------------------------------------------------------------------------------------------------------- */

struct thread *world_current(void)
{
    return host_cpu.current;
}

uint64_t *world_buffer(const struct thread *thread)
{
    return thread_ipc_buffer(thread, true);
}

void world_call(int64_t number, uint64_t cap, uint64_t info, uint64_t reply)
{
    struct user_context *context = &host_cpu.current->context;
    context->number = (uint64_t)number;
    context->cap = cap;
    context->info = info;
    context->reply_cap = reply;
    host_call();
}

uint64_t world_invoke(uint64_t cap, struct world_message message)
{
    struct thread *caller = host_cpu.current;
    uint64_t *buffer = world_buffer(caller);
    for (unsigned i = 0; i < message.word_count; i++)
        if (i < ABI_MESSAGE_REGISTERS)
            caller->context.mr[i] = message.word[i];
        else
            buffer[1 + i] = message.word[i];
    for (unsigned i = 0; i < message.cap_count; i++)
        buffer[ABI_IPC_BUFFER_CAPS_OFFSET / 8 + i] = message.cap[i];
    world_call(ABI_SYSCALL_CALL, cap, (uint64_t)message.label << 12 | message.cap_count << 7 | message.word_count, 0);
    return caller->context.info >> 12;
}

uint64_t world_mint(uint64_t cap, uint64_t badge, unsigned rights)
{
    uint64_t to = world_free_slot();
    expect_eq(world_invoke(ROOT_CNODE, (struct world_message){ABI_LABEL_CNODE_MINT,
                                                              WORDS(to, FULL_DEPTH, cap, FULL_DEPTH, rights, badge),
                                                              CAPS(ROOT_CNODE)}),
              ABI_ERROR_NONE);
    return to;
}

/* --- threads -------------------------------------------------------------------------------------------------------- */

void world_configure(uint64_t schedctx, uint64_t budget, uint64_t period, uint64_t extra_refills)
{
    uint64_t control = ABI_INIT_SLOT_FIRST_DYNAMIC;
    while (cap_type(world_slot(control)->cap) != ABI_CAP_TYPE_SCHED_CONTROL)
        control++;
    expect_eq(world_invoke(control, (struct world_message){ABI_LABEL_SCHED_CONTROL_CONFIGURE_FLAGS,
                                                           WORDS(budget, period, extra_refills, 0, 0), CAPS(schedctx)}),
              ABI_ERROR_NONE);
}

uint64_t world_new_thread(unsigned priority, bool with_context)
{
    uint64_t thread = world_new(ABI_OBJECT_TCB, 0), frame = world_new(ABI_OBJECT_4K_PAGE, 0), schedctx = 0;
    if (with_context) {
        schedctx = world_new(ABI_OBJECT_SCHED_CONTEXT, 8);
        world_configure(schedctx, 1000, 1000, 0);
    }
    expect_eq(world_invoke(thread, (struct world_message){ABI_LABEL_TCB_CONFIGURE, WORDS(0, 0, 0x10000),
                                                          CAPS(ROOT_CNODE, ABI_INIT_SLOT_VSPACE, frame)}),
              ABI_ERROR_NONE);
    expect_eq(world_invoke(thread, (struct world_message){ABI_LABEL_TCB_SET_SCHED_PARAMS, WORDS(255, priority),
                                                          CAPS(ABI_INIT_SLOT_TCB, schedctx, 0)}),
              ABI_ERROR_NONE);
    expect_eq(
        world_invoke(thread, (struct world_message){ABI_LABEL_TCB_WRITE_REGISTERS, WORDS(1, 1, 0x100000 * thread)}),
        ABI_ERROR_NONE);
    return thread;
}

void world_pass(uint64_t ticks)
{
    uint64_t end = host.time + ticks;
    while (host.is_armed && host.deadline <= end) {
        if (host.deadline > host.time)
            host.time = host.deadline;
        host.is_armed = false;
        if (host_cpu.current != &host_cpu.idle)
            context_stop_here(&host_cpu.current->context);
        kernel_timer_interrupt();
    }
    host.time = end;
}

void world_run(uint64_t thread)
{
    struct thread *wanted = world_thread(thread);
    for (unsigned i = 0; host_cpu.current != wanted; i++) {
        if (i > 100 || host_cpu.current == &host_cpu.idle)
            test_fail(__FILE__, __LINE__, "the thread does not come to run");
        struct thread *other = host_cpu.current;
        thread_suspend(other);
        sched_reconsider();
        kernel_spurious_interrupt();
    }
}

void expect_tree_is_whole(const struct cap_slot *slot)
{
    const struct cap_slot *next = cap_slot_next(slot), *prev = cap_slot_prev(slot);
    if (cap_slot_is_empty(slot)) {
        expect(!next && !prev);
        return;
    }
    expect(!next || cap_slot_prev(next) == slot);
    expect(!prev || cap_slot_next(prev) == slot);
    expect(!next || !cap_slot_is_empty(next));
}
