#include "servers/net/endpoint.h"

#include "servers/net/client.h"
#include "servers/net/packet.h"
#include <lwip/err.h>
#include <lwip/ip_addr.h>
#include <lwip/pbuf.h>

/* Places of the packet region that are left for the card, for sending, and for sockets that have nothing yet. */
enum { PLENTY = 384 };

static struct endpoint endpoints[SOCKET_MOST];

struct endpoint *endpoint_at(unsigned number)
{
    return &endpoints[number];
}

unsigned endpoint_number(const struct endpoint *endpoint)
{
    return (unsigned)(endpoint - endpoints);
}

void endpoint_reset(struct endpoint *endpoint, enum endpoint_state state)
{
    *endpoint = (struct endpoint){.state = state,
                                  .options = {[SOCKET_KEEP_IDLE_SECONDS] = 7200,
                                              [SOCKET_KEEP_EVERY_SECONDS] = 75,
                                              [SOCKET_KEEP_COUNT] = 9,
                                              [SOCKET_TIME_TO_LIVE] = 64}};
}

void endpoint_forget_all(void)
{
    for (unsigned i = 0; i < SOCKET_MOST; i++) {
        struct endpoint *endpoint = &endpoints[i];
        if (endpoint->kind && endpoint->state != ENDPOINT_FREE && endpoint->state != ENDPOINT_FINISHED)
            endpoint->kind->close(endpoint, true);
        endpoint_drop_segments(endpoint);
        endpoint_reset(endpoint, ENDPOINT_FREE);
    }
}

/* --- segments ------------------------------------------------------------------------------------------------------- */

bool endpoint_has_room(const struct endpoint *endpoint, unsigned segments)
{
    if (endpoint->segment_count == 0)
        return segments <= SOCKET_MOST_SEGMENTS;
    return endpoint->segment_count + segments <= SOCKET_MOST_SEGMENTS && packet_free_count() >= PLENTY;
}

static void segment_deliver(struct endpoint *endpoint, struct pbuf *segment, const struct socket_name *from,
                            bool has_more)
{
    static const struct socket_name no_name;
    uint32_t offset;
    unsigned place = (endpoint->first_segment + endpoint->segment_count) % SOCKET_MOST_SEGMENTS;
    if (!packet_region_holds(segment->payload, segment->len, &offset)) {
        /* All that comes in is in the region. */
        pbuf_free(segment);
        return;
    }
    endpoint->segments[place] = segment;
    endpoint->is_continued[place] = has_more;
    endpoint->segment_count++;
    client_report(&(struct socket_report){.kind = SOCKET_DATA,
                                          .socket = (uint16_t)endpoint_number(endpoint),
                                          .more = has_more,
                                          .peer = from ? *from : no_name,
                                          .offset = offset,
                                          .bytes = segment->len});
}

void endpoint_deliver(struct endpoint *endpoint, struct pbuf *packet, const struct socket_name *from)
{
    while (packet) {
        struct pbuf *rest = packet->next;
        if (rest) {
            pbuf_ref(rest);
            pbuf_dechain(packet);
        }
        if (packet->len || !rest)
            segment_deliver(endpoint, packet, from, from && rest);
        else
            pbuf_free(packet);
        packet = rest;
    }
}

void endpoint_consume(struct endpoint *endpoint, uint64_t count)
{
    uint32_t bytes = 0;
    bool is_continued = false;
    for (uint64_t i = 0; endpoint->segment_count && (i < count || is_continued); i++) {
        struct pbuf *segment = endpoint->segments[endpoint->first_segment];
        is_continued = endpoint->is_continued[endpoint->first_segment];
        endpoint->first_segment = (endpoint->first_segment + 1) % SOCKET_MOST_SEGMENTS;
        endpoint->segment_count--;
        bytes += segment->len;
        pbuf_free(segment);
    }
    if (endpoint->kind->consumed)
        endpoint->kind->consumed(endpoint, bytes);
}

void endpoint_drop_segments(struct endpoint *endpoint)
{
    for (; endpoint->segment_count; endpoint->segment_count--) {
        pbuf_free(endpoint->segments[endpoint->first_segment]);
        endpoint->first_segment = (endpoint->first_segment + 1) % SOCKET_MOST_SEGMENTS;
    }
}

/* --- answers -------------------------------------------------------------------------------------------------------- */

static struct socket_report answer_to(const struct endpoint *endpoint, uint64_t id, enum socket_result result)
{
    return (struct socket_report){.id = id,
                                  .kind = SOCKET_ANSWER,
                                  .socket = (uint16_t)endpoint_number(endpoint),
                                  .result = (uint16_t)result,
                                  .own = endpoint->own,
                                  .peer = endpoint->peer};
}

void endpoint_answer_waiting(struct endpoint *endpoint, enum socket_result result)
{
    struct socket_report answer = answer_to(endpoint, endpoint->waiting_id, result);
    /* An accept is a request to the socket that listens. */
    if (endpoint->listener)
        answer.socket = (uint16_t)endpoint_number(endpoint->listener);
    endpoint->listener = NULL;
    client_report(&answer);
}

void endpoint_report_end(struct endpoint *endpoint)
{
    client_report(&(struct socket_report){.kind = SOCKET_ENDED, .socket = (uint16_t)endpoint_number(endpoint)});
}

void endpoint_answer_send(struct endpoint *endpoint, uint64_t id, enum socket_result result)
{
    struct socket_report answer = answer_to(endpoint, id, result);
    client_report_later(&answer, LATER_SEND);
}

void endpoint_report_failure(struct endpoint *endpoint, enum socket_result result)
{
    struct socket_report failure = {
        .kind = SOCKET_FAILED, .socket = (uint16_t)endpoint_number(endpoint), .result = (uint16_t)result};
    client_report_later(&failure, LATER_FAILURE);
}

void endpoint_finish(struct endpoint *endpoint)
{
    struct socket_report answer = answer_to(endpoint, endpoint->close_id, SOCKET_OK);
    endpoint->state = ENDPOINT_FINISHED;
    client_report_later(&answer, endpoint->is_aborted_too ? LATER_CLOSE : LATER_LAST);
    if (endpoint->is_aborted_too) {
        answer.id = endpoint->abort_id;
        client_report_later(&answer, LATER_LAST);
    }
}

enum socket_result endpoint_result(int8_t error)
{
    switch (error) {
    case ERR_OK:
        return SOCKET_OK;
    case ERR_MEM:
    case ERR_BUF:
        return SOCKET_NO_MEMORY;
    case ERR_RTE:
        return SOCKET_UNREACHABLE;
    case ERR_USE:
        return SOCKET_IN_USE;
    case ERR_ISCONN:
        return SOCKET_IS_CONNECTED;
    case ERR_CONN:
    case ERR_CLSD:
        return SOCKET_NOT_CONNECTED;
    default:
        return SOCKET_BAD;
    }
}

void endpoint_set_name(struct socket_name *name, const struct ip4_addr *address, uint16_t port)
{
    uint32_t word = ip_addr_get_ip4_u32(address);
    *name = (struct socket_name){.port = port};
    __builtin_memcpy(name->address, &word, sizeof word);
}

struct ip4_addr endpoint_address(const struct socket_name *name)
{
    ip_addr_t address = IPADDR4_INIT(0);
    uint32_t word;
    __builtin_memcpy(&word, name->address, sizeof word);
    ip_addr_set_ip4_u32(&address, word);
    return address;
}

bool endpoint_is_any(const struct socket_name *name)
{
    ip_addr_t address = endpoint_address(name);
    return ip_addr_isany_val(address);
}
