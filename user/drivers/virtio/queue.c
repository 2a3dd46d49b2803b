#include "drivers/virtio/queue.h"

enum { DESCRIPTOR_NEXT = 1, DESCRIPTOR_WRITABLE = 2 };
enum { USED_NO_NOTIFY = 1 };
/* Places in the rings, counted in 16 bits. */
enum { RING_FLAGS, RING_INDEX, RING_START };
enum { USED_ENTRY = 4, USED_ENTRY_LENGTH = 2 };

struct virtqueue_descriptor {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags, next;
};

static size_t available_offset(uint16_t size)
{
    return sizeof(struct virtqueue_descriptor) * size;
}

static size_t used_offset(uint16_t size)
{
    size_t end = available_offset(size) + sizeof(uint16_t) * (RING_START + size + 1u);
    return (end + 3) & ~(size_t)3;
}

size_t virtqueue_bytes(uint16_t size)
{
    return used_offset(size) + sizeof(uint16_t) * (RING_START + USED_ENTRY * (size_t)size + 1);
}

void virtqueue_initialise(struct virtqueue *queue, uint16_t number, uint16_t size, struct dma memory,
                          struct mmio notify, bool has_events)
{
    char *start = memory.memory;
    *queue = (struct virtqueue){
        .size = size,
        .number = number,
        .notify = notify,
        .has_events = has_events,
        .descriptors = (struct virtqueue_descriptor *)start,
        .available = (_Atomic uint16_t *)(start + available_offset(size)),
        .used = (const _Atomic uint16_t *)(start + used_offset(size)),
        .free_count = size,
    };
    for (size_t byte = 0; byte < virtqueue_bytes(size); byte++)
        start[byte] = 0;
    for (uint16_t i = 0; i < size; i++)
        queue->next[i] = (uint16_t)(i + 1);
}

struct virtqueue_parts virtqueue_parts(const struct virtqueue *queue, struct dma memory)
{
    return (struct virtqueue_parts){memory.address, memory.address + available_offset(queue->size),
                                    memory.address + used_offset(queue->size)};
}

bool virtqueue_add(struct virtqueue *queue, const struct virtqueue_segment *segments, unsigned readable_count,
                   unsigned writable_count, uint64_t token)
{
    unsigned count = readable_count + writable_count;
    if (queue->is_broken || count == 0 || count > queue->free_count)
        return false;
    uint16_t head = queue->free_head, last = head;
    uint32_t writable_bytes = 0;
    for (unsigned i = 0; i < count; i++) {
        bool is_writable = i >= readable_count;
        uint16_t place = queue->free_head;
        queue->free_head = queue->next[place];
        queue->descriptors[place] = (struct virtqueue_descriptor){
            .address = segments[i].address,
            .bytes = segments[i].bytes,
            .flags = (uint16_t)((is_writable ? DESCRIPTOR_WRITABLE : 0) | (i + 1 < count ? DESCRIPTOR_NEXT : 0)),
            .next = i + 1 < count ? queue->next[place] : 0,
        };
        if (is_writable)
            writable_bytes += segments[i].bytes;
        last = place;
    }
    queue->free_count = (uint16_t)(queue->free_count - count);
    queue->next[last] = queue->size;
    queue->length[head] = (uint16_t)count;
    queue->writable_bytes[head] = writable_bytes;
    queue->tokens[head] = token;
    atomic_store_explicit(&queue->available[RING_START + (queue->added & (queue->size - 1))], head,
                          memory_order_relaxed);
    queue->added++;
    return true;
}

/* The device's wish to be told when the index of requests passes one; in used memory behind the ring. */
static bool device_asked(const struct virtqueue *queue, uint16_t before)
{
    if (!queue->has_events)
        return !(atomic_load_explicit(&queue->used[RING_FLAGS], memory_order_relaxed) & USED_NO_NOTIFY);
    size_t place = RING_START + (size_t)USED_ENTRY * queue->size;
    uint16_t event = atomic_load_explicit(&queue->used[place], memory_order_relaxed);
    return (uint16_t)(queue->added - event - 1) < (uint16_t)(queue->added - before);
}

void virtqueue_publish(struct virtqueue *queue)
{
    uint16_t before = queue->published;
    if (queue->added == before)
        return;
    atomic_store_explicit(&queue->available[RING_INDEX], queue->added, memory_order_release);
    queue->published = queue->added;
    /* The index before the look at what the device asked for: one of the two sees the other's store. */
    atomic_thread_fence(memory_order_seq_cst);
    if (device_asked(queue, before))
        mmio_write16(queue->notify, 0, queue->number);
}

static uint32_t used_word(const struct virtqueue *queue, size_t place)
{
    uint32_t low = atomic_load_explicit(&queue->used[place], memory_order_relaxed);
    return low | (uint32_t)atomic_load_explicit(&queue->used[place + 1], memory_order_relaxed) << 16;
}

/* Puts the descriptors of a chain back among the free ones. */
static void chain_free(struct virtqueue *queue, uint16_t head)
{
    uint16_t last = head;
    for (unsigned i = 1; i < queue->length[head]; i++)
        last = queue->next[last];
    queue->next[last] = queue->free_head;
    queue->free_head = head;
    queue->free_count = (uint16_t)(queue->free_count + queue->length[head]);
    queue->length[head] = 0;
}

bool virtqueue_take(struct virtqueue *queue, struct virtqueue_answer *answer)
{
    uint16_t index = atomic_load_explicit(&queue->used[RING_INDEX], memory_order_acquire);
    if (queue->is_broken || index == queue->taken)
        return false;
    size_t place = RING_START + (size_t)USED_ENTRY * (queue->taken & (queue->size - 1));
    uint32_t head = used_word(queue, place), written_bytes = used_word(queue, place + USED_ENTRY_LENGTH);
    bool is_outstanding = (uint16_t)(queue->published - queue->taken) >= (uint16_t)(index - queue->taken);
    if (!is_outstanding || head >= queue->size || !queue->length[head] || written_bytes > queue->writable_bytes[head]) {
        queue->is_broken = true;
        return false;
    }
    *answer = (struct virtqueue_answer){queue->tokens[head], written_bytes};
    chain_free(queue, (uint16_t)head);
    queue->taken++;
    return true;
}

bool virtqueue_waits(struct virtqueue *queue)
{
    if (queue->has_events) {
        atomic_store_explicit(&queue->available[RING_START + queue->size], queue->taken, memory_order_relaxed);
        atomic_thread_fence(memory_order_seq_cst);
    }
    return queue->is_broken || atomic_load_explicit(&queue->used[RING_INDEX], memory_order_acquire) == queue->taken;
}
