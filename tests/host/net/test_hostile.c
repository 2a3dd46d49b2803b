/*
 * A client, a driver and a network that do anything. What must hold: no memory is touched that should not be (the sanitizers look),
 * no round of work is endless, and afterwards a new client finds a server that works.
 */
#include "test.h"
#include "world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTENER = 100, STREAM = 1, ACCEPTED = 2 };

static struct machine *const here = &world.machines[0], *const there = &world.machines[1];

static void expect_all_works(void)
{
    here->bad_reports = there->bad_reports = 0;
    world.lost_of_1000 = 0;
    client_restart(here);
    client_restart(there);
    world_wait_for(here->is_open && there->is_open, 100);
    listen_on(there, LISTENER, 80);
    connect_machines(here, STREAM, there, LISTENER, ACCEPTED, 80);
    expect(transfer(here, STREAM, there, ACCEPTED, 100000, 0));
    expect_eq(close_socket(here, STREAM), SOCKET_OK);
    expect_eq(close_socket(there, ACCEPTED), SOCKET_OK);
    expect_eq(close_socket(there, LISTENER), SOCKET_OK);
    /* Connections that one side has forgotten hold what came out of order until they are given up. */
    world_pass(900 * 1000 * MS);
    expect_nothing_left(here);
    expect_nothing_left(there);
}

static struct socket_name some_name(void)
{
    switch (world_random(6)) {
    case 0:
        return name_loopback((uint16_t)(80 + world_random(4)));
    case 1:
        return (struct socket_name){.port = (uint16_t)(80 + world_random(4))};
    case 2:
        return (struct socket_name){{255, 255, 255, 255}, 80, 0};
    case 3:
        return (struct socket_name){{(uint8_t)world_random(256), 1, 2, 3}, (uint16_t)world_random(65536), 7};
    default:
        return name_of(&world.machines[world_random(2)], (uint16_t)(80 + world_random(4)));
    }
}

/* Mostly what could be meant. */
static struct socket_request some_request(unsigned sockets)
{
    struct socket_request request = {.operation = (uint16_t)world_random(SOCKET_GET + 1),
                                     .socket = (uint16_t)world_random(sockets),
                                     .option = (uint16_t)world_random(4),
                                     .other = (uint16_t)world_random(sockets),
                                     .value = world_random(8),
                                     .name = some_name(),
                                     .offset = world_random(SEND_BYTES),
                                     .bytes = world_random(world_random(4) ? 3000 : 70000)};
    if (world_random(20) == 0) {
        uint8_t *bytes = (uint8_t *)&request;
        for (unsigned i = 0; i < 6; i++)
            bytes[world_random(sizeof request)] = (uint8_t)world_random(256);
    }
    return request;
}

static void requests_of_all_kinds(unsigned sockets, unsigned count)
{
    world_start(true);
    world.lost_of_1000 = 20;
    for (unsigned i = 0; i < count; i++) {
        struct machine *machine = &world.machines[world_random(2)];
        struct socket_request request = some_request(sockets);
        request.id = machine->next_id++;
        ring_put(&machine->client.out, &request, 1);
        machine->is_notified |= ring_publish(&machine->client.out);
        /* What is being sent changes. */
        machine->send[world_random(SEND_BYTES)]++;
        if (world_random(4) == 0)
            world_step();
        if (world_random(64) == 0)
            world_pass(world_random(20) * MS);
        for (unsigned m = 0; m < MACHINES; m++)
            for (unsigned socket = 0; socket < SOCKET_MOST; socket++)
                world.machines[m].sockets[socket].count = 0;
        if (world_random(5000) == 0)
            client_restart(machine);
    }
    expect_all_works();
}

TEST(hostile, requests_to_few_sockets)
{
    requests_of_all_kinds(6, 60000);
}

TEST(hostile, requests_to_all_sockets_and_more)
{
    requests_of_all_kinds(SOCKET_MOST + 3, 60000);
}

TEST(hostile, a_client_that_takes_no_reports)
{
    world_start(true);
    listen_on(there, LISTENER, 80);
    connect_machines(here, STREAM, there, LISTENER, ACCEPTED, 80);
    struct machine *machine = here;
    unsigned taken = 0;
    bool has_worked;
    for (unsigned i = 0; i < 20000; i++) {
        struct socket_request request = {.id = i, .operation = SOCKET_GET, .socket = STREAM, .option = 1};
        taken += ring_put(&machine->client.out, &request, 1);
        ring_publish(&machine->client.out);
        while (!machine->server->serve(&has_worked))
            continue;
    }
    /* Requests wait when their answers have no room. */
    expect(taken < SOCKET_REPORTS.capacity + SOCKET_REQUESTS.capacity);
    expect(taken > SOCKET_REQUESTS.capacity);
    expect_all_works();
}

TEST(hostile, all_sockets_and_all_sends)
{
    world_start(true);
    unsigned opened = 0, under_way = 0;
    listen_on(there, LISTENER, 80);
    for (uint16_t i = 0; i < 120; i++)
        connect_machines(here, i, there, LISTENER, (uint16_t)(i < LISTENER ? i : i + 1), 80);
    for (uint16_t i = 120; i < SOCKET_MOST; i++)
        opened += client_call(here, (struct socket_request){
                                        .operation = SOCKET_OPEN, .socket = i, .option = SOCKET_DATAGRAM}) == SOCKET_OK;
    expect(opened > 100);
    expect_eq(client_call(here, (struct socket_request){.operation = SOCKET_OPEN, .socket = 5}), SOCKET_BAD);
    world.lost_of_1000 = 1000;
    uint64_t first = here->next_id;
    for (uint16_t i = 0; i < 120; i++) {
        for (unsigned k = 0; k < 18; k++)
            send_bytes(here, i, 0, 20000);
        world_step();
    }
    world_pass(100 * MS);
    for (uint64_t id = first; id < here->next_id; id++) {
        under_way += !client_has(here, id);
        expect(!client_has(here, id) || here->answers[id % ANSWERS].result == SOCKET_NO_MEMORY);
    }
    expect_eq(under_way, SOCKET_MOST_SENDS_OF_ALL);
    /* Something small still works. */
    open_socket(there, 200, SOCKET_STREAM, 0);
    expect_eq(close_socket(there, 200), SOCKET_OK);
    expect_all_works();
}

TEST(hostile, readers_that_take_nothing_leave_room_for_others)
{
    world_start(true);
    listen_on(there, LISTENER, 80);
    for (uint16_t i = 0; i < 60; i++) {
        connect_machines(here, i, there, LISTENER, (uint16_t)(i + 110), 80);
        for (unsigned k = 0; k < 4; k++)
            send_bytes(here, i, 0, 30000);
    }
    world_pass(5000 * MS);
    connect_machines(here, 70, there, LISTENER, 200, 80);
    expect(transfer(here, 70, there, 200, 200000, 0));
    expect_all_works();
}

TEST(hostile, answers_of_a_driver)
{
    world_start(true);
    listen_on(there, LISTENER, 80);
    for (unsigned i = 0; i < 20000; i++) {
        struct net_answer answer = {world_random(2) ? world_random(1100) : (1ull << 32 | world_random(200)),
                                    world_random(3), world_random(1600)};
        if (world_random(20) == 0)
            answer.id ^= 1ull << world_random(64);
        ring_put(&here->card.out, &answer, 1);
        here->is_notified |= ring_publish(&here->card.out);
        bool has_worked;
        if (world_random(4) == 0)
            here->server->serve(&has_worked);
        if (world_random(100) == 0) {
            send_bytes(here, 0, 0, 100);
            driver_restart(here);
        }
        /* It takes requests, and does nothing. */
        struct net_request request;
        if (ring_pair_state(&here->card) == RING_PEER_STARTED)
            ring_pair_accept(&here->card);
        while (ring_take(&here->card.in, &request, 1))
            continue;
        ring_release(&here->card.in);
    }
    /* Places that the driver claimed to be through with are lost to it until the server starts again. */
    driver_restart(here);
    server_restart(here);
    world_pass(MS);
    world_wait_for(here->is_open && interfaces_of(here).interface[SOCKET_ETHERNET].is_up, 60);
    expect_all_works();
}

/* Frames of connections that there are, changed; and frames of nothing. */
TEST(hostile, frames_of_all_kinds)
{
    world_start(true);
    listen_on(there, LISTENER, 80);
    connect_machines(here, STREAM, there, LISTENER, ACCEPTED, 80);
    uint8_t frame[NET_MOST_FRAME_BYTES];
    for (unsigned i = 0; i < 30000; i++) {
        uint32_t bytes = 14 + world_random(world_random(2) ? 80 : sizeof frame - 14);
        for (uint32_t k = 0; k < bytes; k++)
            frame[k] = (uint8_t)world_random(256);
        memcpy(frame, (const uint8_t[]){0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 0, 8, 0}, 14);
        if (world_random(8) == 0)
            frame[13] = 6;
        /* An IPv4 header that lwIP goes beyond, as often as not. */
        if (world_random(8) && bytes >= 34) {
            frame[14] = world_random(8) ? 0x45 : (uint8_t)(0x40 | world_random(16));
            frame[16] = (uint8_t)((bytes - 14) >> 8);
            frame[17] = (uint8_t)(bytes - 14);
            frame[20] = world_random(4) ? 0 : (uint8_t)world_random(64);
            frame[21] = frame[20] ? (uint8_t)world_random(8) : 0;
            frame[23] = (const uint8_t[]){1, 6, 17, 2}[world_random(4)];
            memcpy(frame + 26, name_of(here, 0).address, 4);
            memcpy(frame + 30, name_of(there, 0).address, 4);
            uint32_t sum = 0;
            frame[24] = frame[25] = 0;
            for (unsigned k = 14; k < 14u + (frame[14] & 15) * 4u && k + 1 < bytes; k += 2)
                sum += (uint32_t)frame[k] << 8 | frame[k + 1];
            while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
            frame[24] = (uint8_t)(~sum >> 8);
            frame[25] = (uint8_t)~sum;
            frame[40] = frame[41] = 0; /* no checksum, for UDP */
        }
        card_receive(there, frame, bytes);
        bool has_worked;
        while (!there->server->serve(&has_worked))
            continue;
        if (world_random(16) == 0)
            world_step();
        here->sockets[STREAM].count = there->sockets[ACCEPTED].count = 0;
    }
    /* What waits for the rest of its packet goes when its time is up. */
    world_pass(60 * 1000 * MS);
    expect_all_works();
}
