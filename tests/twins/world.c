/* The objects of a script, made at random from its seed, and gone with one revocation afterwards. */
#include "twins.h"

#include "../support/objects.h"
#include "../support/space.h"
#include "lib/start.h"

#include <pecan/features.h>

enum {
    ARENA_BITS = 18,
    STACK_BYTES = 8192,
    SLOTS_OF_SCRIPT = 96,
    FIRST_PRIORITY = 50,
    PRIORITIES = 3,
    BUDGET_US = 1000000000, /* longer than any script */
    FIRST_FAULT_BADGE = 0x700
};

#define ROOT  seL4_CapInitThreadCNode
#define DEPTH seL4_WordBits

struct world world;

static struct {
    _Alignas(PAGE_BYTES) char buffer[WORKERS][PAGE_BYTES];
    _Alignas(PAGE_BYTES) struct step_area area[WORKERS];
    _Alignas(16) char stack[WORKERS][STACK_BYTES];
    uint64_t tls[WORKERS];
} memory;

static seL4_CPtr arena, first_slot, next_slot, second_space, frames[WORKERS];

/* A page of its own, with a word of its own: written through the first space, which comes last. */
static void space_mark(seL4_CPtr space)
{
    static seL4_Word number;
    seL4_CPtr frame = object_make(seL4_X86_4K, 0);

    page_map(frame, seL4_CapInitThreadVSpace, SPACE_ADDRESS);
    *(volatile seL4_Word *)SPACE_ADDRESS = 0x59ace + number++;
    must(seL4_X86_Page_Unmap(frame), "unmap a page");
    page_map(frame, space, SPACE_ADDRESS);
}

void world_init(void)
{
    arena = object_make(seL4_UntypedObject, ARENA_BITS);
    first_slot = slots_take(SLOTS_OF_SCRIPT);
    world.director = object_make(seL4_NotificationObject, 0);
    world.director_reply = object_make(seL4_ReplyObject, 0);
    second_space = space_of_program();
    space_mark(second_space);
    space_mark(seL4_CapInitThreadVSpace);
    for (unsigned i = 0; i < WORKERS; i++) {
        frames[i] = object_make(seL4_X86_4K, 0);
        memory.tls[i] = 0x7150000 + i;
    }
}

static uint64_t below(uint64_t bound)
{
    return random_below(&world.random, bound);
}

static bool one_in(uint64_t count)
{
    return below(count) == 0;
}

/* --- objects and capabilities --------------------------------------------------------------------------------------------- */

static seL4_CPtr slot_new(void)
{
    if (next_slot == first_slot + SLOTS_OF_SCRIPT)
        give_up("a script needs too many slots");
    return next_slot++;
}

static seL4_Error object_new_in(seL4_Word type, seL4_Word size_bits, seL4_CPtr slot)
{
    return seL4_Untyped_Retype(arena, type, size_bits, ROOT, 0, 0, slot, 1);
}

static seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits)
{
    seL4_CPtr slot = slot_new();

    must(object_new_in(type, size_bits, slot), "make an object of a script");
    return slot;
}

seL4_Error object_remake(seL4_Word type, seL4_CPtr slot)
{
    return object_new_in(type, 0, slot);
}

static seL4_CPtr slots_of(const struct worker *worker)
{
    return worker->cnode[worker->levels - 1];
}

/* Puts a copy into a worker's slot in place of what is there. */
static seL4_Error give(const struct worker *worker, unsigned slot, seL4_CPtr cap, seL4_CapRights_t rights,
                       seL4_Word badge)
{
    seL4_CNode_Delete(slots_of(worker), slot, SLOT_BITS);
    return seL4_CNode_Mint(slots_of(worker), slot, SLOT_BITS, ROOT, cap, DEPTH, rights, badge);
}

static seL4_CapRights_t some_rights(void)
{
    return one_in(world.is_calm ? 300 : 6) ? seL4_CapRights_new(below(2), below(2), below(2), below(2))
                                           : seL4_AllRights;
}

seL4_Error endpoint_give(unsigned endpoint, struct worker *worker, unsigned slot)
{
    return give(worker, slot, world.endpoint[endpoint], some_rights(), one_in(3) ? 0 : random_next(&world.random));
}

seL4_Error reply_give(unsigned reply, struct worker *worker, unsigned slot)
{
    return give(worker, slot, world.reply[reply], one_in(5) ? seL4_CapRights_new(0, 0, 1, 1) : seL4_AllRights, 0);
}

static seL4_Error notification_give(unsigned notification, struct worker *worker, unsigned slot)
{
    return give(worker, slot, world.notification[notification], some_rights(), 1ul << below(64));
}

/* --- capability spaces -------------------------------------------------------------------------------------------------------- */

uint64_t space_data(const struct worker *worker)
{
    return seL4_CNode_CapData_new(worker->level[0].guard, worker->level[0].guard_bits).words[0];
}

seL4_CPtr space_root(const struct worker *worker)
{
    return worker->cnode[0];
}

/* Levels with guards that together take at most 64 bits, often exactly as many. */
static void levels_choose(struct worker *worker)
{
    unsigned left = 64;

    worker->levels = one_in(2) ? 1 : 2 + (unsigned)below(LEVELS_MOST - 1);
    for (unsigned i = 0; i < worker->levels; i++) {
        struct level *level = &worker->level[i];
        bool is_last = i + 1 == worker->levels;

        level->radix = is_last ? SLOT_BITS : (uint8_t)(1 + below(4));
        level->guard_bits = (uint8_t)(is_last ? left - level->radix : below(12));
        if (is_last && one_in(3))
            level->guard_bits = (uint8_t)below(level->guard_bits);
        level->guard = one_in(2) || !level->guard_bits ? 0 : random_next(&world.random) >> (64 - level->guard_bits);
        level->guard &= (1ul << 58) - 1; /* as many as a capability holds */
        level->index = below(1ul << level->radix);
        left -= level->guard_bits + level->radix;
    }
}

static void space_make(struct worker *worker)
{
    levels_choose(worker);
    for (unsigned i = 0; i < worker->levels; i++)
        worker->cnode[i] = object_new(seL4_CapTableObject, worker->level[i].radix);
    for (unsigned i = 0; i + 1 < worker->levels; i++) {
        const struct level *next = &worker->level[i + 1];
        must(seL4_CNode_Mint(worker->cnode[i], worker->level[i].index, worker->level[i].radix, ROOT,
                             worker->cnode[i + 1], DEPTH, seL4_AllRights,
                             seL4_CNode_CapData_new(next->guard, next->guard_bits).words[0]),
             "link two CNodes");
    }
}

static void space_fill(struct worker *worker)
{
    for (unsigned i = 0; i < world.endpoint_count; i++)
        if (world.is_calm || !one_in(8) || (worker_serves(worker) && i == worker->endpoint))
            must(endpoint_give(i, worker, SLOT_ENDPOINT + i), "give an endpoint");
    must(endpoint_give((unsigned)below(world.endpoint_count), worker, SLOT_MORE_ENDPOINT), "give an endpoint");
    for (unsigned i = 0; i < world.notification_count; i++)
        if (!one_in(4))
            must(notification_give(i, worker, SLOT_NOTIFICATION + i), "give a notification");
    must(reply_give(worker->number, worker, SLOT_REPLY), "give a reply object");
    must(reply_give((unsigned)below(REPLIES), worker, SLOT_OTHER_REPLY), "give a reply object");
    must(give(worker, SLOT_DIRECTOR, world.director, seL4_CanWrite, BADGE_WORKER), "give the director's notification");
    must(give(worker, SLOT_CNODE, slots_of(worker), seL4_AllRights, 0), "give the CNode");
    must(give(worker, SLOT_THREAD, world.worker[below(world.worker_count)].tcb, seL4_AllRights, 0), "give a thread");
    must(give(worker, SLOT_FRAME, frames[worker->number], seL4_AllRights, 0), "give a frame");
}

/* --- threads -------------------------------------------------------------------------------------------------------------------- */

seL4_CPtr fault_endpoint(const struct worker *worker)
{
    return first_slot + worker->number;
}

static void worker_choose(struct worker *worker, unsigned number)
{
    *worker = (struct worker){.number = number,
                              .is_foreign = one_in(world.is_calm ? 40 : 12),
                              .has_floats = one_in(3),
                              .has_buffer = !one_in(7),
                              .has_other_space = one_in(2),
                              .random = random_next(&world.random) | 1,
                              .priority = FIRST_PRIORITY + below(PRIORITIES),
                              .endpoint = number < world.endpoint_count ? number : below(world.endpoint_count),
                              .area = &memory.area[number],
                              .buffer = (seL4_IPCBuffer *)memory.buffer[number],
                              .tls = &memory.tls[number],
                              .stack_end = memory.stack[number + 1]};
    /* Each endpoint has somebody who serves it. */
    worker->role =
        number < world.endpoint_count
            ? (number + 1 < world.endpoint_count && (world.has_chain || one_in(2)) ? ROLE_MIDDLEMAN : ROLE_SERVER)
        : world.is_calm ? (one_in(6) ? ROLE_ANY : ROLE_CLIENT)
                        : (enum role)below(ROLE_COUNT);
    worker->can_be_passive = worker->is_passive = worker_serves(worker) && (world.has_chain || !one_in(6));
    for (unsigned i = 0; i < sizeof(seL4_IPCBuffer) / sizeof(uint64_t); i++)
        ((uint64_t *)worker->buffer)[i] = random_next(&world.random);
    *worker->area = (struct step_area){0};
}

/* The copy of an endpoint that gets the worker's faults, or an empty slot. */
static void fault_endpoint_make(const struct worker *worker)
{
    if (one_in(5))
        return;
    must(seL4_CNode_Mint(ROOT, fault_endpoint(worker), DEPTH, ROOT, world.endpoint[below(world.endpoint_count)], DEPTH,
                         seL4_CapRights_new(1, one_in(2), 0, 1), FIRST_FAULT_BADGE + worker->number),
         "make a fault endpoint");
}

static seL4_CPtr schedctx_new(void)
{
    seL4_CPtr schedctx = object_new(seL4_SchedContextObject, seL4_MinSchedContextBits);

    must(seL4_SchedControl_ConfigureFlags(pecan_boot_info()->schedcontrol.start, schedctx, BUDGET_US, BUDGET_US, 0, 0,
                                          one_in(3) ? seL4_SchedContext_Sporadic : seL4_SchedContext_NoFlag),
         "configure a scheduling context");
    return schedctx;
}

static void thread_prepare(struct worker *worker)
{
    fault_endpoint_make(worker);
    worker->schedctx = schedctx_new();
    must(seL4_TCB_Configure(worker->tcb, space_root(worker), space_data(worker),
                            worker->has_other_space ? second_space : seL4_CapInitThreadVSpace, 0,
                            worker->has_buffer ? (seL4_Word)worker->buffer : 0,
                            worker->has_buffer ? program_frame(worker->buffer) : 0),
         "configure a thread");
    must(seL4_TCB_SetSchedParams(worker->tcb, seL4_CapInitThreadTCB, worker->priority, worker->priority,
                                 worker->schedctx, fault_endpoint(worker)),
         "set scheduling parameters");
    if (worker->is_foreign)
        seL4_TCB_SetFlags(worker->tcb, 0, PECAN_TCB_FLAG_FOREIGN);
}

seL4_Error worker_revive(struct worker *worker)
{
    seL4_UserContext registers = {.rip = (seL4_Word)step_begin,
                                  .rsp = (seL4_Word)worker->stack_end,
                                  .rflags = 0x202,
                                  .rdi = (seL4_Word)worker,
                                  .fs_base = (seL4_Word)worker->tls,
                                  .gs_base = (seL4_Word)worker->area};

    return seL4_TCB_WriteRegisters(worker->tcb, 1, 0, sizeof(registers) / sizeof(seL4_Word), &registers);
}

/* --- scripts -------------------------------------------------------------------------------------------------------------------- */

void world_make(uint64_t seed)
{
    world.random = (seed + 1) * 0x9e3779b97f4a7c15ul;
    world.is_calm = one_in(2);
    world.has_chain = world.is_calm && one_in(3);
    world.events = 0;
    world.events_most = 400;
    next_slot = first_slot + WORKERS; /* behind the fault endpoints */
    world.worker_count = 2 + (unsigned)below(WORKERS - 1);
    world.endpoint_count = 1 + (unsigned)below(world.worker_count / 2);
    if (world.has_chain)
        world.endpoint_count = world.worker_count > ENDPOINTS ? ENDPOINTS : world.worker_count - 1;
    world.notification_count = 1 + (unsigned)below(NOTIFICATIONS);
    for (unsigned i = 0; i < world.endpoint_count; i++)
        world.endpoint[i] = object_new(seL4_EndpointObject, 0);
    for (unsigned i = 0; i < world.notification_count; i++)
        world.notification[i] = object_new(seL4_NotificationObject, 0);
    for (unsigned i = 0; i < REPLIES; i++)
        world.reply[i] = object_new(seL4_ReplyObject, 0);
    world.spare_schedctx = schedctx_new();
    for (unsigned i = 0; i < world.worker_count; i++) {
        worker_choose(&world.worker[i], i);
        world.worker[i].tcb = object_new(seL4_TCBObject, 0);
    }
    for (unsigned i = 0; i < world.worker_count; i++) {
        struct worker *worker = &world.worker[i];

        space_make(worker);
        space_fill(worker);
        thread_prepare(worker);
    }
    for (unsigned i = 0; i < world.worker_count; i++)
        if (worker_serves(&world.worker[i]))
            must(worker_revive(&world.worker[i]), "start a server");
}

void world_destroy(void)
{
    must(seL4_CNode_Revoke(ROOT, arena, DEPTH), "revoke the arena");
    seL4_NBWait(world.director, seL4_Null); /* a signal that was left */
}
