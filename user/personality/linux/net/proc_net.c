#include "personality/linux/net/proc_net.h"

#include "lib/string.h"
#include "personality/linux/abi/interface.h"
#include "personality/linux/net/inet_socket.h"
#include "personality/linux/net/interface.h"
#include "personality/linux/net/unix_socket.h"
#include "personality/linux/support/text.h"

/* A file has a page at most: lists end with the last line that surely fits. */
enum { LINE_BYTES = 200 };

static bool has_room(const struct text *text)
{
    return text->room - text->length > LINE_BYTES;
}

/* An address as these files have it: the bytes of the network, read as a number of this machine. */
static unsigned address_number(const uint8_t address[4])
{
    uint32_t number;
    memcpy(&number, address, sizeof number);
    return number;
}

static void text_dev(struct text *text)
{
    struct socket_interfaces interfaces;
    net_client_interfaces(&interfaces);
    text_add(text, "Inter-|   Receive                                                |  Transmit\n");
    text_add(text,
             " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls"
             " carrier compressed\n");
    for (unsigned i = 0; i < SOCKET_INTERFACES; i++) {
        const struct socket_interface *interface = &interfaces.interface[i];
        if (!interface->is_up && !interface->has_card)
            continue;
        text_add(text, "%6s: %7lu %7lu    0 %4lu    0     0          0         0 ", interface_name(i),
                 (unsigned long)interface->received_bytes, (unsigned long)interface->received_packets,
                 (unsigned long)interface->received_dropped);
        text_add(text, "%7lu %7lu    0 %4lu    0     0       0          0\n", (unsigned long)interface->sent_bytes,
                 (unsigned long)interface->sent_packets, (unsigned long)interface->sent_dropped);
    }
}

static void route_line(struct text *text, unsigned interface, unsigned destination, unsigned gateway, unsigned mask)
{
    text_add(text, "%s\t%08x\t%08x\t%04x\t0\t0\t0\t%08x\t0\t0\t0\n", interface_name(interface), destination, gateway,
             gateway ? RTF_UP | RTF_GATEWAY : RTF_UP, mask);
}

static void text_route(struct text *text)
{
    struct socket_interfaces interfaces;
    net_client_interfaces(&interfaces);
    text_add(text, "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n");
    const struct socket_interface *ethernet = &interfaces.interface[SOCKET_ETHERNET];
    unsigned gateway = address_number(ethernet->gateway), mask = address_number(ethernet->netmask);
    if (!ethernet->is_up)
        return;
    if (gateway)
        route_line(text, SOCKET_ETHERNET, 0, gateway, 0);
    route_line(text, SOCKET_ETHERNET, address_number(ethernet->address) & mask, 0, mask);
}

static unsigned stream_state(const struct inet_socket *socket)
{
    enum { ESTABLISHED = 1, SYN_SENT, SYN_RECEIVED, FIN_WAIT, CLOSED = 7, CLOSE_WAIT, LISTEN = 10 };
    switch (socket->state) {
    case INET_LISTENING:
        return LISTEN;
    case INET_CONNECTING:
        return SYN_SENT;
    case INET_CONNECTED:
        return socket->is_closed || socket->sends_no_more ? FIN_WAIT
               : socket->receives_no_more                 ? CLOSE_WAIT
                                                          : ESTABLISHED;
    default:
        return CLOSED;
    }
}

static void inet_lines_head(struct text *text)
{
    text_add(text,
             "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n");
}

static void inet_lines(struct text *text, int type)
{
    enum { UNCONNECTED = 7, CONNECTED = 1 };
    unsigned line = 0;
    text_add(text,
             "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n");
    list_each (entry, &all_inet_sockets) {
        const struct inet_socket *socket = list_item(entry, struct inet_socket, in_all);
        const struct open_file *file = socket->socket.file;
        if (socket->socket.type != type || socket->state == INET_EMBRYO || !has_room(text))
            continue;
        if (type != SOCK_RAW && !socket->own.port)
            continue;
        unsigned state = type == SOCK_STREAM             ? stream_state(socket)
                         : socket->is_connected_datagram ? CONNECTED
                                                         : UNCONNECTED;
        unsigned port = type == SOCK_RAW ? (unsigned)socket->socket.protocol : socket->own.port;
        text_add(text, "%4u: %08x:%04x %08x:%04x %02x ", line++, address_number(socket->own.address), port,
                 address_number(socket->peer.address), socket->peer.port, state);
        text_add(text, "%08x:%08x 00:00000000 00000000     0        0 %lu\n", (unsigned)socket->held,
                 (unsigned)socket->readable, file ? (unsigned long)file->inode->number : 0);
    }
}

static void text_tcp(struct text *text)
{
    inet_lines(text, SOCK_STREAM);
}

static void text_udp(struct text *text)
{
    inet_lines(text, SOCK_DGRAM);
}

static void text_raw(struct text *text)
{
    inet_lines(text, SOCK_RAW);
}

static void text_unix(struct text *text)
{
    enum { ACCEPTS = 0x10000, UNCONNECTED = 1, CONNECTED = 3 };
    text_add(text, "Num       RefCount Protocol Flags    Type St Inode Path\n");
    list_each (entry, &all_unix_sockets) {
        const struct unix_socket *socket = list_item(entry, struct unix_socket, in_all);
        const struct open_file *file = socket->socket.file;
        if (!has_room(text))
            return;
        text_add(text, "%016lx: %08x 00000000 %08x %04x %02x %5lu", (unsigned long)(uintptr_t)socket,
                 file ? file->references : 0, socket->listens ? ACCEPTS : 0, socket->socket.type,
                 socket->peer ? CONNECTED : UNCONNECTED, file ? (unsigned long)file->inode->number : 0);
        char name[UNIX_PATH_ROOM + 1] = "";
        uint32_t length = socket->name.length > offsetof(struct linux_sockaddr_un, path)
                              ? socket->name.length - (uint32_t)offsetof(struct linux_sockaddr_un, path)
                              : 0;
        memcpy(name, socket->name.local.path, length);
        for (uint32_t i = 0; i < length; i++) {
            if (!name[i] && (i == 0 || i + 1 < length))
                name[i] = '@';
        }
        text_add(text, length ? " %s\n" : "%s\n", name);
    }
}

/* There are no sockets of the next Internet. */
static void text_no_sockets(struct text *text)
{
    inet_lines_head(text);
}

/* The server does not tell whom it knows. */
static void text_arp(struct text *text)
{
    text_add(text, "IP address       HW type     Flags       HW address            Mask     Device\n");
}

/* What /etc/resolv.conf is a link to. */
static void text_pnp(struct text *text)
{
    struct socket_interfaces interfaces;
    net_client_interfaces(&interfaces);
    const uint8_t *server = interfaces.name_server;
    if (address_number(server))
        text_add(text, "nameserver %u.%u.%u.%u\n", server[0], server[1], server[2], server[3]);
}

const struct proc_net_file proc_net_files[PROC_NET_FILES] = {
    {"dev", text_dev},         {"route", text_route},     {"tcp", text_tcp},         {"udp", text_udp},
    {"raw", text_raw},         {"unix", text_unix},       {"arp", text_arp},         {"pnp", text_pnp},
    {"tcp6", text_no_sockets}, {"udp6", text_no_sockets}, {"raw6", text_no_sockets},
};
