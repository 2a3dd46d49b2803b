/*
 * Streams: TCP. lwIP calls on_... while it works on its control blocks, where nothing may be closed: those only note what there is to
 * do, and stream_work does it.
 */
#include "servers/net/endpoint.h"

#include "servers/net/interface.h"
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

enum { MOST_WAITING_OF_ALL = 64, POLL_HALF_SECONDS = 2 };

/* A connection that no accept has asked for yet. What it receives stays with lwIP. */
struct waiting {
    struct tcp_pcb *tcp; /* null: this place is free */
    struct endpoint *listener;
    uint64_t order;
    bool has_ended;
};

static struct waiting waiting[MOST_WAITING_OF_ALL];
static uint64_t waiting_order;
static uint64_t with_work[SOCKET_MOST / 64];

static void need_work(const struct endpoint *endpoint)
{
    unsigned number = endpoint_number(endpoint);
    with_work[number / 64] |= 1ull << number % 64;
}

/* lwIP goes on with it alone, and may take its memory when there is none left. */
static void let_go(struct tcp_pcb *tcp)
{
    tcp_arg(tcp, NULL);
    tcp_recv(tcp, NULL);
    tcp_sent(tcp, NULL);
    tcp_err(tcp, NULL);
    tcp_poll(tcp, NULL, 0);
    tcp_setprio(tcp, TCP_PRIO_MIN);
}

static void answer_sends(struct endpoint *endpoint, enum socket_result result)
{
    for (; endpoint->send_count; endpoint->send_count--) {
        endpoint_answer_send(endpoint, endpoint->sends[endpoint->first_send].id, result);
        endpoint->first_send = (endpoint->first_send + 1) % SOCKET_MOST_SENDS;
    }
}

/* There is no connection any more. */
static void fail(struct endpoint *endpoint, enum socket_result result)
{
    enum endpoint_state state = endpoint->state;
    endpoint->tcp = NULL;
    endpoint->state = ENDPOINT_OVER;
    if (state == ENDPOINT_CONNECTING)
        endpoint_answer_waiting(endpoint, result);
    answer_sends(endpoint, result);
    if (state == ENDPOINT_CLOSING)
        endpoint_finish(endpoint);
    else if (state == ENDPOINT_CONNECTED)
        endpoint_report_failure(endpoint, result);
}

/* --- called by lwIP ------------------------------------------------------------------------------------------------- */

static err_t on_received(void *argument, struct tcp_pcb *tcp, struct pbuf *data, err_t error)
{
    struct endpoint *endpoint = argument;
    (void)error;
    if (!data) {
        endpoint->has_ended = true;
        if (endpoint->state == ENDPOINT_CONNECTED)
            endpoint_report_end(endpoint);
        need_work(endpoint);
        return ERR_OK;
    }
    if (endpoint->is_receive_shut || endpoint->state == ENDPOINT_CLOSING) {
        tcp_recved(tcp, data->tot_len);
        pbuf_free(data);
        return ERR_OK;
    }
    if (endpoint_has_room(endpoint, pbuf_clen(data))) {
        endpoint_deliver(endpoint, data, NULL);
        return ERR_OK;
    }
    if (!endpoint->is_finishing)
        return ERR_MEM;
    /* When both sides have ended, lwIP forgets what was refused, and the connection, without a word. */
    pbuf_free(data);
    let_go(tcp);
    tcp_abort(tcp);
    fail(endpoint, SOCKET_RESET);
    return ERR_ABRT;
}

static err_t on_acknowledged(void *argument, struct tcp_pcb *tcp, u16_t bytes)
{
    struct endpoint *endpoint = argument;
    uint32_t rest = bytes;
    while (rest && endpoint->send_count) {
        struct endpoint_send *first = &endpoint->sends[endpoint->first_send];
        uint32_t part = first->written - first->acknowledged;
        if (part > rest)
            part = rest;
        first->acknowledged += part;
        rest -= part;
        if (first->acknowledged < first->bytes)
            break;
        endpoint_answer_send(endpoint, first->id, SOCKET_OK);
        endpoint->first_send = (endpoint->first_send + 1) % SOCKET_MOST_SENDS;
        endpoint->send_count--;
    }
    /* If our end is acknowledged too, lwIP frees it right after this, without a word. */
    if (!endpoint->send_count && endpoint->is_finishing && endpoint->state == ENDPOINT_CLOSING) {
        let_go(tcp);
        endpoint->tcp = NULL;
    }
    need_work(endpoint);
    return ERR_OK;
}

/*
 * The peer may believe in a connection between the same ports that an earlier start of this server has left. It should answer our SYN with an
 * acknowledgement, which lwIP answers with a reset (RFC 9293, 3.5.1); but some take it for an old one, and are silent. An acknowledgement
 * makes those answer, too.
 */
static err_t on_poll(void *argument, struct tcp_pcb *tcp)
{
    const struct endpoint *endpoint = argument;
    if (endpoint->state == ENDPOINT_CONNECTING && tcp->nrtx)
        tcp_keepalive(tcp);
    need_work(endpoint);
    return ERR_OK;
}

static void on_error(void *argument, err_t error)
{
    struct endpoint *endpoint = argument;
    bool is_refused = error == ERR_RST && endpoint->state == ENDPOINT_CONNECTING;
    if (error == ERR_CLSD) {
        /* Both sides have ended, and all is acknowledged. */
        endpoint->tcp = NULL;
        need_work(endpoint);
    } else {
        fail(endpoint, is_refused ? SOCKET_REFUSED : error == ERR_RST ? SOCKET_RESET : SOCKET_TIMED_OUT);
    }
}

static void note_names(struct endpoint *endpoint)
{
    endpoint_set_name(&endpoint->own, &endpoint->tcp->local_ip, endpoint->tcp->local_port);
    endpoint_set_name(&endpoint->peer, &endpoint->tcp->remote_ip, endpoint->tcp->remote_port);
}

static err_t on_connected(void *argument, struct tcp_pcb *tcp, err_t error)
{
    struct endpoint *endpoint = argument;
    (void)tcp, (void)error;
    endpoint->state = ENDPOINT_CONNECTED;
    note_names(endpoint);
    endpoint_answer_waiting(endpoint, SOCKET_OK);
    return ERR_OK;
}

static void attach(struct endpoint *endpoint, struct tcp_pcb *tcp)
{
    endpoint->tcp = tcp;
    tcp_arg(tcp, endpoint);
    tcp_recv(tcp, on_received);
    tcp_sent(tcp, on_acknowledged);
    tcp_err(tcp, on_error);
    tcp_poll(tcp, on_poll, POLL_HALF_SECONDS);
}

/* --- options -------------------------------------------------------------------------------------------------------- */

static void option_set(struct tcp_pcb *tcp, u8_t flag, bool is_set)
{
    if (is_set)
        ip_set_option(tcp, flag);
    else
        ip_reset_option(tcp, flag);
}

static void stream_apply(struct endpoint *endpoint)
{
    struct tcp_pcb *tcp = endpoint->tcp;
    const uint16_t *options = endpoint->options;
    if (!tcp)
        return;
    tcp->tos = (u8_t)options[SOCKET_TYPE_OF_SERVICE];
    tcp->ttl = (u8_t)options[SOCKET_TIME_TO_LIVE];
    option_set(tcp, SOF_REUSEADDR, options[SOCKET_REUSE_ADDRESS]);
    option_set(tcp, SOF_KEEPALIVE, options[SOCKET_KEEP_ALIVE]);
    /* A control block that listens has no more than these; its connections take the rest from the socket. */
    if (endpoint->state == ENDPOINT_LISTENING)
        return;
    tcp->keep_idle = options[SOCKET_KEEP_IDLE_SECONDS] * 1000u;
    tcp->keep_intvl = options[SOCKET_KEEP_EVERY_SECONDS] * 1000u;
    tcp->keep_cnt = options[SOCKET_KEEP_COUNT];
    if (options[SOCKET_NO_DELAY])
        tcp_nagle_disable(tcp);
    else
        tcp_nagle_enable(tcp);
}

/* --- from nothing to a connection ----------------------------------------------------------------------------------- */

static unsigned stream_open(struct endpoint *endpoint, uint8_t protocol)
{
    (void)protocol;
    struct tcp_pcb *tcp = tcp_new();
    if (!tcp)
        return SOCKET_NO_MEMORY;
    attach(endpoint, tcp);
    stream_apply(endpoint);
    return SOCKET_OK;
}

static unsigned stream_bind(struct endpoint *endpoint, struct socket_name name)
{
    ip_addr_t address = endpoint_address(&name);
    if (!endpoint_is_any(&name) && !interface_owns(ip_2_ip4(&address)))
        return SOCKET_NOT_OWN;
    err_t error = tcp_bind(endpoint->tcp, &address, name.port);
    if (error == ERR_OK)
        endpoint_set_name(&endpoint->own, &address, endpoint->tcp->local_port);
    return endpoint_result(error);
}

static unsigned stream_connect(struct endpoint *endpoint, struct socket_name name)
{
    ip_addr_t address = endpoint_address(&name);
    if (!name.port || endpoint_is_any(&name))
        return SOCKET_REFUSED;
    err_t error = tcp_connect(endpoint->tcp, &address, name.port, on_connected);
    if (error != ERR_OK)
        return endpoint_result(error);
    endpoint->state = ENDPOINT_CONNECTING;
    return ENDPOINT_ANSWER_LATER;
}

/* A connection for a socket that waits for one. */
static void accept_connection(struct endpoint *endpoint, struct tcp_pcb *tcp)
{
    __builtin_memcpy(endpoint->options, endpoint->listener->options, sizeof endpoint->options);
    endpoint->state = ENDPOINT_CONNECTED;
    attach(endpoint, tcp);
    stream_apply(endpoint);
    note_names(endpoint);
    endpoint_answer_waiting(endpoint, SOCKET_OK);
}

static err_t on_waiting_received(void *argument, struct tcp_pcb *tcp, struct pbuf *data, err_t error)
{
    struct waiting *place = argument;
    (void)tcp, (void)error;
    place->has_ended |= !data;
    return data ? ERR_MEM : ERR_OK;
}

static void on_waiting_error(void *argument, err_t error)
{
    struct waiting *place = argument;
    (void)error;
    place->tcp = NULL;
}

/* The accept that waits for this listener's next connection; null if there is none. */
static struct endpoint *accept_find(const struct endpoint *listener)
{
    struct endpoint *first = NULL;
    for (unsigned i = 0; i < SOCKET_MOST; i++) {
        struct endpoint *endpoint = endpoint_at(i);
        if (endpoint->state == ENDPOINT_ACCEPTING && endpoint->listener == listener &&
            (!first || endpoint->order < first->order))
            first = endpoint;
    }
    return first;
}

static err_t on_accepted(void *argument, struct tcp_pcb *tcp, err_t error)
{
    struct endpoint *listener = argument;
    if (error != ERR_OK || !tcp)
        return ERR_VAL;
    struct endpoint *endpoint = accept_find(listener);
    if (endpoint) {
        accept_connection(endpoint, tcp);
        return ERR_OK;
    }
    for (unsigned i = 0; i < MOST_WAITING_OF_ALL; i++) {
        if (waiting[i].tcp)
            continue;
        waiting[i] = (struct waiting){.tcp = tcp, .listener = listener, .order = waiting_order++};
        tcp_arg(tcp, &waiting[i]);
        tcp_recv(tcp, on_waiting_received);
        tcp_err(tcp, on_waiting_error);
        tcp_backlog_delayed(tcp);
        return ERR_OK;
    }
    return ERR_MEM; /* lwIP resets the connection */
}

unsigned stream_listen(struct endpoint *endpoint, uint64_t most_waiting)
{
    u8_t backlog = most_waiting > SOCKET_MOST_WAITING ? SOCKET_MOST_WAITING : most_waiting ? (u8_t)most_waiting : 1;
    err_t error = ERR_OK;
    struct tcp_pcb *listening = tcp_listen_with_backlog_and_err(endpoint->tcp, backlog, &error);
    if (!listening)
        return endpoint_result(error);
    endpoint->tcp = listening;
    endpoint->state = ENDPOINT_LISTENING;
    tcp_arg(listening, endpoint);
    tcp_accept(listening, on_accepted);
    return SOCKET_OK;
}

static struct waiting *waiting_find(const struct endpoint *listener)
{
    struct waiting *first = NULL;
    for (unsigned i = 0; i < MOST_WAITING_OF_ALL; i++) {
        if (waiting[i].tcp && waiting[i].listener == listener && (!first || waiting[i].order < first->order))
            first = &waiting[i];
    }
    return first;
}

void stream_accept(struct endpoint *endpoint, struct endpoint *listener)
{
    endpoint->listener = listener;
    struct waiting *place = waiting_find(listener);
    if (!place)
        return;
    struct tcp_pcb *tcp = place->tcp;
    place->tcp = NULL;
    tcp_backlog_accepted(tcp);
    accept_connection(endpoint, tcp);
    if (tcp->refused_data)
        tcp_process_refused_data(tcp);
    if (place->has_ended)
        on_received(endpoint, tcp, NULL, ERR_OK);
}

static void stop_listening(struct endpoint *listener)
{
    struct endpoint *endpoint;
    struct waiting *place;
    while ((endpoint = accept_find(listener))) {
        endpoint_answer_waiting(endpoint, SOCKET_RESET);
        endpoint_reset(endpoint, ENDPOINT_FREE);
    }
    while ((place = waiting_find(listener))) {
        struct tcp_pcb *tcp = place->tcp;
        place->tcp = NULL;
        let_go(tcp);
        tcp_abort(tcp);
    }
}

/* --- data ----------------------------------------------------------------------------------------------------------- */

static unsigned stream_send(struct endpoint *endpoint, const struct socket_request *request, const uint8_t *start)
{
    if (endpoint->state != ENDPOINT_CONNECTED || endpoint->is_send_shut || !endpoint->tcp)
        return SOCKET_NOT_CONNECTED;
    if (!request->bytes)
        return SOCKET_OK;
    if (endpoint->send_count == SOCKET_MOST_SENDS)
        return SOCKET_NO_MEMORY;
    endpoint->sends[(endpoint->first_send + endpoint->send_count++) % SOCKET_MOST_SENDS] =
        (struct endpoint_send){.id = request->id, .start = start, .bytes = request->bytes};
    need_work(endpoint);
    return ENDPOINT_ANSWER_LATER;
}

static void stream_consumed(struct endpoint *endpoint, uint32_t bytes)
{
    struct tcp_pcb *tcp = endpoint->tcp;
    if (endpoint->state != ENDPOINT_CONNECTED || !tcp)
        return;
    while (bytes) {
        u16_t part = bytes < UINT16_MAX ? (u16_t)bytes : UINT16_MAX;
        tcp_recved(tcp, part);
        bytes -= part;
    }
    if (tcp->refused_data)
        tcp_process_refused_data(tcp);
}

unsigned stream_shutdown(struct endpoint *endpoint, unsigned ways)
{
    if (endpoint->state != ENDPOINT_CONNECTED)
        return SOCKET_NOT_CONNECTED;
    endpoint->is_send_shut |= (ways & SOCKET_SHUT_SEND) != 0;
    if (ways & SOCKET_SHUT_RECEIVE) {
        endpoint->is_receive_shut = true;
        if (endpoint->tcp && endpoint->tcp->refused_data)
            tcp_process_refused_data(endpoint->tcp);
    }
    need_work(endpoint);
    return SOCKET_OK;
}

/* Hands lwIP what it has room for. True if it has all. */
static bool write_sends(struct endpoint *endpoint)
{
    for (unsigned i = 0; i < endpoint->send_count; i++) {
        struct endpoint_send *send = &endpoint->sends[(endpoint->first_send + i) % SOCKET_MOST_SENDS];
        while (send->written < send->bytes) {
            uint32_t part = send->bytes - send->written, room = tcp_sndbuf(endpoint->tcp);
            if (part > room)
                part = room;
            u8_t more = i + 1 < endpoint->send_count || part < send->bytes - send->written ? TCP_WRITE_FLAG_MORE : 0;
            if (!part || tcp_write(endpoint->tcp, send->start + send->written, (u16_t)part, more) != ERR_OK)
                return false;
            send->written += part;
        }
    }
    return true;
}

/* Whether data has come that the client has not given back. */
static bool has_unread(const struct tcp_pcb *tcp)
{
    return (tcp->state == ESTABLISHED || tcp->state == CLOSE_WAIT) &&
           (tcp->refused_data || tcp->rcv_wnd != TCP_WND_MAX(tcp));
}

static void work_on(struct endpoint *endpoint)
{
    bool is_closing = endpoint->state == ENDPOINT_CLOSING;
    if (!is_closing && endpoint->state != ENDPOINT_CONNECTED)
        return;
    if (endpoint->tcp) {
        if (write_sends(endpoint) && (is_closing || endpoint->is_send_shut)) {
            endpoint->is_finishing = true;
            if (is_closing)
                tcp_close(endpoint->tcp);
            else
                tcp_shutdown(endpoint->tcp, 0, 1);
        }
        tcp_output(endpoint->tcp);
        if (endpoint->send_count || !endpoint->is_finishing || !(is_closing || endpoint->has_ended))
            return;
        /* lwIP may end the connection without a word from here on. */
        let_go(endpoint->tcp);
        endpoint->tcp = NULL;
    }
    if (is_closing)
        endpoint_finish(endpoint);
    else
        endpoint->state = ENDPOINT_OVER;
}

void stream_work(void)
{
    for (unsigned i = 0; i < SOCKET_MOST / 64; i++) {
        uint64_t numbers = with_work[i];
        with_work[i] = 0;
        for (; numbers; numbers &= numbers - 1)
            work_on(endpoint_at(64 * i + (unsigned)__builtin_ctzll(numbers)));
    }
}

/* --- the end -------------------------------------------------------------------------------------------------------- */

static void stream_close(struct endpoint *endpoint, bool is_abort)
{
    struct tcp_pcb *tcp = endpoint->tcp;
    if (endpoint->state == ENDPOINT_CONNECTED && tcp && !is_abort && !has_unread(tcp)) {
        endpoint->state = ENDPOINT_CLOSING;
        endpoint_drop_segments(endpoint);
        need_work(endpoint);
        return;
    }
    if (endpoint->state == ENDPOINT_LISTENING)
        stop_listening(endpoint);
    if (endpoint->state == ENDPOINT_CONNECTING || endpoint->state == ENDPOINT_ACCEPTING)
        endpoint_answer_waiting(endpoint, SOCKET_RESET);
    if (tcp && (endpoint->state == ENDPOINT_OPEN || endpoint->state == ENDPOINT_LISTENING)) {
        tcp_close(tcp);
    } else if (tcp) {
        let_go(tcp);
        tcp_abort(tcp);
    }
    endpoint->tcp = NULL;
    answer_sends(endpoint, SOCKET_RESET);
    endpoint_drop_segments(endpoint);
    endpoint_finish(endpoint);
}

const struct endpoint_kind endpoint_stream = {
    .open = stream_open,
    .bind = stream_bind,
    .connect = stream_connect,
    .send = stream_send,
    .consumed = stream_consumed,
    .apply = stream_apply,
    .close = stream_close,
};
