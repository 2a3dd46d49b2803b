#include "test.h"
#include "world.h"
#include <string.h>

enum { FIRST = 1, SECOND = 2, LISTENER = 100, PORT = 5353 };

static struct machine *const here = &world.machines[0], *const there = &world.machines[1];

static unsigned send_to(struct machine *machine, uint16_t socket, uint32_t bytes, struct socket_name to)
{
    return client_call(machine,
                       (struct socket_request){.operation = SOCKET_SEND, .socket = socket, .bytes = bytes, .name = to});
}

static void open_datagrams(void)
{
    world_start(true);
    open_socket(here, FIRST, SOCKET_DATAGRAM, 0);
    open_socket(there, SECOND, SOCKET_DATAGRAM, 0);
    expect_eq(
        client_call(there, (struct socket_request){.operation = SOCKET_BIND, .socket = SECOND, .name = {.port = PORT}}),
        SOCKET_OK);
}

/* Takes one datagram of the pattern, gives it back and says how long it was. */
static uint32_t receive_datagram(struct machine *machine, uint16_t socket)
{
    struct inbox *inbox = &machine->sockets[socket];
    uint32_t bytes = 0;
    bool has_more = true;
    while (has_more) {
        world_wait_for(inbox->count, 10);
        const struct socket_report *segment = &inbox->segments[inbox->first];
        for (uint32_t i = 0; i < segment->bytes; i++)
            expect_eq(machine->packets[segment->offset + i], pattern(bytes + i));
        bytes += segment->bytes;
        has_more = segment->more;
        inbox->first = (inbox->first + 1) % QUEUE;
        inbox->count--;
    }
    give_back(machine, socket, 1);
    return bytes;
}

static void fill_pattern(struct machine *machine, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        machine->send[i] = pattern(i);
}

TEST(net, datagrams_of_all_lengths)
{
    static const uint32_t lengths[] = {0, 1, 100, 1472, 1473, 5000, 40000, SOCKET_MOST_DATAGRAM_BYTES};
    open_datagrams();
    fill_pattern(here, SOCKET_MOST_DATAGRAM_BYTES);
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        expect_eq(send_to(here, FIRST, lengths[i], name_of(there, PORT)), SOCKET_OK);
        expect_eq(receive_datagram(there, SECOND), lengths[i]);
    }
    expect_eq(send_to(here, FIRST, SOCKET_MOST_DATAGRAM_BYTES + 1, name_of(there, PORT)), SOCKET_TOO_LONG);
    expect_eq(send_to(here, FIRST, 1, (struct socket_name){0}), SOCKET_NOT_CONNECTED);
    expect_eq(close_socket(here, FIRST), SOCKET_OK);
    expect_eq(close_socket(there, SECOND), SOCKET_OK);
    expect_nothing_left(here);
    expect_nothing_left(there);
}

TEST(net, datagrams_say_where_they_come_from)
{
    open_datagrams();
    expect_eq(
        client_call(
            here, (struct socket_request){.operation = SOCKET_CONNECT, .socket = FIRST, .name = name_of(there, PORT)}),
        SOCKET_OK);
    fill_pattern(here, 10);
    expect_eq(send_to(here, FIRST, 10, (struct socket_name){0}), SOCKET_OK);
    world_wait_for(there->sockets[SECOND].count, 1);
    struct socket_name from = there->sockets[SECOND].segments[0].peer;
    expect(memcmp(from.address, name_of(here, 0).address, 4) == 0);
    expect_eq(receive_datagram(there, SECOND), 10);
    /* And back. */
    fill_pattern(there, 20);
    expect_eq(send_to(there, SECOND, 20, from), SOCKET_OK);
    expect_eq(receive_datagram(here, FIRST), 20);
    /* Others do not reach a connected socket. */
    open_socket(there, 3, SOCKET_DATAGRAM, 0);
    expect_eq(send_to(there, 3, 20, from), SOCKET_OK);
    world_pass(100 * MS);
    expect_eq(here->sockets[FIRST].count, 0);
}

TEST(net, datagrams_that_nobody_takes_are_dropped)
{
    open_datagrams();
    expect_eq(send_to(here, FIRST, 0, name_of(there, PORT)), SOCKET_OK);
    expect_eq(receive_datagram(there, SECOND), 0);
    for (unsigned i = 0; i < 3 * SOCKET_MOST_SEGMENTS; i++)
        expect_eq(send_to(here, FIRST, 100, name_of(there, PORT)), SOCKET_OK);
    world_pass(1000 * MS);
    expect_eq(there->sockets[SECOND].count, SOCKET_MOST_SEGMENTS);
    expect(interfaces_of(there).interface[SOCKET_ETHERNET].received_dropped >= SOCKET_MOST_SEGMENTS);
    expect_eq(close_socket(there, SECOND), SOCKET_OK);
    expect_nothing_left(there);
}

TEST(net, broadcasts_need_a_permit)
{
    open_datagrams();
    struct socket_name all = {{255, 255, 255, 255}, PORT, 0};
    fill_pattern(here, 30);
    expect_eq(send_to(here, FIRST, 30, all), SOCKET_NO_ACCESS);
    expect_eq(client_call(here,
                          (struct socket_request){
                              .operation = SOCKET_SET, .socket = FIRST, .option = SOCKET_BROADCAST, .value = 1}),
              SOCKET_OK);
    expect_eq(send_to(here, FIRST, 30, all), SOCKET_OK);
    expect_eq(receive_datagram(there, SECOND), 30);
}

TEST(net, an_echo_is_answered_and_seen_by_a_raw_socket)
{
    static const uint8_t echo[] = {8, 0, 0xe5, 0xca, 0x12, 0x34, 0, 1};
    world_start(true);
    open_socket(here, FIRST, SOCKET_RAW, 1);
    memcpy(here->send, echo, sizeof echo);
    expect_eq(send_to(here, FIRST, sizeof echo, name_of(there, 0)), SOCKET_OK);
    world_wait_for(here->sockets[FIRST].count, 1);
    const struct socket_report *segment = &here->sockets[FIRST].segments[0];
    const uint8_t *packet = here->packets + segment->offset;
    expect_eq(segment->bytes, 28);
    expect_eq(packet[0], 0x45);
    expect_eq(packet[20], 0);
    expect_eq(packet[24], 0x12);
    expect(memcmp(packet + 12, name_of(there, 0).address, 4) == 0);
    expect(memcmp(segment->peer.address, name_of(there, 0).address, 4) == 0);
    expect_eq(close_socket(here, FIRST), SOCKET_OK);
    expect_nothing_left(here);
    expect_nothing_left(there);
}

TEST(net, a_new_client_finds_nothing_of_the_one_before)
{
    world_start(true);
    listen_on(there, LISTENER, 80);
    connect_machines(here, FIRST, there, LISTENER, SECOND, 80);
    send_bytes(here, FIRST, 0, 200000);
    world_wait_for(there->sockets[SECOND].count > 5, 10);
    world.send_delay_ns = 50 * MS;
    world_pass(60 * MS);
    send_bytes(there, SECOND, 0, 5000);
    client_restart(there);
    /* It is not accepted while the card may still read what its predecessor sent. */
    world_step();
    if (there->sending_count)
        expect(!there->is_open);
    world_wait_for(there->is_open, 3);
    expect_eq(there->sending_count ? there->sending[0].pieces[1].buffer : 0, 0);
    world.send_delay_ns = 0;
    world_wait_for(here->sockets[FIRST].failure == SOCKET_RESET, 60);
    expect_eq(there->resets, 0);
    listen_on(there, LISTENER, 80);
    expect_eq(close_socket(here, FIRST), SOCKET_OK);
    connect_machines(here, FIRST, there, LISTENER, SECOND, 80);
    expect(transfer(here, FIRST, there, SECOND, 100000, 0));
    expect_eq(close_socket(there, SECOND), SOCKET_OK);
    expect_eq(close_socket(there, LISTENER), SOCKET_OK);
    expect_nothing_left(there);
}

TEST(net, a_restarted_server_has_reset_everything_and_works)
{
    world_start(true);
    for (unsigned round = 0; round < 5; round++) {
        world_wait_for(here->is_open && there->is_open, 10);
        world_wait_for(interfaces_of(there).interface[SOCKET_ETHERNET].is_up, 30);
        listen_on(there, LISTENER, 80);
        connect_machines(here, FIRST, there, LISTENER, SECOND, 80);
        uint64_t id = send_bytes(here, FIRST, 0, 300000);
        world_wait_for(there->sockets[SECOND].count > 5 + round, 10);
        unsigned resets = there->resets;
        server_restart(there);
        world_wait_for(there->resets > resets, 10);
        expect(!client_has(here, id));
        /* What still comes to the old connection is answered by a reset. */
        world_wait_for(here->sockets[FIRST].failure == SOCKET_RESET, 100);
        expect_eq(client_wait(here, id)->result, SOCKET_RESET);
        expect_eq(close_socket(here, FIRST), SOCKET_OK);
    }
    expect_nothing_left(here);
}

/* A peer that takes no SYN while it believes in the connection, and says nothing. */
static bool is_old_connection_over;

static bool takes_no_old_syn(unsigned from, const uint8_t *frame, uint32_t bytes)
{
    enum { TYPE = 12, PROTOCOL = 23, FLAGS = 47, SYN = 2, RST = 4 };
    bool is_tcp = bytes > FLAGS && frame[TYPE] == 8 && frame[TYPE + 1] == 0 && frame[PROTOCOL] == 6;
    if (from != here->number || !is_tcp)
        return true;
    is_old_connection_over |= frame[FLAGS] & RST;
    return is_old_connection_over || !(frame[FLAGS] & SYN);
}

static void connect_from_one_port(uint16_t accepted)
{
    enum { OWN_PORT = 50000 };
    world_wait_for(here->is_open && interfaces_of(here).interface[SOCKET_ETHERNET].is_up, 30);
    uint64_t accept =
        client_put(there, (struct socket_request){.operation = SOCKET_ACCEPT, .socket = LISTENER, .other = accepted});
    open_socket(here, FIRST, SOCKET_STREAM, 0);
    struct socket_request request = {.operation = SOCKET_BIND, .socket = FIRST, .name = {.port = OWN_PORT}};
    expect_eq(client_call(here, request), SOCKET_OK);
    request = (struct socket_request){.operation = SOCKET_CONNECT, .socket = FIRST, .name = name_of(there, 80)};
    uint64_t connect = client_put(here, request);
    world_wait_for(client_has(here, connect), 6);
    expect_eq(client_wait(here, connect)->result, SOCKET_OK);
    expect_eq(client_wait(there, accept)->result, SOCKET_OK);
}

TEST(net, a_peer_that_believes_in_a_connection_from_before_a_restart)
{
    world_start(true);
    listen_on(there, LISTENER, 80);
    connect_from_one_port(SECOND);
    unsigned resets = here->resets;
    is_old_connection_over = false;
    world.cable_takes = takes_no_old_syn;
    server_restart(here);
    world_wait_for(here->resets > resets, 10);
    connect_from_one_port(SECOND + 1);
    expect_eq(there->sockets[SECOND].failure, SOCKET_RESET);
}

static void restart_without_address(void)
{
    unsigned resets = here->resets;
    world.has_no_dhcp = true;
    server_restart(here);
    world_wait_for(here->resets > resets && here->is_open, 10);
}

TEST(net, what_needs_an_address_waits_for_it_after_a_restart)
{
    world_start(true);
    listen_on(there, LISTENER, 80);
    restart_without_address();
    open_socket(here, FIRST, SOCKET_STREAM, 0);
    open_socket(here, SECOND, SOCKET_DATAGRAM, 0);
    /* Whom to ask for names is known all the time. */
    expect_eq(interfaces_of(here).name_server[0], 10);
    expect(!interfaces_of(here).interface[SOCKET_ETHERNET].is_up);
    uint64_t connect = client_put(
        here, (struct socket_request){.operation = SOCKET_CONNECT, .socket = FIRST, .name = name_of(there, 80)});
    uint64_t bind = client_put(
        here, (struct socket_request){.operation = SOCKET_BIND, .socket = SECOND, .name = name_of(here, PORT)});
    uint64_t send = client_put(
        here,
        (struct socket_request){.operation = SOCKET_SEND, .socket = SECOND, .bytes = 1, .name = name_of(there, PORT)});
    world_pass(1000 * MS);
    expect(!client_has(here, connect));
    world.has_no_dhcp = false;
    expect_eq(client_wait(here, connect)->result, SOCKET_OK);
    expect_eq(client_wait(here, bind)->result, SOCKET_OK);
    expect_eq(client_wait(here, send)->result, SOCKET_OK);
    expect_eq(close_socket(here, FIRST), SOCKET_OK);
    expect_eq(close_socket(here, SECOND), SOCKET_OK);
    expect_nothing_left(here);
}

TEST(net, what_needs_an_address_that_does_not_come_fails_in_the_end)
{
    world_start(true);
    restart_without_address();
    uint64_t start_ns = world.now_ns;
    open_socket(here, FIRST, SOCKET_STREAM, 0);
    struct socket_request connect = {.operation = SOCKET_CONNECT, .socket = FIRST, .name = name_of(there, 80)};
    expect_eq(client_call(here, connect), SOCKET_UNREACHABLE);
    expect(world.now_ns - start_ns > 9000 * MS && world.now_ns - start_ns < 11000 * MS);
    /* And from then on at once. */
    start_ns = world.now_ns;
    expect_eq(client_call(here, connect), SOCKET_UNREACHABLE);
    expect(world.now_ns - start_ns < 10 * MS);
}

TEST(net, a_new_client_is_not_held_up_by_what_its_predecessor_waited_for)
{
    world_start(true);
    restart_without_address();
    open_socket(here, FIRST, SOCKET_STREAM, 0);
    uint64_t connect = client_put(
        here, (struct socket_request){.operation = SOCKET_CONNECT, .socket = FIRST, .name = name_of(there, 80)});
    world_pass(1000 * MS);
    expect(!client_has(here, connect));
    client_restart(here);
    world_wait_for(here->is_open, 3);
    uint64_t start_ns = world.now_ns;
    open_socket(here, FIRST, SOCKET_STREAM, 0);
    expect(world.now_ns - start_ns < 10 * MS);
    expect(!client_has(here, connect));
}

TEST(net, what_came_stays_until_the_client_knows_of_a_restart)
{
    static uint8_t before[PACKETS_BYTES];
    world_start(true);
    listen_on(there, LISTENER, 80);
    connect_machines(here, FIRST, there, LISTENER, SECOND, 80);
    send_bytes(here, FIRST, 0, 300000);
    struct inbox *inbox = &there->sockets[SECOND];
    world_wait_for(inbox->count > 5, 10);
    memcpy(before, there->packets, sizeof before);
    unsigned count = inbox->count, resets = there->resets;
    there->is_asleep = true;
    server_restart(there);
    world_pass(5000 * MS);
    for (unsigned i = 0; i < count; i++) {
        const struct socket_report *segment = &inbox->segments[(inbox->first + i) % QUEUE];
        expect(!memcmp(there->packets + segment->offset, before + segment->offset, segment->bytes));
    }
    there->is_asleep = false;
    world_wait_for(there->resets > resets, 10);
    /* What still comes to the old connection is answered by a reset. */
    world_wait_for(here->sockets[FIRST].failure == SOCKET_RESET, 100);
}

TEST(net, a_client_learns_of_a_restart_when_the_card_has_let_go)
{
    world_start(true);
    world_wait_for(there->is_open, 10);
    unsigned resets = there->resets;
    there->is_driver_dead = true;
    server_restart(there);
    world_pass(5000 * MS);
    expect_eq(there->resets, resets);
    there->is_driver_dead = false;
    driver_restart(there);
    world_wait_for(there->resets > resets && there->is_open, 10);
}

/* The server waits for its client then, which may run only when it does (machine_step counts how often it goes round). */
TEST(net, a_driver_starts_again_before_the_client_knows_of_a_restart_of_the_server)
{
    world_start(true);
    world_wait_for(there->is_open, 10);
    unsigned resets = there->resets;
    there->is_asleep = true;
    server_restart(there);
    world_pass(10 * MS);
    driver_restart(there);
    world_pass(10 * MS);
    /* And answers what nobody has asked. */
    for (uint64_t i = 0; i < 200; i++) {
        struct net_answer answer = {i, NET_OK, 100};
        ring_put(&there->card.out, &answer, 1);
    }
    ring_publish(&there->card.out);
    there->is_notified = true;
    world_pass(10 * MS);
    there->is_asleep = false;
    world_wait_for(there->resets > resets && there->is_open, 10);
    world_wait_for(interfaces_of(there).interface[SOCKET_ETHERNET].is_up, 60);
}

TEST(net, a_dead_driver_stops_no_request_for_good)
{
    world_start(true);
    listen_on(there, LISTENER, 80);
    connect_machines(here, FIRST, there, LISTENER, SECOND, 80);
    here->is_driver_dead = true;
    uint64_t sent = send_bytes(here, FIRST, 0, 100000);
    world_pass(2000 * MS);
    /* The loopback works meanwhile. */
    listen_on(here, LISTENER, 81);
    uint64_t accept =
        client_put(here, (struct socket_request){.operation = SOCKET_ACCEPT, .socket = LISTENER, .other = 11});
    open_socket(here, 10, SOCKET_STREAM, 0);
    expect_eq(client_call(
                  here, (struct socket_request){.operation = SOCKET_CONNECT, .socket = 10, .name = name_loopback(81)}),
              SOCKET_OK);
    expect_eq(client_wait(here, accept)->result, SOCKET_OK);
    expect(!client_has(here, sent));
    here->is_driver_dead = false;
    driver_restart(here);
    uint32_t received = 0;
    while (received < 100000) {
        world_wait_for(there->sockets[SECOND].count, 100);
        struct inbox *inbox = &there->sockets[SECOND];
        received += inbox->segments[inbox->first].bytes;
        inbox->first = (inbox->first + 1) % QUEUE;
        inbox->count--;
        give_back(there, SECOND, 1);
    }
    expect_eq(client_wait(here, sent)->result, SOCKET_OK);
}

TEST(net, options_keep_within_their_limits)
{
    world_start(true);
    open_socket(here, FIRST, SOCKET_STREAM, 0);
    static const struct {
        uint16_t option;
        uint32_t value;
        unsigned result;
    } tries[] = {{SOCKET_NO_DELAY, 1, SOCKET_OK},
                 {SOCKET_NO_DELAY, 2, SOCKET_BAD},
                 {SOCKET_KEEP_COUNT, 0, SOCKET_BAD},
                 {SOCKET_KEEP_IDLE_SECONDS, 32767, SOCKET_OK},
                 {SOCKET_KEEP_IDLE_SECONDS, 32768, SOCKET_BAD},
                 {SOCKET_TIME_TO_LIVE, 0, SOCKET_BAD},
                 {SOCKET_TYPE_OF_SERVICE, 255, SOCKET_OK},
                 {SOCKET_TIME_TO_LIVE + 1, 0, SOCKET_BAD}};
    for (unsigned i = 0; i < sizeof tries / sizeof *tries; i++)
        expect_eq(client_call(here, (struct socket_request){.operation = SOCKET_SET,
                                                            .socket = FIRST,
                                                            .option = tries[i].option,
                                                            .value = tries[i].value}),
                  tries[i].result);
    expect_eq(client_wait(here, client_put(here, (struct socket_request){.operation = SOCKET_GET,
                                                                         .socket = FIRST,
                                                                         .option = SOCKET_TYPE_OF_SERVICE}))
                  ->value,
              255);
}
