/*
 * A network server that says anything: reports for sockets and calls that are not there, or not any more, with any result and any
 * place, and rings that are written over. Programs' sockets take what comes, and work with the next server as if nothing had been.
 */
#include "fake_machine.h"
#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/abi/memory.h"
#include "personality/linux/memory/address_space.h"
#include "personality/linux/net/inet_socket.h"
#include "personality/linux/process/process.h"
#include "support/random.h"
#include "test.h"

#include <stdlib.h>

enum { STEPS = 300000, SOCKETS = 6, REMEMBERED = 8, SEND_BYTES = 64 * NET_SEND_UNIT, PACKET_BYTES = 3 * 1536 };
enum { USER_BASE = 0x10000000, USER_BYTES = 4 * PAGE_SIZE };

static char *client_region, *server_region, *packets;
static struct ring_pair server;
static uint64_t random_state = 1;

static struct process process;
static struct thread thread = {.process = &process};
static struct socket *sockets[SOCKETS];
static unsigned accepted_count, sent_count, received_count;
static struct socket_request remembered[REMEMBERED]; /* of those that have come */

static uint64_t below(uint64_t bound)
{
    return random_below(&random_state, bound);
}

static bool hostile_network(struct machine_network *network)
{
    client_region = aligned_alloc(64, SOCKET_CLIENT_BYTES);
    server_region = aligned_alloc(64, SOCKET_SERVER_BYTES);
    packets = malloc(PACKET_BYTES);
    memset(client_region, 0, SOCKET_CLIENT_BYTES);
    memset(server_region, 0, SOCKET_SERVER_BYTES);
    memset(packets, 'p', PACKET_BYTES);
    *network = (struct machine_network){.rings = client_region,
                                        .server_rings = server_region,
                                        .send = malloc(SEND_BYTES),
                                        .send_bytes = SEND_BYTES,
                                        .packets = packets,
                                        .packet_bytes = PACKET_BYTES};
    return true;
}

static void server_start(void)
{
    ring_pair_start(&server, server_region, client_region, SOCKET_REPORTS, SOCKET_REQUESTS);
    net_client_notified();
    ring_pair_accept(&server);
    net_client_notified();
}

static void server_takes(void)
{
    struct socket_request request;
    while (ring_take(&server.in, &request, 1))
        remembered[below(REMEMBERED)] = request;
    ring_release(&server.in);
}

/* Numbers on either side of what is checked. */
static uint32_t some_place(void)
{
    static const uint32_t places[] = {0,      1,       PACKET_BYTES - 1, PACKET_BYTES, PACKET_BYTES + 1,
                                      0xffff, 0x10000, UINT32_MAX};
    return below(3) ? (uint32_t)below(PACKET_BYTES) : places[below(sizeof places / sizeof *places)];
}

static void server_says_anything(void)
{
    static const uint16_t kinds[] = {SOCKET_ANSWER, SOCKET_ANSWER, SOCKET_ANSWER, SOCKET_ANSWER, SOCKET_ANSWER,
                                     SOCKET_DATA,   SOCKET_DATA,   SOCKET_DATA,   SOCKET_DATA,   SOCKET_ENDED,
                                     SOCKET_FAILED, SOCKET_STATUS, UINT16_MAX};
    const struct socket_request *request = &remembered[below(REMEMBERED)];
    struct socket_report report = {.id = below(8) ? request->id : below(1000),
                                   .kind = kinds[below(sizeof kinds / sizeof *kinds)],
                                   .socket = below(8) ? request->socket : (uint16_t)random_next(&random_state),
                                   .result = below(16) ? SOCKET_OK : (uint16_t)below(20),
                                   .more = below(3) == 0,
                                   .value = random_next(&random_state),
                                   .own = {.port = (uint16_t)below(65536)},
                                   .offset = some_place(),
                                   .bytes = below(4) ? (uint32_t)below(1600) : some_place()};
    ring_put(&server.out, &report, 1);
    ring_publish(&server.out);
}

static void server_writes_over_rings(void)
{
    for (uint64_t count = below(20); count > 0; count--)
        server_region[below(2) ? below(256) : below(SOCKET_SERVER_BYTES)] = (char)random_next(&random_state);
}

static struct socket_message some_message(void)
{
    static struct socket_message message;
    message_from_buffer(&message, &thread, USER_BASE, below(USER_BYTES));
    message.flags = below(4) ? 0 : MSG_PEEK;
    message.does_not_wait = true;
    return message;
}

static void program_does_something(void)
{
    static const int types[] = {SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW};
    struct socket **socket = &sockets[below(SOCKETS)], *accepted;
    struct socket_message message = some_message();
    struct socket_address address = inet_address((struct socket_name){.port = (uint16_t)below(4)});
    int64_t error;
    thread.progress = 0;
    thread.wait_begun = false;
    if (!*socket) {
        *socket = inet_socket_create(types[below(4)], 0, &error);
        if (!*socket)
            *socket = inet_socket_create(SOCK_RAW, 1, &error);
        return;
    }
    switch (below(14)) {
    case 0:
        inet_operations.bind(&thread, *socket, &address);
        break;
    case 1:
        inet_operations.connect(&thread, *socket, &address, true);
        break;
    case 2:
    case 13:
        inet_operations.listen(&thread, *socket, (int)below(10));
        break;
    case 3:
    case 10:
        if (inet_operations.accept(&thread, *socket, true, &accepted) == 0) {
            accepted_count++;
            inet_operations.close(accepted);
        }
        break;
    case 4:
    case 5:
        if (below(2))
            message.address = address;
        sent_count += inet_operations.send(&thread, *socket, &message) > 0;
        break;
    case 6:
        inet_operations.shut_down(*socket, (int)below(3));
        break;
    case 7:
        inet_operations.name(*socket, below(2), &address);
        break;
    case 8:
        inet_operations.close(*socket);
        *socket = NULL;
        break;
    case 9:
        inet_operations.poll(*socket);
        break;
    default:
        error = inet_operations.receive(&thread, *socket, &message);
        expect(error <= USER_BYTES);
        received_count += error > 0;
    }
}

/* A server that does what it is asked for; false: there was nothing. */
static bool good_server_answers(void)
{
    struct socket_request request;
    bool found = false;
    while (ring_take(&server.in, &request, 1)) {
        ring_put(&server.out,
                 &(struct socket_report){.id = request.id, .kind = SOCKET_ANSWER, .socket = request.socket}, 1);
        found = true;
    }
    ring_release(&server.in);
    ring_publish(&server.out);
    net_client_notified();
    return found;
}

TEST(network, a_hostile_server_does_no_harm)
{
    uint64_t room;
    size_t bytes = SEND_BYTES;
    fake_machine_reset();
    process.space = address_space_create();
    const struct mapping_request memory = {
        .address = USER_BASE, .length = USER_BYTES, .protection = PROT_READ | PROT_WRITE, .fixed = true};
    expect_eq(address_space_map(process.space, &memory), USER_BASE);
    fake_network = hostile_network;
    net_client_start();
    expect(net_client_has_server());
    server_start();
    for (unsigned step = 0; step < STEPS; step++) {
        program_does_something();
        net_client_flush();
        server_takes();
        for (uint64_t count = below(4); count > 0; count--)
            server_says_anything();
        if (below(3000) == 0)
            server_writes_over_rings();
        net_client_notified();
        if (below(500) == 0 || ring_pair_state(&server) != RING_OPEN)
            server_start();
    }

    server_start();
    for (unsigned i = 0; i < SOCKETS; i++) {
        if (sockets[i])
            inet_operations.close(sockets[i]);
    }
    net_client_flush();
    while (good_server_answers()) {
    }
    /* It was not refused altogether. */
    expect(accepted_count > 10 && sent_count > 100 && received_count > 100);
    expect(list_is_empty(&all_inet_sockets));
    expect(net_send_allocate(0, true, &bytes, &room) && bytes == SEND_BYTES);
    net_send_free(room, bytes);
    address_space_release(process.space);
    fake_network = NULL;
}
