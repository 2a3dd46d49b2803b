/*
 * One network server as a shared library: a test loads a copy for each machine, since lwIP and the server keep their state in
 * variables. `host` is what the server's environment is for the test.
 */
#pragma once

#include "servers/net/environment.h"
#include "servers/net/network.h"

struct instance_host {
    void *machine;
    void (*notify)(void *machine, enum environment_peer peer);
    uint64_t (*now_ns)(void *machine);
    bool (*card_address)(void *machine, uint8_t address[6]);
    uint32_t (*random)(void *machine);
};

/* What the library offers, found by name. */
struct instance {
    void (*start)(const struct instance_host *host, const struct network_places *places);
    bool (*serve)(bool *has_worked);
    uint64_t (*next_ns)(void);
    unsigned (*free_packets)(void);
};
extern const struct instance instance;
