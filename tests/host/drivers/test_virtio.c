/* What all virtio drivers share: the layout, the start of a device, queues. */
#include "virtio_machine.h"

#include "machine.h"
#include "test.h"
#include <string.h>

enum { QUEUE_SIZE = 8, MEMORY_BYTES = 8192, DATA = 4096 };
#define OFFERED (VIRTIO_FEATURE_VERSION_1 | VIRTIO_FEATURE_EVENTS | 1)

static struct virtio_machine honest_machine(void)
{
    return (struct virtio_machine){.features = OFFERED, .queues = {{.most = QUEUE_SIZE}}};
}

/* A started device with one queue. */
struct started {
    struct virtio_machine machine;
    struct virtio_device device;
    struct virtqueue queue;
    uint64_t data; /* memory for requests */
};

static void start(struct started *started, uint64_t features)
{
    started->machine = honest_machine();
    started->machine.features = features;
    struct virtio_resources resources = virtio_machine_start(&started->machine, MEMORY_BYTES);
    started->data = resources.memory.address + DATA;
    resources.memory.bytes = DATA;
    expect_eq(virtio_start(&started->device, &resources, 1, 0), VIRTIO_OK);
    expect_eq(virtio_queue_start(&started->device, &started->queue, 0, 4, 256), VIRTIO_OK);
    virtio_run(&started->device);
}

/* One request: `readable` and `writable` pieces of 16 bytes. */
static bool add(struct started *started, unsigned readable, unsigned writable, uint64_t token)
{
    struct virtqueue_segment segments[QUEUE_SIZE + 1];
    for (unsigned i = 0; i < readable + writable; i++)
        segments[i] = (struct virtqueue_segment){started->data + 16 * i, 16};
    return virtqueue_add(&started->queue, segments, readable, writable, token);
}

struct capability {
    uint8_t length, type, bar, id, padding[2];
    uint32_t offset, bytes, multiplier;
} __attribute__((packed));

/* A device whose groups of registers are stated by these; two of common registers, of which the first counts. */
static bool finds_layout(const struct capability *capabilities, unsigned count, struct virtio_layout *layout)
{
    machine_reset();
    struct bus bus = {0};
    struct bus_function *device = bus_add(&bus, (struct pci_address){0, 1, 0}, 0x1af4, 0x1042, false);
    bus_add_bar(device, 0, 1, 0xc000, 64);
    bus_add_bar(device, 1, 0, 0xfe000000, 4096);
    bus_add_bar(device, 4, 0xc, 0x800000000, 16384);
    for (unsigned i = 0; i < count; i++)
        bus_add_capability(device, (uint8_t)(0x40 + 20 * i), PCI_CAPABILITY_VENDOR, &capabilities[i],
                           sizeof capabilities[i]);
    struct pci_access access = bus_through_ports(&bus);
    struct pci_function function;
    pci_enumerate(&access, &function, 1);
    expect_eq(virtio_kind(&access, &function), VIRTIO_BLK);
    return virtio_layout_find(&access, &function, layout);
}

#define CAPABILITY(type, bar, offset, bytes)                                                                           \
    {                                                                                                                  \
        20, type, bar, 0, {0}, offset, bytes, 4                                                                        \
    }

TEST(virtio, groups_of_registers_are_found)
{
    static const struct capability capabilities[] = {CAPABILITY(1, 1, 0, 4096),        CAPABILITY(1, 4, 0, 0x1000),
                                                     CAPABILITY(3, 4, 0x1000, 1),      CAPABILITY(4, 4, 0x2000, 64),
                                                     CAPABILITY(2, 4, 0x3000, 0x1000), CAPABILITY(5, 0, 0, 0)};
    struct virtio_layout layout;
    expect(finds_layout(capabilities, 6, &layout));
    expect_eq(layout.groups[VIRTIO_COMMON].bar, 4);
    expect_eq(layout.groups[VIRTIO_ISR].offset, 0x1000);
    expect_eq(layout.groups[VIRTIO_CONFIG].bytes, 64);
    expect_eq(layout.groups[VIRTIO_NOTIFY].offset, 0x3000);
    expect_eq(layout.notify_multiplier, 4);
}

TEST(virtio, groups_outside_of_the_device_are_not_used)
{
    struct virtio_layout layout;
    static const struct capability wrong[] = {CAPABILITY(2, 4, 0x3000, 0x1001), CAPABILITY(2, 0, 0, 4), /* ports */
                                              CAPABILITY(2, 6, 0, 4),           CAPABILITY(2, 4, 0xfffffffc, 8),
                                              CAPABILITY(2, 4, 1, 8),           CAPABILITY(2, 3, 0, 4)};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct capability capabilities[] = {CAPABILITY(1, 4, 0, 56), CAPABILITY(3, 4, 0x1000, 1), wrong[i]};
        expect(!finds_layout(capabilities, 3, &layout));
    }
}

TEST(virtio, devices_for_old_drivers_state_their_kind_elsewhere)
{
    machine_reset();
    struct bus bus = {0};
    bus_add(&bus, (struct pci_address){0, 1, 0}, 0x1af4, 0x1001, false)->bytes[0x2e] = VIRTIO_BLK;
    bus_add(&bus, (struct pci_address){0, 2, 0}, 0x8086, 0x1042, false);
    struct pci_access access = bus_through_ports(&bus);
    struct pci_function functions[2];
    pci_enumerate(&access, functions, 2);
    expect_eq(virtio_kind(&access, &functions[0]), VIRTIO_BLK);
    expect_eq(virtio_kind(&access, &functions[1]), 0);
}

TEST(virtio, devices_that_do_not_start_are_reported)
{
    struct virtio_device device;
    struct virtqueue queue;
    struct virtio_machine machine = honest_machine();
    machine.never_resets = true;
    machine.status = 1;
    struct virtio_resources resources = virtio_machine_start(&machine, MEMORY_BYTES);
    expect_eq(virtio_start(&device, &resources, 1, 0), VIRTIO_NO_RESET);

    machine = honest_machine();
    machine.refuses = true;
    expect_eq(virtio_start(&device, &resources, 1, 0), VIRTIO_NO_FEATURES);
    expect(machine.status & 0x80);

    machine = honest_machine();
    machine.features = 1; /* an old device */
    expect_eq(virtio_start(&device, &resources, 1, 0), VIRTIO_NO_FEATURES);
    machine.agrees_always = true;
    expect_eq(virtio_start(&device, &resources, 1, 0), VIRTIO_NO_FEATURES);

    machine = honest_machine();
    expect_eq(virtio_start(&device, &resources, 1, 2), VIRTIO_NO_FEATURES); /* lacks a needed one */

    machine = honest_machine();
    machine.takes_no_vector = true;
    expect_eq(virtio_start(&device, &resources, 1, 0), VIRTIO_OK);
    expect_eq(virtio_queue_start(&device, &queue, 0, 4, 256), VIRTIO_NO_INTERRUPT);
    expect_eq(virtio_queue_start(&device, &queue, 1, 4, 256), VIRTIO_NO_QUEUE);
    device.memory.bytes = virtqueue_bytes(QUEUE_SIZE) - 1;
    expect_eq(virtio_queue_start(&device, &queue, 0, 4, 256), VIRTIO_NO_MEMORY);
    device.notify_multiplier = UINT32_MAX - 1;
    device.groups[VIRTIO_NOTIFY].bytes = 1;
    expect_eq(virtio_queue_start(&device, &queue, 0, 4, 256), VIRTIO_NO_QUEUE);

    resources.bars[4].bytes = 0x3000; /* notifications are not mapped */
    expect_eq(virtio_start(&device, &resources, 1, 0), VIRTIO_NO_REGISTERS);
}

TEST(virtio, only_features_that_are_wanted_are_accepted)
{
    struct started started;
    start(&started, OFFERED | 1ull << 5 | 1ull << 33);
    expect_eq(started.machine.accepted, OFFERED);
}

TEST(virtio, configuration_that_never_stands_still_is_given_up)
{
    struct started started;
    start(&started, OFFERED);
    started.machine.config[3] = 7;
    uint32_t value;
    expect(virtio_config_read(&started.device, 0, &value, 4));
    expect_eq(value, 7u << 24);
    expect(!virtio_config_read(&started.device, VIRTIO_CONFIG_BYTES - 3, &value, 4));
    started.machine.is_restless = true;
    expect(!virtio_config_read(&started.device, 0, &value, 4));
}

TEST(virtqueue, requests_reach_the_device_and_answers_come_back)
{
    struct started started;
    start(&started, OFFERED);
    struct virtqueue_answer answer;
    struct virtio_work work;
    for (uint64_t round = 0; round < 70000; round++) { /* the indices wrap */
        expect(add(&started, 1, 2, round));
        expect(!virtio_machine_take(&started.machine, 0, &work)); /* not published yet */
        virtqueue_publish(&started.queue);
        expect(virtio_machine_take(&started.machine, 0, &work));
        expect_eq(work.readable_count, 1);
        expect_eq(work.writable_count, 2);
        expect_ptr_eq(work.writable[1].bytes, machine_memory(started.data + 32, 16));
        expect(!virtqueue_take(&started.queue, &answer));
        virtio_machine_answer(&started.machine, 0, work.head, 17);
        expect(virtqueue_take(&started.queue, &answer));
        expect_eq(answer.token, round);
        expect_eq(answer.written_bytes, 17);
    }
    expect_eq(started.queue.free_count, QUEUE_SIZE);
}

TEST(virtqueue, answers_may_come_in_any_order)
{
    struct started started;
    start(&started, OFFERED);
    struct virtio_work works[3];
    for (uint64_t token = 0; token < 3; token++)
        expect(add(&started, 1, 1, token));
    virtqueue_publish(&started.queue);
    for (unsigned i = 0; i < 3; i++)
        expect(virtio_machine_take(&started.machine, 0, &works[i]));
    static const unsigned order[] = {2, 0, 1};
    struct virtqueue_answer answer;
    for (unsigned i = 0; i < 3; i++)
        virtio_machine_answer(&started.machine, 0, works[order[i]].head, 0);
    for (unsigned i = 0; i < 3; i++) {
        expect(virtqueue_take(&started.queue, &answer));
        expect_eq(answer.token, order[i]);
    }
    expect_eq(started.queue.free_count, QUEUE_SIZE);
}

TEST(virtqueue, what_does_not_fit_is_refused)
{
    struct started started;
    start(&started, OFFERED);
    expect(!add(&started, 0, 0, 0));
    expect(!add(&started, QUEUE_SIZE, 1, 0));
    expect(add(&started, 2, 3, 0));
    expect(!add(&started, 2, 2, 0));
    expect(add(&started, 3, 0, 0));
    expect(!add(&started, 1, 0, 0));
}

TEST(virtqueue, the_device_is_told_only_when_it_asks)
{
    struct started started;
    start(&started, OFFERED);
    struct virtio_work work;
    add(&started, 1, 0, 0);
    virtqueue_publish(&started.queue);
    expect_eq(started.machine.queues[0].notifications, 1);
    add(&started, 1, 0, 0); /* it has not looked since */
    virtqueue_publish(&started.queue);
    expect_eq(started.machine.queues[0].notifications, 1);
    virtqueue_publish(&started.queue); /* nothing new */
    while (virtio_machine_take(&started.machine, 0, &work))
        virtio_machine_answer(&started.machine, 0, work.head, 0);
    add(&started, 1, 0, 0);
    virtqueue_publish(&started.queue);
    expect_eq(started.machine.queues[0].notifications, 2);

    start(&started, VIRTIO_FEATURE_VERSION_1); /* by a flag */
    add(&started, 1, 0, 0);
    virtqueue_publish(&started.queue);
    expect_eq(started.machine.queues[0].notifications, 1);
    *(uint16_t *)machine_memory(started.machine.queues[0].used, 2) = 1;
    add(&started, 1, 0, 0);
    virtqueue_publish(&started.queue);
    expect_eq(started.machine.queues[0].notifications, 1);
}

TEST(virtqueue, interrupts_come_when_asked_for)
{
    struct started started;
    start(&started, OFFERED);
    struct virtio_work work;
    struct virtqueue_answer answer;
    expect(virtqueue_waits(&started.queue));
    add(&started, 1, 0, 0), add(&started, 1, 0, 0);
    virtqueue_publish(&started.queue);
    while (virtio_machine_take(&started.machine, 0, &work))
        virtio_machine_answer(&started.machine, 0, work.head, 0);
    expect_eq(started.machine.interrupts, 1); /* of two */
    expect_eq(virtio_interrupt_status(&started.device), 1);
    expect_eq(virtio_interrupt_status(&started.device), 0);
    expect(!virtqueue_waits(&started.queue));
    while (virtqueue_take(&started.queue, &answer))
        continue;
    expect(virtqueue_waits(&started.queue));
}

/* What a device that breaks the rules answers to one request of two descriptors. */
static bool breaks(uint32_t head_offset, uint32_t written_bytes, uint16_t answers)
{
    struct started started;
    start(&started, OFFERED);
    struct virtio_work work;
    struct virtqueue_answer answer;
    add(&started, 1, 1, 7);
    virtqueue_publish(&started.queue);
    expect(virtio_machine_take(&started.machine, 0, &work));
    virtio_machine_answer(&started.machine, 0, work.head + head_offset, written_bytes);
    virtio_machine_set_index(&started.machine, 0, answers);
    while (virtqueue_take(&started.queue, &answer))
        expect_eq(answer.token, 7);
    expect(started.queue.is_broken == !add(&started, 1, 0, 0));
    return started.queue.is_broken;
}

TEST(virtqueue, answers_that_cannot_be_break_it)
{
    expect(!breaks(0, 16, 1));
    expect(breaks(0, 17, 1));         /* more than there was room for */
    expect(breaks(1, 0, 1));          /* the middle of a request */
    expect(breaks(2, 0, 1));          /* never asked */
    expect(breaks(QUEUE_SIZE, 0, 1)); /* no such descriptor */
    expect(breaks(UINT32_MAX, 0, 1));
    expect(breaks(0, 0, 2)); /* twice */
    expect(breaks(0, 0, UINT16_MAX));
}

TEST(virtqueue, a_device_that_writes_anything_anywhere_does_no_harm)
{
    unsigned broken = 0, answers = 0;
    for (unsigned round = 0; round < 3000; round++) {
        struct started started;
        start(&started, OFFERED);
        for (unsigned i = 0; i <= round; i++)
            machine_random();
        bool is_outstanding[64] = {0};
        /* Either anywhere, all the time, or among its answers, now and then: so that some are good first. */
        bool is_wild = machine_random() % 2;
        uint64_t place = started.machine.queues[0].descriptors;
        uint32_t bytes = (uint32_t)virtqueue_bytes(QUEUE_SIZE);
        if (!is_wild) {
            bytes -= (uint32_t)(started.machine.queues[0].used - place);
            place = started.machine.queues[0].used;
        }
        for (unsigned step = 0; step < 40; step++) {
            unsigned token = machine_random() % 64;
            if (!is_outstanding[token] && add(&started, machine_random() % 3, 1 + machine_random() % 2, token))
                is_outstanding[token] = true;
            virtqueue_publish(&started.queue);
            struct virtio_work work;
            if (is_wild)
                virtio_machine_answer(&started.machine, 0, machine_random() % QUEUE_SIZE, machine_random() % 32);
            else if (virtio_machine_take(&started.machine, 0, &work))
                virtio_machine_answer(&started.machine, 0, work.head, machine_random() % 17);
            if (is_wild || machine_random() % 16 == 0) {
                uint16_t garbage = (uint16_t)(machine_random() % 2 ? machine_random() % 8 : machine_random());
                *(uint16_t *)machine_memory(place + machine_random() % (bytes / 2) * 2, 2) = garbage;
            }
            struct virtqueue_answer answer;
            while (virtqueue_take(&started.queue, &answer)) {
                expect(answer.token < 64 && is_outstanding[answer.token]); /* each once */
                expect(answer.written_bytes <= 32);
                is_outstanding[answer.token] = false;
                answers++;
            }
            virtqueue_waits(&started.queue);
        }
        broken += started.queue.is_broken;
    }
    expect(broken > 100);
    expect(answers > 1000);
}

TEST(virtio, registers_that_read_as_anything_do_no_harm)
{
    for (unsigned round = 0; round < 300; round++) {
        struct virtio_machine machine = {.is_wild = true};
        struct virtio_resources resources = virtio_machine_start(&machine, 65536);
        for (unsigned i = 0; i <= round; i++)
            machine_random();
        resources.vector = (uint16_t)machine_random();
        struct virtio_device device;
        struct virtqueue queue;
        uint64_t config;
        if (virtio_start(&device, &resources, 1, 0) != VIRTIO_OK)
            continue;
        virtio_queue_start(&device, &queue, 0, 4, 256);
        virtio_config_read(&device, 0, &config, sizeof config);
    }
}
