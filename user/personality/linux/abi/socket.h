/* Linux constants and layouts (x86_64) of sockets. */
#pragma once

#include <stdint.h>

enum { AF_UNSPEC = 0, AF_UNIX = 1, AF_INET = 2 };

enum {
    SOCK_STREAM = 1,
    SOCK_DGRAM = 2,
    SOCK_RAW = 3,
    SOCK_SEQPACKET = 5,
    SOCK_TYPE_MASK = 0xf,
    SOCK_NONBLOCK = 04000,
    SOCK_CLOEXEC = 02000000,
};

enum { IPPROTO_IP = 0, IPPROTO_ICMP = 1, IPPROTO_TCP = 6, IPPROTO_UDP = 17, SOL_SOCKET = 1 };

enum {
    SO_DEBUG = 1,
    SO_REUSEADDR = 2,
    SO_TYPE = 3,
    SO_ERROR = 4,
    SO_DONTROUTE = 5,
    SO_BROADCAST = 6,
    SO_SNDBUF = 7,
    SO_RCVBUF = 8,
    SO_KEEPALIVE = 9,
    SO_OOBINLINE = 10,
    SO_PRIORITY = 12,
    SO_LINGER = 13,
    SO_REUSEPORT = 15,
    SO_PASSCRED = 16,
    SO_PEERCRED = 17,
    SO_RCVLOWAT = 18,
    SO_SNDLOWAT = 19,
    SO_RCVTIMEO = 20,
    SO_SNDTIMEO = 21,
    SO_ACCEPTCONN = 30,
    SO_SNDBUFFORCE = 32,
    SO_RCVBUFFORCE = 33,
    SO_PROTOCOL = 38,
    SO_DOMAIN = 39,
};

/* Level IPPROTO_TCP */
enum {
    TCP_NODELAY = 1,
    TCP_MAXSEG = 2,
    TCP_CORK = 3,
    TCP_KEEPIDLE = 4,
    TCP_KEEPINTVL = 5,
    TCP_KEEPCNT = 6,
    TCP_DEFER_ACCEPT = 9,
    TCP_QUICKACK = 12,
};

/* Level IPPROTO_IP */
enum { IP_TOS = 1, IP_TTL = 2, IP_MTU_DISCOVER = 10, IP_RECVERR = 11 };

enum { SHUT_RD, SHUT_WR, SHUT_RDWR };

enum {
    MSG_OOB = 0x1,
    MSG_PEEK = 0x2,
    MSG_CTRUNC = 0x8,
    MSG_TRUNC = 0x20,
    MSG_DONTWAIT = 0x40,
    MSG_EOR = 0x80,
    MSG_WAITALL = 0x100,
    MSG_ERRQUEUE = 0x2000,
    MSG_NOSIGNAL = 0x4000,
    MSG_WAITFORONE = 0x10000,
    MSG_CMSG_CLOEXEC = 0x40000000,
};

enum { SCM_RIGHTS = 1, SCM_CREDENTIALS = 2 };

enum { SOCKADDR_ROOM = 128, UNIX_PATH_ROOM = 108 };

struct linux_sockaddr_un {
    uint16_t family;
    char path[UNIX_PATH_ROOM];
};

struct linux_sockaddr_in {
    uint16_t family;
    uint16_t port;    /* most significant byte first */
    uint32_t address; /* most significant byte first */
    uint8_t zero[8];
};

struct linux_msghdr {
    uint64_t name;
    uint32_t name_length;
    uint32_t padding;
    uint64_t pieces; /* struct linux_iovec */
    uint64_t piece_count;
    uint64_t control;
    uint64_t control_length;
    uint32_t flags;
    uint32_t padding_end;
};
_Static_assert(sizeof(struct linux_msghdr) == 56, "struct msghdr of x86_64");

struct linux_mmsghdr {
    struct linux_msghdr header;
    uint32_t length;
    uint32_t padding;
};

/* The head of a control message; its contents follow, the next one begins at a multiple of 8 bytes. */
struct linux_cmsghdr {
    uint64_t length; /* with this head */
    int32_t level;
    int32_t type;
};

struct linux_ucred {
    int32_t pid;
    uint32_t uid, gid;
};

struct linux_linger {
    int32_t is_on, seconds;
};
