/*
 * A program with connections: to itself, to a server that sends back what it gets, and to one that sends what it is asked for, while the
 * card's driver and the network server are killed. What comes is compared with what was sent.
 */
#include "protocols/socket.h"
#include <microkit.h>
#include <pecan/component.h>
#include <pecan/supervisor.h>
#include <stdbool.h>

enum { NET = 1 };
/* Indices in the description. */
enum { DRIVER_DOMAIN = 2, NET_DOMAIN = 4 };
/* Sockets of this program. */
enum { STREAM, LISTENER, ACCEPTED, FIRST, SECOND, PING, SOCKETS };
enum { CHUNK_BYTES = 16384, CHUNKS = 8, MOST_IDS = 64, QUEUE = 2 * SOCKET_MOST_SEGMENTS };
enum { ECHO_BYTES = 1 << 20, FETCH_BYTES = 2 << 20, KILLS = 8 };

/* Filled in from the description. */
uintptr_t client_region, net_region, packets_start, packets_bytes, send_start;

static struct ring_pair net;
static bool is_open;
static unsigned resets, kills, wrong_bytes, bad_reports;

static struct {
    bool is_answered;
    struct socket_report report;
} asked[MOST_IDS];
static uint64_t next_id;

static struct connection {
    struct socket_report segments[QUEUE];
    unsigned first, count;
    bool has_ended;
    unsigned failure;
} connections[SOCKETS];

static void say(const char *text, uint64_t number)
{
    microkit_dbg_puts("client: ");
    microkit_dbg_puts(text);
    microkit_dbg_puts(" ");
    microkit_dbg_put32((uint32_t)number);
    microkit_dbg_puts("\n");
}

/* --- the rings ------------------------------------------------------------------------------------------------------ */

static void take(const struct socket_report *report)
{
    struct connection *connection = report->socket < SOCKETS ? &connections[report->socket] : &connections[0];
    switch (report->kind) {
    case SOCKET_ANSWER:
        asked[report->id % MOST_IDS].is_answered = true;
        asked[report->id % MOST_IDS].report = *report;
        return;
    case SOCKET_DATA:
        if (connection->count == QUEUE || !ring_range_fits(report->offset, report->bytes, packets_bytes))
            bad_reports++;
        else
            connection->segments[(connection->first + connection->count++) % QUEUE] = *report;
        return;
    case SOCKET_ENDED:
        connection->has_ended = true;
        return;
    case SOCKET_FAILED:
        connection->failure = report->result;
        return;
    default:
        return;
    }
}

/* Takes what has come; waits for more if nothing has. */
static void pump(void)
{
    struct socket_report batch[32];
    bool has_come = false;
    if (ring_publish(&net.out))
        microkit_notify(NET);
    do {
        if (ring_pair_accept(&net)) {
            resets += is_open;
            is_open = false;
            microkit_notify(NET);
        }
        if (!is_open && ring_pair_state(&net) == RING_OPEN)
            is_open = has_come = true;
        uint32_t count;
        while ((count = ring_take(&net.in, batch, 32))) {
            has_come = true;
            for (uint32_t i = 0; i < count; i++)
                take(&batch[i]);
        }
        if (ring_release(&net.in))
            microkit_notify(NET);
        if (has_come)
            return;
    } while (!ring_pair_waits_for_entries(&net, 1));
    pecan_wait(1ul << NET);
}

static uint64_t request(struct socket_request entry)
{
    entry.id = next_id++;
    asked[entry.id % MOST_IDS].is_answered = false;
    ring_put(&net.out, &entry, 1);
    return entry.id;
}

/* The answer; null if the server was restarted before it came. */
static const struct socket_report *wait_for(uint64_t id)
{
    unsigned before = resets;
    while (!asked[id % MOST_IDS].is_answered) {
        pump();
        if (resets != before || !is_open)
            return NULL;
    }
    return &asked[id % MOST_IDS].report;
}

static unsigned ask(struct socket_request entry)
{
    const struct socket_report *answer = wait_for(request(entry));
    return answer ? answer->result : SOCKET_RESET;
}

static struct socket_name name(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
    return (struct socket_name){{a, b, c, d}, port, 0};
}

static unsigned open(uint16_t socket, enum socket_kind kind, uint8_t protocol)
{
    connections[socket] = (struct connection){0};
    return ask((struct socket_request){
        .operation = SOCKET_OPEN, .socket = socket, .option = (uint16_t)kind, .value = protocol});
}

static unsigned connect(uint16_t socket, struct socket_name to)
{
    unsigned result = open(socket, SOCKET_STREAM, 0);
    return result ? result : ask((struct socket_request){.operation = SOCKET_CONNECT, .socket = socket, .name = to});
}

static unsigned close(uint16_t socket)
{
    return ask((struct socket_request){.operation = SOCKET_CLOSE, .socket = socket});
}

/* --- data ----------------------------------------------------------------------------------------------------------- */

static uint8_t pattern(uint32_t place)
{
    return (uint8_t)(place * 31 + place / 256);
}

static uint8_t *chunk(unsigned number)
{
    return (uint8_t *)send_start + number * CHUNK_BYTES;
}

static uint64_t send(uint16_t socket, unsigned number, uint32_t bytes, struct socket_name to)
{
    return request((struct socket_request){
        .operation = SOCKET_SEND, .socket = socket, .offset = number * CHUNK_BYTES, .bytes = bytes, .name = to});
}

static void kill(unsigned domain)
{
    kills++;
    pecan_supervisor_call(PECAN_SUPERVISOR_KILL, domain);
}

/* Compares the segments that have come with the pattern from `place` on, gives them back, and says how many bytes they were. */
static uint32_t receive(uint16_t socket, uint32_t place)
{
    struct connection *connection = &connections[socket];
    uint32_t bytes = 0;
    unsigned count = connection->count;
    for (; connection->count; connection->count--) {
        const struct socket_report *segment = &connection->segments[connection->first];
        const uint8_t *data = (const uint8_t *)packets_start + segment->offset;
        for (uint32_t i = 0; i < segment->bytes; i++)
            wrong_bytes += data[i] != pattern(place + bytes + i);
        bytes += segment->bytes;
        connection->first = (connection->first + 1) % QUEUE;
    }
    if (count)
        request((struct socket_request){.operation = SOCKET_CONSUME, .socket = socket, .value = count});
    return bytes;
}

/*
 * Sends the pattern on one socket and receives it on another, perhaps the same one, until the end, which is sent behind it. Kills
 * `domain` now and then, if any. False if the connection was lost.
 */
static bool transfer(uint16_t from, uint16_t to, uint32_t bytes, unsigned domain)
{
    uint64_t ids[CHUNKS];
    uint32_t sent = 0, received = 0, next_kill = bytes / (KILLS + 1);
    unsigned before = resets, first = 0, under_way = 0;
    while (received < bytes || !connections[to].has_ended) {
        while (sent < bytes && under_way < CHUNKS) {
            unsigned number = (first + under_way) % CHUNKS;
            for (uint32_t i = 0; i < CHUNK_BYTES; i++)
                chunk(number)[i] = pattern(sent + i);
            ids[number] = send(from, number, CHUNK_BYTES, (struct socket_name){0});
            sent += CHUNK_BYTES;
            under_way++;
            if (sent == bytes)
                request(
                    (struct socket_request){.operation = SOCKET_SHUTDOWN, .socket = from, .option = SOCKET_SHUT_SEND});
        }
        pump();
        received += receive(to, received);
        for (; under_way && asked[ids[first] % MOST_IDS].is_answered; first = (first + 1) % CHUNKS, under_way--)
            wrong_bytes += asked[ids[first] % MOST_IDS].report.result != SOCKET_OK;
        if (resets != before || connections[to].failure)
            return false;
        if (domain && received >= next_kill && received < bytes) {
            next_kill += bytes / (KILLS + 1);
            kill(domain);
        }
    }
    while (under_way && resets == before) {
        pump();
        for (; under_way && asked[ids[first] % MOST_IDS].is_answered; first = (first + 1) % CHUNKS)
            under_way--;
    }
    return received == bytes && resets == before;
}

/* --- what is tried -------------------------------------------------------------------------------------------------- */

static void wait_until_open(void)
{
    while (!is_open)
        pump();
}

static void status_read(struct socket_interfaces *interfaces)
{
    while (!socket_status_read((const struct socket_status *)(net_region + SOCKET_STATUS_OFFSET), interfaces))
        pump();
}

/* Waits for the server and, if there is a card, for its address. */
static bool wait_for_network(void)
{
    struct socket_interfaces interfaces;
    wait_until_open();
    for (;;) {
        status_read(&interfaces);
        if (!interfaces.interface[SOCKET_ETHERNET].has_card)
            return false;
        if (interfaces.interface[SOCKET_ETHERNET].is_up)
            return true;
        pump();
    }
}

static void try_loopback(void)
{
    struct socket_name here = name(127, 0, 0, 1, 80);
    say("connected to nobody, result", connect(STREAM, here));
    close(STREAM);
    open(LISTENER, SOCKET_STREAM, 0);
    ask((struct socket_request){.operation = SOCKET_BIND, .socket = LISTENER, .name = here});
    ask((struct socket_request){.operation = SOCKET_LISTEN, .socket = LISTENER, .value = 4});
    connections[ACCEPTED] = (struct connection){0};
    uint64_t id = request((struct socket_request){.operation = SOCKET_ACCEPT, .socket = LISTENER, .other = ACCEPTED});
    say("connected to ourselves, result", connect(STREAM, here));
    say("accepted, result", wait_for(id)->result);
    say("loopback is right", transfer(STREAM, ACCEPTED, ECHO_BYTES, 0));
    close(ACCEPTED);
    close(STREAM);
    say("closed, result", close(LISTENER));
}

static void try_datagrams(void)
{
    struct socket_name here = name(127, 0, 0, 1, 53);
    open(FIRST, SOCKET_DATAGRAM, 0);
    open(SECOND, SOCKET_DATAGRAM, 0);
    ask((struct socket_request){.operation = SOCKET_BIND, .socket = FIRST, .name = here});
    uint32_t bytes = 5000, received = 0;
    for (uint32_t i = 0; i < bytes; i++)
        chunk(0)[i] = pattern(i);
    say("datagram sent, result", wait_for(send(SECOND, 0, bytes, here))->result);
    while (received < bytes) {
        received += receive(FIRST, received);
        if (received < bytes)
            pump();
    }
    say("datagram of bytes", received);
    close(FIRST);
    close(SECOND);
}

static void try_ping(void)
{
    /* Echo request, number 1 of 0x1234. */
    static const uint8_t echo[] = {8, 0, 0xe5, 0xca, 0x12, 0x34, 0, 1};
    open(PING, SOCKET_RAW, 1);
    for (unsigned i = 0; i < sizeof echo; i++)
        chunk(0)[i] = echo[i];
    send(PING, 0, sizeof echo, name(10, 0, 2, 2, 0));
    while (!connections[PING].count)
        pump();
    const uint8_t *packet = (const uint8_t *)packets_start + connections[PING].segments[0].offset;
    say("answer to the echo, kind", packet[20]);
    say("from the address that ends with", packet[15]);
    close(PING);
}

static bool fetch(unsigned domain)
{
    static const char line[] = "GET 2097152\n";
    uint32_t received = 0, next_kill = FETCH_BYTES / (KILLS + 1);
    unsigned before = resets;
    if (connect(STREAM, name(10, 0, 2, 100, 80)) != SOCKET_OK)
        return false;
    for (unsigned i = 0; i < sizeof line - 1; i++)
        chunk(0)[i] = (uint8_t)line[i];
    send(STREAM, 0, sizeof line - 1, (struct socket_name){0});
    while (!connections[STREAM].has_ended || connections[STREAM].count) {
        if (!connections[STREAM].count)
            pump();
        if (resets != before || connections[STREAM].failure)
            return false;
        received += receive(STREAM, received);
        if (domain && received >= next_kill && received < FETCH_BYTES) {
            next_kill += FETCH_BYTES / (KILLS + 1);
            kill(domain);
        }
    }
    close(STREAM);
    return received == FETCH_BYTES;
}

void init(void)
{
    ring_pair_start(&net, (void *)client_region, (const void *)net_region, SOCKET_REQUESTS, SOCKET_REPORTS);
    microkit_notify(NET);
    bool has_card = wait_for_network();
    say("has a card", has_card);
    try_loopback();
    try_datagrams();
    if (!has_card) {
        say("connected to outside, result", connect(STREAM, name(10, 0, 2, 2, 80)));
    } else {
        try_ping();
        say("connected to the echo, result", connect(STREAM, name(10, 0, 2, 100, 7)));
        say("echo is right", transfer(STREAM, STREAM, ECHO_BYTES, DRIVER_DOMAIN));
        close(STREAM);
        say("fetched", fetch(DRIVER_DOMAIN));
        say("kills", kills);
        say("fetched while the server is killed", fetch(NET_DOMAIN));
        say("resets", resets);
        say("network is back", wait_for_network());
        say("fetched again", fetch(0));
    }
    say("wrong bytes", wrong_bytes);
    say("bad reports", bad_reports);
    microkit_dbg_puts("client: done\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
