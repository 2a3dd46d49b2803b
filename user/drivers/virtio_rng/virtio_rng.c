#include "drivers/virtio_rng/virtio_rng.h"

enum { QUEUE_SIZE = 8 };

enum virtio_result virtio_rng_start(struct virtio_rng *rng, const struct virtio_resources *resources)
{
    *rng = (struct virtio_rng){0};
    enum virtio_result result = virtio_start(&rng->device, resources, 0, 0);
    if (result == VIRTIO_OK)
        result = virtio_queue_start(&rng->device, &rng->queue, 0, 1, QUEUE_SIZE);
    if (result != VIRTIO_OK)
        return result;
    if (!dma_take(&rng->device.memory, VIRTIO_RNG_MOST_BYTES, 1, &rng->bytes))
        return VIRTIO_NO_MEMORY;
    virtio_run(&rng->device);
    return VIRTIO_OK;
}

void virtio_rng_ask(struct virtio_rng *rng)
{
    struct virtqueue_segment segment = {rng->bytes.address, VIRTIO_RNG_MOST_BYTES};
    if (rng->is_asked || !virtqueue_add(&rng->queue, &segment, 0, 1, 0))
        return;
    rng->is_asked = true;
    /* The wish for an interrupt first: the device may answer at once. */
    virtqueue_waits(&rng->queue);
    virtqueue_publish(&rng->queue);
}

size_t virtio_rng_take(struct virtio_rng *rng, void *bytes, size_t count)
{
    struct virtqueue_answer answer;
    if (!virtqueue_take(&rng->queue, &answer))
        return 0;
    rng->is_asked = false;
    size_t done = count < answer.written_bytes ? count : answer.written_bytes;
    volatile uint8_t *from = rng->bytes.memory;
    for (size_t i = 0; i < VIRTIO_RNG_MOST_BYTES; i++) {
        if (i < done)
            ((uint8_t *)bytes)[i] = from[i];
        from[i] = 0;
    }
    return done;
}

bool virtio_rng_is_broken(const struct virtio_rng *rng)
{
    return rng->queue.is_broken;
}
