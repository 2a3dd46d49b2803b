/*
 * How a client uses the network: a pair of rings (user/ring), requests to the network server, reports from it, and two regions for
 * data, so that a packet is copied at most once on its way between a program and the card.
 *
 *      client's send region: the client writes, the server reads      what is to be sent, in place until its SOCKET_SEND is answered
 *      packet region: the server and the card write, the client reads what came, in place until the client gives it back
 *      server's rings, then struct socket_status                      addresses and counters, for the client to read
 *
 * A socket is a number below SOCKET_MOST that the client chooses: SOCKET_OPEN and SOCKET_ACCEPT take one that is free, the answer to
 * SOCKET_CLOSE or SOCKET_ABORT frees it, and so does an open or an accept that fails. Nothing waits in a ring: every request but
 * SOCKET_CONSUME is answered once, soon or when what it waits for has come, and requests of one socket are begun in order.
 * Reports that are not answers come unasked. Reports of one socket are in order: after SOCKET_ENDED and SOCKET_FAILED no data comes,
 * and after the answer to SOCKET_CLOSE nothing at all until the number is used again.
 *
 * What comes from one side is hostile to the other: the client too checks offsets and lengths, for memory's sake.
 *
 * Restart of the server (the client finds RING_PEER_STARTED): all sockets are gone, as if reset, unanswered requests are forgotten, and
 * nothing touches the send region once the pair is RING_OPEN again. Segments are there to be read until the client accepts; the server
 * waits for that before it uses the packet region again. Restart of the client: the server aborts all its sockets, and
 * accepts the new client when neither it nor the card reads the send region any more; until then, the client leaves that alone. A
 * restart of the card's driver is not seen here: connections go on.
 */
#pragma once

#include "ring/ring.h"

enum { SOCKET_MOST = 256 };

enum socket_kind {
    SOCKET_STREAM,   /* TCP */
    SOCKET_DATAGRAM, /* UDP */
    SOCKET_RAW       /* IPv4 with one protocol number: sent without header, received with it */
};

/* A place on the network; all zeros: any, or none. */
struct socket_name {
    uint8_t address[4]; /* IPv4, as it is written: 10.0.2.15 is {10, 0, 2, 15} */
    uint16_t port;      /* the number, in the machine's order */
    uint16_t reserved;
};

enum socket_operation {
    /* `option`: enum socket_kind; `value`: the IP protocol of a raw socket. */
    SOCKET_OPEN,
    /* `name`: own address (any: all of them) and port (0: a free one). The answer's `own`: what it is. */
    SOCKET_BIND,
    /*
     * Stream: answered when the connection is there (`own`, `peer`), or cannot be; then the socket can only be closed. Datagram and
     * raw: `name` is where SEND without a name goes, and what else comes is dropped; no port and address: no longer so.
     */
    SOCKET_CONNECT,
    /* Stream, bound: connections are taken from now on. `value`: how many may wait for a SOCKET_ACCEPT. */
    SOCKET_LISTEN,
    /* `socket` listens, `other` is a free number: answered when that is a connection (`own`, `peer`). */
    SOCKET_ACCEPT,
    /*
     * `offset`, `bytes` in the send region, which stays as it is until the answer. Stream: any length, answered when the peer has
     * acknowledged all of it. Others: one datagram, to `name` or the connected peer, answered when the card has sent it. Up to
     * SOCKET_MOST_SENDS of one socket are under way, and SOCKET_MOST_SENDS_OF_ALL of all; more are SOCKET_NO_MEMORY.
     */
    SOCKET_SEND,
    /*
     * Gives back the first `value` of the segments that came on `socket`, oldest first; this is what lets the peer send more. A datagram is
     * given back whole. There is no answer, and too many are as many as there are.
     */
    SOCKET_CONSUME,
    /* `option`: SOCKET_SHUT_RECEIVE (what comes is dropped), SOCKET_SHUT_SEND (the peer sees the end behind all that was sent), or both. */
    SOCKET_SHUTDOWN,
    /*
     * All segments are given back, what was asked to be sent is sent, and the answer comes when it has been acknowledged, or failed
     * (the unanswered requests are answered first). If data was not given back before, the peer sees a reset.
     */
    SOCKET_CLOSE,
    /* At once: the peer sees a reset, unanswered requests are answered SOCKET_RESET. Also after SOCKET_CLOSE, before its answer. */
    SOCKET_ABORT,
    /* `option`: enum socket_option; `value`: the new one. */
    SOCKET_SET,
    /* `option`; the answer's `value`. */
    SOCKET_GET
};

enum { SOCKET_SHUT_RECEIVE = 1, SOCKET_SHUT_SEND = 2 };

/* What others do is the client's business: how long to linger is how long it waits for the answer to SOCKET_CLOSE. */
enum socket_option {
    SOCKET_REUSE_ADDRESS,      /* 0, 1; before SOCKET_BIND */
    SOCKET_BROADCAST,          /* 0, 1; datagram, raw */
    SOCKET_NO_DELAY,           /* 0, 1; stream, as the rest but the last two */
    SOCKET_KEEP_ALIVE,         /* 0, 1 */
    SOCKET_KEEP_IDLE_SECONDS,  /* 1 to 32767, */
    SOCKET_KEEP_EVERY_SECONDS, /* too, */
    SOCKET_KEEP_COUNT,         /* 1 to 127 */
    SOCKET_TYPE_OF_SERVICE,    /* 0 to 255 */
    SOCKET_TIME_TO_LIVE        /* 1 to 255 */
};

struct socket_request {
    uint64_t id;        /* the client's, comes back with the answer */
    uint16_t operation; /* enum socket_operation */
    uint16_t socket;
    uint16_t option;
    uint16_t other;
    uint64_t value;
    struct socket_name name;
    uint64_t offset;
    uint32_t bytes;
    uint32_t reserved;
};

enum socket_result {
    SOCKET_OK,
    SOCKET_BAD,           /* no such operation, socket, option or range, a number that is taken, or not now */
    SOCKET_NO_MEMORY,     /* the server has no room for one more; try again later */
    SOCKET_IN_USE,        /* the port, or the same connection */
    SOCKET_NOT_OWN,       /* the address is not this machine's */
    SOCKET_NOT_CONNECTED, /* neither connected nor told where to send, or the sending side is shut */
    SOCKET_IS_CONNECTED,
    SOCKET_TOO_LONG,    /* for a datagram */
    SOCKET_NO_ACCESS,   /* a broadcast, and SOCKET_BROADCAST is not set */
    SOCKET_UNREACHABLE, /* there is no way to that address */
    SOCKET_REFUSED,     /* nobody listens there */
    SOCKET_RESET,       /* by the peer, or by SOCKET_ABORT */
    SOCKET_TIMED_OUT    /* the peer does not answer */
};

enum socket_report_kind {
    SOCKET_ANSWER,
    /*
     * A segment: `offset`, `bytes` in the packet region, the client's to read until it is given back. A datagram (or what a raw socket
     * gets) is one or more of them in a row, all but the last with `more`, and `peer` says from where.
     */
    SOCKET_DATA,
    SOCKET_ENDED, /* stream: the peer sends no more */
    /* Stream: the connection is over, `result` says why. Requests that waited were answered with it before. To be closed as ever. */
    SOCKET_FAILED,
    SOCKET_STATUS /* struct socket_status has changed in more than counters; of no socket */
};

struct socket_report {
    uint64_t id;     /* of the request, for SOCKET_ANSWER */
    uint16_t kind;   /* enum socket_report_kind */
    uint16_t socket; /* as in the request */
    uint16_t result; /* enum socket_result */
    uint16_t more;
    uint64_t value;
    struct socket_name own, peer;
    uint32_t offset, bytes;
};

enum {
    SOCKET_MOST_SENDS = 16,
    SOCKET_MOST_SENDS_OF_ALL = 1024,
    SOCKET_MOST_WAITING = 32, /* connections that wait at one socket, whatever SOCKET_LISTEN says */
    SOCKET_MOST_SEGMENTS = 64 /* of one socket at the client; datagrams beyond them are dropped */
};

/* The longest datagram: what one IPv4 packet holds. */
enum { SOCKET_MOST_DATAGRAM_BYTES = 65507 };

#define SOCKET_REQUESTS ((struct ring_shape){1024, sizeof(struct socket_request)})
#define SOCKET_REPORTS  ((struct ring_shape){4096, sizeof(struct socket_report)})

/* The client's region, the server's region and where its status lies in that. How large the other two are says the description. */
enum { SOCKET_CLIENT_BYTES = 0xe000, SOCKET_SERVER_BYTES = 0x32000, SOCKET_STATUS_OFFSET = 0x31000 };

/* --- the machine's interfaces --------------------------------------------------------------------------------------- */

enum { SOCKET_LOOPBACK, SOCKET_ETHERNET, SOCKET_INTERFACES };

struct socket_interface {
    uint8_t is_up;       /* it has an address */
    uint8_t has_card;    /* the loopback has one always */
    uint8_t hardware[6]; /* the card's address */
    uint8_t address[4], netmask[4], broadcast[4], gateway[4];
    uint64_t packet_bytes; /* the longest packet */
    uint64_t received_packets, received_bytes, received_dropped;
    uint64_t sent_packets, sent_bytes, sent_dropped;
};

struct socket_interfaces {
    struct socket_interface interface[SOCKET_INTERFACES];
    uint8_t name_server[4]; /* zeros: none is known */
    uint8_t reserved[4];
};

enum { SOCKET_STATUS_WORDS = sizeof(struct socket_interfaces) / sizeof(uint64_t) };

/* The server changes the version before and after it writes: it is odd meanwhile. */
struct socket_status {
    _Atomic uint64_t version;
    _Atomic uint64_t words[SOCKET_STATUS_WORDS];
};

/* Copies the status as it was at one moment. False if the server is writing it, or stopped while it did: try again later. */
static inline bool socket_status_read(const struct socket_status *status, struct socket_interfaces *copy)
{
    uint64_t version = atomic_load_explicit(&status->version, memory_order_acquire);
    for (unsigned i = 0; i < SOCKET_STATUS_WORDS; i++) {
        uint64_t word = atomic_load_explicit(&status->words[i], memory_order_relaxed);
        __builtin_memcpy((char *)copy + i * sizeof word, &word, sizeof word);
    }
    atomic_thread_fence(memory_order_acquire);
    return !(version & 1) && version && atomic_load_explicit(&status->version, memory_order_relaxed) == version;
}
