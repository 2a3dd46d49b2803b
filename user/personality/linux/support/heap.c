#include "personality/linux/support/heap.h"

#include "lib/string.h"
#include "personality/linux/machine.h"
#include "personality/linux/support/assert.h"
#include "personality/linux/support/frame.h"
#include "personality/linux/support/list.h"

/* A frame of objects of one class: this head, then the objects. Free objects are chained through their first word. */
struct slab {
    struct list in_class; /* linked while it has a free object */
    uint32_t frame;
    uint16_t size_class;
    uint16_t used;
    void *free;
};

/* Two classes per power of two; the last ones let 3 and 2 objects fill a frame. */
static const uint16_t class_bytes[] = {16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 672, 1008, 1344, HEAP_LARGEST};
enum { CLASS_COUNT = sizeof class_bytes / sizeof class_bytes[0], SLAB_HEAD = 48 };

_Static_assert(sizeof(struct slab) <= SLAB_HEAD, "objects keep their alignment of 16 bytes");

static struct list classes[CLASS_COUNT];

static struct slab *slab_create(unsigned size_class)
{
    uint32_t frame = machine_frame_allocate();
    if (!frame && frames_give_up())
        frame = machine_frame_allocate();
    if (!frame)
        return NULL;

    struct slab *slab = machine_frame_data(frame);
    *slab = (struct slab){.frame = frame, .size_class = (uint16_t)size_class};
    size_t bytes = class_bytes[size_class];
    for (size_t offset = SLAB_HEAD; offset + bytes <= PAGE_SIZE; offset += bytes) {
        void **object = (void **)(void *)((char *)slab + offset);
        *object = slab->free;
        slab->free = object;
    }
    list_append(&classes[size_class], &slab->in_class);
    return slab;
}

void *heap_allocate(size_t bytes)
{
    unsigned size_class = 0;
    while (size_class < CLASS_COUNT && class_bytes[size_class] < bytes)
        size_class++;
    if (size_class == CLASS_COUNT)
        return NULL;

    struct list *head = &classes[size_class];
    if (!head->next)
        list_initialise(head);
    struct slab *slab = list_is_empty(head) ? slab_create(size_class) : list_item(head->next, struct slab, in_class);
    if (!slab)
        return NULL;

    void **object = slab->free;
    slab->free = *object;
    slab->used++;
    if (!slab->free)
        list_remove(&slab->in_class);
    memset(object, 0, class_bytes[size_class]);
    return object;
}

void heap_free(void *object)
{
    if (!object)
        return;

    struct slab *slab = (struct slab *)((uintptr_t)object & ~(uintptr_t)(PAGE_SIZE - 1));
    assert(slab->used > 0);
    if (!slab->free)
        list_append(&classes[slab->size_class], &slab->in_class);
    *(void **)object = slab->free;
    slab->free = object;
    if (--slab->used == 0) {
        list_remove(&slab->in_class);
        machine_frame_free(slab->frame);
    }
}

char *heap_string(const char *text, size_t length)
{
    char *copy = heap_allocate(length + 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}
