#include "lib/tls.h"

#include "lib/string.h"

/* From the linker script; the sizes are absolute symbols whose addresses are their values. */
extern const char __tls_image_start[], __tls_image_end[], __tls_memory_size[], __tls_alignment[];

#define THREAD_POINTER_BYTES 16

static size_t round_up(size_t value, size_t alignment)
{
    return (value + alignment - 1) / alignment * alignment;
}

static size_t tls_alignment(void)
{
    size_t alignment = (uintptr_t)__tls_alignment;

    return alignment < THREAD_POINTER_BYTES ? THREAD_POINTER_BYTES : alignment;
}

size_t tls_size(void)
{
    /* The memory may begin anywhere: one alignment more to round up in. */
    return round_up((uintptr_t)__tls_memory_size, tls_alignment()) + tls_alignment() + THREAD_POINTER_BYTES;
}

uintptr_t tls_init(void *memory)
{
    size_t image_bytes = (size_t)(__tls_image_end - __tls_image_start);
    size_t block_bytes = round_up((uintptr_t)__tls_memory_size, (uintptr_t)__tls_alignment);
    uintptr_t pointer = round_up((uintptr_t)memory + block_bytes, tls_alignment());
    char *block = (char *)(pointer - block_bytes);

    memset(memory, 0, tls_size());
    memcpy(block, __tls_image_start, image_bytes);
    *(uintptr_t *)pointer = pointer;
    return pointer;
}
