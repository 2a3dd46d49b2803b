#include "sim_server.h"

#include "protocols/socket.h"
#include "support/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEND_REGION_BYTES = 64 * 4096,
    SLOT_BYTES = 1536,
    SLOTS = 200,
    QUEUE = 64, /* of anything at one socket */
    FIRST_FREE_PORT = 49152,
};

struct send {
    struct socket_request request;
    uint32_t done; /* bytes that were delivered */
};

struct sim_socket {
    bool is_used, is_bound, listens, is_connected, was_connected, shuts_send, shuts_receive, is_closing;
    bool end_was_told; /* to the partner */
    uint16_t kind;
    uint64_t protocol;
    struct socket_name own, peer;
    int partner; /* of a connected stream; -1: gone */
    uint64_t close_id;
    struct send sends[QUEUE];
    unsigned send_count;
    struct socket_request accepts[QUEUE]; /* that wait for a connection */
    unsigned accept_count;
    int callers[QUEUE]; /* sockets that wait to be accepted, and the ids of their requests */
    uint64_t caller_ids[QUEUE];
    unsigned caller_count;
    int slots[SOCKET_MOST_SEGMENTS]; /* that the client has not given back, oldest first */
    unsigned slot_count;
};

static _Alignas(64) char client_region[SOCKET_CLIENT_BYTES], server_region[SOCKET_SERVER_BYTES];
static char send_region[SEND_REGION_BYTES], packets[SLOTS * SLOT_BYTES];
static bool slot_is_used[SLOTS];
static struct sim_socket sockets[SOCKET_MOST];
static struct ring_pair pair;
static uint64_t chance;
static uint16_t next_port;
static bool restart_is_wanted;
static void (*notify_client)(void);

static const uint8_t loopback[4] = {127, 0, 0, 1}, any[4];

static void broken(const char *what)
{
    fprintf(stderr, "the network server was used wrongly: %s\n", what);
    abort();
}

static void report(const struct socket_report *it)
{
    if (ring_put(&pair.out, it, 1) != 1)
        broken("reports are not taken");
}

static void answer(const struct socket_request *request, enum socket_result result)
{
    const struct sim_socket *socket = &sockets[request->socket];
    report(&(struct socket_report){.id = request->id,
                                   .kind = SOCKET_ANSWER,
                                   .socket = request->socket,
                                   .result = (uint16_t)result,
                                   .own = socket->own,
                                   .peer = socket->peer});
}

static void report_plain(int number, enum socket_report_kind kind, enum socket_result result)
{
    report(&(struct socket_report){.kind = (uint16_t)kind, .socket = (uint16_t)number, .result = (uint16_t)result});
}

/* Packets */

static int slot_take(void)
{
    for (int slot = 0; slot < SLOTS; slot++) {
        if (!slot_is_used[slot]) {
            slot_is_used[slot] = true;
            return slot;
        }
    }
    return -1;
}

static void slot_give_back(int slot)
{
    memset(packets + slot * SLOT_BYTES, 0xee, SLOT_BYTES);
    slot_is_used[slot] = false;
}

/* False if there is no room; nothing has happened then. */
static bool deliver(int number, const void *bytes, size_t count, bool more, struct socket_name peer)
{
    struct sim_socket *socket = &sockets[number];
    int slot = socket->slot_count < SOCKET_MOST_SEGMENTS ? slot_take() : -1;
    if (slot < 0)
        return false;
    memcpy(packets + slot * SLOT_BYTES, bytes, count);
    socket->slots[socket->slot_count++] = slot;
    report(&(struct socket_report){.kind = SOCKET_DATA,
                                   .socket = (uint16_t)number,
                                   .more = more,
                                   .peer = peer,
                                   .offset = (uint32_t)(slot * SLOT_BYTES),
                                   .bytes = (uint32_t)count});
    return true;
}

static void give_back(struct sim_socket *socket, uint64_t count)
{
    if (count > socket->slot_count)
        broken("more is given back than came");
    for (uint64_t i = 0; i < count; i++)
        slot_give_back(socket->slots[i]);
    socket->slot_count -= (unsigned)count;
    memmove(socket->slots, socket->slots + count, socket->slot_count * sizeof socket->slots[0]);
}

/* Sockets */

static int find_bound(uint16_t kind, uint16_t port)
{
    for (int i = 0; i < SOCKET_MOST; i++) {
        if (sockets[i].is_used && sockets[i].is_bound && sockets[i].kind == kind && sockets[i].own.port == port &&
            !sockets[i].is_closing && (kind != SOCKET_STREAM || sockets[i].listens))
            return i;
    }
    return -1;
}

static bool is_here(const struct socket_name *name)
{
    return name->address[0] == 127;
}

static void own_choose(struct sim_socket *socket)
{
    if (!socket->own.port)
        socket->own.port = next_port++;
    memcpy(socket->own.address, loopback, 4);
    socket->is_bound = true;
}

static void fail_sends(int number, enum socket_result result)
{
    struct sim_socket *socket = &sockets[number];
    for (unsigned i = 0; i < socket->send_count; i++)
        answer(&socket->sends[i].request, result);
    socket->send_count = 0;
}

static void reset(int number)
{
    struct sim_socket *socket = &sockets[number];
    if (!socket->is_used || !socket->is_connected)
        return;
    fail_sends(number, SOCKET_RESET);
    socket->is_connected = false;
    socket->partner = -1;
    if (!socket->is_closing)
        report_plain(number, SOCKET_FAILED, SOCKET_RESET);
}

static void release(int number)
{
    struct sim_socket *socket = &sockets[number];
    give_back(socket, socket->slot_count);
    for (unsigned i = 0; i < socket->accept_count; i++)
        answer(&socket->accepts[i], SOCKET_RESET);
    for (unsigned i = 0; i < socket->caller_count; i++) {
        const struct socket_request request = {.id = socket->caller_ids[i], .socket = (uint16_t)socket->callers[i]};
        if (sockets[request.socket].is_used)
            answer(&request, SOCKET_REFUSED);
    }
    *socket = (struct sim_socket){0};
}

static enum socket_result bind_socket(struct sim_socket *socket, const struct socket_request *request)
{
    if (socket->is_bound)
        return SOCKET_BAD;
    if (memcmp(request->name.address, any, 4) != 0 && !is_here(&request->name))
        return SOCKET_NOT_OWN;
    for (int i = 0; i < SOCKET_MOST && request->name.port; i++) {
        if (sockets[i].is_used && sockets[i].is_bound && sockets[i].kind == socket->kind &&
            sockets[i].own.port == request->name.port && !sockets[i].was_connected)
            return SOCKET_IN_USE;
    }
    socket->own = request->name;
    if (!socket->own.port)
        socket->own.port = next_port++;
    socket->is_bound = true;
    return SOCKET_OK;
}

static void connect_socket(struct sim_socket *socket, const struct socket_request *request)
{
    if (socket->kind != SOCKET_STREAM) {
        socket->peer = request->name;
        socket->is_connected = request->name.port || memcmp(request->name.address, any, 4) != 0;
        if (socket->is_connected && !is_here(&request->name)) {
            answer(request, SOCKET_UNREACHABLE);
            return;
        }
        own_choose(socket);
        answer(request, SOCKET_OK);
        return;
    }
    if (socket->was_connected || !is_here(&request->name)) {
        answer(request, socket->was_connected ? SOCKET_IS_CONNECTED : SOCKET_UNREACHABLE);
        return;
    }
    int listener = find_bound(SOCKET_STREAM, request->name.port);
    if (listener < 0 || sockets[listener].caller_count == QUEUE) {
        answer(request, SOCKET_REFUSED);
        return;
    }
    struct sim_socket *at = &sockets[listener];
    at->callers[at->caller_count] = request->socket;
    at->caller_ids[at->caller_count++] = request->id;
}

static void accept_one(int number)
{
    struct sim_socket *socket = &sockets[number];
    const struct socket_request accepting = socket->accepts[0];
    const struct socket_request connecting = {.id = socket->caller_ids[0], .socket = (uint16_t)socket->callers[0]};
    struct sim_socket *client = &sockets[connecting.socket], *server = &sockets[accepting.other];
    socket->caller_count--;
    memmove(socket->callers, socket->callers + 1, socket->caller_count * sizeof socket->callers[0]);
    memmove(socket->caller_ids, socket->caller_ids + 1, socket->caller_count * sizeof socket->caller_ids[0]);
    if (!client->is_used || client->is_closing)
        return;
    socket->accept_count--;
    memmove(socket->accepts, socket->accepts + 1, socket->accept_count * sizeof socket->accepts[0]);
    if (server->is_used)
        broken("a number is to be accepted that is in use");
    own_choose(client);
    *server = (struct sim_socket){.is_used = true, .is_bound = true, .own = socket->own, .peer = client->own};
    memcpy(server->own.address, loopback, 4);
    client->peer = server->own;
    client->partner = accepting.other;
    server->partner = connecting.socket;
    client->is_connected = client->was_connected = server->is_connected = server->was_connected = true;
    report(&(struct socket_report){.id = accepting.id,
                                   .kind = SOCKET_ANSWER,
                                   .socket = accepting.socket,
                                   .own = server->own,
                                   .peer = server->peer});
    answer(&connecting, SOCKET_OK);
}

static void send_datagram(int number, const struct socket_request *request)
{
    struct sim_socket *socket = &sockets[number];
    const struct socket_name *to = request->name.port || request->name.address[0] ? &request->name : &socket->peer;
    const char *bytes = send_region + request->offset;
    if (!to->address[0]) {
        answer(request, SOCKET_NOT_CONNECTED);
        return;
    }
    if (!is_here(to)) {
        answer(request, SOCKET_UNREACHABLE);
        return;
    }
    own_choose(socket);
    if (to->port == SIM_RESTART_PORT && request->bytes == 7 && !memcmp(bytes, "restart", 7)) {
        restart_is_wanted = true;
        return;
    }
    int receiver = socket->kind == SOCKET_RAW ? number : find_bound(SOCKET_DATAGRAM, to->port);
    char echo[SLOT_BYTES] = {0x45};
    if (socket->kind == SOCKET_RAW && request->bytes >= 8 && request->bytes + 20 <= sizeof echo) {
        memcpy(echo + 12, loopback, 4);
        memcpy(echo + 16, loopback, 4);
        echo[9] = (char)socket->protocol;
        memcpy(echo + 20, bytes, request->bytes);
        echo[20] = 0; /* an answer to a ping */
        deliver(receiver, echo, request->bytes + 20, false, *to);
    } else if (receiver >= 0 && socket->kind == SOCKET_DATAGRAM) {
        unsigned pieces = request->bytes ? (request->bytes + SLOT_BYTES - 1) / SLOT_BYTES : 1;
        if (sockets[receiver].slot_count + pieces <= SOCKET_MOST_SEGMENTS) {
            for (uint32_t done = 0; pieces--; done += SLOT_BYTES) {
                uint32_t left = request->bytes - done;
                if (!deliver(receiver, bytes + done, left < SLOT_BYTES ? left : SLOT_BYTES, pieces > 0, socket->own))
                    broken("the test sends more datagrams than there is room for");
            }
        }
    }
    answer(request, SOCKET_OK);
}

static void take_send(const struct socket_request *request)
{
    struct sim_socket *socket = &sockets[request->socket];
    if (!ring_range_fits(request->offset, request->bytes, sizeof send_region))
        broken("a range that is not in the region");
    if (socket->send_count >= SOCKET_MOST_SENDS) {
        broken("too many sends");
    } else if (socket->kind == SOCKET_STREAM && (!socket->is_connected || socket->shuts_send)) {
        answer(request, socket->was_connected ? SOCKET_RESET : SOCKET_NOT_CONNECTED);
    } else {
        socket->sends[socket->send_count++] = (struct send){.request = *request};
    }
}

static void take_request(const struct socket_request *request)
{
    struct sim_socket *socket = &sockets[request->socket];
    if (request->socket >= SOCKET_MOST)
        broken("no such socket");
    if (request->operation != SOCKET_OPEN && (!socket->is_used || socket->is_closing)) {
        if (request->operation != SOCKET_CONSUME)
            answer(request, SOCKET_BAD);
        return;
    }
    switch (request->operation) {
    case SOCKET_OPEN:
        if (socket->is_used)
            broken("a number is opened that is in use");
        *socket =
            (struct sim_socket){.is_used = true, .kind = request->option, .protocol = request->value, .partner = -1};
        answer(request, SOCKET_OK);
        break;
    case SOCKET_BIND:
        answer(request, bind_socket(socket, request));
        break;
    case SOCKET_CONNECT:
        connect_socket(socket, request);
        break;
    case SOCKET_LISTEN:
        socket->listens = socket->is_bound;
        answer(request, socket->is_bound ? SOCKET_OK : SOCKET_BAD);
        break;
    case SOCKET_ACCEPT:
        if (!socket->listens || socket->accept_count == QUEUE)
            answer(request, SOCKET_BAD);
        else
            socket->accepts[socket->accept_count++] = *request;
        break;
    case SOCKET_SEND:
        take_send(request);
        break;
    case SOCKET_CONSUME:
        give_back(socket, request->value);
        break;
    case SOCKET_SHUTDOWN:
        socket->shuts_send |= (request->option & SOCKET_SHUT_SEND) != 0;
        socket->shuts_receive |= (request->option & SOCKET_SHUT_RECEIVE) != 0;
        answer(request, SOCKET_OK);
        break;
    case SOCKET_CLOSE:
    case SOCKET_ABORT:
        if (socket->slot_count || request->operation == SOCKET_ABORT) {
            int partner = socket->is_connected && socket->kind == SOCKET_STREAM ? socket->partner : -1;
            socket->is_connected = false;
            fail_sends(request->socket, SOCKET_RESET);
            if (partner >= 0)
                reset(partner);
        }
        give_back(socket, socket->slot_count);
        socket->is_closing = socket->shuts_send = socket->shuts_receive = true;
        socket->close_id = request->id;
        break;
    case SOCKET_SET:
    case SOCKET_GET:
        answer(request, SOCKET_OK);
        break;
    default:
        broken("no such operation");
    }
}

/* One thing that a socket has to do, if there is one. */
static bool work_on(int number)
{
    struct sim_socket *socket = &sockets[number];
    struct send *first = &socket->sends[0];
    if (!socket->is_used)
        return false;
    if (socket->accept_count && socket->caller_count && !socket->is_closing) {
        accept_one(number);
        return true;
    }
    if (socket->send_count && socket->kind != SOCKET_STREAM) {
        struct socket_request request = first->request;
        socket->send_count--;
        memmove(first, first + 1, socket->send_count * sizeof *first);
        send_datagram(number, &request);
        return true;
    }
    struct sim_socket *partner = socket->is_connected && socket->partner >= 0 ? &sockets[socket->partner] : NULL;
    if (socket->send_count && !partner) {
        reset(number);
        fail_sends(number, SOCKET_RESET);
        return true;
    }
    if (socket->send_count && first->done < first->request.bytes) {
        uint32_t left = first->request.bytes - first->done;
        uint32_t count = 1 + (uint32_t)random_below(&chance, left < SLOT_BYTES ? left : SLOT_BYTES);
        if (partner->is_closing) {
            reset(number);
            return true;
        }
        if (partner->shuts_receive ||
            deliver(socket->partner, send_region + first->request.offset + first->done, count, false, socket->own)) {
            first->done += count;
            return true;
        }
        return false; /* until the partner's program reads */
    }
    if (socket->send_count) {
        answer(&first->request, SOCKET_OK);
        socket->send_count--;
        memmove(first, first + 1, socket->send_count * sizeof *first);
        return true;
    }
    if (partner && socket->shuts_send && !socket->end_was_told) {
        socket->end_was_told = true;
        if (!partner->is_closing)
            report_plain(socket->partner, SOCKET_ENDED, SOCKET_OK);
        return true;
    }
    if (socket->is_closing) {
        const struct socket_request request = {.id = socket->close_id, .socket = (uint16_t)number};
        if (partner)
            partner->partner = -1;
        if (partner && partner->send_count)
            reset((int)(partner - sockets));
        release(number);
        answer(&request, SOCKET_OK);
        return true;
    }
    return false;
}

static void status_write(void)
{
    struct socket_status *status = (void *)(server_region + SOCKET_STATUS_OFFSET);
    struct socket_interfaces interfaces = {
        .interface =
            {[SOCKET_LOOPBACK] = {.is_up = 1, .address = {127, 0, 0, 1}, .netmask = {255}, .packet_bytes = 65536},
             [SOCKET_ETHERNET] = {.is_up = 1,
                                  .has_card = 1,
                                  .hardware = {0x52, 0x54, 0, 0x12, 0x34, 0x56},
                                  .address = {10, 0, 2, 15},
                                  .netmask = {255, 255, 255},
                                  .broadcast = {10, 0, 2, 255},
                                  .gateway = {10, 0, 2, 2},
                                  .packet_bytes = 1500}},
        .name_server = {10, 0, 2, 3},
    };
    uint64_t words[SOCKET_STATUS_WORDS];
    memcpy(words, &interfaces, sizeof words);
    for (unsigned i = 0; i < SOCKET_STATUS_WORDS; i++)
        atomic_store(&status->words[i], words[i]);
    atomic_store(&status->version, 2);
}

void sim_server_restart(void)
{
    memset(sockets, 0, sizeof sockets);
    memset(slot_is_used, 0, sizeof slot_is_used);
    memset(packets, 0xdd, sizeof packets);
    restart_is_wanted = false;
    ring_pair_start(&pair, server_region, client_region, SOCKET_REPORTS, SOCKET_REQUESTS);
    status_write();
    notify_client();
}

void sim_server_initialise(struct machine_network *network, uint64_t seed, void (*notify)(void))
{
    chance = seed;
    notify_client = notify;
    next_port = FIRST_FREE_PORT;
    *network = (struct machine_network){.rings = client_region,
                                        .server_rings = server_region,
                                        .send = send_region,
                                        .send_bytes = sizeof send_region,
                                        .packets = packets,
                                        .packet_bytes = sizeof packets};
}

bool sim_server_step(void)
{
    enum { REPORTS_OF_A_STEP = 2000 };
    if (restart_is_wanted) {
        sim_server_restart();
        return true;
    }
    if (ring_pair_accept(&pair)) {
        memset(sockets, 0, sizeof sockets);
        memset(slot_is_used, 0, sizeof slot_is_used);
        notify_client();
    }
    bool worked = false;
    struct socket_request request;
    for (uint64_t most = random_below(&chance, 10); ring_room(&pair.out) > REPORTS_OF_A_STEP && most; most--) {
        if (!ring_take(&pair.in, &request, 1))
            break;
        take_request(&request);
        worked = true;
    }
    for (int i = 0; i < SOCKET_MOST && ring_room(&pair.out) > REPORTS_OF_A_STEP; i++) {
        if (sockets[i].is_used && random_one_in(&chance, 3))
            worked = true; /* not now */
        else
            worked |= work_on(i);
    }
    bool notifies = ring_release(&pair.in);
    notifies |= ring_publish(&pair.out);
    if (notifies)
        notify_client();
    return worked || !ring_pair_waits_for_entries(&pair, 1);
}
