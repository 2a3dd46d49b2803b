#include "drivers/virtio/device.h"

enum {
    DEVICE_FEATURE_SELECT = 0,
    DEVICE_FEATURE = 4,
    DRIVER_FEATURE_SELECT = 8,
    DRIVER_FEATURE = 12,
    CONFIG_VECTOR = 16,
    STATUS = 20,
    CONFIG_GENERATION = 21,
    QUEUE_SELECT = 22,
    QUEUE_SIZE = 24,
    QUEUE_VECTOR = 26,
    QUEUE_ENABLE = 28,
    QUEUE_NOTIFY_OFFSET = 30,
    QUEUE_DESCRIPTORS = 32,
    QUEUE_AVAILABLE = 40,
    QUEUE_USED = 48
};
enum { STATUS_SEEN = 1, STATUS_DRIVER = 2, STATUS_RUNS = 4, STATUS_FEATURES = 8, STATUS_FAILED = 0x80 };
/* A device that is alive needs a few reads at most; each leaves this machine and so takes a while. */
enum { RESET_TRIES = 10000, CONFIG_TRIES = 100 };
enum { QUEUE_ALIGNMENT = 16 };

static struct mmio common(const struct virtio_device *device)
{
    return device->groups[VIRTIO_COMMON];
}

static void status_add(struct virtio_device *device, uint8_t bits)
{
    mmio_write8(common(device), STATUS, mmio_read8(common(device), STATUS) | bits);
}

bool virtio_stop(struct virtio_device *device)
{
    mmio_write8(common(device), STATUS, 0);
    for (int tries = 0; tries < RESET_TRIES; tries++) {
        if (mmio_read8(common(device), STATUS) == 0)
            return true;
    }
    return false;
}

static uint64_t features_offered(struct virtio_device *device)
{
    mmio_write32(common(device), DEVICE_FEATURE_SELECT, 0);
    uint64_t low = mmio_read32(common(device), DEVICE_FEATURE);
    mmio_write32(common(device), DEVICE_FEATURE_SELECT, 1);
    return low | (uint64_t)mmio_read32(common(device), DEVICE_FEATURE) << 32;
}

static void features_accept(struct virtio_device *device)
{
    mmio_write32(common(device), DRIVER_FEATURE_SELECT, 0);
    mmio_write32(common(device), DRIVER_FEATURE, (uint32_t)device->features);
    mmio_write32(common(device), DRIVER_FEATURE_SELECT, 1);
    mmio_write32(common(device), DRIVER_FEATURE, (uint32_t)(device->features >> 32));
}

/* The groups of registers within the mapped ranges; the last, the device's own, may be missing. */
static bool groups_find(struct virtio_device *device, const struct virtio_resources *resources)
{
    for (unsigned i = 0; i < VIRTIO_GROUP_COUNT; i++) {
        uint8_t bar = resources->layout.groups[i].bar;
        if (bar >= PCI_BAR_COUNT || !mmio_part(resources->bars[bar], resources->layout.groups[i].offset,
                                               resources->layout.groups[i].bytes, &device->groups[i]))
            return false;
    }
    return device->groups[VIRTIO_COMMON].bytes >= QUEUE_USED + 8 && device->groups[VIRTIO_ISR].bytes >= 1;
}

enum virtio_result virtio_start(struct virtio_device *device, const struct virtio_resources *resources, uint64_t wanted,
                                uint64_t needed)
{
    *device = (struct virtio_device){.notify_multiplier = resources->layout.notify_multiplier,
                                     .memory = resources->memory,
                                     .vector = resources->vector};
    if (!groups_find(device, resources))
        return VIRTIO_NO_REGISTERS;
    if (!virtio_stop(device))
        return VIRTIO_NO_RESET;
    status_add(device, STATUS_SEEN);
    status_add(device, STATUS_DRIVER);
    needed |= VIRTIO_FEATURE_VERSION_1;
    device->features = features_offered(device) & (wanted | needed | VIRTIO_FEATURE_EVENTS);
    features_accept(device);
    bool is_enough = (device->features & needed) == needed;
    if (is_enough)
        status_add(device, STATUS_FEATURES);
    if (!is_enough || !(mmio_read8(common(device), STATUS) & STATUS_FEATURES)) {
        status_add(device, STATUS_FAILED);
        return VIRTIO_NO_FEATURES;
    }
    mmio_write16(common(device), CONFIG_VECTOR, VIRTIO_NO_VECTOR);
    return VIRTIO_OK;
}

static void write64(struct virtio_device *device, size_t offset, uint64_t value)
{
    mmio_write32(common(device), offset, (uint32_t)value);
    mmio_write32(common(device), offset + 4, (uint32_t)(value >> 32));
}

/* The largest power of two up to both; the device's number is one, or 0 if there is no such queue. */
static uint16_t queue_size(uint16_t device_size, uint16_t most)
{
    uint16_t size = 1;
    while (size <= most / 2 && size <= device_size / 2)
        size = (uint16_t)(size * 2);
    return device_size ? size : 0;
}

enum virtio_result virtio_queue_start(struct virtio_device *device, struct virtqueue *queue, uint16_t number,
                                      uint16_t least, uint16_t most)
{
    mmio_write16(common(device), QUEUE_SELECT, number);
    uint16_t size = queue_size(mmio_read16(common(device), QUEUE_SIZE), most);
    uint64_t notify_offset = (uint64_t)mmio_read16(common(device), QUEUE_NOTIFY_OFFSET) * device->notify_multiplier;
    struct mmio notify;
    if (size < least || notify_offset % 2 || !mmio_part(device->groups[VIRTIO_NOTIFY], notify_offset, 2, &notify))
        return VIRTIO_NO_QUEUE;
    struct dma memory;
    if (!dma_take(&device->memory, virtqueue_bytes(size), QUEUE_ALIGNMENT, &memory))
        return VIRTIO_NO_MEMORY;
    virtqueue_initialise(queue, number, size, memory, notify, device->features & VIRTIO_FEATURE_EVENTS);
    struct virtqueue_parts parts = virtqueue_parts(queue, memory);
    mmio_write16(common(device), QUEUE_SIZE, size);
    write64(device, QUEUE_DESCRIPTORS, parts.descriptors);
    write64(device, QUEUE_AVAILABLE, parts.available);
    write64(device, QUEUE_USED, parts.used);
    mmio_write16(common(device), QUEUE_VECTOR, device->vector);
    if (mmio_read16(common(device), QUEUE_VECTOR) != device->vector)
        return VIRTIO_NO_INTERRUPT;
    mmio_write16(common(device), QUEUE_ENABLE, 1);
    return VIRTIO_OK;
}

void virtio_run(struct virtio_device *device)
{
    status_add(device, STATUS_RUNS);
}

uint8_t virtio_interrupt_status(struct virtio_device *device)
{
    return mmio_read8(device->groups[VIRTIO_ISR], 0);
}

bool virtio_config_read(struct virtio_device *device, size_t offset, void *bytes, size_t count)
{
    struct mmio part;
    if (!mmio_part(device->groups[VIRTIO_CONFIG], offset, count, &part))
        return false;
    for (int tries = 0; tries < CONFIG_TRIES; tries++) {
        uint8_t generation = mmio_read8(common(device), CONFIG_GENERATION);
        for (size_t i = 0; i < count; i++)
            ((uint8_t *)bytes)[i] = mmio_read8(part, i);
        if (mmio_read8(common(device), CONFIG_GENERATION) == generation)
            return true;
    }
    return false;
}
