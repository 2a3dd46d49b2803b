/* What of a message arrives: words by number and by buffers, capabilities by right and room. */
#include "core/captree.h"
#include "core/message.h"

#include "abi/boot.h"
#include "world.h"

#define ROOT ABI_INIT_SLOT_CNODE

static struct thread *sender, *receiver;
static uint64_t sender_slot, receiver_slot, endpoint;

static void start(void)
{
    world_reset();
    sender_slot = world_new_thread(100, true);
    receiver_slot = world_new_thread(100, true);
    endpoint = world_new(ABI_OBJECT_ENDPOINT, 0);
    sender = world_thread(sender_slot);
    receiver = world_thread(receiver_slot);
}

static void write_message(uint64_t label, unsigned caps, unsigned length)
{
    uint64_t *buffer = world_buffer(sender);
    for (unsigned i = 0; i < ABI_MESSAGE_REGISTERS; i++)
        sender->context.mr[i] = 1000 + i;
    for (unsigned i = ABI_MESSAGE_REGISTERS; i < ABI_MESSAGE_MAX_LENGTH; i++)
        buffer[1 + i] = 1000 + i;
    sender->context.info = label << 12 | UINT64_C(7) << 9 | (uint64_t)caps << 7 | length;
}

static void deliver(bool can_grant)
{
    message_transfer(sender, receiver, 77, can_grant, cap_pointer(world_slot(endpoint)->cap), NULL);
}

static uint64_t received_word(unsigned index)
{
    return index < ABI_MESSAGE_REGISTERS ? receiver->context.mr[index] : world_buffer(receiver)[1 + index];
}

TEST(message, words_arrive_up_to_120_or_4_without_buffers)
{
    start();
    uint64_t sender_buffer = sender->ipc_buffer, receiver_buffer = receiver->ipc_buffer;
    for (unsigned length = 0; length < 128; length++)
        for (unsigned lacks = 0; lacks < 4; lacks++) {
            thread_set_buffer_address(sender, sender_buffer);
            thread_set_buffer_address(receiver, receiver_buffer);
            for (unsigned i = 0; i < ABI_MESSAGE_MAX_LENGTH; i++)
                world_buffer(receiver)[1 + i] = 5;
            for (unsigned i = 0; i < ABI_MESSAGE_REGISTERS; i++)
                receiver->context.mr[i] = 5;
            write_message(length * 3, 0, length);
            if (lacks & 1)
                thread_set_buffer_address(sender, 0);
            if (lacks & 2)
                thread_set_buffer_address(receiver, 0);
            deliver(false);
            thread_set_buffer_address(receiver, receiver_buffer);
            unsigned most = lacks ? ABI_MESSAGE_REGISTERS : ABI_MESSAGE_MAX_LENGTH;
            unsigned arrived = length < most ? length : most;
            expect_eq(receiver->context.info, (uint64_t)length * 3 << 12 | arrived);
            expect_eq(receiver->context.cap, 77);
            for (unsigned i = 0; i < ABI_MESSAGE_MAX_LENGTH; i++)
                expect_eq(received_word(i), i < arrived ? 1000 + i : 5);
        }
}

TEST(message, a_buffer_that_may_only_be_read_serves_the_sender_only)
{
    start();
    struct cap_slot *frame = &sender->slot[THREAD_SLOT_BUFFER];
    write_message(0, 0, 20);
    captree_replace(frame, cap_mask_rights(frame->cap, (struct rights){RIGHT_READ}));
    deliver(false);
    expect_eq(receiver->context.info, 20);
    expect_ptr_eq(thread_ipc_buffer(sender, true), NULL);
    frame = &receiver->slot[THREAD_SLOT_BUFFER];
    captree_replace(frame, cap_mask_rights(frame->cap, (struct rights){RIGHT_READ}));
    deliver(false);
    expect_eq(receiver->context.info, 4);
}

/* The receiver offers a slot of the root CNode; the sender names capabilities. */
static void offer(uint64_t index, uint64_t depth)
{
    uint64_t *buffer = world_buffer(receiver);
    buffer[ABI_IPC_BUFFER_RECEIVE_CNODE_OFFSET / 8] = ROOT;
    buffer[ABI_IPC_BUFFER_RECEIVE_INDEX_OFFSET / 8] = index;
    buffer[ABI_IPC_BUFFER_RECEIVE_DEPTH_OFFSET / 8] = depth;
}

static void name_caps(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t *buffer = world_buffer(sender);
    buffer[ABI_IPC_BUFFER_CAPS_OFFSET / 8] = a;
    buffer[ABI_IPC_BUFFER_CAPS_OFFSET / 8 + 1] = b;
    buffer[ABI_IPC_BUFFER_CAPS_OFFSET / 8 + 2] = c;
}

static void expect_caps(unsigned count, unsigned unwrapped)
{
    expect_eq(receiver->context.info >> 7 & 3, count);
    expect_eq(receiver->context.info >> 9 & 7, unwrapped);
}

TEST(message, one_capability_arrives_in_the_offered_slot)
{
    start();
    uint64_t notification = world_new(ABI_OBJECT_NOTIFICATION, 0), badged = world_mint(notification, 9, 1);
    uint64_t to = world_free_slot();
    offer(to, 64);
    name_caps(badged, notification, 0);
    write_message(0, 2, 1);
    deliver(true);
    expect_caps(1, 0); /* the second finds no slot */
    expect(cap_equal(world_slot(to)->cap, world_slot(badged)->cap));
    /* It stands in the tree as a copy. */
    expect(captree_has_children(world_slot(badged)));
}

TEST(message, capabilities_of_the_endpoint_itself_arrive_as_badges)
{
    start();
    uint64_t one = world_mint(endpoint, 11, 15), two = world_mint(endpoint, 22, 1), to = world_free_slot();
    uint64_t other = world_new(ABI_OBJECT_ENDPOINT, 0);
    offer(to, 64);
    name_caps(one, other, two);
    write_message(0, 3, 0);
    deliver(true);
    expect_caps(3, 5);
    uint64_t *badges = world_buffer(receiver) + ABI_IPC_BUFFER_CAPS_OFFSET / 8;
    expect_eq(badges[0], 11);
    expect_eq(badges[2], 22);
    expect(cap_equal(world_slot(to)->cap, world_slot(other)->cap));
}

TEST(message, without_grant_no_capability_travels)
{
    start();
    uint64_t to = world_free_slot();
    offer(to, 64);
    name_caps(endpoint, endpoint, endpoint);
    write_message(0, 3, 2);
    deliver(false);
    expect_caps(0, 0);
    expect_eq(receiver->context.info & 127, 2);
}

TEST(message, transfer_stops_at_what_cannot_be_delivered)
{
    start();
    uint64_t untyped = world_new(ABI_OBJECT_UNTYPED, 10), to = world_free_slot(), child = world_free_slot();
    expect_eq(world_invoke(untyped, (struct world_message){ABI_LABEL_UNTYPED_RETYPE,
                                                           WORDS(ABI_OBJECT_ENDPOINT, 0, 0, 0, child, 1), CAPS(ROOT)}),
              0);
    offer(to, 64);
    name_caps(untyped, endpoint, 0);
    write_message(0, 2, 0);
    deliver(true); /* an untyped with children cannot be copied */
    expect_caps(0, 0);
    name_caps(endpoint, world_free_slot(), endpoint);
    write_message(0, 3, 0);
    deliver(true); /* an empty slot */
    expect_caps(1, 1);
    offer(endpoint, 64);
    name_caps(child, 0, 0);
    write_message(0, 1, 0);
    deliver(true); /* the offered slot is occupied */
    expect_caps(0, 0);
    offer(to, 0);
    deliver(true); /* no such slot */
    expect_caps(0, 0);
    expect(cap_slot_is_empty(world_slot(to)));
}
