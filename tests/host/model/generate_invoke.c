/* Random invocations, and those that make the first objects. */
#include "generate.h"

/* --- memory --------------------------------------------------------------------------------------------------------- */

static struct step retype_step(uint64_t untyped, struct slot_name root, uint64_t type, uint64_t bits, uint64_t offset,
                               uint64_t count)
{
    struct step step = call_step(untyped, LABEL_RETYPE, 6, 1);
    const uint64_t words[] = {type, bits, root.index, root.depth, offset, count};
    for (unsigned i = 0; i < 6; i++)
        step.word[i] = words[i];
    step.extra[0] = root.root;
    return step;
}

static struct step generate_retype(struct random *random)
{
    static const uint8_t types[] = {OBJECT_UNTYPED,      OBJECT_TCB,     OBJECT_ENDPOINT,  OBJECT_ENDPOINT,
                                    OBJECT_NOTIFICATION, OBJECT_CNODE,   OBJECT_CNODE,     OBJECT_SCHED_CONTEXT,
                                    OBJECT_REPLY,        OBJECT_4K_PAGE, OBJECT_UNTYPED,   OBJECT_PAGE_TABLE,
                                    OBJECT_PML4,         OBJECT_REPLY,   OBJECT_LARGE_PAGE};
    uint64_t type = types[random_below(random, ARRAY_LENGTH(types))];
    uint64_t bits = type == OBJECT_UNTYPED         ? 4 + random_below(random, 10)
                    : type == OBJECT_SCHED_CONTEXT ? 7 + random_below(random, 3)
                                                   : 1 + random_below(random, 4);
    if (one_in(random, 30))
        type = random_below(random, OBJECT_TYPE_COUNT + 3);
    if (one_in(random, 30))
        bits = random_below(random, 70);
    uint64_t count = 1 + random_below(random, one_in(random, 10) ? 300 : 3);
    struct model_slot *empty = slot_of_kind(random, KIND_NULL);
    struct slot_name name = name_of(random, empty);
    struct slot_name root = {name.root, 0, 0};
    uint64_t offset = one_in(random, 30) ? random_below(random, 300) : 0;
    for (unsigned i = 0; empty && i < model.object_count; i++) {
        const struct model_object *object = &model.object[i];
        if (object->is_alive && object->slot && empty >= object->slot && empty < object->slot + object->slot_count)
            offset = (uint64_t)(empty - object->slot);
    }
    if (one_in(random, 4))
        root = name_of(random, slot_of_kind(random, KIND_CNODE));
    /* Rather from small memory, which is used up and taken back often. */
    struct model_slot *untyped = slot_of_kind(random, KIND_UNTYPED);
    for (unsigned i = 0; i < 12 && untyped && (untyped->cap.is_device || untyped->cap.size_bits > 14); i++)
        untyped = slot_of_kind(random, KIND_UNTYPED);
    uint64_t address = untyped && !one_in(random, 8) ? address_of_slot(untyped) : address_of_kind(random, KIND_UNTYPED);
    return retype_step(address, root, type, bits, offset, count);
}

/* --- CNodes --------------------------------------------------------------------------------------------------------- */

static enum model_kind common_kind(struct random *random)
{
    static const uint8_t kinds[] = {
        KIND_ENDPOINT, KIND_ENDPOINT,    KIND_ENDPOINT,   KIND_NOTIFICATION, KIND_NOTIFICATION,  KIND_REPLY,
        KIND_REPLY,    KIND_CNODE,       KIND_CNODE,      KIND_TCB,          KIND_SCHED_CONTEXT, KIND_UNTYPED,
        KIND_FRAME,    KIND_IRQ_HANDLER, KIND_PAGE_TABLE, KIND_IO_PORT,      KIND_PML4,          KIND_SCHED_CONTROL};
    if (one_in(random, 20))
        return (enum model_kind)random_below(random, 32);
    return (enum model_kind)kinds[random_below(random, ARRAY_LENGTH(kinds))];
}

static uint64_t cap_data(struct random *random)
{
    /* A badge, or a guard that makes CNodes of 4 bits addressable. */
    return one_in(random, 3) ? random_below(random, 4) : random_below(random, 16) << 6 | random_below(random, 64);
}

static struct step generate_copy(struct random *random)
{
    unsigned label = LABEL_COPY + (unsigned)random_below(random, 4);
    struct slot_name to = name_of(random, slot_of_kind(random, one_in(random, 30) ? common_kind(random) : KIND_NULL));
    struct slot_name from = name_of(random, slot_of_kind(random, common_kind(random)));
    if (label == LABEL_MUTATE && one_in(random, 2))
        from = name_of(random, slot_of_kind(random, KIND_CNODE));
    bool is_badge = one_in(random, 4);
    if (is_badge) {
        /* Few badges, often the same; and copies of capabilities with them. */
        label = one_in(random, 2) ? LABEL_MINT : LABEL_COPY;
        from = name_of(random, slot_of_kind(random, one_in(random, 3) ? KIND_NOTIFICATION : KIND_ENDPOINT));
    }
    if (label == LABEL_MOVE && one_in(random, 2)) {
        /* CNodes and threads inside of CNodes. */
        to = name_of(random, nested_slot_of_kind(random, KIND_NULL));
        from = name_of(random, slot_of_kind(random, one_in(random, 4) ? KIND_TCB : KIND_CNODE));
    }
    struct step step = call_step(to.root, label, label == LABEL_MOVE ? 4 : label == LABEL_MINT ? 6 : 5, 1);
    step.word[0] = to.index;
    step.word[1] = to.depth;
    step.word[2] = from.index;
    step.word[3] = from.depth;
    step.word[4] = label == LABEL_MUTATE ? cap_data(random) : one_in(random, 2) ? 15 : random_below(random, 16);
    step.word[5] = is_badge ? 1 + random_below(random, 2) : cap_data(random);
    step.extra[0] = from.root;
    return step;
}

static bool has_badge(const struct model_slot *slot)
{
    return slot && slot->cap.badge != 0;
}

/* Few badges on few endpoints: minted, copied, and deleted again, the first ones with a badge too. */
static struct step generate_badge(struct random *random)
{
    bool is_mint = one_in(random, 3), is_delete = !is_mint && one_in(random, 2);
    struct model_slot *slot = slot_of_kind(random, KIND_ENDPOINT);
    for (unsigned i = 0; i < 8 && has_badge(slot) == is_mint; i++)
        slot = slot_of_kind(random, KIND_ENDPOINT);
    struct slot_name from = name_of(random, slot), to = name_of(random, slot_of_kind(random, KIND_NULL));
    if (is_delete) {
        struct step step = call_step(from.root, LABEL_DELETE, 2, 0);
        step.word[0] = from.index;
        step.word[1] = from.depth;
        return step;
    }
    struct step step = call_step(to.root, is_mint ? LABEL_MINT : LABEL_COPY, is_mint ? 6 : 5, 1);
    const uint64_t words[] = {to.index, to.depth, from.index, from.depth, MAY_ALL, 1 + random_below(random, 2)};
    for (unsigned i = 0; i < 6; i++)
        step.word[i] = words[i];
    step.extra[0] = from.root;
    return step;
}

static struct step generate_rotate(struct random *random)
{
    struct model_slot *source = slot_of_kind(random, common_kind(random));
    struct model_slot *middle = source && one_in(random, 2) ? relative_of(random, source) : NULL;
    struct slot_name from = name_of(random, source);
    struct slot_name pivot = name_of(random, middle ? middle : slot_of_kind(random, common_kind(random)));
    struct slot_name to = name_of(random, one_in(random, 3) ? source : slot_of_kind(random, KIND_NULL));
    struct step step = call_step(to.root, LABEL_ROTATE, 8, 2);
    const uint64_t words[] = {to.index,    to.depth,         cap_data(random), pivot.index,
                              pivot.depth, cap_data(random), from.index,       from.depth};
    for (unsigned i = 0; i < 8; i++)
        step.word[i] = words[i];
    step.extra[0] = pivot.root;
    step.extra[1] = from.root;
    return step;
}

static struct step generate_removal(struct random *random)
{
    unsigned label = LABEL_REVOKE + (unsigned)random_below(random, 3);
    enum model_kind kind = label == LABEL_CANCEL_BADGED_SENDS ? KIND_ENDPOINT : common_kind(random);
    struct model_slot *slot = one_in(random, 4) ? nested_slot_of_kind(random, kind) : slot_of_kind(random, kind);
    /* Few sequences should lose everything at once. */
    if (one_in(random, 4))
        slot = slot_of_kind(random, kind = one_in(random, 2) ? KIND_UNTYPED : KIND_CNODE);
    for (unsigned i = 0;
         i < 9 && slot && slot->cap.kind == KIND_UNTYPED && (slot->cap.size_bits > 14 || slot->cap.is_device); i++)
        slot = slot_of_kind(random, kind);
    if (slot && slot->cap.kind == KIND_CNODE && slot->cap.object->radix > 6 && !one_in(random, 20))
        slot = slot_of_kind(random, KIND_ENDPOINT);
    struct slot_name name = name_of(random, slot);
    struct step step = call_step(name.root, label, 2, 0);
    step.word[0] = name.index;
    step.word[1] = name.depth;
    return step;
}

/* --- scheduling contexts -------------------------------------------------------------------------------------------- */

static struct step configure_step(struct random *random, uint64_t control, uint64_t schedctx)
{
    struct step step = call_step(control, LABEL_CONFIGURE_FLAGS, 5, 1);
    uint64_t period = 100 + random_below(random, one_in(random, 3) ? 20000 : 2000);
    uint64_t budget = one_in(random, 3) ? period : 20 + random_below(random, period - 20);
    step.word[0] = one_in(random, 40) ? random_next(random) >> random_below(random, 64) : budget;
    step.word[1] = one_in(random, 40) ? random_below(random, 200) : period;
    step.word[2] = random_below(random, one_in(random, 10) ? 40 : 9);
    step.word[3] = random_next(random) & 0xffff;
    step.word[4] = random_below(random, 3);
    step.extra[0] = schedctx;
    return step;
}

static struct step generate_schedctx(struct random *random)
{
    uint64_t schedctx = address_of_kind(random, KIND_SCHED_CONTEXT);
    if (one_in(random, 4))
        return configure_step(random, address_of_kind(random, KIND_SCHED_CONTROL), schedctx);
    struct step step = call_step(schedctx, LABEL_BIND + (unsigned)random_below(random, 5), 0, 1);
    step.extra[0] = address_of_kind(random, one_in(random, 3) ? KIND_NOTIFICATION : KIND_TCB);
    return step;
}

/* --- interrupts, domains, the machine ------------------------------------------------------------------------------- */

static struct step generate_irq(struct random *random)
{
    struct slot_name to = name_of(random, slot_of_kind(random, KIND_NULL));
    struct step step = call_step(address_of_kind(random, KIND_IRQ_CONTROL), LABEL_ISSUE_IRQ_HANDLER, 3, 1);
    if (one_in(random, 2)) {
        step = call_step(address_of_kind(random, KIND_IRQ_HANDLER), LABEL_ACK_IRQ + (unsigned)random_below(random, 3),
                         0, 1);
        step.extra[0] = address_of_kind(random, KIND_NOTIFICATION);
        return step;
    }
    step.word[0] = random_below(random, MODEL_IRQS + 1);
    step.word[1] = to.index;
    step.word[2] = to.depth;
    step.extra[0] = to.root;
    return step;
}

static struct step generate_domain(struct random *random)
{
    unsigned label = LABEL_DOMAIN_SET + (unsigned)random_below(random, 3);
    struct step step = call_step(address_of_kind(random, KIND_DOMAIN), label, 3, 1);
    step.word[0] = random_below(random, label == LABEL_DOMAIN_SET ? MODEL_DOMAINS + 1 : MODEL_TURNS + 1);
    /* Most of the time belongs to domain 0, where most threads are. */
    if (label == LABEL_DOMAIN_SET && one_in(random, 2))
        step.word[0] = 0;
    step.word[1] = one_in(random, 2) ? 0 : random_below(random, MODEL_DOMAINS + 1);
    step.word[2] = one_in(random, 4) ? 0 : 500 + random_below(random, 20000);
    step.extra[0] = address_of_kind(random, KIND_TCB);
    return step;
}

static struct step generate_machine(struct random *random)
{
    struct slot_name to = name_of(random, slot_of_kind(random, KIND_NULL));
    struct step step;
    switch (random_below(random, 4)) {
    case 0:
        return call_step(address_of_kind(random, KIND_FRAME), LABEL_PAGE_GET_ADDRESS, 0, 0);
    case 1:
        return call_step(address_of_kind(random, KIND_PAGE_TABLE),
                         LABEL_PAGE_TABLE_MAP + (unsigned)random_below(random, 2), 0, 0);
    case 2:
        step = call_step(address_of_kind(random, KIND_ASID_POOL), LABEL_ASID_POOL_ASSIGN, 0, 1);
        step.extra[0] = address_of_kind(random, KIND_PML4);
        return step;
    default:
        step = call_step(address_of_kind(random, KIND_IO_PORT_CONTROL), LABEL_IO_PORT_CONTROL_ISSUE, 4, 1);
        step.word[0] = random_below(random, MODEL_PORTS);
        step.word[1] = step.word[0] + random_below(random, 8);
        step.word[2] = to.index;
        step.word[3] = to.depth;
        step.extra[0] = to.root;
        return step;
    }
}

/* --- which ---------------------------------------------------------------------------------------------------------- */

static struct step generate_anything(struct random *random)
{
    struct step step = call_step(any_address(random), (unsigned)random_below(random, 60),
                                 (unsigned)random_below(random, 9), (unsigned)random_below(random, 4));
    for (unsigned i = 0; i < 10; i++)
        step.word[i] = random_below(random, 100);
    for (unsigned i = 0; i < 3; i++)
        step.extra[i] = any_address(random);
    return step;
}

struct step generate_invocation(struct random *random, const char *groups)
{
    static const char kinds[] = "cccccccbbrrrrruuuuuttttttttttttttsssssssssiddxa";
    char kind = kinds[random_below(random, sizeof(kinds) - 1)];
    for (unsigned i = 0; groups && i < 100; i++) {
        for (const char *group = groups; *group; group++)
            if (*group == kind)
                i = 100;
        if (i < 100)
            kind = kinds[random_below(random, sizeof(kinds) - 1)];
    }
    struct step step;
    switch (kind) {
    case 'c':
        step = one_in(random, 5) ? generate_rotate(random) : generate_copy(random);
        break;
    case 'b':
        step = generate_badge(random);
        break;
    case 'r':
        step = generate_removal(random);
        break;
    case 'u':
        step = generate_retype(random);
        break;
    case 't':
        step = generate_thread_invocation(random);
        break;
    case 's':
        step = generate_schedctx(random);
        break;
    case 'i':
        step = generate_irq(random);
        break;
    case 'd':
        step = generate_domain(random);
        break;
    case 'x':
        step = generate_machine(random);
        break;
    default:
        step = generate_anything(random);
        break;
    }
    if (one_in(random, 60) && (step.info & 127) > 0)
        step.info--; /* a word too few */
    if (one_in(random, 60) && (step.info & 384) > 0)
        step.info -= 128; /* a capability too few */
    return step;
}

/* --- the first objects ---------------------------------------------------------------------------------------------- */

static const struct {
    uint8_t type, bits, slot, count;
} first_objects[] = {
    {OBJECT_TCB, 0, SLOT_THREADS, THREADS},
    {OBJECT_ENDPOINT, 0, SLOT_ENDPOINTS, ENDPOINTS},
    {OBJECT_NOTIFICATION, 0, SLOT_NOTIFICATIONS, NOTIFICATIONS},
    {OBJECT_REPLY, 0, SLOT_REPLIES, REPLIES},
    {OBJECT_SCHED_CONTEXT, 8, SLOT_CONTEXTS, CONTEXTS},
    {OBJECT_4K_PAGE, 0, SLOT_FRAMES, THREADS},
    {OBJECT_CNODE, 4, SLOT_CNODES, 3},
    {OBJECT_UNTYPED, 13, SLOT_UNTYPEDS, 2},
    {OBJECT_PAGE_TABLE, 0, SLOT_TABLES, 1},
    {OBJECT_PML4, 0, SLOT_TABLES + 1, 1},
};

uint64_t first_address(unsigned slot)
{
    struct model_cap root = model.current->object->slot[SLOT_CSPACE].cap;
    return root.kind == KIND_CNODE && slot < root.object->slot_count ? address_of_slot(&root.object->slot[slot]) : 0;
}

static struct slot_name root_slot(uint64_t slot)
{
    return (struct slot_name){ROOT, slot, 64};
}

static uint64_t largest_untyped(void)
{
    const struct model_object *root = model.current->object->slot[SLOT_CSPACE].cap.object;
    unsigned best = 0;
    for (unsigned i = 0; i < root->slot_count; i++)
        if (root->slot[i].cap.kind == KIND_UNTYPED && !root->slot[i].cap.is_device &&
            root->slot[i].cap.size_bits > root->slot[best].cap.size_bits)
            best = i;
    return best;
}

static struct step mint_step(uint64_t from, uint64_t to, uint64_t rights, uint64_t data)
{
    struct step step = call_step(ROOT, LABEL_MINT, 6, 1);
    const uint64_t words[] = {to, 64, from, 64, rights, data};
    for (unsigned i = 0; i < 6; i++)
        step.word[i] = words[i];
    step.extra[0] = ROOT;
    return step;
}

/* A root capability whose CSpace has four bits left behind the root CNode, for CNodes in it. */
static struct step split_root_step(uint64_t to)
{
    return mint_step(ROOT, to, 15, 52);
}

static struct step thread_step(struct random *random, unsigned thread, unsigned part)
{
    uint64_t cap = SLOT_THREADS + thread;
    struct step step;
    switch (part) {
    case 0:
        step = call_step(cap, LABEL_CONFIGURE, 3, 3);
        step.word[2] = UINT64_C(0x10000000) + random_below(random, 4) * 1024;
        step.extra[0] = thread % 4 == 3 ? SLOT_ROOTS : ROOT;
        step.extra[1] = VSPACE;
        step.extra[2] = SLOT_FRAMES + thread;
        return step;
    case 1:
        step = call_step(cap, LABEL_SET_SCHED_PARAMS, 2, 3);
        step.word[0] = 255;
        step.word[1] = 100 + random_below(random, 4);
        step.extra[0] = 1;
        step.extra[1] = thread < CONTEXTS ? SLOT_CONTEXTS + thread : 0;
        step.extra[2] = one_in(random, 3) ? 0 : SLOT_ENDPOINTS + random_below(random, ENDPOINTS);
        return step;
    case 2:
        step = call_step(cap, LABEL_SET_TIMEOUT_ENDPOINT, 0, 1);
        step.extra[0] = one_in(random, 2) ? 0 : SLOT_ENDPOINTS + random_below(random, ENDPOINTS);
        return step;
    case 3:
        step =
            call_step(cap, thread % 2 && thread / 2 < NOTIFICATIONS ? LABEL_BIND_NOTIFICATION : LABEL_SET_FLAGS, 2, 1);
        step.extra[0] = SLOT_NOTIFICATIONS + thread / 2;
        return step;
    default:
        step = call_step(cap, LABEL_WRITE_REGISTERS, 4, 0);
        step.word[0] = 1;
        step.word[1] = 2;
        step.word[2] = 0x1000000 * (thread + 1);
        step.word[3] = 0x7000000;
        return step;
    }
}

bool generate_setup(struct random *random, unsigned index, struct step *step)
{
    unsigned objects = ARRAY_LENGTH(first_objects);
    if (index < objects) {
        *step = retype_step(largest_untyped(), (struct slot_name){ROOT, 0, 0}, first_objects[index].type,
                            first_objects[index].bits, first_objects[index].slot, first_objects[index].count);
    } else if (index < objects + 4) {
        /* Badged capabilities to the first two endpoints, some with fewer rights. */
        static const uint8_t rights[] = {MAY_ALL, MAY_ALL, MAY_WRITE | MAY_GRANT_REPLY, MAY_WRITE | MAY_READ};
        unsigned number = index - objects;
        *step = mint_step(SLOT_ENDPOINTS + number % 2, SLOT_BADGED + number, rights[number], 5 + number);
    } else if (index < objects + 6) {
        *step = mint_step(SLOT_NOTIFICATIONS, SLOT_BADGED + (index - objects), 15, UINT64_C(1) << (index - objects));
    } else if (index < objects + 7) {
        *step = split_root_step(SLOT_ROOTS);
    } else if (index < objects + 7 + CONTEXTS) {
        const struct model_slot *slot = slot_of_kind(random, KIND_SCHED_CONTROL);
        *step = configure_step(random, slot ? address_of_slot(slot) : 0, SLOT_CONTEXTS + (index - objects - 7));
    } else if (index < objects + 7 + CONTEXTS + THREADS * 5) {
        unsigned rest = index - objects - 7 - CONTEXTS;
        *step = thread_step(random, rest / 5, rest % 5);
    } else if (index < objects + 7 + CONTEXTS + THREADS * 5 + 1) {
        *step = call_step(IRQ_CONTROL, LABEL_ISSUE_IRQ_HANDLER, 3, 1);
        struct slot_name to = root_slot(SLOT_ROOTS + 1);
        step->word[1] = to.index;
        step->word[2] = to.depth;
        step->extra[0] = to.root;
    } else if (index < objects + 7 + CONTEXTS + THREADS * 5 + 2) {
        *step = call_step(SLOT_ROOTS + 1, LABEL_SET_IRQ_HANDLER, 0, 1);
        step->extra[0] = SLOT_BADGED + 4;
    } else if (index < objects + 7 + CONTEXTS + THREADS * 5 + 3) {
        *step = call_step(1, LABEL_SET_PRIORITY, 1, 1);
        step->word[0] = SUPERVISOR_PRIORITY;
        step->extra[0] = 1;
    } else if (index < objects + 7 + CONTEXTS + THREADS * 5 + 4 && one_in(random, 3)) {
        *step = call_step(DOMAIN, LABEL_DOMAIN_SCHEDULE_CONFIGURE, 3, 0);
        step->word[2] = 5000 + random_below(random, 50000);
    } else {
        return false;
    }
    step->passes = 1 + (uint32_t)random_below(random, 20);
    return true;
}
