/*
 * Datagrams (UDP), and raw packets: each is one send or one delivery, and nothing waits for a peer.
 */
#include "servers/net/endpoint.h"

#include "servers/net/interface.h"
#include "servers/net/packet.h"
#include <lwip/ip4.h>
#include <lwip/raw.h>
#include <lwip/udp.h>

/* --- what comes ----------------------------------------------------------------------------------------------------- */

static void deliver(struct endpoint *endpoint, struct pbuf *packet, const struct socket_name *from)
{
    if (!endpoint->is_receive_shut && endpoint_has_room(endpoint, pbuf_clen(packet))) {
        endpoint_deliver(endpoint, packet, from);
        return;
    }
    interface_count_dropped();
    pbuf_free(packet);
}

static void on_datagram(void *argument, struct udp_pcb *udp, struct pbuf *packet, const ip_addr_t *address, u16_t port)
{
    struct socket_name from;
    (void)udp;
    endpoint_set_name(&from, address, port);
    deliver(argument, packet, &from);
}

/* The packet stays lwIP's, which changes it: the client gets a copy. */
static u8_t on_packet(void *argument, struct raw_pcb *raw, struct pbuf *packet, const ip_addr_t *address)
{
    struct socket_name from;
    (void)raw;
    struct pbuf *copy = packet_copy(packet);
    endpoint_set_name(&from, address, 0);
    if (copy)
        deliver(argument, copy, &from);
    else
        interface_count_dropped();
    return 0;
}

/* --- what is sent --------------------------------------------------------------------------------------------------- */

/* The address that packets to `to` come from, where none is bound. */
static void note_own_address(struct endpoint *endpoint, const ip_addr_t *to, uint16_t port)
{
    struct netif *interface = ip4_route(ip_2_ip4(to));
    if (interface && endpoint_is_any(&endpoint->own))
        endpoint_set_name(&endpoint->own, netif_ip_addr4(interface), port);
}

/* Where it goes: the request's name or the connected peer; false: neither is there. */
static bool target_find(const struct endpoint *endpoint, const struct socket_request *request,
                        struct socket_name *target)
{
    *target = endpoint_is_any(&request->name) ? endpoint->peer : request->name;
    return !endpoint_is_any(target);
}

static enum socket_result send_result(err_t error)
{
    return error == ERR_VAL ? SOCKET_NO_ACCESS : endpoint_result(error);
}

static unsigned packet_send(struct endpoint *endpoint, const struct socket_request *request, const uint8_t *start)
{
    struct socket_name target;
    if (endpoint->is_send_shut || !target_find(endpoint, request, &target))
        return SOCKET_NOT_CONNECTED;
    if (request->bytes > SOCKET_MOST_DATAGRAM_BYTES)
        return SOCKET_TOO_LONG;
    struct pbuf *packet = pbuf_alloc_reference((void *)(uintptr_t)start, (u16_t)request->bytes, PBUF_REF);
    if (!packet)
        return SOCKET_NO_MEMORY;
    ip_addr_t address = endpoint_address(&target);
    err_t error = endpoint->kind == &endpoint_raw ? raw_sendto(endpoint->raw, packet, &address)
                                                  : udp_sendto(endpoint->udp, packet, &address, target.port);
    pbuf_free(packet);
    if (error != ERR_OK)
        return send_result(error);
    endpoint_answer_send(endpoint, request->id, SOCKET_OK);
    return ENDPOINT_ANSWER_LATER;
}

/* --- UDP ------------------------------------------------------------------------------------------------------------ */

static void option_set(struct endpoint *endpoint, uint8_t flag, bool is_set)
{
    /* Both kinds of control block begin alike. */
    if (is_set)
        ip_set_option(endpoint->udp, flag);
    else
        ip_reset_option(endpoint->udp, flag);
}

static void datagram_apply(struct endpoint *endpoint)
{
    endpoint->udp->tos = (u8_t)endpoint->options[SOCKET_TYPE_OF_SERVICE];
    endpoint->udp->ttl = (u8_t)endpoint->options[SOCKET_TIME_TO_LIVE];
    option_set(endpoint, SOF_REUSEADDR, endpoint->options[SOCKET_REUSE_ADDRESS]);
    option_set(endpoint, SOF_BROADCAST, endpoint->options[SOCKET_BROADCAST]);
}

static unsigned datagram_open(struct endpoint *endpoint, uint8_t protocol)
{
    (void)protocol;
    endpoint->udp = udp_new();
    if (!endpoint->udp)
        return SOCKET_NO_MEMORY;
    udp_recv(endpoint->udp, on_datagram, endpoint);
    datagram_apply(endpoint);
    return SOCKET_OK;
}

static bool may_bind(const struct socket_name *name, const ip_addr_t *address)
{
    return endpoint_is_any(name) || interface_owns(ip_2_ip4(address)) || ip_addr_cmp(address, IP_ADDR_BROADCAST);
}

static unsigned datagram_bind(struct endpoint *endpoint, struct socket_name name)
{
    ip_addr_t address = endpoint_address(&name);
    if (!may_bind(&name, &address))
        return SOCKET_NOT_OWN;
    err_t error = udp_bind(endpoint->udp, &address, name.port);
    if (error == ERR_OK)
        endpoint_set_name(&endpoint->own, &address, endpoint->udp->local_port);
    return endpoint_result(error);
}

static unsigned datagram_connect(struct endpoint *endpoint, struct socket_name name)
{
    ip_addr_t address = endpoint_address(&name);
    endpoint->peer = name;
    if (endpoint_is_any(&name)) {
        udp_disconnect(endpoint->udp);
        return SOCKET_OK;
    }
    err_t error = udp_connect(endpoint->udp, &address, name.port);
    if (error == ERR_OK)
        note_own_address(endpoint, &address, endpoint->udp->local_port);
    return endpoint_result(error);
}

static unsigned datagram_send(struct endpoint *endpoint, const struct socket_request *request, const uint8_t *start)
{
    unsigned result = packet_send(endpoint, request, start);
    endpoint->own.port = endpoint->udp->local_port;
    return result;
}

static void datagram_close(struct endpoint *endpoint, bool is_abort)
{
    (void)is_abort;
    udp_remove(endpoint->udp);
    endpoint_drop_segments(endpoint);
    endpoint_finish(endpoint);
}

const struct endpoint_kind endpoint_datagram = {
    .open = datagram_open,
    .bind = datagram_bind,
    .connect = datagram_connect,
    .send = datagram_send,
    .apply = datagram_apply,
    .close = datagram_close,
};

/* --- raw ------------------------------------------------------------------------------------------------------------ */

static void raw_apply(struct endpoint *endpoint)
{
    endpoint->raw->tos = (u8_t)endpoint->options[SOCKET_TYPE_OF_SERVICE];
    endpoint->raw->ttl = (u8_t)endpoint->options[SOCKET_TIME_TO_LIVE];
    option_set(endpoint, SOF_BROADCAST, endpoint->options[SOCKET_BROADCAST]);
}

static unsigned raw_open(struct endpoint *endpoint, uint8_t protocol)
{
    endpoint->raw = raw_new(protocol);
    if (!endpoint->raw)
        return SOCKET_NO_MEMORY;
    raw_recv(endpoint->raw, on_packet, endpoint);
    raw_apply(endpoint);
    return SOCKET_OK;
}

static unsigned raw_socket_bind(struct endpoint *endpoint, struct socket_name name)
{
    ip_addr_t address = endpoint_address(&name);
    if (!may_bind(&name, &address))
        return SOCKET_NOT_OWN;
    endpoint->own = name;
    return endpoint_result(raw_bind(endpoint->raw, &address));
}

static unsigned raw_socket_connect(struct endpoint *endpoint, struct socket_name name)
{
    ip_addr_t address = endpoint_address(&name);
    endpoint->peer = name;
    if (endpoint_is_any(&name)) {
        raw_disconnect(endpoint->raw);
        return SOCKET_OK;
    }
    note_own_address(endpoint, &address, 0);
    return endpoint_result(raw_connect(endpoint->raw, &address));
}

static void raw_close(struct endpoint *endpoint, bool is_abort)
{
    (void)is_abort;
    raw_remove(endpoint->raw);
    endpoint_drop_segments(endpoint);
    endpoint_finish(endpoint);
}

const struct endpoint_kind endpoint_raw = {
    .open = raw_open,
    .bind = raw_socket_bind,
    .connect = raw_socket_connect,
    .send = packet_send,
    .apply = raw_apply,
    .close = raw_close,
};
