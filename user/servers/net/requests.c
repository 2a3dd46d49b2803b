#include "servers/net/requests.h"

#include "servers/net/client.h"
#include "servers/net/endpoint.h"
#include "servers/net/interface.h"

static const uint8_t *send_region;
static size_t send_region_bytes;
static unsigned sends; /* not answered */
static uint64_t accepts;

void requests_start(const void *region, size_t bytes)
{
    send_region = region;
    send_region_bytes = bytes;
}

void requests_send_is_answered(void)
{
    sends--;
}

void requests_forget(void)
{
    sends = 0;
}

/* Each returns a result, or ENDPOINT_ANSWER_LATER. `value` is the answer's. */
typedef unsigned handler(struct endpoint *endpoint, const struct socket_request *request, uint64_t *value);

static bool is_stream(const struct endpoint *endpoint)
{
    return endpoint->kind == &endpoint_stream;
}

static unsigned handle_open(struct endpoint *endpoint, const struct socket_request *request, uint64_t *value)
{
    static const struct endpoint_kind *const kinds[] = {
        [SOCKET_STREAM] = &endpoint_stream, [SOCKET_DATAGRAM] = &endpoint_datagram, [SOCKET_RAW] = &endpoint_raw};
    (void)value;
    if (request->option >= sizeof kinds / sizeof *kinds || request->value > UINT8_MAX)
        return SOCKET_BAD;
    endpoint_reset(endpoint, ENDPOINT_OPEN);
    endpoint->kind = kinds[request->option];
    unsigned result = endpoint->kind->open(endpoint, (uint8_t)request->value);
    if (result != SOCKET_OK)
        endpoint_reset(endpoint, ENDPOINT_FREE);
    return result;
}

static unsigned handle_bind(struct endpoint *endpoint, const struct socket_request *request, uint64_t *value)
{
    (void)value;
    if (endpoint->state != ENDPOINT_OPEN || endpoint->own.port)
        return SOCKET_BAD;
    return endpoint->kind->bind(endpoint, request->name);
}

static unsigned handle_connect(struct endpoint *endpoint, const struct socket_request *request, uint64_t *value)
{
    (void)value;
    if (endpoint->state == ENDPOINT_CONNECTING || endpoint->state == ENDPOINT_CONNECTED)
        return SOCKET_IS_CONNECTED;
    if (endpoint->state != ENDPOINT_OPEN)
        return SOCKET_BAD;
    endpoint->waiting_id = request->id;
    return endpoint->kind->connect(endpoint, request->name);
}

static unsigned handle_listen(struct endpoint *endpoint, const struct socket_request *request, uint64_t *value)
{
    (void)value;
    if (!is_stream(endpoint) || endpoint->state != ENDPOINT_OPEN || !endpoint->own.port)
        return SOCKET_BAD;
    return stream_listen(endpoint, request->value);
}

static unsigned handle_accept(struct endpoint *endpoint, const struct socket_request *request, uint64_t *value)
{
    (void)value;
    if (endpoint->state != ENDPOINT_LISTENING || request->other >= SOCKET_MOST ||
        endpoint_at(request->other)->state != ENDPOINT_FREE)
        return SOCKET_BAD;
    struct endpoint *accepted = endpoint_at(request->other);
    endpoint_reset(accepted, ENDPOINT_ACCEPTING);
    accepted->kind = &endpoint_stream;
    accepted->waiting_id = request->id;
    accepted->order = accepts++;
    stream_accept(accepted, endpoint);
    return ENDPOINT_ANSWER_LATER;
}

static unsigned handle_send(struct endpoint *endpoint, const struct socket_request *request, uint64_t *value)
{
    (void)value;
    if (!ring_range_fits(request->offset, request->bytes, send_region_bytes))
        return SOCKET_BAD;
    if (sends == SOCKET_MOST_SENDS_OF_ALL)
        return SOCKET_NO_MEMORY;
    unsigned result = endpoint->kind->send(endpoint, request, send_region + request->offset);
    sends += result == ENDPOINT_ANSWER_LATER;
    return result;
}

static unsigned handle_consume(struct endpoint *endpoint, const struct socket_request *request, uint64_t *value)
{
    (void)value;
    endpoint_consume(endpoint, request->value);
    return ENDPOINT_ANSWER_LATER;
}

static unsigned handle_shutdown(struct endpoint *endpoint, const struct socket_request *request, uint64_t *value)
{
    (void)value;
    if (!request->option || request->option & ~(SOCKET_SHUT_RECEIVE | SOCKET_SHUT_SEND))
        return SOCKET_BAD;
    if (is_stream(endpoint))
        return stream_shutdown(endpoint, request->option);
    endpoint->is_receive_shut |= request->option & SOCKET_SHUT_RECEIVE;
    endpoint->is_send_shut |= (request->option & SOCKET_SHUT_SEND) != 0;
    return SOCKET_OK;
}

static unsigned handle_close(struct endpoint *endpoint, const struct socket_request *request, uint64_t *value)
{
    (void)value;
    if (endpoint->state == ENDPOINT_CLOSING)
        return SOCKET_BAD;
    endpoint->close_id = request->id;
    endpoint->kind->close(endpoint, false);
    return ENDPOINT_ANSWER_LATER;
}

static unsigned handle_abort(struct endpoint *endpoint, const struct socket_request *request, uint64_t *value)
{
    (void)value;
    endpoint->is_aborted_too = endpoint->state == ENDPOINT_CLOSING;
    *(endpoint->is_aborted_too ? &endpoint->abort_id : &endpoint->close_id) = request->id;
    endpoint->kind->close(endpoint, true);
    return ENDPOINT_ANSWER_LATER;
}

static unsigned handle_set(struct endpoint *endpoint, const struct socket_request *request, uint64_t *value)
{
    static const struct {
        uint16_t least, most;
    } limits[ENDPOINT_OPTIONS] = {
        [SOCKET_REUSE_ADDRESS] = {0, 1},
        [SOCKET_BROADCAST] = {0, 1},
        [SOCKET_NO_DELAY] = {0, 1},
        [SOCKET_KEEP_ALIVE] = {0, 1},
        [SOCKET_KEEP_IDLE_SECONDS] = {1, 32767},
        [SOCKET_KEEP_EVERY_SECONDS] = {1, 32767},
        [SOCKET_KEEP_COUNT] = {1, 127},
        [SOCKET_TYPE_OF_SERVICE] = {0, 255},
        [SOCKET_TIME_TO_LIVE] = {1, 255},
    };
    (void)value;
    if (request->option >= ENDPOINT_OPTIONS || request->value < limits[request->option].least ||
        request->value > limits[request->option].most)
        return SOCKET_BAD;
    endpoint->options[request->option] = (uint16_t)request->value;
    endpoint->kind->apply(endpoint);
    return SOCKET_OK;
}

static unsigned handle_get(struct endpoint *endpoint, const struct socket_request *request, uint64_t *value)
{
    if (request->option >= ENDPOINT_OPTIONS)
        return SOCKET_BAD;
    *value = endpoint->options[request->option];
    return SOCKET_OK;
}

static const struct {
    handler *handle;
    unsigned states; /* in which the socket may be: a bit for each */
} operations[] = {
#define LIVE                                                                                                           \
    (1u << ENDPOINT_OPEN | 1u << ENDPOINT_CONNECTING | 1u << ENDPOINT_CONNECTED | 1u << ENDPOINT_LISTENING |           \
     1u << ENDPOINT_OVER)
    [SOCKET_OPEN] = {handle_open, 1u << ENDPOINT_FREE},
    [SOCKET_BIND] = {handle_bind, LIVE},
    [SOCKET_CONNECT] = {handle_connect, LIVE},
    [SOCKET_LISTEN] = {handle_listen, LIVE},
    [SOCKET_ACCEPT] = {handle_accept, LIVE},
    [SOCKET_SEND] = {handle_send, LIVE},
    [SOCKET_CONSUME] = {handle_consume, LIVE},
    [SOCKET_SHUTDOWN] = {handle_shutdown, LIVE},
    [SOCKET_CLOSE] = {handle_close, LIVE | 1u << ENDPOINT_ACCEPTING},
    [SOCKET_ABORT] = {handle_abort, LIVE | 1u << ENDPOINT_ACCEPTING | 1u << ENDPOINT_CLOSING},
    [SOCKET_SET] = {handle_set, LIVE},
    [SOCKET_GET] = {handle_get, LIVE},
#undef LIVE
};

bool requests_serve(const struct socket_request *request)
{
    unsigned result = SOCKET_BAD;
    uint64_t value = 0;
    struct endpoint *endpoint = request->socket < SOCKET_MOST ? endpoint_at(request->socket) : NULL;
    if (endpoint && request->operation < sizeof operations / sizeof *operations &&
        operations[request->operation].states & 1u << endpoint->state)
        result = operations[request->operation].handle(endpoint, request, &value);
    if ((result == SOCKET_UNREACHABLE || result == SOCKET_NOT_OWN) && !interface_is_settled())
        return false;
    if (result == ENDPOINT_ANSWER_LATER || request->operation == SOCKET_CONSUME)
        return true;
    struct socket_report answer = {.id = request->id,
                                   .kind = SOCKET_ANSWER,
                                   .socket = request->socket,
                                   .result = (uint16_t)result,
                                   .value = value};
    if (endpoint) {
        answer.own = endpoint->own;
        answer.peer = endpoint->peer;
    }
    client_report(&answer);
    return true;
}
