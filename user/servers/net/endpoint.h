/*
 * What the server keeps of a socket: its lwIP control block, the segments that the client reads, and what the client has asked to
 * be sent. Streams (stream.c), and datagrams with raw packets (datagram.c), are kinds of endpoints: each a table of operations.
 */
#pragma once

#include "protocols/socket.h"
#include <stdbool.h>

struct pbuf;
struct ip4_addr;
struct tcp_pcb;
struct udp_pcb;
struct raw_pcb;
struct endpoint_kind;

enum { ENDPOINT_OPTIONS = SOCKET_TIME_TO_LIVE + 1 };

enum endpoint_state {
    ENDPOINT_FREE,
    ENDPOINT_OPEN,
    ENDPOINT_CONNECTING, /* streams only, as the next five */
    ENDPOINT_CONNECTED,
    ENDPOINT_LISTENING,
    ENDPOINT_ACCEPTING, /* waits for a connection of `listener` */
    ENDPOINT_OVER,      /* there is no connection any more, or never was */
    ENDPOINT_CLOSING,   /* by the client; what was to be sent is under way */
    ENDPOINT_FINISHED   /* its last answer waits for the card */
};

/* What the client has asked a stream to send. */
struct endpoint_send {
    uint64_t id;
    const uint8_t *start;
    uint32_t bytes, written, acknowledged; /* written: lwIP has it */
};

struct endpoint {
    enum endpoint_state state;
    const struct endpoint_kind *kind;
    union {
        struct tcp_pcb *tcp; /* null if lwIP has let it go */
        struct udp_pcb *udp;
        struct raw_pcb *raw;
    };
    struct socket_name own, peer;
    uint16_t options[ENDPOINT_OPTIONS];
    uint64_t waiting_id; /* of the request that waits: connect or accept */
    uint64_t order;      /* of that accept among others */
    struct endpoint *listener;
    uint64_t close_id, abort_id;
    bool is_aborted_too; /* after it was closed: both are answered */

    bool is_receive_shut, is_send_shut;
    bool has_ended;    /* the peer sends no more */
    bool is_finishing; /* lwIP knows that no more will be sent */

    struct pbuf *segments[SOCKET_MOST_SEGMENTS]; /* at the client */
    bool is_continued[SOCKET_MOST_SEGMENTS];     /* the next segment belongs to the same datagram */
    unsigned first_segment, segment_count;

    struct endpoint_send sends[SOCKET_MOST_SENDS];
    unsigned first_send, send_count;
};

/* What a request is answered: a result of the protocol, or nothing yet. */
enum { ENDPOINT_ANSWER_LATER = 0xffff };

/* Each is called in states that make sense for it (client.c looks), with a request of which nothing but these is checked. */
struct endpoint_kind {
    unsigned (*open)(struct endpoint *endpoint, uint8_t protocol);
    unsigned (*bind)(struct endpoint *endpoint, struct socket_name name);
    unsigned (*connect)(struct endpoint *endpoint, struct socket_name name);
    /* The bytes are in the client's send region. */
    unsigned (*send)(struct endpoint *endpoint, const struct socket_request *request, const uint8_t *start);
    /* Segments have been given back: so many bytes. */
    void (*consumed)(struct endpoint *endpoint, uint32_t bytes);
    /* Makes lwIP see `options`. */
    void (*apply)(struct endpoint *endpoint);
    /* Goes on with what the client wants until endpoint_finish; a reset, if `is_abort`. */
    void (*close)(struct endpoint *endpoint, bool is_abort);
};

extern const struct endpoint_kind endpoint_stream, endpoint_datagram, endpoint_raw;

struct endpoint *endpoint_at(unsigned number); /* below SOCKET_MOST */
unsigned endpoint_number(const struct endpoint *endpoint);

/* A fresh one in that state. */
void endpoint_reset(struct endpoint *endpoint, enum endpoint_state state);

/* Lets go of everything, without any report: the client is gone. */
void endpoint_forget_all(void);

/* --- segments -------------------------------------------------------------------------------------------------------- */

/*
 * Whether so many segments can be delivered. With none at the client always; more only while memory is plenty, so that no socket
 * takes it from all others.
 */
bool endpoint_has_room(const struct endpoint *endpoint, unsigned segments);
/* Reports a packet, which has room, to the client, and keeps it until that gives it back. `from`: of a datagram, otherwise null. */
void endpoint_deliver(struct endpoint *endpoint, struct pbuf *packet, const struct socket_name *from);
/* Gives back the first segments. */
void endpoint_consume(struct endpoint *endpoint, uint64_t count);
void endpoint_drop_segments(struct endpoint *endpoint);

/* --- answers --------------------------------------------------------------------------------------------------------- */

/* The answer to the connect or accept that waits. */
void endpoint_answer_waiting(struct endpoint *endpoint, enum socket_result result);
/* Unasked: SOCKET_ENDED. */
void endpoint_report_end(struct endpoint *endpoint);
/* As soon as the card is through with what was sent: the answer to a send; SOCKET_FAILED; the answer to the close. */
void endpoint_answer_send(struct endpoint *endpoint, uint64_t id, enum socket_result result);
void endpoint_report_failure(struct endpoint *endpoint, enum socket_result result);
void endpoint_finish(struct endpoint *endpoint);

/* Of lwIP's errors (err_t). */
enum socket_result endpoint_result(int8_t error);

/* Names as lwIP has them. */
void endpoint_set_name(struct socket_name *name, const struct ip4_addr *address, uint16_t port);
struct ip4_addr endpoint_address(const struct socket_name *name);
bool endpoint_is_any(const struct socket_name *name);

/* --- streams: what requests.c needs beyond the table ------------------------------------------------------------------ */

unsigned stream_listen(struct endpoint *endpoint, uint64_t most_waiting);
/* `endpoint` waits for a connection of `listener` from now on. */
void stream_accept(struct endpoint *endpoint, struct endpoint *listener);
unsigned stream_shutdown(struct endpoint *endpoint, unsigned ways);
/* What streams have to do for themselves since they were last asked. */
void stream_work(void);
