#include "instance.h"

#include "servers/net/packet.h"
#include <component_lwip.h>

static struct instance_host host;

void environment_notify(enum environment_peer peer)
{
    host.notify(host.machine, peer);
}

uint64_t environment_now_ns(void)
{
    return host.now_ns(host.machine);
}

bool environment_card_address(uint8_t address[6])
{
    return host.card_address(host.machine, address);
}

uint32_t component_random(void)
{
    return host.random(host.machine);
}

static void start(const struct instance_host *with, const struct network_places *places)
{
    host = *with;
    network_start(places);
}

const struct instance instance = {start, network_serve, network_next_ns, packet_free_count};
