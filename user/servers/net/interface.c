#include "servers/net/interface.h"

#include "servers/net/card.h"
#include "servers/net/environment.h"
#include "servers/net/packet.h"
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/ip4.h>
#include <lwip/netif.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

enum { ETHERNET_PACKET_BYTES = 1500, MOST_LOOPING = 128, PATIENCE_MS = 10000 };

static struct netif loopback, ethernet;
static bool has_card, is_without_card, is_patience_over;
static struct socket_status *status;
static struct socket_interfaces told, now; /* `now` counts; the rest of it is filled in when it is told */

/* Packets to ourselves, and which interface they come in by. */
static struct looping {
    struct pbuf *packet;
    struct netif *interface;
} looping[MOST_LOOPING];
static unsigned looping_first, looping_count;

static struct socket_interface *counters(const struct netif *interface)
{
    return &now.interface[interface == &loopback ? SOCKET_LOOPBACK : SOCKET_ETHERNET];
}

static err_t loopback_output(struct netif *interface, struct pbuf *packet, const ip4_addr_t *to)
{
    (void)to;
    struct pbuf *copy = looping_count < MOST_LOOPING ? packet_copy(packet) : NULL;
    if (!copy) {
        counters(interface)->sent_dropped++;
        return ERR_MEM;
    }
    counters(interface)->sent_packets++;
    counters(interface)->sent_bytes += copy->tot_len;
    looping[(looping_first + looping_count++) % MOST_LOOPING] = (struct looping){copy, interface};
    return ERR_OK;
}

bool interface_has_looping(void)
{
    return looping_count;
}

uint32_t interface_serve_loopback(void)
{
    uint32_t served = looping_count;
    for (uint32_t count = served; count; count--) {
        struct looping next = looping[looping_first];
        looping_first = (looping_first + 1) % MOST_LOOPING;
        looping_count--;
        counters(next.interface)->received_packets++;
        counters(next.interface)->received_bytes += next.packet->tot_len;
        ip4_input(next.packet, next.interface);
    }
    return served;
}

static err_t ethernet_send(struct netif *interface, struct pbuf *frame)
{
    if (!card_send(frame)) {
        counters(interface)->sent_dropped++;
        return ERR_MEM;
    }
    counters(interface)->sent_packets++;
    counters(interface)->sent_bytes += frame->tot_len;
    return ERR_OK;
}

static err_t ethernet_output_packet(struct netif *interface, struct pbuf *packet, const ip4_addr_t *to)
{
    if (ip4_addr_cmp(to, netif_ip4_addr(interface)))
        return loopback_output(interface, packet, to);
    return etharp_output(interface, packet, to);
}

void interface_receive(struct pbuf *frame)
{
    if (!frame)
        return;
    counters(&ethernet)->received_packets++;
    counters(&ethernet)->received_bytes += frame->tot_len;
    if (!has_card || ethernet_input(frame, &ethernet) != ERR_OK)
        pbuf_free(frame);
}

void interface_count_dropped(void)
{
    counters(ip_current_input_netif())->received_dropped++;
}

bool interface_owns(const ip4_addr_t *address)
{
    return ip4_addr_cmp(address, netif_ip4_addr(&loopback)) ||
           (has_card && !ip4_addr_isany(address) && ip4_addr_cmp(address, netif_ip4_addr(&ethernet)));
}

static err_t loopback_setup(struct netif *interface)
{
    interface->name[0] = 'l';
    interface->name[1] = 'o';
    interface->mtu = ETHERNET_PACKET_BYTES;
    interface->output = loopback_output;
    interface->flags |= NETIF_FLAG_LINK_UP;
    /* Nothing is lost on the way through our own memory. */
    NETIF_SET_CHECKSUM_CTRL(interface, NETIF_CHECKSUM_DISABLE_ALL);
    return ERR_OK;
}

static err_t ethernet_setup(struct netif *interface)
{
    interface->name[0] = 'e';
    interface->name[1] = 'n';
    interface->mtu = ETHERNET_PACKET_BYTES;
    interface->hwaddr_len = sizeof now.interface->hardware;
    __builtin_memcpy(interface->hwaddr, counters(interface)->hardware, sizeof now.interface->hardware);
    interface->output = ethernet_output_packet;
    interface->linkoutput = ethernet_send;
    interface->flags |= NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static void on_patience_over(void *nothing)
{
    (void)nothing;
    is_patience_over = true;
}

void interface_start(struct socket_status *place)
{
    ip4_addr_t address, netmask, none;
    struct socket_interfaces before;
    status = place;
    if (socket_status_read(status, &before))
        __builtin_memcpy(now.name_server, before.name_server, sizeof now.name_server);
    IP4_ADDR(&address, 127, 0, 0, 1);
    IP4_ADDR(&netmask, 255, 0, 0, 0);
    ip4_addr_set_zero(&none);
    netif_add(&loopback, &address, &netmask, &none, NULL, loopback_setup, ip4_input);
    netif_set_up(&loopback);
    counters(&loopback)->has_card = 1;
    sys_timeout(PATIENCE_MS, on_patience_over, NULL);
}

bool interface_is_settled(void)
{
    return is_patience_over || is_without_card || (has_card && !ip4_addr_isany(netif_ip4_addr(&ethernet)));
}

void interface_find_card(void)
{
    if (has_card)
        return;
    has_card = environment_card_address(counters(&ethernet)->hardware);
    is_without_card = !has_card;
    if (!has_card)
        return;
    counters(&ethernet)->has_card = 1;
    netif_add_noaddr(&ethernet, NULL, ethernet_setup, ethernet_input);
    netif_set_default(&ethernet);
    netif_set_up(&ethernet);
    dhcp_start(&ethernet);
}

/* --- what the client reads ------------------------------------------------------------------------------------------ */

static void addresses_fill(const struct netif *interface)
{
    struct socket_interface *filled = counters(interface);
    uint32_t address = ip4_addr_get_u32(netif_ip4_addr(interface)),
             mask = ip4_addr_get_u32(netif_ip4_netmask(interface));
    uint32_t broadcast = address | ~mask;
    filled->is_up = address != 0;
    filled->packet_bytes = interface->mtu;
    __builtin_memcpy(filled->address, &address, sizeof address);
    __builtin_memcpy(filled->netmask, &mask, sizeof mask);
    __builtin_memcpy(filled->gateway, netif_ip4_gw(interface), sizeof address);
    if (interface == &ethernet && address)
        __builtin_memcpy(filled->broadcast, &broadcast, sizeof broadcast);
    else
        __builtin_memset(filled->broadcast, 0, sizeof broadcast);
}

/* The counters stand behind everything else. */
static bool is_news(unsigned interface)
{
    return __builtin_memcmp(&now.interface[interface], &told.interface[interface],
                            offsetof(struct socket_interface, received_packets)) != 0;
}

bool interface_write_status(void)
{
    static bool is_written;
    addresses_fill(&loopback);
    addresses_fill(&ethernet);
    if (!ip4_addr_isany(ip_2_ip4(dns_getserver(0))))
        __builtin_memcpy(now.name_server, ip_2_ip4(dns_getserver(0)), sizeof now.name_server);
    bool is_new = is_news(SOCKET_LOOPBACK) || is_news(SOCKET_ETHERNET) ||
                  __builtin_memcmp(now.name_server, told.name_server, sizeof now.name_server) != 0;
    if (is_written && __builtin_memcmp(&now, &told, sizeof now) == 0)
        return false;
    is_written = true;
    told = now;
    /* A predecessor may have left it odd. */
    uint64_t version = (atomic_load_explicit(&status->version, memory_order_relaxed) | 1) + 2;
    atomic_store_explicit(&status->version, version, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (unsigned i = 0; i < SOCKET_STATUS_WORDS; i++) {
        uint64_t word;
        __builtin_memcpy(&word, (const char *)&told + i * sizeof word, sizeof word);
        atomic_store_explicit(&status->words[i], word, memory_order_relaxed);
    }
    atomic_store_explicit(&status->version, version + 1, memory_order_release);
    return is_new;
}
