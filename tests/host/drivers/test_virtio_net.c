#include "virtio_machine.h"

#include "drivers/virtio_net/virtio_net.h"
#include "machine.h"
#include "test.h"
#include <string.h>

enum { HEADER = 12, FRAME_MEMORY = 2048, FRAMES = 4, ADDRESS_FEATURE = 1 << 5, STATUS_FEATURE = 1 << 16 };

struct world {
    struct virtio_machine machine;
    struct virtio_net card;
    uint8_t *frames;
    uint64_t address;
};

static struct world *world_start(void)
{
    static struct world world;
    world = (struct world){.machine = {.features = VIRTIO_FEATURE_VERSION_1 | VIRTIO_FEATURE_EVENTS | ADDRESS_FEATURE |
                                                   STATUS_FEATURE | 1 << 15 | 3,
                                       .config = {0x52, 0x54, 0, 0x12, 0x34, 0x56, 1},
                                       .queues = {{.most = 256}, {.most = 256}}}};
    struct virtio_resources resources = virtio_machine_start(&world.machine, VIRTIO_NET_MEMORY_BYTES);
    world.frames = machine_add_memory(FRAMES * FRAME_MEMORY, &world.address);
    expect_eq(virtio_net_start(&world.card, &resources), VIRTIO_OK);
    return &world;
}

static bool give(struct world *world, unsigned number, uint32_t bytes)
{
    struct virtio_net_piece memory = {world->address + number * FRAME_MEMORY, bytes};
    return virtio_net_give(&world->card, memory, 100 + number);
}

static bool send(struct world *world, unsigned number, uint32_t bytes)
{
    struct virtio_net_piece frame = {world->address + number * FRAME_MEMORY, bytes};
    return virtio_net_send(&world->card, &frame, 1, 100 + number);
}

TEST(virtio_net, the_card_states_its_address)
{
    struct world *world = world_start();
    static const uint8_t address[] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
    expect(memcmp(world->card.address, address, sizeof address) == 0);
    /* No offloading and no merging of buffers: a frame is what is in its memory. */
    expect_eq(world->machine.accepted & 0x1ffff, ADDRESS_FEATURE);
    world->machine.features &= ~(uint64_t)ADDRESS_FEATURE;
    struct virtio_resources resources = virtio_machine_start(&world->machine, VIRTIO_NET_MEMORY_BYTES);
    expect_eq(virtio_net_start(&world->card, &resources), VIRTIO_NO_FEATURES);
}

TEST(virtio_net, frames_arrive_in_the_memory_that_was_given)
{
    struct world *world = world_start();
    for (unsigned i = 0; i < 3; i++)
        expect(give(world, i, FRAME_MEMORY));
    virtio_net_publish(&world->card);
    expect(virtio_net_waits(&world->card));
    uint8_t packet[HEADER + VIRTIO_NET_MOST_FRAME_BYTES];
    memset(packet, 0xee, sizeof packet);
    struct virtio_work work;
    expect(virtio_machine_take(&world->machine, 0, &work));
    expect_eq(work.readable_count, 0);
    virtio_machine_answer(&world->machine, 0, work.head, virtio_work_write(&work, packet, HEADER + 60));
    expect(virtio_machine_take(&world->machine, 0, &work));
    virtio_machine_answer(&world->machine, 0, work.head, virtio_work_write(&work, packet, sizeof packet));
    expect(!virtio_net_waits(&world->card));
    struct virtio_net_answer answer;
    expect(virtio_net_take_received(&world->card, &answer));
    expect_eq(answer.token, 100);
    expect_eq(answer.bytes, 60);
    expect_eq(world->frames[0], 0xee);
    expect_eq(world->frames[59], 0xee);
    expect_eq(world->frames[60], 0);
    expect(virtio_net_take_received(&world->card, &answer));
    expect_eq(answer.token, 101);
    expect_eq(answer.bytes, VIRTIO_NET_MOST_FRAME_BYTES);
    expect(!virtio_net_take_received(&world->card, &answer));
    expect(!virtio_net_take_sent(&world->card, &answer));
}

TEST(virtio_net, frames_are_sent_from_the_memory_they_are_in)
{
    struct world *world = world_start();
    memset(world->frames, 0x77, FRAME_MEMORY);
    expect(send(world, 0, 64));
    virtio_net_publish(&world->card);
    struct virtio_work work;
    expect(virtio_machine_take(&world->machine, 1, &work));
    expect_eq(work.readable_count, 2);
    static const uint8_t no_offloading[HEADER];
    expect_eq(work.readable[0].count, HEADER);
    expect(memcmp(work.readable[0].bytes, no_offloading, HEADER) == 0);
    expect_ptr_eq(work.readable[1].bytes, world->frames);
    expect_eq(work.readable[1].count, 64);
    virtio_machine_answer(&world->machine, 1, work.head, 0);
    struct virtio_net_answer answer;
    expect(virtio_net_take_sent(&world->card, &answer));
    expect_eq(answer.token, 100);
    expect(virtio_net_waits(&world->card));
}

TEST(virtio_net, a_frame_may_lie_in_pieces)
{
    struct world *world = world_start();
    struct virtio_net_piece pieces[VIRTIO_NET_MOST_PIECES + 1];
    for (unsigned i = 0; i <= VIRTIO_NET_MOST_PIECES; i++)
        pieces[i] = (struct virtio_net_piece){world->address + 100 * i, 20};
    expect(!virtio_net_send(&world->card, pieces, VIRTIO_NET_MOST_PIECES + 1, 7));
    expect(!virtio_net_send(&world->card, pieces, 0, 7));
    expect(virtio_net_send(&world->card, pieces, VIRTIO_NET_MOST_PIECES, 7));
    virtio_net_publish(&world->card);
    struct virtio_work work;
    expect(virtio_machine_take(&world->machine, 1, &work));
    expect_eq(work.readable_count, 1 + VIRTIO_NET_MOST_PIECES);
    for (unsigned i = 0; i < VIRTIO_NET_MOST_PIECES; i++) {
        expect_ptr_eq(work.readable[1 + i].bytes, world->frames + 100 * i);
        expect_eq(work.readable[1 + i].count, 20);
    }
    /* The lengths of all count, and none is empty. */
    pieces[1].bytes = 1500;
    expect(!virtio_net_send(&world->card, pieces, 2, 7));
    pieces[1].bytes = UINT32_MAX;
    expect(!virtio_net_send(&world->card, pieces, 2, 7));
    pieces[1].bytes = 0;
    expect(!virtio_net_send(&world->card, pieces, 2, 7));
}

TEST(virtio_net, frames_in_pieces_leave_room_for_fewer)
{
    struct world *world = world_start();
    struct virtio_net_piece pieces[VIRTIO_NET_MOST_PIECES];
    unsigned sent = 0;
    for (unsigned i = 0; i < VIRTIO_NET_MOST_PIECES; i++)
        pieces[i] = (struct virtio_net_piece){world->address, 20};
    for (; virtio_net_can_send(&world->card); sent++)
        expect(virtio_net_send(&world->card, pieces, VIRTIO_NET_MOST_PIECES, 7));
    expect_eq(sent, 256 / (1 + VIRTIO_NET_MOST_PIECES));
    expect(!virtio_net_send(&world->card, pieces, VIRTIO_NET_MOST_PIECES, 7));
    expect(virtio_net_can_give(&world->card));
}

TEST(virtio_net, lengths_that_are_not_those_of_frames_are_refused)
{
    struct world *world = world_start();
    expect(!send(world, 0, 13));
    expect(!send(world, 0, 1515));
    expect(!give(world, 0, 13));
}

TEST(virtio_net, only_so_many_frames_are_under_way)
{
    struct world *world = world_start();
    unsigned given = 0, sent = 0;
    while (give(world, 0, FRAME_MEMORY))
        given++;
    while (send(world, 1, 64))
        sent++;
    expect_eq(given, VIRTIO_NET_MOST_FRAMES);
    expect_eq(sent, VIRTIO_NET_MOST_FRAMES);
}

TEST(virtio_net, a_frame_shorter_than_one_has_no_bytes)
{
    struct world *world = world_start();
    static const uint32_t written[] = {0, 5, HEADER, HEADER + 13};
    for (unsigned i = 0; i < sizeof written / sizeof *written; i++) {
        struct virtio_work work;
        struct virtio_net_answer answer;
        expect(give(world, 0, FRAME_MEMORY));
        virtio_net_publish(&world->card);
        expect(virtio_machine_take(&world->machine, 0, &work));
        virtio_machine_answer(&world->machine, 0, work.head, written[i]);
        expect(virtio_net_take_received(&world->card, &answer));
        expect_eq(answer.bytes, 0);
    }
}

TEST(virtio_net, a_frame_longer_than_its_memory_breaks_the_device)
{
    struct world *world = world_start();
    struct virtio_work work;
    struct virtio_net_answer answer;
    expect(give(world, 0, 100));
    virtio_net_publish(&world->card);
    expect(virtio_machine_take(&world->machine, 0, &work));
    virtio_machine_answer(&world->machine, 0, work.head, HEADER + 101);
    expect(!virtio_net_take_received(&world->card, &answer));
    expect(virtio_net_is_broken(&world->card));
    /* Memory for 2 KiB is used as far as the longest frame. */
    world = world_start();
    expect(give(world, 0, FRAME_MEMORY));
    virtio_net_publish(&world->card);
    expect(virtio_machine_take(&world->machine, 0, &work));
    virtio_machine_answer(&world->machine, 0, work.head, HEADER + VIRTIO_NET_MOST_FRAME_BYTES + 1);
    expect(!virtio_net_take_received(&world->card, &answer));
}
