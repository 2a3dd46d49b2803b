#include "test.h"
#include "world.h"
#include <string.h>

enum { LISTENER = 100, STREAM = 1, ACCEPTED = 2, PORT = 80 };

static struct machine *const here = &world.machines[0], *const there = &world.machines[1];

static void connect_both(void)
{
    world_start(true);
    listen_on(there, LISTENER, PORT);
    connect_machines(here, STREAM, there, LISTENER, ACCEPTED, PORT);
}

static void close_both(void)
{
    expect_eq(close_socket(here, STREAM), SOCKET_OK);
    expect_eq(close_socket(there, ACCEPTED), SOCKET_OK);
    expect_eq(close_socket(there, LISTENER), SOCKET_OK);
    expect_nothing_left(here);
    expect_nothing_left(there);
}

TEST(net, dhcp_gives_addresses)
{
    world_start(true);
    struct socket_interfaces interfaces = interfaces_of(there);
    const struct socket_interface *card = &interfaces.interface[SOCKET_ETHERNET];
    expect(memcmp(card->address, (const uint8_t[]){10, 0, 2, 16}, 4) == 0);
    expect(memcmp(card->netmask, (const uint8_t[]){255, 255, 255, 0}, 4) == 0);
    expect(memcmp(card->broadcast, (const uint8_t[]){10, 0, 2, 255}, 4) == 0);
    expect(memcmp(card->gateway, (const uint8_t[]){10, 0, 2, 2}, 4) == 0);
    expect(memcmp(card->hardware, (const uint8_t[]){0x52, 0x54, 0, 0, 0, 1}, 6) == 0);
    expect(memcmp(interfaces.name_server, (const uint8_t[]){10, 0, 2, 3}, 4) == 0);
    expect(interfaces.interface[SOCKET_LOOPBACK].is_up);
    expect(card->sent_packets >= 2 && card->received_packets >= 2);

    world_pass(MS);
    expect(there->status_reports >= 1);
}

TEST(net, a_stream_tells_both_names)
{
    connect_both();
    const struct socket_report *answer = client_wait(
        here, client_put(here, (struct socket_request){
                                   .operation = SOCKET_GET, .socket = STREAM, .option = SOCKET_KEEP_COUNT}));
    expect_eq(answer->value, 9);
    struct socket_name own = name_of(here, answer->own.port), peer = name_of(there, PORT);
    expect(own.port >= 49152);
    expect(memcmp(&answer->own, &own, sizeof own) == 0);
    expect(memcmp(&answer->peer, &peer, sizeof peer) == 0);
    close_both();
}

TEST(net, streams_pass_both_ways)
{
    connect_both();
    expect(transfer(here, STREAM, there, ACCEPTED, 1 << 20, 0));
    expect(transfer(there, ACCEPTED, here, STREAM, 1 << 20, 0));
    close_both();
}

TEST(net, streams_pass_over_a_bad_cable)
{
    connect_both();
    world.lost_of_1000 = 30;
    world.repeated_of_1000 = 20;
    world.most_delay_ns = 3 * MS;
    world.send_delay_ns = 100000;
    expect(transfer(here, STREAM, there, ACCEPTED, 500000, 0));
    expect(transfer(there, ACCEPTED, here, STREAM, 500000, 0));
    expect(world.dropped > 10);
    close_both();
}

static unsigned restarts;

static void restart_drivers(uint64_t received)
{
    if (received / 20000 > restarts) {
        restarts++;
        driver_restart(restarts % 2 ? here : there);
    }
}

TEST(net, restarts_of_drivers_lose_no_byte)
{
    connect_both();
    world.send_delay_ns = 200000;
    restarts = 0;
    expect(transfer(here, STREAM, there, ACCEPTED, 1 << 20, restart_drivers));
    expect(restarts > 40);
    expect(interfaces_of(here).interface[SOCKET_ETHERNET].is_up);
    expect(transfer(there, ACCEPTED, here, STREAM, 100000, 0));
    close_both();
}

TEST(net, a_stream_to_ourselves)
{
    world_start(true);
    listen_on(here, LISTENER, PORT);
    connect_machines(here, STREAM, here, LISTENER, ACCEPTED, PORT);
    uint64_t before = interfaces_of(here).interface[SOCKET_ETHERNET].received_packets;
    expect(transfer(here, STREAM, here, ACCEPTED, 1 << 20, 0));
    expect(interfaces_of(here).interface[SOCKET_ETHERNET].received_packets > before);
    expect(world.delivered < 20);
    expect_eq(close_socket(here, STREAM), SOCKET_OK);
    expect_eq(close_socket(here, ACCEPTED), SOCKET_OK);
    expect_eq(close_socket(here, LISTENER), SOCKET_OK);
    expect_nothing_left(here);
}

TEST(net, what_is_sent_to_ourselves_waits_for_no_timer)
{
    world_start(true);
    listen_on(here, LISTENER, PORT);
    connect_machines(here, STREAM, here, LISTENER, ACCEPTED, PORT);
    world_pass(1000 * MS);
    uint64_t start = world.now_ns;
    for (unsigned i = 0; i < 10; i++) {
        uint16_t from = i % 2 ? ACCEPTED : STREAM, to = i % 2 ? STREAM : ACCEPTED;
        send_bytes(here, from, 0, 1);
        world_wait_for(here->sockets[to].count == 1, 3);
        here->sockets[to].count = 0;
        here->sockets[to].first = 0;
        give_back(here, to, 1);
    }
    expect(world.now_ns - start < 10 * MS);
}

TEST(net, nobody_listens)
{
    world_start(true);
    open_socket(here, STREAM, SOCKET_STREAM, 0);
    expect_eq(
        client_call(
            here, (struct socket_request){.operation = SOCKET_CONNECT, .socket = STREAM, .name = name_of(there, PORT)}),
        SOCKET_REFUSED);
    expect_eq(send_bytes(here, STREAM, 0, 1), here->next_id - 1);
    expect_eq(client_wait(here, here->next_id - 1)->result, SOCKET_NOT_CONNECTED);
    expect_eq(close_socket(here, STREAM), SOCKET_OK);
    expect_nothing_left(here);
}

TEST(net, nobody_is_there)
{
    world_start(true);
    world.lost_of_1000 = 1000;
    open_socket(here, STREAM, SOCKET_STREAM, 0);
    expect_eq(
        client_call(
            here, (struct socket_request){.operation = SOCKET_CONNECT, .socket = STREAM, .name = name_of(there, PORT)}),
        SOCKET_TIMED_OUT);
    expect_eq(close_socket(here, STREAM), SOCKET_OK);
    expect_nothing_left(here);
}

TEST(net, a_peer_that_falls_silent)
{
    connect_both();
    world.lost_of_1000 = 1000;
    uint64_t id = send_bytes(here, STREAM, 0, 1000);
    expect_eq(client_wait(here, id)->result, SOCKET_TIMED_OUT);
    world_wait_for(here->sockets[STREAM].failure, 1);
    expect_eq(here->sockets[STREAM].failure, SOCKET_TIMED_OUT);
    expect_eq(close_socket(here, STREAM), SOCKET_OK);
    expect_nothing_left(here);
}

TEST(net, keep_alive_finds_that_the_peer_is_gone)
{
    connect_both();
    static const uint16_t options[][2] = {
        {SOCKET_KEEP_ALIVE, 1}, {SOCKET_KEEP_IDLE_SECONDS, 10}, {SOCKET_KEEP_EVERY_SECONDS, 2}, {SOCKET_KEEP_COUNT, 3}};
    for (unsigned i = 0; i < 4; i++)
        expect_eq(client_call(here, (struct socket_request){.operation = SOCKET_SET,
                                                            .socket = STREAM,
                                                            .option = options[i][0],
                                                            .value = options[i][1]}),
                  SOCKET_OK);
    world_pass(30 * 1000 * MS);
    expect(!here->sockets[STREAM].failure);
    world.lost_of_1000 = 1000;
    world_wait_for(here->sockets[STREAM].failure, 30);
    expect_eq(here->sockets[STREAM].failure, SOCKET_TIMED_OUT);
}

TEST(net, a_reader_that_waits_stops_the_sender_and_nobody_else)
{
    connect_both();
    connect_machines(here, 11, there, LISTENER, 12, PORT);
    /* More than the window. */
    uint64_t ids[16];
    for (unsigned i = 0; i < 16; i++)
        ids[i] = send_bytes(here, STREAM, 0, 16384);
    world_pass(3000 * MS);
    expect(client_has(here, ids[0]));
    expect(!client_has(here, ids[15]));
    expect(there->sockets[ACCEPTED].count <= SOCKET_MOST_SEGMENTS);
    expect(transfer(here, 11, there, 12, 300000, 0));
    uint64_t received = 0;
    while (received < 16 * 16384) {
        world_step();
        struct inbox *inbox = &there->sockets[ACCEPTED];
        unsigned count = inbox->count;
        for (; inbox->count; inbox->count--, inbox->first = (inbox->first + 1) % QUEUE)
            received += inbox->segments[inbox->first].bytes;
        if (count)
            give_back(there, ACCEPTED, count);
    }
    for (unsigned i = 0; i < 16; i++)
        expect_eq(client_wait(here, ids[i])->result, SOCKET_OK);
    expect_eq(close_socket(here, 11), SOCKET_OK);
    expect_eq(close_socket(there, 12), SOCKET_OK);
    close_both();
}

static uint64_t loopback_packets(void)
{
    return interfaces_of(here).interface[SOCKET_LOOPBACK].sent_packets;
}

/* With both windows closed each empty segment counted as out of the window, and was answered by one: over the loopback at once, for ever. */
TEST(net, two_readers_that_wait_for_each_other_are_silent)
{
    enum { SENDS = 8, BYTES = 16384 }; /* together more than the window */
    world_start(true);
    listen_on(here, LISTENER, PORT);
    connect_machines(here, STREAM, here, LISTENER, ACCEPTED, PORT);
    uint64_t last_id = 0;
    for (unsigned i = 0; i < SENDS; i++) {
        last_id = send_bytes(here, STREAM, 0, BYTES);
        send_bytes(here, ACCEPTED, 0, BYTES);
    }
    world_pass(10000 * MS);
    expect(!client_has(here, last_id));
    uint64_t before = loopback_packets();
    world_pass(100000 * MS);
    /* Each asks now and then whether the other's window is open. */
    expect(loopback_packets() - before < 400);

    /* One reads: both go on. */
    uint64_t received = 0;
    while (received < SENDS * BYTES) {
        struct inbox *inbox = &here->sockets[ACCEPTED];
        world_wait_for(inbox->count, 200);
        for (; inbox->count; inbox->count--, inbox->first = (inbox->first + 1) % QUEUE) {
            received += inbox->segments[inbox->first].bytes;
            give_back(here, ACCEPTED, 1);
        }
    }
    expect_eq(client_wait(here, last_id)->result, SOCKET_OK);
}

TEST(net, many_small_segments_to_a_reader_that_waits)
{
    connect_both();
    expect_eq(client_call(here,
                          (struct socket_request){
                              .operation = SOCKET_SET, .socket = STREAM, .option = SOCKET_NO_DELAY, .value = 1}),
              SOCKET_OK);
    unsigned sent = 0, received = 0;
    for (; sent < 500; sent++) {
        here->send[sent] = pattern(sent);
        uint64_t id = send_bytes(here, STREAM, sent, 1);
        world_pass(2 * MS);
        if (!client_has(here, id) && sent > there->sockets[ACCEPTED].count + 10)
            break;
    }
    sent++;
    expect(sent > 60);
    expect(there->sockets[ACCEPTED].count <= SOCKET_MOST_SEGMENTS);
    while (received < sent) {
        struct inbox *inbox = &there->sockets[ACCEPTED];
        world_wait_for(inbox->count, 100);
        for (; inbox->count; inbox->count--, inbox->first = (inbox->first + 1) % QUEUE) {
            const struct socket_report *segment = &inbox->segments[inbox->first];
            for (uint32_t i = 0; i < segment->bytes; i++)
                expect_eq(there->packets[segment->offset + i], pattern(received + i));
            received += segment->bytes;
            give_back(there, ACCEPTED, 1);
        }
    }
    close_both();
}

TEST(net, connections_wait_for_an_accept_with_what_they_received)
{
    world_start(true);
    listen_on(there, LISTENER, PORT);
    for (uint16_t i = 0; i < 3; i++) {
        open_socket(here, STREAM + i, SOCKET_STREAM, 0);
        expect_eq(client_call(here, (struct socket_request){.operation = SOCKET_CONNECT,
                                                            .socket = STREAM + i,
                                                            .name = name_of(there, PORT)}),
                  SOCKET_OK);
        for (unsigned k = 0; k < 100; k++)
            here->send[k] = pattern(k);
        expect_eq(send_bytes(here, STREAM + i, 0, 100), here->next_id - 1);
        client_put(here, (struct socket_request){
                             .operation = SOCKET_SHUTDOWN, .socket = STREAM + i, .option = SOCKET_SHUT_SEND});
    }
    world_pass(1000 * MS);
    for (uint16_t i = 0; i < 3; i++) {
        memset(&there->sockets[50 + i], 0, sizeof *there->sockets);
        const struct socket_report *answer =
            client_wait(there, client_put(there, (struct socket_request){
                                                     .operation = SOCKET_ACCEPT, .socket = LISTENER, .other = 50 + i}));
        expect_eq(answer->result, SOCKET_OK);
        expect_eq(answer->own.port, PORT);
        world_wait_for(there->sockets[50 + i].has_ended, 3);
        expect_eq(there->sockets[50 + i].count, 1);
        expect_eq(there->sockets[50 + i].segments[0].bytes, 100);
        give_back(there, 50 + i, 1);
        expect_eq(close_socket(there, 50 + i), SOCKET_OK);
        expect_eq(close_socket(here, STREAM + i), SOCKET_OK);
    }
    /* An accept that waits is answered when its listener is closed; connections that wait are reset. */
    open_socket(here, STREAM, SOCKET_STREAM, 0);
    expect_eq(
        client_call(
            here, (struct socket_request){.operation = SOCKET_CONNECT, .socket = STREAM, .name = name_of(there, PORT)}),
        SOCKET_OK);
    world_pass(10 * MS);
    expect_eq(close_socket(there, LISTENER), SOCKET_OK);
    world_wait_for(here->sockets[STREAM].failure == SOCKET_RESET, 3);
    expect_eq(close_socket(here, STREAM), SOCKET_OK);
    listen_on(there, LISTENER, PORT + 1);
    uint64_t id =
        client_put(there, (struct socket_request){.operation = SOCKET_ACCEPT, .socket = LISTENER, .other = 60});
    world_pass(10 * MS);
    expect_eq(close_socket(there, LISTENER), SOCKET_OK);
    expect_eq(client_wait(there, id)->result, SOCKET_RESET);
    open_socket(there, 60, SOCKET_STREAM, 0);
    expect_eq(close_socket(there, 60), SOCKET_OK);
    expect_nothing_left(here);
    expect_nothing_left(there);
}

TEST(net, a_close_is_answered_when_all_is_acknowledged)
{
    connect_both();
    world.most_delay_ns = 50 * MS;
    memset(here->send, 7, 60000);
    uint64_t id = send_bytes(here, STREAM, 0, 60000);
    uint64_t closed = client_put(here, (struct socket_request){.operation = SOCKET_CLOSE, .socket = STREAM});
    uint32_t received = 0;
    while (!there->sockets[ACCEPTED].has_ended) {
        world_step();
        struct inbox *inbox = &there->sockets[ACCEPTED];
        for (; inbox->count; inbox->count--, inbox->first = (inbox->first + 1) % QUEUE) {
            received += inbox->segments[inbox->first].bytes;
            give_back(there, ACCEPTED, 1);
        }
        if (client_has(here, closed))
            expect(client_has(here, id));
    }
    expect_eq(received, 60000);
    expect_eq(client_wait(here, closed)->result, SOCKET_OK);
    expect_eq(here->answers[id % ANSWERS].result, SOCKET_OK);
    expect_eq(close_socket(there, ACCEPTED), SOCKET_OK);
    expect_nothing_left(here);
}

TEST(net, a_close_with_unread_data_resets_and_so_does_an_abort)
{
    connect_both();
    send_bytes(here, STREAM, 0, 1000);
    world_wait_for(there->sockets[ACCEPTED].count, 1);
    expect_eq(close_socket(there, ACCEPTED), SOCKET_OK);
    world_wait_for(here->sockets[STREAM].failure == SOCKET_RESET, 1);
    expect_eq(close_socket(here, STREAM), SOCKET_OK);
    connect_machines(here, STREAM, there, LISTENER, ACCEPTED, PORT);
    world.lost_of_1000 = 1000;
    uint64_t sent = send_bytes(here, STREAM, 0, 1000);
    uint64_t closed = client_put(here, (struct socket_request){.operation = SOCKET_CLOSE, .socket = STREAM});
    world_pass(100 * MS);
    expect(!client_has(here, closed));
    world.lost_of_1000 = 0;
    expect_eq(client_call(here, (struct socket_request){.operation = SOCKET_ABORT, .socket = STREAM}), SOCKET_OK);
    expect(client_has(here, closed));
    expect_eq(client_wait(here, sent)->result, SOCKET_RESET);
    world_wait_for(there->sockets[ACCEPTED].failure == SOCKET_RESET, 1);
    expect_eq(close_socket(there, ACCEPTED), SOCKET_OK);
    expect_eq(close_socket(there, LISTENER), SOCKET_OK);
    expect_nothing_left(here);
    expect_nothing_left(there);
}

TEST(net, the_end_passes_while_the_other_way_goes_on)
{
    connect_both();
    expect(transfer(here, STREAM, there, ACCEPTED, 50000, 0));
    expect_eq(client_wait(here, send_bytes(here, STREAM, 0, 1))->result, SOCKET_NOT_CONNECTED);
    expect(transfer(there, ACCEPTED, here, STREAM, 200000, 0));
    /* Minutes later, when lwIP has forgotten the connection. */
    world_pass(300 * 1000 * MS);
    expect(!here->sockets[STREAM].failure && !there->sockets[ACCEPTED].failure);
    close_both();
}

TEST(net, a_port_has_one_owner)
{
    world_start(true);
    listen_on(here, LISTENER, PORT);
    open_socket(here, STREAM, SOCKET_STREAM, 0);
    struct socket_request bind = {.operation = SOCKET_BIND, .socket = STREAM, .name = {.port = PORT}};
    expect_eq(client_call(here, bind), SOCKET_IN_USE);
    bind.name = name_of(there, 99);
    expect_eq(client_call(here, bind), SOCKET_NOT_OWN);
    bind.name = name_of(here, 99);
    expect_eq(client_call(here, bind), SOCKET_OK);
    expect_eq(client_call(here, bind), SOCKET_BAD);
    expect_eq(close_socket(here, STREAM), SOCKET_OK);
}

TEST(net, without_a_card_there_is_the_loopback)
{
    world_start(false);
    listen_on(here, LISTENER, PORT);
    open_socket(here, STREAM, SOCKET_STREAM, 0);
    struct socket_request connect = {.operation = SOCKET_CONNECT, .socket = STREAM, .name = name_of(there, PORT)};
    expect_eq(client_call(here, connect), SOCKET_UNREACHABLE);
    uint64_t id =
        client_put(here, (struct socket_request){.operation = SOCKET_ACCEPT, .socket = LISTENER, .other = ACCEPTED});
    connect.name = name_loopback(PORT);
    expect_eq(client_call(here, connect), SOCKET_OK);
    expect_eq(client_wait(here, id)->result, SOCKET_OK);
    expect(transfer(here, STREAM, here, ACCEPTED, 100000, 0));
}
