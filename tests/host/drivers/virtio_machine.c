#include "virtio_machine.h"

#include "machine.h"
#include "test.h"
#include <string.h>

enum { COMMON = 0, ISR = 0x1000, CONFIG = 0x2000, NOTIFY = 0x3000, REGISTER_BYTES = 0x4000, NOTIFY_MULTIPLIER = 4 };
enum { BAR = 4 };

static uint64_t merge(uint64_t old, unsigned shift, uint32_t value)
{
    return (old & ~(0xffffffffull << shift)) | (uint64_t)value << shift;
}

static uint32_t common_read(struct virtio_machine *device, size_t offset)
{
    bool has_queue = device->queue_select < VIRTIO_MOST_QUEUES;
    unsigned queue = has_queue ? device->queue_select : 0;
    switch (offset) {
    case 4:
        return device->feature_select < 2 ? (uint32_t)(device->features >> 32 * device->feature_select) : 0;
    case 18:
        return VIRTIO_MOST_QUEUES;
    case 20:
        return device->status | (device->agrees_always && device->status ? 8u : 0);
    case 21:
        return device->is_restless ? device->generation++ : device->generation;
    case 24:
        return has_queue ? device->queues[queue].size : 0;
    case 26:
        return device->takes_no_vector ? VIRTIO_NO_VECTOR : device->queues[queue].vector;
    case 30:
        return queue;
    default:
        return 0;
    }
}

static void status_write(struct virtio_machine *device, uint8_t status)
{
    if (status == 0 && !device->never_resets) {
        for (unsigned i = 0; i < VIRTIO_MOST_QUEUES; i++) {
            uint16_t most = device->queues[i].most;
            memset(&device->queues[i], 0, sizeof device->queues[i]);
            device->queues[i].most = device->queues[i].size = most;
        }
        device->status = 0;
        return;
    }
    bool is_agreed = !device->refuses && !(device->accepted & ~device->features);
    device->status |= is_agreed ? status : status & (uint8_t)~8;
}

static void common_write(struct virtio_machine *device, size_t offset, uint32_t value)
{
    unsigned queue = device->queue_select < VIRTIO_MOST_QUEUES ? device->queue_select : 0;
    switch (offset) {
    case 0:
        device->feature_select = value;
        return;
    case 8:
        device->driver_select = value;
        return;
    case 12:
        expect(device->driver_select < 2);
        device->accepted = merge(device->accepted, 32 * device->driver_select, value);
        return;
    case 16:
        return;
    case 20:
        status_write(device, (uint8_t)value);
        return;
    case 22:
        device->queue_select = (uint16_t)value;
        return;
    case 24:
        expect(value && value <= device->queues[queue].most && !(value & (value - 1)));
        device->queues[queue].size = (uint16_t)value;
        return;
    case 26:
        device->queues[queue].vector = (uint16_t)value;
        return;
    case 28:
        expect(value == 1 && device->status == 11); /* seen, driver, features agreed on */
        device->queues[queue].enabled = 1;
        return;
    case 32:
    case 36:
        device->queues[queue].descriptors = merge(device->queues[queue].descriptors, 8 * (offset - 32), value);
        return;
    case 40:
    case 44:
        device->queues[queue].available = merge(device->queues[queue].available, 8 * (offset - 40), value);
        return;
    case 48:
    case 52:
        device->queues[queue].used = merge(device->queues[queue].used, 8 * (offset - 48), value);
        return;
    default:
        test_fail(__FILE__, __LINE__, "write to register %zu", offset);
    }
}

static uint32_t registers_read(void *context, size_t offset, unsigned bytes)
{
    struct virtio_machine *device = context;
    uint32_t value = 0;
    if (device->is_wild)
        return machine_random() >> (32 - 8 * bytes);
    if (offset < ISR)
        return common_read(device, offset);
    if (offset == ISR) {
        value = device->interrupt_status;
        device->interrupt_status = 0;
    } else if (offset >= CONFIG && offset + bytes <= CONFIG + VIRTIO_CONFIG_BYTES) {
        memcpy(&value, device->config + (offset - CONFIG), bytes);
    }
    return value;
}

static void registers_write(void *context, size_t offset, unsigned bytes, uint32_t value)
{
    struct virtio_machine *device = context;
    if (device->is_wild)
        return;
    if (offset < ISR) {
        common_write(device, offset, value);
        return;
    }
    expect(bytes == 2 && offset == NOTIFY + value * NOTIFY_MULTIPLIER && value < VIRTIO_MOST_QUEUES);
    expect(device->status == 15); /* it runs */
    device->queues[value].notifications++;
}

struct virtio_resources virtio_machine_start(struct virtio_machine *device, size_t memory_bytes)
{
    machine_reset();
    volatile void *registers =
        machine_add_registers(REGISTER_BYTES, (struct machine_registers){device, registers_read, registers_write});
    struct virtio_resources resources = {
        .layout = {.groups = {[VIRTIO_COMMON] = {BAR, COMMON, 56},
                              [VIRTIO_NOTIFY] = {BAR, NOTIFY, NOTIFY_MULTIPLIER * VIRTIO_MOST_QUEUES},
                              [VIRTIO_ISR] = {BAR, ISR, 1},
                              [VIRTIO_CONFIG] = {BAR, CONFIG, VIRTIO_CONFIG_BYTES}},
                   .notify_multiplier = NOTIFY_MULTIPLIER},
        .bars = {[BAR] = {registers, REGISTER_BYTES}},
        .memory = {.bytes = memory_bytes},
        .vector = 1,
    };
    resources.memory.memory = machine_add_memory(memory_bytes, &resources.memory.address);
    return resources;
}

static uint16_t ring_read(uint64_t address)
{
    return *(uint16_t *)machine_memory(address, 2);
}

bool virtio_machine_take(struct virtio_machine *device, unsigned queue, struct virtio_work *work)
{
    uint16_t size = device->queues[queue].size;
    uint64_t available = device->queues[queue].available;
    *work = (struct virtio_work){0};
    if (!device->queues[queue].enabled || ring_read(available + 2) == device->queues[queue].seen)
        return false;
    expect((uint16_t)(ring_read(available + 2) - device->queues[queue].seen) <= size);
    work->head = ring_read(available + 4 + 2u * (device->queues[queue].seen++ % size));
    struct {
        uint64_t address;
        uint32_t bytes;
        uint16_t flags, next;
    } descriptor = {.flags = 1, .next = work->head};
    for (unsigned steps = 0; descriptor.flags & 1; steps++) {
        expect(descriptor.next < size && steps < VIRTIO_MOST_SEGMENTS);
        memcpy(&descriptor, machine_memory(device->queues[queue].descriptors + 16u * descriptor.next, 16), 16);
        struct virtio_piece piece = {machine_memory(descriptor.address, descriptor.bytes), descriptor.bytes};
        if (descriptor.flags & 2) {
            work->writable[work->writable_count++] = piece;
        } else {
            expect(!work->writable_count); /* those that are read come first */
            work->readable[work->readable_count++] = piece;
        }
    }
    return true;
}

/* Whether the driver wants to know of the answers before `index`, the last of which is new. */
static bool is_interrupt_wanted(struct virtio_machine *device, unsigned queue, uint16_t index)
{
    uint64_t available = device->queues[queue].available;
    if (!(device->accepted & VIRTIO_FEATURE_EVENTS))
        return !(ring_read(available) & 1);
    return ring_read(available + 4 + 2u * device->queues[queue].size) == (uint16_t)(index - 1);
}

void virtio_machine_set_index(struct virtio_machine *device, unsigned queue, uint16_t index)
{
    device->queues[queue].answered = index;
    *(uint16_t *)machine_memory(device->queues[queue].used + 2, 2) = index;
}

void virtio_machine_answer(struct virtio_machine *device, unsigned queue, uint32_t head, uint32_t written_bytes)
{
    uint16_t size = device->queues[queue].size, answered = device->queues[queue].answered;
    uint32_t *entry = machine_memory(device->queues[queue].used + 4 + 8u * (answered % size), 8);
    entry[0] = head;
    entry[1] = written_bytes;
    virtio_machine_set_index(device, queue, (uint16_t)(answered + 1));
    /* When the driver is told: of each request that follows those which the device has seen. */
    *(uint16_t *)machine_memory(device->queues[queue].used + 4 + 8u * size, 2) = device->queues[queue].seen;
    if (is_interrupt_wanted(device, queue, (uint16_t)(answered + 1))) {
        device->interrupt_status |= 1;
        device->interrupts++;
    }
}

uint32_t virtio_work_write(const struct virtio_work *work, const void *bytes, uint32_t count)
{
    uint32_t done = 0;
    for (unsigned i = 0; i < work->writable_count && done < count; i++) {
        uint32_t part = count - done < work->writable[i].count ? count - done : work->writable[i].count;
        memcpy(work->writable[i].bytes, (const uint8_t *)bytes + done, part);
        done += part;
    }
    return done;
}
