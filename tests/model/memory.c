/* Untyped memory and what is made of it; the contents of frames. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* --- contents of frames --------------------------------------------------------------------------------------------- */

uint64_t load(const uint8_t *buffer, unsigned offset)
{
    uint64_t word;
    memcpy(&word, buffer + offset, sizeof(word));
    return word;
}

void store(uint8_t *buffer, unsigned offset, uint64_t word)
{
    memcpy(buffer + offset, &word, sizeof(word));
}

uint8_t *buffer_of(struct model *m, const struct model_thread *thread, bool for_write)
{
    struct model_cap frame = thread->object->slot[SLOT_BUFFER].cap;
    unsigned needed = for_write ? MAY_READ | MAY_WRITE : MAY_READ;
    if (thread->buffer_address == 0 || frame.kind != KIND_FRAME || frame.is_device || (frame.rights & needed) != needed)
        return NULL;
    uint64_t offset = thread->buffer_address % (UINT64_C(1) << frame.object->size_bits);
    return m->memory + (frame.object->paddr - m->memory_start) + offset;
}

/* --- objects -------------------------------------------------------------------------------------------------------- */

static void *new_zeroed(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        abort();
    return memory;
}

static void free_object(struct model_object *object)
{
    free(object->slot);
    free(object->thread);
    free(object->endpoint);
    free(object->notification);
    free(object->schedctx);
    free(object->reply);
}

struct model_object *model_object_new(struct model *m, enum model_kind kind, uint64_t paddr, unsigned size_bits)
{
    if (m->object_count == MODEL_MAX_OBJECTS) {
        m->is_ambiguous = true; /* the sequence ends here: nobody looks at the model again */
        m->object_count--;
        free_object(&m->object[m->object_count]);
    }
    struct model_object *object = &m->object[m->object_count++];
    *object = (struct model_object){.kind = kind, .paddr = paddr, .size_bits = size_bits, .is_alive = true};
    switch (kind) {
    case KIND_CNODE:
        object->radix = size_bits - SLOT_BITS;
        object->slot_count = 1u << object->radix;
        break;
    case KIND_TCB:
        object->slot_count = SLOT_COUNT;
        object->thread = new_zeroed(sizeof(*object->thread));
        object->thread->object = object;
        object->thread->domain = m->domain;
        set_register(object->thread, REG_FLAGS, 0);
        break;
    case KIND_ENDPOINT:
        object->endpoint = new_zeroed(sizeof(*object->endpoint));
        break;
    case KIND_NOTIFICATION:
        object->notification = new_zeroed(sizeof(*object->notification));
        object->notification->object = object;
        break;
    case KIND_REPLY:
        object->reply = new_zeroed(sizeof(*object->reply));
        object->reply->object = object;
        break;
    case KIND_SCHED_CONTEXT:
        object->schedctx = new_zeroed(sizeof(*object->schedctx));
        object->schedctx->object = object;
        break;
    default:
        break;
    }
    if (object->slot_count)
        object->slot = new_zeroed(object->slot_count * sizeof(*object->slot));
    return object;
}

struct model_object *model_object_at(struct model *m, enum model_kind kind, uint64_t paddr)
{
    for (unsigned i = 0; i < m->object_count; i++)
        if (m->object[i].is_alive && m->object[i].kind == kind && m->object[i].paddr == paddr)
            return &m->object[i];
    return NULL;
}

void model_reset(struct model *m, uint64_t memory_start, uint64_t memory_bytes, uint64_t now)
{
    uint8_t *memory = m->memory ? m->memory : new_zeroed(memory_bytes);
    for (unsigned i = 0; i < m->object_count; i++)
        free_object(&m->object[i]);
    memset(m, 0, sizeof(*m));
    memset(memory, 0, memory_bytes);
    m->memory = memory;
    m->memory_start = memory_start;
    m->memory_bytes = memory_bytes;
    m->now = now;
    m->turn[0] = (struct model_turn){0, (UINT64_C(1) << 56) - 1};
    m->domain_left = m->turn[0].duration;
}

/* --- retype --------------------------------------------------------------------------------------------------------- */

static bool is_frame_type(unsigned type)
{
    return type == OBJECT_4K_PAGE || type == OBJECT_LARGE_PAGE || type == OBJECT_HUGE_PAGE;
}

static uint64_t size_bits_of(unsigned type, uint64_t size_bits)
{
    switch (type) {
    case OBJECT_UNTYPED:
    case OBJECT_SCHED_CONTEXT:
        return size_bits;
    case OBJECT_CNODE:
        return size_bits + SLOT_BITS;
    case OBJECT_TCB:
        return TCB_BITS;
    case OBJECT_ENDPOINT:
        return ENDPOINT_BITS;
    case OBJECT_NOTIFICATION:
        return NOTIFICATION_BITS;
    case OBJECT_REPLY:
        return REPLY_BITS;
    case OBJECT_LARGE_PAGE:
        return 21;
    case OBJECT_HUGE_PAGE:
        return 30;
    default:
        return 12;
    }
}

static enum model_kind kind_of(unsigned type)
{
    static const enum model_kind kinds[OBJECT_TYPE_COUNT] = {
        [OBJECT_UNTYPED] = KIND_UNTYPED,
        [OBJECT_TCB] = KIND_TCB,
        [OBJECT_ENDPOINT] = KIND_ENDPOINT,
        [OBJECT_NOTIFICATION] = KIND_NOTIFICATION,
        [OBJECT_CNODE] = KIND_CNODE,
        [OBJECT_SCHED_CONTEXT] = KIND_SCHED_CONTEXT,
        [OBJECT_REPLY] = KIND_REPLY,
        [OBJECT_PDPT] = KIND_PDPT,
        [OBJECT_PML4] = KIND_PML4,
        [OBJECT_HUGE_PAGE] = KIND_FRAME,
        [OBJECT_4K_PAGE] = KIND_FRAME,
        [OBJECT_LARGE_PAGE] = KIND_FRAME,
        [OBJECT_PAGE_TABLE] = KIND_PAGE_TABLE,
        [OBJECT_PAGE_DIRECTORY] = KIND_PAGE_DIRECTORY,
    };
    return kinds[type];
}

static struct model_cap make_object(struct model *m, unsigned type, uint64_t paddr, unsigned bits, bool is_device)
{
    struct model_cap cap = {.kind = kind_of(type), .is_device = is_device};
    if (cap.kind == KIND_UNTYPED) {
        cap.paddr = paddr;
        cap.size_bits = bits;
        return cap;
    }
    if (!is_device)
        memset(m->memory + (paddr - m->memory_start), 0, UINT64_C(1) << bits);
    cap.object = model_object_new(m, cap.kind, paddr, bits);
    if (cap.kind == KIND_ENDPOINT || cap.kind == KIND_NOTIFICATION)
        cap.rights = MAY_ALL;
    if (cap.kind == KIND_REPLY)
        cap.rights = MAY_GRANT;
    if (cap.kind == KIND_FRAME)
        cap.rights = MAY_READ | MAY_WRITE;
    return cap;
}

/* The destination: a CNode and a run of its slots. */
static struct answer find_slots(struct message *message, struct model_slot **first, uint64_t *count)
{
    struct model_cap cnode = message->extra.slot[0]->cap;
    uint64_t index = word(message, 2), depth = word(message, 3), offset = word(message, 4);
    *count = word(message, 5);
    if (depth != 0) {
        struct found_slot found = find_slot(cnode, index, depth, false);
        if (!found.slot)
            return found.answer;
        cnode = found.slot->cap;
    }
    if (cnode.kind != KIND_CNODE)
        return fail_lookup(false, lookup_failure(LOOKUP_MISSING_CAP, 1, depth, 0, 0));
    uint64_t slots = cnode.object->slot_count;
    if (offset >= slots)
        return fail_range(0, slots - 1);
    if (*count < 1 || *count > FAN_OUT_LIMIT)
        return fail_range(1, FAN_OUT_LIMIT);
    if (*count > slots - offset)
        return fail_range(1, slots - offset);
    *first = &cnode.object->slot[offset];
    for (uint64_t i = 0; i < *count; i++)
        if (!slot_is_empty(*first + i))
            return fail(ERROR_DELETE_FIRST);
    return done();
}

struct answer invoke_untyped(struct model *m, struct message *message)
{
    if (message->label != LABEL_RETYPE)
        return fail(ERROR_ILLEGAL_OPERATION);
    if (message->length < 6 || message->extra.count < 1)
        return fail(ERROR_TRUNCATED_MESSAGE);
    uint64_t type = word(message, 0), size_bits = word(message, 1), count;
    if (type >= OBJECT_TYPE_COUNT)
        return fail_with(ERROR_INVALID_ARGUMENT, 0);
    if (size_bits >= 64 || size_bits_of((unsigned)type, size_bits) > UNTYPED_MAX_BITS)
        return fail_range(0, UNTYPED_MAX_BITS);
    if ((type == OBJECT_CNODE && size_bits < 1) || (type == OBJECT_UNTYPED && size_bits < UNTYPED_MIN_BITS) ||
        (type == OBJECT_SCHED_CONTEXT && size_bits < SCHED_CONTEXT_MIN_BITS))
        return fail_with(ERROR_INVALID_ARGUMENT, 1);
    struct model_slot *first = NULL;
    struct answer answer = find_slots(message, &first, &count);
    if (answer.error)
        return answer;

    struct model_slot *untyped = message->slot;
    unsigned bits = (unsigned)size_bits_of((unsigned)type, size_bits);
    uint64_t object_size = UINT64_C(1) << bits;
    uint64_t used = model_has_children(untyped) ? untyped->cap.watermark : 0;
    uint64_t left = (UINT64_C(1) << untyped->cap.size_bits) - used;
    if (count > left / object_size)
        return fail_with(ERROR_NOT_ENOUGH_MEMORY, left);
    if (untyped->cap.is_device && type != OBJECT_UNTYPED && !is_frame_type((unsigned)type))
        return fail_with(ERROR_INVALID_ARGUMENT, 1);
    uint64_t at = (used + object_size - 1) / object_size * object_size;
    untyped->cap.watermark = at + count * object_size;
    for (uint64_t i = 0; i < count; i++)
        tree_add_child(
            untyped, first + i,
            make_object(m, (unsigned)type, untyped->cap.paddr + at + i * object_size, bits, untyped->cap.is_device));
    return done();
}
