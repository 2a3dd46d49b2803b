#include "world.h"

#include "test.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 8192, HEADER_ETHERNET = 14, GIVEN_AT_LEAST = 64 };

struct world world;

static struct frame {
    uint64_t at_ns;
    unsigned to;
    uint32_t bytes;
    uint8_t data[NET_MOST_FRAME_BYTES];
} frames[FRAMES];
static unsigned frame_count;
static uint64_t random_state;

uint32_t world_random(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % below);
}

/* --- the server's environment --------------------------------------------------------------------------------------- */

static void on_notify(void *machine, enum environment_peer peer)
{
    /* Driver and client look at every step. */
    (void)machine, (void)peer;
}

static uint64_t on_now(void *machine)
{
    (void)machine;
    return world.now_ns;
}

static bool on_card_address(void *machine, uint8_t address[6])
{
    struct machine *self = machine;
    const uint8_t hardware[6] = {0x52, 0x54, 0, 0, 0, (uint8_t)self->number};
    memcpy(address, hardware, sizeof hardware);
    return self->has_card;
}

static uint32_t on_random(void *machine)
{
    (void)machine;
    return world_random(UINT32_MAX);
}

static void server_load(struct machine *machine)
{
    char path[256];
    snprintf(path, sizeof path, "%s/server%u.so", getenv("NET_FOLDER"), machine->number);
    machine->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!machine->library) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    machine->server = dlsym(machine->library, "instance");
    const struct instance_host host = {machine, on_notify, on_now, on_card_address, on_random};
    const struct network_places places = {
        .card_rings_own = machine->server_card_rings,
        .card_rings_theirs = machine->card_rings,
        .client_rings_own = machine->server_rings,
        .client_rings_theirs = machine->client_rings,
        .packets = machine->packets,
        .packets_bytes = PACKETS_BYTES,
        .send_region = machine->send,
        .send_region_bytes = SEND_BYTES,
    };
    machine->server->start(&host, &places);
    machine->is_notified = true;
}

void server_restart(struct machine *machine)
{
    dlclose(machine->library);
    server_load(machine);
}

/* --- cards and cable ------------------------------------------------------------------------------------------------ */

static uint8_t *buffer(struct machine *machine, const struct net_piece *piece)
{
    expect(piece->buffer < 2);
    expect(ring_range_fits(piece->offset, piece->bytes, piece->buffer ? SEND_BYTES : PACKETS_BYTES));
    return (piece->buffer ? machine->send : machine->packets) + piece->offset;
}

static void frame_put(unsigned to, const uint8_t *data, uint32_t bytes)
{
    if (frame_count == FRAMES || bytes > NET_MOST_FRAME_BYTES)
        return;
    struct frame *frame = &frames[frame_count++];
    frame->at_ns = world.now_ns + 20000 + (world.most_delay_ns ? world_random((uint32_t)world.most_delay_ns) : 0);
    frame->to = to;
    frame->bytes = bytes;
    memcpy(frame->data, data, bytes);
}

static void answer_card(struct machine *machine, uint64_t id, uint32_t result, uint32_t bytes)
{
    struct net_answer answer = {id, result, bytes};
    expect_eq(ring_put(&machine->card.out, &answer, 1), 1);
    machine->is_notified |= ring_publish(&machine->card.out);
}

void card_receive(struct machine *machine, const uint8_t *frame, uint32_t bytes)
{
    if (!machine->given_count) {
        world.dropped++;
        return;
    }
    struct net_request given = machine->given[0];
    memmove(machine->given, machine->given + 1, --machine->given_count * sizeof *machine->given);
    expect(given.pieces[0].bytes >= bytes);
    memcpy(buffer(machine, &given.pieces[0]), frame, bytes);
    world.delivered++;
    answer_card(machine, given.id, NET_OK, bytes);
}

static uint16_t checksum(const uint8_t *data, unsigned bytes)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < bytes; i += 2)
        sum += (uint32_t)data[i] << 8 | data[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static bool is_dhcp(const uint8_t *frame, uint32_t bytes)
{
    return bytes > 282 && frame[12] == 8 && frame[13] == 0 && frame[23] == 17 && frame[36] == 0 && frame[37] == 67;
}

/* Offers, and then gives, 10.0.2.15 and so on. */
static void dhcp_answer(unsigned number, const uint8_t *question, uint32_t bytes)
{
    enum { IP = 14, UDP = 34, DHCP = 42, OPTIONS = DHCP + 240, KIND = 53, DISCOVER = 1, OFFER = 2, ACK = 5 };
    uint8_t frame[OPTIONS + 40] = {0}, kind = 0;
    for (uint32_t i = OPTIONS; i + 2 < bytes && question[i] != 255; i += 2u + question[i + 1])
        kind = question[i] == KIND ? question[i + 2] : kind;
    memset(frame, 0xff, 6);
    memcpy(frame + 6, (const uint8_t[]){0x52, 0x55, 10, 0, 2, 2, 8, 0}, 8);
    const uint8_t ip[] = {0x45,
                          0,
                          (sizeof frame - IP) >> 8,
                          (uint8_t)(sizeof frame - IP),
                          0,
                          0,
                          0,
                          0,
                          64,
                          17,
                          0,
                          0,
                          10,
                          0,
                          2,
                          2,
                          255,
                          255,
                          255,
                          255};
    memcpy(frame + IP, ip, sizeof ip);
    uint16_t sum = checksum(frame + IP, 20);
    frame[IP + 10] = (uint8_t)(sum >> 8);
    frame[IP + 11] = (uint8_t)sum;
    const uint8_t udp[] = {0, 67, 0, 68, (sizeof frame - UDP) >> 8, (uint8_t)(sizeof frame - UDP), 0, 0};
    memcpy(frame + UDP, udp, sizeof udp);
    memcpy(frame + DHCP, question + DHCP, 240);
    frame[DHCP] = 2;
    memcpy(frame + DHCP + 16, (const uint8_t[]){10, 0, 2, (uint8_t)(15 + number)}, 4);
    const uint8_t options[] = {KIND, 1,   kind == DISCOVER ? OFFER : ACK,
                               54,   4,   10,
                               0,    2,   2,
                               51,   4,   0,
                               1,    81,  128,
                               1,    4,   255,
                               255,  255, 0,
                               3,    4,   10,
                               0,    2,   2,
                               6,    4,   10,
                               0,    2,   3,
                               255};
    memcpy(frame + OPTIONS, options, sizeof options);
    frame_put(number, frame, sizeof frame);
}

/* The card reads the frame now. */
static void frame_send(struct machine *machine, const struct net_request *request)
{
    uint8_t data[NET_MOST_FRAME_BYTES];
    uint32_t bytes = 0;
    for (unsigned i = 0; i < request->piece_count; i++) {
        expect(bytes + request->pieces[i].bytes <= sizeof data);
        memcpy(data + bytes, buffer(machine, &request->pieces[i]), request->pieces[i].bytes);
        bytes += request->pieces[i].bytes;
    }
    answer_card(machine, request->id, NET_OK, 0);
    if (is_dhcp(data, bytes)) {
        if (!world.has_no_dhcp)
            dhcp_answer(machine->number, data, bytes);
        return;
    }
    if (world.cable_takes && !world.cable_takes(machine->number, data, bytes))
        return;
    for (unsigned copies = world_random(1000) < world.repeated_of_1000 ? 2 : 1; copies; copies--) {
        if (world_random(1000) < world.lost_of_1000)
            world.dropped++;
        else
            frame_put(!machine->number, data, bytes);
    }
}

static void driver_serve(struct machine *machine)
{
    struct net_request request;
    if (machine->is_driver_dead)
        return;
    if (ring_pair_state(&machine->card) == RING_PEER_STARTED) {
        machine->given_count = machine->sending_count = 0;
        ring_pair_accept(&machine->card);
        machine->is_notified = true;
    }
    if (ring_pair_state(&machine->card) != RING_OPEN)
        return;
    while (ring_take(&machine->card.in, &request, 1)) {
        expect(request.piece_count >= 1 && request.piece_count <= NET_MOST_PIECES);
        if (!machine->has_card) {
            answer_card(machine, request.id, NET_REFUSED, 0);
        } else if (request.operation == NET_GIVE) {
            expect(machine->given_count < MOST_GIVEN);
            machine->given[machine->given_count++] = request;
        } else {
            expect(machine->sending_count < MOST_GIVEN);
            machine->sent_at[machine->sending_count] = world.now_ns + world.send_delay_ns;
            machine->sending[machine->sending_count++] = request;
        }
    }
    machine->is_notified |= ring_release(&machine->card.in);
    while (machine->sending_count && machine->sent_at[0] <= world.now_ns) {
        struct net_request first = machine->sending[0];
        machine->sending_count--;
        memmove(machine->sending, machine->sending + 1, machine->sending_count * sizeof *machine->sending);
        memmove(machine->sent_at, machine->sent_at + 1, machine->sending_count * sizeof *machine->sent_at);
        frame_send(machine, &first);
    }
    /* Asks to be told of more; it looks again anyway. */
    ring_pair_waits_for_entries(&machine->card, 1);
}

void driver_restart(struct machine *machine)
{
    machine->given_count = machine->sending_count = 0;
    ring_pair_start(&machine->card, machine->card_rings, machine->server_card_rings, NET_ANSWERS, NET_REQUESTS);
    machine->is_notified = true;
}

static bool frames_deliver(void)
{
    bool is_any = false;
    for (unsigned i = 0; i < frame_count;) {
        if (frames[i].at_ns > world.now_ns) {
            i++;
            continue;
        }
        struct frame frame = frames[i];
        memmove(frames + i, frames + i + 1, (--frame_count - i) * sizeof *frames);
        struct machine *to = &world.machines[frame.to];
        if (to->has_card && !to->is_driver_dead)
            card_receive(to, frame.data, frame.bytes);
        is_any = true;
    }
    return is_any;
}

/* --- clients -------------------------------------------------------------------------------------------------------- */

static void report_take(struct machine *machine, const struct socket_report *report)
{
    struct inbox *inbox = &machine->sockets[report->socket % SOCKET_MOST];
    switch (report->kind) {
    case SOCKET_ANSWER:
        machine->bad_reports += machine->is_answered[report->id % ANSWERS];
        machine->is_answered[report->id % ANSWERS] = true;
        machine->answers[report->id % ANSWERS] = *report;
        machine->answer_count++;
        return;
    case SOCKET_DATA:
        machine->bad_reports += inbox->has_ended || inbox->failure || inbox->count == QUEUE ||
                                !ring_range_fits(report->offset, report->bytes, PACKETS_BYTES);
        inbox->segments[(inbox->first + inbox->count++) % QUEUE] = *report;
        return;
    case SOCKET_ENDED:
        machine->bad_reports += inbox->has_ended;
        inbox->has_ended = true;
        return;
    case SOCKET_FAILED:
        machine->bad_reports += inbox->failure != 0;
        inbox->failure = report->result;
        return;
    case SOCKET_STATUS:
        machine->status_reports++;
        return;
    default:
        machine->bad_reports++;
    }
}

static bool client_serve(struct machine *machine)
{
    struct socket_report report;
    bool is_any = false;
    if (machine->is_asleep)
        return false;
    if (ring_pair_accept(&machine->client)) {
        machine->resets += machine->is_open;
        machine->is_open = false;
        machine->is_notified = true;
    }
    machine->is_open |= ring_pair_state(&machine->client) == RING_OPEN;
    while (ring_take(&machine->client.in, &report, 1)) {
        report_take(machine, &report);
        is_any = true;
    }
    machine->is_notified |= ring_release(&machine->client.in);
    machine->is_notified |= ring_publish(&machine->client.out);
    ring_pair_waits_for_entries(&machine->client, 1);
    return is_any;
}

void client_restart(struct machine *machine)
{
    machine->is_open = false;
    memset(machine->is_answered, 0, sizeof machine->is_answered);
    memset(machine->sockets, 0, sizeof machine->sockets);
    ring_pair_start(&machine->client, machine->client_rings, machine->server_rings, SOCKET_REQUESTS, SOCKET_REPORTS);
    machine->is_notified = true;
}

uint64_t client_put(struct machine *machine, struct socket_request request)
{
    request.id = machine->next_id++;
    machine->is_answered[request.id % ANSWERS] = false;
    while (!ring_put(&machine->client.out, &request, 1))
        world_step();
    machine->is_notified |= ring_publish(&machine->client.out);
    return request.id;
}

bool client_has(const struct machine *machine, uint64_t id)
{
    return machine->is_answered[id % ANSWERS];
}

const struct socket_report *client_wait(struct machine *machine, uint64_t id)
{
    world_wait_for(client_has(machine, id), 3600);
    return &machine->answers[id % ANSWERS];
}

unsigned client_call(struct machine *machine, struct socket_request request)
{
    return client_wait(machine, client_put(machine, request))->result;
}

void open_socket(struct machine *machine, uint16_t socket, enum socket_kind kind, uint8_t protocol)
{
    memset(&machine->sockets[socket], 0, sizeof machine->sockets[socket]);
    expect_eq(client_call(machine,
                          (struct socket_request){
                              .operation = SOCKET_OPEN, .socket = socket, .option = (uint16_t)kind, .value = protocol}),
              SOCKET_OK);
}

void listen_on(struct machine *machine, uint16_t socket, uint16_t port)
{
    open_socket(machine, socket, SOCKET_STREAM, 0);
    expect_eq(client_call(machine,
                          (struct socket_request){.operation = SOCKET_BIND, .socket = socket, .name = {.port = port}}),
              SOCKET_OK);
    expect_eq(client_call(machine, (struct socket_request){.operation = SOCKET_LISTEN, .socket = socket, .value = 8}),
              SOCKET_OK);
}

void connect_machines(struct machine *from, uint16_t socket, struct machine *to, uint16_t listener, uint16_t accepted,
                      uint16_t port)
{
    memset(&to->sockets[accepted], 0, sizeof to->sockets[accepted]);
    uint64_t accept =
        client_put(to, (struct socket_request){.operation = SOCKET_ACCEPT, .socket = listener, .other = accepted});
    open_socket(from, socket, SOCKET_STREAM, 0);
    expect_eq(
        client_call(from,
                    (struct socket_request){.operation = SOCKET_CONNECT, .socket = socket, .name = name_of(to, port)}),
        SOCKET_OK);
    expect_eq(client_wait(to, accept)->result, SOCKET_OK);
}

unsigned close_socket(struct machine *machine, uint16_t socket)
{
    return client_call(machine, (struct socket_request){.operation = SOCKET_CLOSE, .socket = socket});
}

void give_back(struct machine *machine, uint16_t socket, uint64_t count)
{
    client_put(machine, (struct socket_request){.operation = SOCKET_CONSUME, .socket = socket, .value = count});
    machine->is_answered[(machine->next_id - 1) % ANSWERS] = false;
}

uint64_t send_bytes(struct machine *machine, uint16_t socket, uint32_t offset, uint32_t bytes)
{
    return client_put(
        machine, (struct socket_request){.operation = SOCKET_SEND, .socket = socket, .offset = offset, .bytes = bytes});
}

struct socket_name name_of(const struct machine *machine, uint16_t port)
{
    return (struct socket_name){{10, 0, 2, (uint8_t)(15 + machine->number)}, port, 0};
}

struct socket_name name_loopback(uint16_t port)
{
    return (struct socket_name){{127, 0, 0, 1}, port, 0};
}

struct socket_interfaces interfaces_of(const struct machine *machine)
{
    struct socket_interfaces interfaces = {0};
    const void *status = machine->server_rings + SOCKET_STATUS_OFFSET;
    return socket_status_read(status, &interfaces) ? interfaces : (struct socket_interfaces){0};
}

bool transfer(struct machine *from, uint16_t socket, struct machine *to, uint16_t other, uint64_t bytes,
              void (*disturb)(uint64_t received))
{
    enum { CHUNK = 12345, CHUNKS = 12 };
    uint64_t sent = 0, received = 0, ids[CHUNKS], until_ns = world.now_ns + 3600 * 1000 * MS;
    uint32_t base = socket % 4 * CHUNKS * CHUNK;
    unsigned first = 0, under_way = 0;
    struct inbox *inbox = &to->sockets[other];
    bool is_shut = false;
    while (received < bytes || !inbox->has_ended || under_way) {
        expect(world.now_ns < until_ns);
        for (; under_way && client_has(from, ids[first]); first = (first + 1) % CHUNKS, under_way--) {
            if (from->answers[ids[first] % ANSWERS].result != SOCKET_OK)
                return false;
            /* The memory may be used for anything else from now on. */
            memset(from->send + base + first * CHUNK, 0xee, CHUNK);
        }
        while (under_way < CHUNKS && sent < bytes) {
            unsigned place = (first + under_way++) % CHUNKS;
            uint32_t part = bytes - sent < CHUNK ? (uint32_t)(bytes - sent) : CHUNK;
            for (uint32_t i = 0; i < part; i++)
                from->send[base + place * CHUNK + i] = pattern(sent + i);
            ids[place] = send_bytes(from, socket, base + place * CHUNK, part);
            sent += part;
        }
        if (sent == bytes && !is_shut) {
            is_shut = true;
            client_put(from, (struct socket_request){
                                 .operation = SOCKET_SHUTDOWN, .socket = socket, .option = SOCKET_SHUT_SEND});
        }
        world_step();
        unsigned count = inbox->count;
        for (; inbox->count; inbox->count--, inbox->first = (inbox->first + 1) % QUEUE) {
            const struct socket_report *segment = &inbox->segments[inbox->first];
            for (uint32_t i = 0; i < segment->bytes; i++)
                expect_eq(to->packets[segment->offset + i], pattern(received + i));
            received += segment->bytes;
        }
        if (count)
            give_back(to, other, count);
        if (disturb)
            disturb(received);
        if (inbox->failure || from->sockets[socket].failure)
            return false;
    }
    expect_eq(received, bytes);
    return true;
}

/* --- everything ----------------------------------------------------------------------------------------------------- */

static bool machine_step(struct machine *machine)
{
    bool is_any = false;
    driver_serve(machine);
    if (machine->is_notified || machine->server->next_ns() <= world.now_ns) {
        machine->is_notified = false;
        is_any = true;
        /* Whoever goes round has something to do. */
        bool has_worked;
        for (unsigned idle_rounds = 0; !machine->server->serve(&has_worked);) {
            idle_rounds = has_worked ? 0 : idle_rounds + 1;
            expect(idle_rounds < 4);
        }
    }
    driver_serve(machine);
    return client_serve(machine) || is_any;
}

static uint64_t next_moment(void)
{
    uint64_t next = world.now_ns + 1000 * MS;
    for (unsigned i = 0; i < MACHINES; i++) {
        struct machine *machine = &world.machines[i];
        uint64_t wanted = machine->server->next_ns();
        if (wanted < next)
            next = wanted;
        if (machine->sending_count && machine->sent_at[0] < next)
            next = machine->sent_at[0];
    }
    for (unsigned i = 0; i < frame_count; i++) {
        if (frames[i].at_ns < next)
            next = frames[i].at_ns;
    }
    return next;
}

void world_step(void)
{
    bool is_any = frames_deliver();
    for (unsigned i = 0; i < MACHINES; i++)
        is_any |= machine_step(&world.machines[i]);
    if (is_any)
        return;
    uint64_t next = next_moment();
    world.now_ns = next > world.now_ns ? next : world.now_ns + 1000;
}

void world_pass(uint64_t ns)
{
    for (uint64_t until = world.now_ns + ns; world.now_ns < until;)
        world_step();
}

static void machine_start(struct machine *machine, bool has_card)
{
    if (!machine->packets) {
        machine->packets = aligned_alloc(4096, PACKETS_BYTES);
        machine->send = aligned_alloc(4096, SEND_BYTES);
        machine->server_rings = aligned_alloc(4096, SOCKET_SERVER_BYTES);
        machine->client_rings = aligned_alloc(4096, SOCKET_CLIENT_BYTES);
        machine->server_card_rings = aligned_alloc(4096, NET_REGION_BYTES);
        machine->card_rings = aligned_alloc(4096, NET_REGION_BYTES);
    }
    memset(machine->server_rings, 0, SOCKET_SERVER_BYTES);
    memset(machine->client_rings, 0, SOCKET_CLIENT_BYTES);
    memset(machine->server_card_rings, 0, NET_REGION_BYTES);
    memset(machine->card_rings, 0, NET_REGION_BYTES);
    machine->has_card = has_card;
    driver_restart(machine);
    server_load(machine);
    client_restart(machine);
}

void world_start(bool has_cards)
{
    frame_count = 0;
    random_state = 1;
    for (unsigned i = 0; i < MACHINES; i++) {
        struct machine *machine = &world.machines[i];
        if (machine->library)
            dlclose(machine->library);
        *machine = (struct machine){.number = i,
                                    .packets = machine->packets,
                                    .send = machine->send,
                                    .server_rings = machine->server_rings,
                                    .client_rings = machine->client_rings,
                                    .server_card_rings = machine->server_card_rings,
                                    .card_rings = machine->card_rings};
    }
    world.now_ns = 1000 * MS;
    world.lost_of_1000 = world.repeated_of_1000 = 0;
    world.most_delay_ns = world.send_delay_ns = 0;
    world.dropped = world.delivered = 0;
    world.has_no_dhcp = false;
    for (unsigned i = 0; i < MACHINES; i++)
        machine_start(&world.machines[i], has_cards);
    for (unsigned i = 0; i < MACHINES; i++) {
        struct machine *machine = &world.machines[i];
        world_wait_for(machine->is_open, 10);
        world_wait_for(interfaces_of(machine).interface[SOCKET_ETHERNET].is_up == has_cards, 60);
    }
}

void expect_nothing_left(struct machine *machine)
{
    expect_eq(machine->bad_reports, 0);
    /* Packets on their way, and what waits for ARP, come to an end. */
    world.lost_of_1000 = world.repeated_of_1000 = 0;
    world_pass(5000 * MS);
    expect_eq(machine->server->free_packets() + machine->given_count, PACKETS_BYTES / 2048);
}
