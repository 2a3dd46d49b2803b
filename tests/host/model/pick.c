/* Choosing capabilities and naming them. */
#include "generate.h"

uint64_t random_next(struct random *random)
{
    if (random->byte_count >= 2) {
        random->state = (uint64_t)random->bytes[0] << 8 | random->bytes[1];
        random->bytes += 2;
        random->byte_count -= 2;
    }
    random->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = random->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t random_below(struct random *random, uint64_t limit)
{
    return random_next(random) % limit;
}

bool one_in(struct random *random, uint64_t n)
{
    return random_below(random, n) == 0;
}

static struct model_thread *queue_first(const struct model_queue *queue)
{
    return queue->count ? queue->thread[0] : NULL;
}

static struct model_cap cspace(void)
{
    return model.current->object->slot[SLOT_CSPACE].cap;
}

/* The bits that lead from a CNode capability to its slot `index`. */
static uint64_t step_bits(struct model_cap cnode, uint64_t index)
{
    return cnode.guard << cnode.object->radix | index;
}

uint64_t address_of_slot(const struct model_slot *slot)
{
    struct model_cap root = cspace();
    if (root.kind != KIND_CNODE)
        return NOWHERE;
    unsigned left = 64 - root.guard_bits - root.object->radix;
    for (unsigned i = 0; i < root.object->slot_count; i++) {
        const struct model_slot *first = &root.object->slot[i];
        uint64_t prefix = left < 64 ? step_bits(root, i) << left : 0;
        if (first == slot)
            return prefix;
        if (first->cap.kind != KIND_CNODE || left == 0)
            continue;
        unsigned bits = first->cap.guard_bits + first->cap.object->radix;
        if (bits > left || slot < first->cap.object->slot ||
            slot >= first->cap.object->slot + first->cap.object->slot_count)
            continue;
        return prefix | step_bits(first->cap, (uint64_t)(slot - first->cap.object->slot)) << (left - bits);
    }
    return NOWHERE;
}

/* All slots that the thread reaches: its root CNode's, and those of CNodes there. */
static unsigned collect(struct model_slot **found, unsigned room, enum model_kind kind)
{
    struct model_cap root = cspace();
    unsigned count = 0;
    if (root.kind != KIND_CNODE)
        return 0;
    for (unsigned i = 0; i < root.object->slot_count && count < room; i++) {
        struct model_slot *slot = &root.object->slot[i];
        if (slot->cap.kind == kind)
            found[count++] = slot;
        if (slot->cap.kind != KIND_CNODE || slot->cap.object == root.object)
            continue;
        for (unsigned j = 0; j < slot->cap.object->slot_count && count < room; j++)
            if (slot->cap.object->slot[j].cap.kind == kind)
                found[count++] = &slot->cap.object->slot[j];
    }
    return count;
}

struct model_slot *slot_of_kind(struct random *random, enum model_kind kind)
{
    struct model_slot *found[1024];
    unsigned count = collect(found, ARRAY_LENGTH(found), kind);
    return count ? found[random_below(random, count)] : NULL;
}

struct model_slot *nested_slot_of_kind(struct random *random, enum model_kind kind)
{
    for (unsigned i = 0; i < 10; i++) {
        struct model_slot *cnode = slot_of_kind(random, KIND_CNODE);
        if (!cnode || cnode->cap.object->radix > 5)
            continue;
        struct model_slot *slot = &cnode->cap.object->slot[random_below(random, cnode->cap.object->slot_count)];
        if (slot->cap.kind == kind)
            return slot;
    }
    return slot_of_kind(random, kind);
}

struct model_slot *relative_of(struct random *random, const struct model_slot *slot)
{
    struct model_slot *relatives[] = {slot->next, slot->prev, slot->first_child, slot->parent};
    return relatives[random_below(random, ARRAY_LENGTH(relatives))];
}

/* A passive thread that waits to receive and can answer; or (`with_context`) one that could become passive. */
static bool is_server(const struct model_thread *t, bool with_context)
{
    return t && t->state == STATE_RECEIVE && t->reply && (t->schedctx != NULL) == with_context;
}

uint64_t address_of_server_endpoint(struct random *random)
{
    for (unsigned i = 0; i < 8; i++) {
        struct model_slot *slot = slot_of_kind(random, KIND_ENDPOINT);
        if (!slot)
            break;
        const struct model_endpoint *endpoint = slot->cap.object->endpoint;
        if (!endpoint->are_senders && is_server(queue_first(&endpoint->waiting), false) &&
            (slot->cap.rights & MAY_GRANT))
            return address_of_slot(slot);
    }
    return address_of_kind(random, KIND_ENDPOINT);
}

/* Whether the thread waits for an answer, with the current thread's context lent or any. */
static bool awaits_answer(const struct model_reply *reply)
{
    return reply->thread && reply->thread->state == STATE_REPLY;
}

uint64_t address_of_pending_reply(struct random *random)
{
    const struct model_schedctx *sc = model.current->schedctx;
    struct model_slot *found = NULL;
    for (unsigned i = 0; i < 10; i++) {
        struct model_slot *slot = slot_of_kind(random, KIND_REPLY);
        if (slot && awaits_answer(slot->cap.object->reply))
            found = slot;
        if (found && sc && sc->chain_length > 0 && sc->chain[sc->chain_length - 1] == found->cap.object->reply)
            break;
    }
    return found ? address_of_slot(found) : address_of_kind(random, KIND_REPLY);
}

uint64_t address_of_thread(struct random *random, enum model_state state)
{
    struct model_slot *slot = NULL;
    for (unsigned i = 0; i < 12; i++) {
        slot = slot_of_kind(random, KIND_TCB);
        if (slot && slot->cap.object->thread->state == state)
            break;
    }
    return slot ? address_of_slot(slot) : NOWHERE;
}

uint64_t address_of_context(struct random *random, bool has_thread)
{
    struct model_slot *slot = NULL;
    for (unsigned i = 0; i < 12; i++) {
        slot = slot_of_kind(random, KIND_SCHED_CONTEXT);
        if (slot && (slot->cap.object->schedctx->thread != NULL) == has_thread)
            break;
    }
    return slot ? address_of_slot(slot) : NOWHERE;
}

uint64_t address_of_server_context(struct random *random)
{
    for (unsigned i = 0; i < 8; i++) {
        struct model_slot *slot = slot_of_kind(random, KIND_SCHED_CONTEXT);
        if (slot && is_server(slot->cap.object->schedctx->thread, true))
            return address_of_slot(slot);
    }
    return NOWHERE;
}

uint64_t any_address(struct random *random)
{
    struct model_cap root = cspace();
    if (root.kind != KIND_CNODE || (!is_supervisor(model.current) && one_in(random, 20)))
        return random_next(random) >> random_below(random, 64);
    unsigned left = 64 - root.guard_bits - root.object->radix;
    uint64_t index = random_below(random, root.object->slot_count);
    uint64_t rest = left && one_in(random, 2) ? random_next(random) & mask_low(left) : 0;
    return (left < 64 ? step_bits(root, index) << left : 0) | rest;
}

bool is_supervisor(const struct model_thread *t)
{
    return t->priority <= SUPERVISOR_PRIORITY;
}

/* Without these the supervisor stands still: chosen seldom. */
static bool keeps_supervisor(const struct model_cap *cap)
{
    return (cap->kind == KIND_TCB && is_supervisor(cap->object->thread)) ||
           (cap->kind == KIND_SCHED_CONTEXT && cap->object->schedctx->thread &&
            is_supervisor(cap->object->schedctx->thread));
}

uint64_t address_of_kind(struct random *random, enum model_kind kind)
{
    if (one_in(random, 30))
        return any_address(random);
    struct model_slot *slot = slot_of_kind(random, kind);
    for (unsigned i = 0; i < 5 && slot && keeps_supervisor(&slot->cap); i++)
        slot = slot_of_kind(random, kind);
    uint64_t address = slot ? address_of_slot(slot) : NOWHERE;
    return address == NOWHERE ? any_address(random) : address;
}

struct slot_name name_of(struct random *random, const struct model_slot *slot)
{
    struct model_slot *cnodes[256];
    unsigned count = slot ? collect(cnodes, ARRAY_LENGTH(cnodes), KIND_CNODE) : 0;
    unsigned start = count ? (unsigned)random_below(random, count) : 0;
    for (unsigned i = 0; i < count; i++) {
        const struct model_slot *root = cnodes[(start + i) % count];
        struct model_cap cap = root->cap;
        unsigned depth = cap.guard_bits + cap.object->radix;
        if (slot < cap.object->slot || slot >= cap.object->slot + cap.object->slot_count || depth == 0 || depth > 64)
            continue;
        struct slot_name name = {address_of_slot(root), step_bits(cap, (uint64_t)(slot - cap.object->slot)), depth};
        if (one_in(random, 40))
            name.depth = random_below(random, 70);
        if (one_in(random, 40))
            name.index ^= BIT(random_below(random, 64));
        if (name.root != NOWHERE)
            return name;
    }
    return (struct slot_name){any_address(random), random_next(random) >> random_below(random, 64),
                              random_below(random, 66)};
}

struct step call_step(uint64_t cap, unsigned label, unsigned count, unsigned caps)
{
    return (struct step){.kind = STEP_CALL,
                         .number = CALL_CALL,
                         .cap = cap,
                         .info = (uint64_t)label << 12 | caps << 7 | count,
                         .word_count = (uint8_t)count,
                         .cap_count = (uint8_t)caps};
}
