/*
 * lwIP in a component: connections to itself over an interface that loses packets, and an Ethernet interface whose frames the test
 * looks at and answers. Time is a count of the test's own.
 */
#include "tests/components/features/check.h"

#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/icmp.h>
#include <lwip/inet_chksum.h>
#include <lwip/init.h>
#include <lwip/prot/dhcp.h>
#include <lwip/raw.h>
#include <lwip/stats.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>
#include <stdbool.h>
#include <string.h>

enum { PORT = 7, STREAM_BYTES = 1 << 20, STEPS_MOST = 200000, DROP_EACH = 37, FRAME_MOST = 1514, PIECE_BYTES = 8192 };

static uint32_t now_ms, random_state = 1;

uint32_t sys_now(void)
{
    return now_ms;
}

uint32_t component_random(void)
{
    random_state = random_state * 1664525 + 1013904223;
    return random_state;
}

/* --- an interface for 127.0.0.1 --------------------------------------------------------------------------------------- */

static struct netif loopback;
static struct pbuf *looping[1024];
static unsigned looping_first, looping_count;

static err_t loopback_output(struct netif *netif, struct pbuf *packet, const ip4_addr_t *to)
{
    (void)netif, (void)to;
    struct pbuf *copy = pbuf_clone(PBUF_RAW, PBUF_RAM, packet);
    if (!copy || looping_count == sizeof looping / sizeof *looping)
        return ERR_MEM;
    looping[(looping_first + looping_count++) % (sizeof looping / sizeof *looping)] = copy;
    return ERR_OK;
}

static void loopback_poll(void)
{
    while (looping_count) {
        struct pbuf *packet = looping[looping_first];
        looping_first = (looping_first + 1) % (sizeof looping / sizeof *looping);
        looping_count--;
        ip_input(packet, &loopback);
    }
}

static err_t loopback_start(struct netif *netif)
{
    netif->mtu = 1500;
    netif->output = loopback_output;
    netif->flags |= NETIF_FLAG_LINK_UP;
    NETIF_SET_CHECKSUM_CTRL(netif, NETIF_CHECKSUM_ENABLE_ALL);
    return ERR_OK;
}

static void loopback_add(void)
{
    const ip4_addr_t address = IPADDR4_INIT_BYTES(127, 0, 0, 1), mask = IPADDR4_INIT_BYTES(255, 0, 0, 0);
    netif_add(&loopback, &address, &mask, &address, NULL, loopback_start, ip_input);
    netif_set_up(&loopback);
}

static void step(void)
{
    loopback_poll();
    sys_check_timeouts();
    now_ms++;
}

/* --- TCP over a lossy loopback -------------------------------------------------------------------------------------- */

static unsigned packets, dropped, drop_each;
static size_t sent, echoed;
static bool is_connected, stream_is_right = true, server_saw_end, client_saw_end;

/* Sees every segment before TCP does; what it takes is lost. */
static uint8_t lose(void *context, struct raw_pcb *pcb, struct pbuf *packet, const ip_addr_t *from)
{
    (void)context, (void)pcb, (void)from;
    packets++;
    if (!drop_each || packets % drop_each != 0)
        return 0;
    dropped++;
    pbuf_free(packet);
    return 1;
}

static uint8_t stream_byte(size_t position)
{
    return (uint8_t)(position * 31 + position / 256);
}

static err_t echo_received(void *context, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    (void)context, (void)error;
    if (!data) {
        server_saw_end = true;
        return tcp_close(pcb);
    }
    if (tcp_sndbuf(pcb) < data->tot_len || tcp_sndqueuelen(pcb) > TCP_SND_QUEUELEN / 2)
        return ERR_MEM; /* it comes again */
    for (struct pbuf *part = data; part; part = part->next)
        tcp_write(pcb, part->payload, part->len, TCP_WRITE_FLAG_COPY);
    tcp_recved(pcb, data->tot_len);
    pbuf_free(data);
    return ERR_OK;
}

static err_t echo_accepted(void *context, struct tcp_pcb *pcb, err_t error)
{
    (void)context, (void)error;
    tcp_recv(pcb, echo_received);
    return ERR_OK;
}

static err_t client_received(void *context, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    (void)context, (void)error;
    if (!data) {
        client_saw_end = true;
        return ERR_OK;
    }
    for (struct pbuf *part = data; part; part = part->next)
        for (size_t i = 0; i < part->len; i++)
            stream_is_right &= ((uint8_t *)part->payload)[i] == stream_byte(echoed++);
    tcp_recved(pcb, data->tot_len);
    pbuf_free(data);
    return ERR_OK;
}

static err_t client_connected(void *context, struct tcp_pcb *pcb, err_t error)
{
    (void)context, (void)pcb;
    is_connected = error == ERR_OK;
    return ERR_OK;
}

static err_t failure = ERR_OK;

static void connection_failed(void *context, err_t error)
{
    (void)context;
    failure = error;
}

/* What is not acknowledged stays where it is: nothing is copied. */
static void send_more(struct tcp_pcb *pcb, const uint8_t *stream)
{
    size_t room = tcp_sndbuf(pcb), rest = STREAM_BYTES - sent;
    size_t piece = room < rest ? room : rest;

    if (piece > PIECE_BYTES)
        piece = PIECE_BYTES;
    if (piece > 0 && tcp_write(pcb, stream + sent, (uint16_t)piece, 0) == ERR_OK)
        sent += piece;
    tcp_output(pcb);
}

static void check_tcp(void)
{
    static uint8_t stream[STREAM_BYTES];
    ip_addr_t self = IPADDR4_INIT_BYTES(127, 0, 0, 1);
    struct tcp_pcb *server = tcp_new(), *client = tcp_new(), *refused = tcp_new();
    struct raw_pcb *loss = raw_new(IP_PROTO_TCP);

    for (size_t i = 0; i < STREAM_BYTES; i++)
        stream[i] = stream_byte(i);
    raw_recv(loss, lose, NULL);
    check(tcp_bind(server, &self, PORT) == ERR_OK, "a port for the server");
    server = tcp_listen(server);
    tcp_accept(server, echo_accepted);
    tcp_recv(client, client_received);
    check(tcp_connect(client, &self, PORT, client_connected) == ERR_OK, "a client connects");
    for (int i = 0; i < STEPS_MOST && !is_connected; i++)
        step();
    check(is_connected, "and is connected");
    drop_each = DROP_EACH;
    for (int i = 0; i < STEPS_MOST && echoed < STREAM_BYTES; i++) {
        send_more(client, stream);
        step();
    }
    drop_each = 0;
    check(echoed == STREAM_BYTES && stream_is_right, "a stream comes back as it was sent");
    check(dropped > 20, "although packets were lost");
    tcp_shutdown(client, 0, 1);
    for (int i = 0; i < STEPS_MOST && !client_saw_end; i++)
        step();
    check(server_saw_end && client_saw_end, "both see the end");
    tcp_close(client);

    tcp_err(refused, connection_failed);
    check(tcp_connect(refused, &self, PORT + 1, client_connected) == ERR_OK, "a connection to nobody");
    for (int i = 0; i < STEPS_MOST && failure == ERR_OK; i++)
        step();
    check(failure == ERR_RST, "is refused");
    tcp_close(server);
    raw_remove(loss);
}

/* --- UDP and ICMP --------------------------------------------------------------------------------------------------- */

static bool datagram_came, echo_reply_came;

static void datagram_received(void *context, struct udp_pcb *pcb, struct pbuf *data, const ip_addr_t *from,
                              uint16_t port)
{
    (void)context, (void)pcb, (void)from, (void)port;
    datagram_came = data->tot_len == 5 && pbuf_memcmp(data, 0, "hello", 5) == 0;
    pbuf_free(data);
}

static uint8_t raw_received(void *context, struct raw_pcb *pcb, struct pbuf *data, const ip_addr_t *from)
{
    (void)context, (void)pcb, (void)from;
    if (pbuf_get_at(data, IP_HLEN) != ICMP_ER)
        return 0;
    echo_reply_came = true;
    pbuf_free(data);
    return 1;
}

static struct pbuf *packet_of(const void *bytes, uint16_t count)
{
    struct pbuf *packet = pbuf_alloc(PBUF_TRANSPORT, count, PBUF_RAM);

    pbuf_take(packet, bytes, count);
    return packet;
}

static void check_datagrams(void)
{
    ip_addr_t self = IPADDR4_INIT_BYTES(127, 0, 0, 1);
    struct udp_pcb *receiver = udp_new(), *sender = udp_new();
    struct raw_pcb *ping = raw_new(IP_PROTO_ICMP);
    struct icmp_echo_hdr echo = {.type = ICMP_ECHO, .id = 1, .seqno = 2};

    udp_bind(receiver, &self, PORT);
    udp_recv(receiver, datagram_received, NULL);
    struct pbuf *packet = packet_of("hello", 5);
    check(udp_sendto(sender, packet, &self, PORT) == ERR_OK, "a datagram goes");
    pbuf_free(packet);
    step();
    check(datagram_came, "and comes");
    udp_remove(receiver);
    udp_remove(sender);

    raw_recv(ping, raw_received, NULL);
    raw_bind(ping, &self);
    echo.chksum = inet_chksum(&echo, sizeof echo);
    packet = pbuf_alloc(PBUF_IP, sizeof echo, PBUF_RAM);
    pbuf_take(packet, &echo, sizeof echo);
    check(raw_sendto(ping, packet, &self) == ERR_OK, "an echo request goes");
    pbuf_free(packet);
    step();
    step();
    check(echo_reply_came, "and is answered");
    raw_remove(ping);
}

/* --- Ethernet ------------------------------------------------------------------------------------------------------- */

static struct netif card;
static uint8_t frame[FRAME_MOST];
static size_t frame_bytes;
static unsigned frames;

static const uint8_t OWN_ADDRESS[] = {0x52, 0x54, 0, 1, 2, 3}, OTHER_ADDRESS[] = {0x52, 0x54, 0, 9, 9, 9};

static err_t card_output(struct netif *netif, struct pbuf *packet)
{
    (void)netif;
    frames++;
    frame_bytes = pbuf_copy_partial(packet, frame, sizeof frame, 0);
    return ERR_OK;
}

static err_t card_init(struct netif *netif)
{
    netif->output = etharp_output;
    netif->linkoutput = card_output;
    netif->mtu = 1500;
    netif->hwaddr_len = sizeof OWN_ADDRESS;
    memcpy(netif->hwaddr, OWN_ADDRESS, sizeof OWN_ADDRESS);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static void frame_comes(const void *bytes, size_t count)
{
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, (uint16_t)count, PBUF_RAM);

    pbuf_take(packet, bytes, (uint16_t)count);
    if (card.input(packet, &card) != ERR_OK)
        pbuf_free(packet);
}

/* Bytes of the offer or acknowledgement that answers the request in `frame`: Ethernet, IP, UDP, DHCP. */
static size_t answer_dhcp(uint8_t *answer, uint8_t type)
{
    enum { IP = 14, UDP = 34, DHCP = 42, OPTIONS = DHCP + 240, BYTES = OPTIONS + 27 };
    const uint8_t options[] = {53, 1, type, 54,  4,   10,  0, 0, 1, 51, 4, 0, 0, 14,
                               16, 1, 4,    255, 255, 255, 0, 3, 4, 10, 0, 0, 1};
    uint16_t sum;

    memset(answer, 0, BYTES + 1);
    memcpy(answer, OWN_ADDRESS, 6);
    memcpy(answer + 6, OTHER_ADDRESS, 6);
    memcpy(answer + 12, (uint8_t[]){8, 0, 0x45, 0, 0, (uint8_t)(BYTES + 1 - IP), 0, 0, 0, 0, 64, 17}, 12);
    answer[IP + 2] = (BYTES + 1 - IP) >> 8;
    memcpy(answer + IP + 12, (uint8_t[]){10, 0, 0, 1, 255, 255, 255, 255, 0, 67, 0, 68}, 12);
    answer[UDP + 4] = (BYTES + 1 - UDP) >> 8;
    answer[UDP + 5] = (uint8_t)(BYTES + 1 - UDP);
    memcpy(answer + DHCP, frame + DHCP, 44);
    answer[DHCP] = DHCP_BOOTREPLY;
    memcpy(answer + DHCP + 16, (uint8_t[]){10, 0, 0, 5}, 4);
    memcpy(answer + DHCP + 236, (uint8_t[]){0x63, 0x82, 0x53, 0x63}, 4);
    memcpy(answer + OPTIONS, options, sizeof options);
    answer[BYTES] = 255;
    sum = inet_chksum(answer + IP, 20);
    memcpy(answer + IP + 10, &sum, 2);
    return BYTES + 1;
}

static bool frame_is_dhcp(uint8_t type)
{
    return frame_bytes > 284 && frame[12] == 8 && frame[23] == 17 && frame[37] == 67 && frame[284] == type;
}

static void run_until_frame(unsigned count)
{
    for (int i = 0; i < STEPS_MOST && frames < count; i++)
        step();
}

static void check_ethernet(void)
{
    static uint8_t answer[FRAME_MOST];
    ip4_addr_t none = IPADDR4_INIT(IPADDR_ANY);

    check(netif_add(&card, &none, &none, &none, NULL, card_init, netif_input) != NULL, "a network card");
    netif_set_default(&card);
    netif_set_up(&card);
    check(dhcp_start(&card) == ERR_OK, "asks for an address");
    run_until_frame(1);
    check(frame_is_dhcp(DHCP_DISCOVER), "by a broadcast");
    unsigned before = frames;
    frame_comes(answer, answer_dhcp(answer, DHCP_OFFER));
    run_until_frame(before + 1);
    check(frame_is_dhcp(DHCP_REQUEST), "takes the offer");
    frame_comes(answer, answer_dhcp(answer, DHCP_ACK));
    for (int i = 0; i < STEPS_MOST && !dhcp_supplied_address(&card); i++)
        step();
    check(dhcp_supplied_address(&card) && ip4_addr_get_u32(netif_ip4_addr(&card)) == PP_HTONL(0x0a000005),
          "and has it");

    struct udp_pcb *sender = udp_new();
    struct pbuf *packet = packet_of("x", 1);
    ip_addr_t other = IPADDR4_INIT_BYTES(10, 0, 0, 9);
    before = frames;
    udp_sendto(sender, packet, &other, 9);
    pbuf_free(packet);
    check(frames == before + 1 && frame[12] == 8 && frame[13] == 6 && frame[21] == 1 && frame[41] == 9,
          "it asks who has an address");
    memcpy(answer, (uint8_t[]){0x52, 0x54, 0,    1, 2, 3, 0x52, 0x54, 0, 9, 9, 9,    8,    6, 0, 1, 8, 0,  6, 4, 0,
                               2,    0x52, 0x54, 0, 9, 9, 9,    10,   0, 0, 9, 0x52, 0x54, 0, 1, 2, 3, 10, 0, 0, 5},
           42);
    frame_comes(answer, 42);
    check(frames == before + 2 && memcmp(frame, OTHER_ADDRESS, 6) == 0 && frame[42] == 'x',
          "and sends what waited for the answer");
    udp_remove(sender);

    /* Damaged and shortened packets are dropped. */
    STAT_COUNTER wrong = lwip_stats.ip.chkerr, short_before = lwip_stats.ip.lenerr;
    size_t bytes = answer_dhcp(answer, DHCP_ACK);
    answer[30] ^= 1;
    frame_comes(answer, bytes);
    check(lwip_stats.ip.chkerr == wrong + 1, "a wrong checksum is seen");
    for (size_t cut = 0; cut < bytes; cut++) {
        answer_dhcp(answer, DHCP_ACK);
        frame_comes(answer, cut);
    }
    check(lwip_stats.ip.lenerr > short_before, "and packets that are too short");
    STAT_COUNTER short_arp = lwip_stats.etharp.lenerr;
    memcpy(answer + 12, (uint8_t[]){8, 6, 0, 1, 8, 0, 6, 4, 0, 1}, 10);
    frame_comes(answer, 22);
    check(lwip_stats.etharp.lenerr == short_arp + 1, "also questions for addresses");
}

static void check_sequence_numbers(void)
{
    ip_addr_t here = IPADDR4_INIT_BYTES(10, 0, 0, 5), there = IPADDR4_INIT_BYTES(10, 0, 0, 9);
    uint32_t first = component_tcp_sequence(&here, 1000, &there, 80);

    check(component_tcp_sequence(&here, 1000, &there, 80) == first,
          "sequence numbers begin at the same place at the same time");
    check(component_tcp_sequence(&here, 1001, &there, 80) != first, "but for other ports elsewhere");
    now_ms += 4;
    check(component_tcp_sequence(&here, 1000, &there, 80) == first + 1000, "and go on as RFC 6528 says");
}

void init(void)
{
    lwip_init();
    loopback_add();
    check_tcp();
    check_datagrams();
    check_ethernet();
    check_sequence_numbers();
    check(lwip_stats.memp[MEMP_TCP_SEG]->used == 0 && lwip_stats.memp[MEMP_PBUF]->used == 0, "nothing is left over");
    check_end();
}

void notified(microkit_channel ch)
{
    (void)ch;
}
