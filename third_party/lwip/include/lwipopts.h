/*
 * How lwIP is built: for one component that serves the connections of a whole machine. Options that are not here have the value of
 * lwip/opt.h.
 */
#pragma once

#include <component_lwip.h>

/* One thread and no operating system: only the raw interface (lwip/tcp.h, udp.h, raw.h). */
#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0

/* Buffers come from the C library's heap; all else from pools of a fixed size, so that nobody can use up the heap by opening
   connections. */
#define MEM_LIBC_MALLOC          1
#define MEM_ALIGNMENT            16
#define MEMP_NUM_TCP_PCB         512
#define MEMP_NUM_TCP_PCB_LISTEN  64
#define MEMP_NUM_TCP_SEG         4096
#define MEMP_NUM_UDP_PCB         128
#define MEMP_NUM_RAW_PCB         16
#define MEMP_NUM_PBUF            4096
#define MEMP_NUM_REASSDATA       16
#define MEMP_NUM_FRAG_PBUF       64
#define MEMP_NUM_ARP_QUEUE       64
#define MEMP_NUM_SYS_TIMEOUT     (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 1) /* the network server's patience */
#define PBUF_POOL_SIZE           64
#define ARP_TABLE_SIZE           32
#define IP_REASS_MAX_PBUFS       64
#define LWIP_SUPPORT_CUSTOM_PBUF 1

/* Protocols. */
#define LWIP_IPV4                 1
#define LWIP_IPV6                 0
#define LWIP_ARP                  1
#define LWIP_ICMP                 1
#define LWIP_RAW                  1
#define LWIP_UDP                  1
#define LWIP_TCP                  1
#define LWIP_DHCP                 1
#define LWIP_DNS                  1
#define LWIP_DHCP_MAX_DNS_SERVERS DNS_MAX_SERVERS
/* What the server gives is used at once: to ask others first takes a second at each start. */
#define DHCP_DOES_ARP_CHECK 0

/* Interfaces are the component's: lwIP's own for 127.0.0.1 copies everything to the heap. */
#define LWIP_NETIF_LOOPBACK          0
#define LWIP_HAVE_LOOPIF             0
#define LWIP_NETIF_HOSTNAME          1
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
/* What waits for an answer to ARP is copied: its memory may be used for something else before that comes. */
#define PBUF_NEEDS_COPY(packet) 1
#define ARP_QUEUEING            1
#define ARP_QUEUE_LEN           8

/* TCP: 64 KiB on their way in each direction; the scale lets peers have larger windows. */
#define TCP_MSS                            1460
#define LWIP_WND_SCALE                     1
#define TCP_RCV_SCALE                      1
#define TCP_WND                            0x10000
#define TCP_SND_BUF                        0x10000
#define TCP_SND_QUEUELEN                   256
#define TCP_SNDLOWAT                       (TCP_SND_BUF / 4)
#define TCP_OVERSIZE                       TCP_MSS
#define TCP_OOSEQ_MAX_PBUFS                12
#define TCP_LISTEN_BACKLOG                 1
#define TCP_DEFAULT_LISTEN_BACKLOG         128
#define LWIP_TCP_SACK_OUT                  1
#define LWIP_TCP_KEEPALIVE                 1
#define SO_REUSE                           1
#define IP_SOF_BROADCAST                   1
#define LWIP_RANDOMIZE_INITIAL_LOCAL_PORTS 1
#define LWIP_HOOK_TCP_ISN                  component_tcp_sequence

/* Checksums are made and checked in software, in both directions. */
#define CHECKSUM_GEN_IP       1
#define CHECKSUM_GEN_UDP      1
#define CHECKSUM_GEN_TCP      1
#define CHECKSUM_GEN_ICMP     1
#define CHECKSUM_CHECK_IP     1
#define CHECKSUM_CHECK_UDP    1
#define CHECKSUM_CHECK_TCP    1
#define CHECKSUM_CHECK_ICMP   1
#define LWIP_CHKSUM_ALGORITHM 3

/* Counters, for whoever shows them. */
#define LWIP_STATS         1
#define LWIP_STATS_LARGE   1
#define LWIP_STATS_DISPLAY 0
