#include "personality/linux/net/client.h"

#include "lib/string.h"
#include "personality/linux/support/assert.h"
#include "personality/linux/support/heap.h"

enum { UNITS_MOST = 2048, TAKE_BATCH = 16 };

static struct {
    bool has_server;
    bool is_open; /* the pair is: there is a server that knows of this client */
    struct machine_network shared;
    struct ring_pair pair;
    struct net_socket *sockets[SOCKET_MOST];
    struct list unsent; /* calls, in order */
    struct list owing;  /* sockets that have segments to give back */
    struct socket_interfaces interfaces;
    bool has_interfaces;
    uint64_t last_id; /* of a request */

    uint64_t units_used[UNITS_MOST / 64]; /* of the send region */
    unsigned unit_count, units_free, unit_next;
} client;

void net_client_start(void)
{
    list_initialise(&client.unsent);
    list_initialise(&client.owing);
    if (!machine_network(&client.shared))
        return;
    if (!ring_pair_start(&client.pair, client.shared.rings, client.shared.server_rings, SOCKET_REQUESTS,
                         SOCKET_REPORTS))
        return;
    size_t units = client.shared.send_bytes / NET_SEND_UNIT;
    client.unit_count = units < UNITS_MOST ? (unsigned)units : UNITS_MOST;
    client.has_server = true;
    machine_network_notify();
    net_client_notified();
}

bool net_client_has_server(void)
{
    return client.has_server;
}

/* The send region */

static bool unit_is_used(unsigned unit)
{
    return client.units_used[unit / 64] >> unit % 64 & 1;
}

static void units_mark(unsigned first, unsigned count, bool used)
{
    for (unsigned unit = first; unit < first + count; unit++) {
        uint64_t bit = 1ull << unit % 64;
        assert(unit_is_used(unit) != used);
        client.units_used[unit / 64] ^= bit;
    }
    client.units_free += used ? -count : count;
}

static void units_free_all(void)
{
    memset(client.units_used, 0, sizeof client.units_used);
    client.units_free = client.unit_count;
}

/* The longest run of up to `count` free units; searched from where the last one was found. */
static unsigned run_find(unsigned count, bool is_whole, unsigned *first)
{
    unsigned best = 0;
    for (unsigned tried = 0; tried < client.unit_count;) {
        unsigned start = (client.unit_next + tried) % client.unit_count, length = 0;
        while (length < count && start + length < client.unit_count && !unit_is_used(start + length))
            length++;
        if (length > best) {
            best = length;
            *first = start;
        }
        if (best == count)
            break;
        tried += length + (start + length < client.unit_count); /* behind a run is a unit in use, or unit 0 */
    }
    return is_whole && best < count ? 0 : best;
}

bool net_send_is_possible(size_t held)
{
    return client.is_open && client.units_free > held / NET_SEND_UNIT;
}

void *net_send_allocate(size_t held, bool is_whole, size_t *bytes, uint64_t *offset)
{
    unsigned first = 0, wanted = (unsigned)(net_send_rounded(*bytes) / NET_SEND_UNIT);
    unsigned held_units = (unsigned)(held / NET_SEND_UNIT);
    if (!net_send_is_possible(held))
        return NULL;
    if (!is_whole && wanted > client.units_free - held_units)
        wanted = client.units_free - held_units;
    unsigned count = run_find(wanted, is_whole, &first);
    if (!count)
        return NULL;
    units_mark(first, count, true);
    client.unit_next = first + count;
    if (*bytes > (size_t)count * NET_SEND_UNIT)
        *bytes = (size_t)count * NET_SEND_UNIT;
    *offset = (uint64_t)first * NET_SEND_UNIT;
    return (char *)client.shared.send + *offset;
}

void net_send_free(uint64_t offset, size_t bytes)
{
    units_mark((unsigned)(offset / NET_SEND_UNIT), (unsigned)(net_send_rounded(bytes) / NET_SEND_UNIT), false);
}

const void *net_packet(const struct socket_report *segment)
{
    return (const char *)client.shared.packets + segment->offset;
}

/* Sockets and their requests */

bool net_socket_attach(struct net_socket *socket, const struct net_socket_events *events)
{
    for (uint16_t number = 0; number < SOCKET_MOST; number++) {
        if (client.sockets[number])
            continue;
        client.sockets[number] = socket;
        socket->events = events;
        socket->number = number;
        socket->owed = 0;
        list_initialise(&socket->calls);
        list_initialise(&socket->in_work);
        list_initialise(&socket->close.in_unsent);
        list_initialise(&socket->close.in_socket);
        return true;
    }
    return false;
}

/* The call is over, answered or not. */
static void call_end(struct net_call *call)
{
    if (call->request.operation == SOCKET_SEND && client.is_open)
        net_send_free(call->request.offset, call->request.bytes);
    list_remove(&call->in_socket);
    list_remove(&call->in_unsent);
    if (call != &call->socket->close)
        heap_free(call);
}

void net_socket_detach(struct net_socket *socket)
{
    list_remove(&socket->in_work);
    if (socket->number == NET_NO_NUMBER)
        return;
    list_each (entry, &socket->calls)
        call_end(list_item(entry, struct net_call, in_socket));
    client.sockets[socket->number] = NULL;
    socket->number = NET_NO_NUMBER;
}

static void call_queue(struct net_socket *socket, struct net_call *call, const struct socket_request *request)
{
    call->socket = socket;
    call->request = *request;
    call->request.socket = socket->number;
    call->request.id = ++client.last_id;
    list_append(&socket->calls, &call->in_socket);
    list_append(&client.unsent, &call->in_unsent);
}

bool net_socket_request(struct net_socket *socket, const struct socket_request *request, uint32_t tag)
{
    struct net_call *call = heap_allocate(sizeof *call);
    if (!call)
        return false;
    call->tag = tag;
    call_queue(socket, call, request);
    return true;
}

void net_socket_close(struct net_socket *socket, bool aborts)
{
    const struct socket_request request = {.operation = aborts ? SOCKET_ABORT : SOCKET_CLOSE};
    call_queue(socket, &socket->close, &request);
}

void net_socket_give_back(struct net_socket *socket, uint32_t segments)
{
    socket->owed += segments;
    if (socket->owed && list_is_empty(&socket->in_work))
        list_append(&client.owing, &socket->in_work);
}

/* Sending requests. What is given back goes first: it may be in the ring behind nothing that would close the number. */

static bool owing_put(void)
{
    list_each (entry, &client.owing) {
        struct net_socket *socket = list_item(entry, struct net_socket, in_work);
        const struct socket_request request = {
            .operation = SOCKET_CONSUME, .socket = socket->number, .value = socket->owed};
        if (!ring_put(&client.pair.out, &request, 1))
            return false;
        socket->owed = 0;
        list_remove(&socket->in_work);
    }
    return true;
}

static bool unsent_put(void)
{
    list_each (entry, &client.unsent) {
        struct net_call *call = list_item(entry, struct net_call, in_unsent);
        if (!ring_put(&client.pair.out, &call->request, 1))
            return false;
        list_remove(&call->in_unsent);
    }
    return true;
}

void net_client_flush(void)
{
    if (!client.is_open || (list_is_empty(&client.unsent) && list_is_empty(&client.owing)))
        return;
    bool needs_room;
    do {
        needs_room = !owing_put() || !unsent_put();
        if (ring_publish(&client.pair.out))
            machine_network_notify();
    } while (needs_room && !ring_pair_waits_for_room(&client.pair, 1) && ring_room(&client.pair.out));
}

/* Reports */

/* The call that a report answers; one that was not sent yet cannot have been answered. */
static struct net_call *call_find(const struct net_socket *socket, uint64_t id)
{
    list_each (entry, &socket->calls) {
        struct net_call *call = list_item(entry, struct net_call, in_socket);
        if (call->request.id == id)
            return list_is_empty(&call->in_unsent) ? call : NULL;
    }
    return NULL;
}

static void answer_handle(struct net_socket *socket, const struct socket_report *report)
{
    struct net_call *call = call_find(socket, report->id);
    if (!call)
        return;
    const struct socket_request request = call->request;
    uint32_t tag = call->tag;
    call_end(call);
    if (request.operation == SOCKET_CLOSE || request.operation == SOCKET_ABORT)
        net_socket_detach(socket);
    socket->events->answered(socket, &request, tag, report);
}

static void report_handle(const struct socket_report *report)
{
    struct net_socket *socket = report->socket < SOCKET_MOST ? client.sockets[report->socket] : NULL;
    if (!socket)
        return;
    switch (report->kind) {
    case SOCKET_ANSWER:
        answer_handle(socket, report);
        break;
    case SOCKET_DATA:
        if (ring_range_fits(report->offset, report->bytes, client.shared.packet_bytes))
            socket->events->received(socket, report);
        break;
    case SOCKET_ENDED:
        socket->events->ended(socket);
        break;
    case SOCKET_FAILED:
        socket->events->failed(socket, (enum socket_result)report->result);
        break;
    default:
        break;
    }
}

static void status_look(void)
{
    struct socket_interfaces copy;
    const struct socket_status *status =
        (const void *)((const char *)client.shared.server_rings + SOCKET_STATUS_OFFSET);
    if (!socket_status_read(status, &copy))
        return;
    client.interfaces = copy;
    client.has_interfaces = true;
}

bool net_client_interfaces(struct socket_interfaces *interfaces)
{
    if (client.has_server)
        status_look();
    *interfaces = client.interfaces;
    return client.has_interfaces;
}

/* Everything that the last server knew is gone. The send region stays as it is until the next one has let go of it. */
static void server_lost(void)
{
    struct list lost = LIST_INITIAL(lost);
    client.is_open = false;
    for (unsigned i = 0; i < SOCKET_MOST; i++) {
        struct net_socket *socket = client.sockets[i];
        if (!socket)
            continue;
        net_socket_detach(socket);
        list_append(&lost, &socket->in_work);
    }
    while (!list_is_empty(&lost)) {
        struct net_socket *socket = list_item(lost.next, struct net_socket, in_work);
        list_remove(&socket->in_work);
        socket->events->lost(socket);
    }
}

void net_client_notified(void)
{
    struct socket_report batch[TAKE_BATCH];
    if (!client.has_server)
        return;
    do {
        if (ring_pair_accept(&client.pair)) {
            server_lost();
            machine_network_notify();
        }
        if (!client.is_open && ring_pair_state(&client.pair) == RING_OPEN) {
            units_free_all();
            client.is_open = true;
        }
        for (uint32_t count; (count = ring_take(&client.pair.in, batch, TAKE_BATCH));) {
            for (uint32_t i = 0; i < count; i++)
                report_handle(&batch[i]);
            if (ring_release(&client.pair.in))
                machine_network_notify();
        }
        net_client_flush();
    } while (!ring_pair_waits_for_entries(&client.pair, 1));
}
