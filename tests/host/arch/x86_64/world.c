#include "world.h"

#include "core/captree.h"
#include "core/cpu.h"
#include "core/preempt.h"
#include "hal/hal.h"
#include "lib/assert.h"
#include "object/irq.h"
#include "test.h"

#include <string.h>

struct world world;
static const struct message *current_message;
static bool slot_is_shared[WORLD_SLOTS], slot_is_parent[WORLD_SLOTS];
static bool irq_issued[HAL_IRQ_COUNT];

void world_reset(bool has_contexts)
{
    memset(&world, 0, sizeof world);
    memset(&machine_state, 0, sizeof machine_state);
    memset(slot_is_shared, 0, sizeof slot_is_shared);
    memset(slot_is_parent, 0, sizeof slot_is_parent);
    memset(irq_issued, 0, sizeof irq_issued);
    fake_machine_reset(has_contexts);
    vspace_init();
    this_cpu()->current = &world.thread;
    world.thread.state = THREAD_RUNNING;

    uint64_t pool = fake_memory_take(12);
    machine_state.asid_table.pool[0] = fake_window(pool);
    world.pool = world_put(cap_asid_pool_new(pool, 0));
    world.space = world_new_space();
    world_enter(world.space);
}

struct cap_slot *world_slot(void)
{
    if (world.slot_count == WORLD_SLOTS)
        test_fail(__FILE__, __LINE__, "out of slots");
    return &world.slot[world.slot_count++];
}

struct cap_slot *world_put(struct cap cap)
{
    struct cap_slot *slot = world_slot();
    slot->cap = cap;
    return slot;
}

struct cap_slot *world_new(unsigned type)
{
    return world_put(hal_object_create(type, fake_memory_take(hal_object_size_bits(type)), false));
}

struct cap_slot *world_new_space(void)
{
    struct cap_slot *space = world_new(ABI_OBJECT_PML4);
    struct message assign = {.label = ABI_LABEL_X86_ASID_POOL_ASSIGN, .cap_count = 1, .cap = {space}};
    expect_done(world_invoke(world.pool, assign));
    return space;
}

void world_enter(struct cap_slot *space)
{
    world.thread.slot[THREAD_SLOT_VSPACE].cap = space ? space->cap : CAP_NULL;
    hal_thread_space_changed(&world.thread);
    hal_activate_space(&world.thread);
}

void world_delete(struct cap_slot *slot, bool is_final)
{
    struct preemption preemption = {0};
    while (refused(hal_cap_finalise(slot->cap, is_final, &preemption)))
        ;
    slot->cap = CAP_NULL;
}

struct cap world_derived(struct cap_slot *slot)
{
    return hal_cap_derive(slot->cap);
}

void world_set_shared(struct cap_slot *slot)
{
    slot_is_shared[slot - world.slot] = true;
}

void world_set_parent(struct cap_slot *slot)
{
    slot_is_parent[slot - world.slot] = true;
}

struct refusal world_invoke(struct cap_slot *slot, struct message message)
{
    struct invocation invocation = {.caller = &world.thread,
                                    .slot = slot,
                                    .cap = slot->cap,
                                    .label = message.label,
                                    .length = message.length,
                                    .extra = message.cap,
                                    .extra_count = message.cap_count,
                                    .is_call = true};
    current_message = &message;
    for (unsigned i = 0; i < ABI_MESSAGE_REGISTERS; i++)
        context_set_mr(&world.thread.context, i, message.word[i]);
    world.result = 0;
    if (cap_type(slot->cap) == ABI_CAP_TYPE_IRQ_CONTROL)
        return hal_irq_control_invoke(&invocation);
    return hal_cap_invoke(&invocation);
}

struct refusal world_map(struct cap_slot *frame, struct cap_slot *space, uint64_t address, uint64_t rights,
                         uint64_t attributes)
{
    return world_invoke(frame, (struct message){.label = ABI_LABEL_X86_PAGE_MAP,
                                                .length = 3,
                                                .word = {address, rights, attributes},
                                                .cap_count = 1,
                                                .cap = {space}});
}

struct refusal world_map_table(struct cap_slot *table, struct cap_slot *space, uint64_t address)
{
    static const uint64_t labels[] = {[ABI_CAP_TYPE_PAGE_TABLE] = ABI_LABEL_X86_PAGE_TABLE_MAP,
                                      [ABI_CAP_TYPE_PAGE_DIRECTORY] = ABI_LABEL_X86_PAGE_DIRECTORY_MAP,
                                      [ABI_CAP_TYPE_PDPT] = ABI_LABEL_X86_PDPT_MAP};
    return world_invoke(
        table,
        (struct message){
            .label = labels[cap_type(table->cap)], .length = 2, .word = {address, 0}, .cap_count = 1, .cap = {space}});
}

void world_map_tables(struct cap_slot *space, uint64_t address, struct cap_slot *tables[3])
{
    static const unsigned types[3] = {ABI_OBJECT_PDPT, ABI_OBJECT_PAGE_DIRECTORY, ABI_OBJECT_PAGE_TABLE};
    for (unsigned i = 0; i < 3; i++) {
        tables[i] = world_new(types[i]);
        expect_done(world_map_table(tables[i], space, address));
    }
}

/* --- what the objects ask of the core ------------------------------------------------------------------------------- */

uint64_t invocation_buffer_word(const struct invocation *invocation UNUSED, unsigned index)
{
    return current_message->word[index];
}

void invocation_result(struct invocation *invocation UNUSED, unsigned index, uint64_t value)
{
    expect_eq(index, 0);
    world.result = value;
}

void panic(const char *format, ...)
{
    test_fail(__FILE__, __LINE__, "panic: %s", format);
}

bool captree_is_final(const struct cap_slot *slot)
{
    return !slot_is_shared[slot - world.slot];
}

bool captree_has_children(const struct cap_slot *slot)
{
    return slot_is_parent[slot - world.slot];
}

void captree_insert_original(struct cap_slot *parent, struct cap_slot *dst, struct cap cap)
{
    expect(cap_slot_is_empty(dst));
    world_set_parent(parent);
    dst->cap = cap;
}

void captree_insert_root(struct cap_slot *dst, struct cap cap)
{
    expect(cap_slot_is_empty(dst));
    dst->cap = cap;
}

/* The root CNode is the world's slots, 64 bits deep. */
struct slot_lookup slot_lookup_empty(struct cap root, uint64_t index, uint64_t depth)
{
    if (cap_type(root) != ABI_CAP_TYPE_CNODE)
        return (struct slot_lookup){.refusal = refuse_lookup(false, lookup_invalid_root())};
    if (depth < 1 || depth > 64)
        return (struct slot_lookup){.refusal = refuse_range(1, 64)};
    if (!cap_slot_is_empty(&world.slot[index]))
        return (struct slot_lookup){.refusal = refuse(ABI_ERROR_DELETE_FIRST)};
    return (struct slot_lookup){.slot = &world.slot[index]};
}

bool irq_is_issued(unsigned irq)
{
    return irq_issued[irq];
}

void irq_issue(unsigned irq, struct cap_slot *control UNUSED, struct cap_slot *dst)
{
    irq_issued[irq] = true;
    dst->cap = cap_irq_handler_new(irq);
}

void context_set_user_register(struct user_context *context, unsigned index, uint64_t value)
{
    if (index == ABI_USER_CONTEXT_RIP)
        context->rip = value;
    if (index == ABI_USER_CONTEXT_RDI)
        context->rdi = value;
}
