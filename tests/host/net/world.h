/*
 * Two machines, each with a network server, a client and a card, and the Ethernet between them, which loses, repeats and delays
 * frames, and has a DHCP server. Time is counted: nothing waits for real.
 */
#pragma once

#include "instance.h"
#include "protocols/net.h"
#include "protocols/socket.h"

enum { MACHINES = 2, PACKETS_BYTES = 0x200000, SEND_BYTES = 0x100000, ANSWERS = 4096, QUEUE = 4096, MOST_GIVEN = 256 };
#define MS 1000000ull

/* What has come on a socket. */
struct inbox {
    struct socket_report segments[QUEUE];
    unsigned first, count;
    bool has_ended;
    unsigned failure;
};

struct machine {
    unsigned number;
    void *library;
    const struct instance *server;
    bool is_notified;

    uint8_t *packets, *send;
    uint8_t *server_rings, *client_rings, *server_card_rings, *card_rings;

    /* The card and its driver. */
    struct ring_pair card;
    bool has_card, is_driver_dead;
    struct net_request given[MOST_GIVEN], sending[MOST_GIVEN];
    uint64_t sent_at[MOST_GIVEN];
    unsigned given_count, sending_count;

    /* The client. */
    struct ring_pair client;
    bool is_open; /* the server has accepted it */
    bool is_asleep;
    unsigned resets;
    uint64_t next_id;
    bool is_answered[ANSWERS];
    struct socket_report answers[ANSWERS];
    unsigned answer_count;
    struct inbox sockets[SOCKET_MOST];
    unsigned bad_reports, status_reports;
};

struct world {
    uint64_t now_ns;
    struct machine machines[MACHINES];
    unsigned lost_of_1000, repeated_of_1000;
    uint64_t most_delay_ns, send_delay_ns; /* on the cable; until the card reads a frame */
    uint64_t dropped, delivered;
    bool has_no_dhcp;
    bool (*cable_takes)(unsigned from, const uint8_t *frame, uint32_t bytes); /* whether it passes on; null: all does */
};
extern struct world world;

/* Both are up, and have addresses, if `has_cards`. */
void world_start(bool has_cards);
/* Does what there is to do, or lets time go on. */
void world_step(void);
void world_pass(uint64_t ns);
uint32_t world_random(uint32_t below);

/* Steps until it holds, for at most so many simulated seconds. */
#define world_wait_for(condition, seconds)                                                                             \
    do {                                                                                                               \
        uint64_t until_ns = world.now_ns + (seconds)*1000 * MS;                                                        \
        while (!(condition)) {                                                                                         \
            if (world.now_ns > until_ns)                                                                               \
                test_fail(__FILE__, __LINE__, "in %u s: %s", (unsigned)(seconds), #condition);                         \
            world_step();                                                                                              \
        }                                                                                                              \
    } while (0)

/* The driver forgets everything; so does the server; so does the client. */
void driver_restart(struct machine *machine);
void server_restart(struct machine *machine);
void client_restart(struct machine *machine);

/* A frame appears at the machine's card. */
void card_receive(struct machine *machine, const uint8_t *frame, uint32_t bytes);

struct socket_name name_of(const struct machine *machine, uint16_t port);
struct socket_name name_loopback(uint16_t port);
struct socket_interfaces interfaces_of(const struct machine *machine);

/* Puts a request, which gets an id; and waits for its answer, up to a simulated hour. */
uint64_t client_put(struct machine *machine, struct socket_request request);
const struct socket_report *client_wait(struct machine *machine, uint64_t id);
bool client_has(const struct machine *machine, uint64_t id);
/* The result of a request. */
unsigned client_call(struct machine *machine, struct socket_request request);

/* The most usual ones; each expects SOCKET_OK. */
void open_socket(struct machine *machine, uint16_t socket, enum socket_kind kind, uint8_t protocol);
void listen_on(struct machine *machine, uint16_t socket, uint16_t port);
/* `to` accepts on `listener` as `accepted` what `from` connects as `socket`. */
void connect_machines(struct machine *from, uint16_t socket, struct machine *to, uint16_t listener, uint16_t accepted,
                      uint16_t port);
unsigned close_socket(struct machine *machine, uint16_t socket);
void give_back(struct machine *machine, uint16_t socket, uint64_t count);
uint64_t send_bytes(struct machine *machine, uint16_t socket, uint32_t offset, uint32_t bytes);

/* Bytes of a stream. */
static inline uint8_t pattern(uint64_t place)
{
    return (uint8_t)(place * 31 + (place >> 8) * 7 + (place >> 16));
}

/*
 * Sends `bytes` of the pattern on one socket, and takes them from another as they come, comparing; then the end. False if either
 * connection failed.
 */
bool transfer(struct machine *from, uint16_t socket, struct machine *to, uint16_t other, uint64_t bytes,
              void (*disturb)(uint64_t received));

/* Nothing is left over: closes what is open and counts. */
void expect_nothing_left(struct machine *machine);
