/* The network server's rings and data, if the description has one. */

#include "personality/component/platform.h"
#include "personality/linux/machine.h"
#include "protocols/socket.h"

#include <microkit.h>

/* Where the description puts what is shared with the network server. The tool fills these in. */
uintptr_t net_rings, net_server_rings, net_send, net_packets;
uint64_t net_send_bytes, net_packet_bytes;

bool machine_network(struct machine_network *network)
{
    *network = (struct machine_network){
        .rings = (void *)net_rings,
        .server_rings = (const void *)net_server_rings,
        .send = (void *)net_send,
        .send_bytes = net_send_bytes,
        .packets = (const void *)net_packets,
        .packet_bytes = net_packet_bytes,
    };
    return net_rings && net_server_rings && net_send && net_packets;
}

void machine_network_notify(void)
{
    microkit_notify(NETWORK_CHANNEL);
}
