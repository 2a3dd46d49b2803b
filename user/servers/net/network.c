#include "servers/net/network.h"

#include "servers/net/card.h"
#include "servers/net/client.h"
#include "servers/net/endpoint.h"
#include "servers/net/environment.h"
#include "servers/net/interface.h"
#include "servers/net/packet.h"
#include <component_lwip.h>
#include <lwip/init.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/timeouts.h>

#define NS_PER_MS 1000000ull

/* lwIP's clock. */
u32_t sys_now(void)
{
    return (u32_t)(environment_now_ns() / NS_PER_MS);
}

static struct network_places places;
static bool has_client, has_packets;

void network_start(const struct network_places *given)
{
    places = *given;
    lwip_init();
    interface_start((struct socket_status *)((char *)places.client_rings_own + SOCKET_STATUS_OFFSET));
    card_start(places.card_rings_own, places.card_rings_theirs, places.send_region, places.send_region_bytes);
}

/*
 * Memory that others still use because of an earlier start of the server: the client fills the send region anew as soon as it knows of
 * this start, so it is told when the card no longer reads that. What came before lies in the packet region, and the client may be in the
 * middle of reading it, so nothing is written there before it has let go. True: all is this start's.
 */
static bool take_over(void)
{
    /* Its driver, too, may start again until the client has let go. */
    bool card_has_let_go = card_is_settled();
    if (!has_client && card_has_let_go) {
        client_start(places.client_rings_own, places.client_rings_theirs, places.send_region, places.send_region_bytes);
        has_client = true;
    }
    if (has_client && client_has_let_go()) {
        packet_start(places.packets, places.packets_bytes);
        has_packets = true;
    }
    return has_packets;
}

bool network_serve(bool *has_worked)
{
    *has_worked = false;
    sys_check_timeouts();
    if (!has_packets && !take_over()) {
        bool client_is_done = !has_client || client_waits();
        return card_waits() && client_is_done;
    }
    bool had_room = card_has_room(), has_card_started;
    uint32_t taken = card_serve(&has_card_started);
    if (has_card_started)
        interface_find_card();
    taken += client_serve();
    taken += interface_serve_loopback();
    *has_worked = taken || has_card_started;
    stream_work();
    /* What did not fit was refused, and lwIP keeps it. */
    if (!had_room && card_has_room())
        tcp_txnow();
    card_publish();
    if (interface_write_status())
        client_report_status();
    client_publish();
    bool card_is_done = card_waits();
    return client_waits() && card_is_done && !interface_has_looping();
}

uint64_t network_next_ns(void)
{
    u32_t ms = sys_timeouts_sleeptime();
    return ms == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? UINT64_MAX : environment_now_ns() + ms * NS_PER_MS;
}
