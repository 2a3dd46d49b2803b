/* Linux constants and layouts (x86_64) of network interfaces. */
#pragma once

#include <stdint.h>

enum {
    SIOCGIFNAME = 0x8910,
    SIOCGIFCONF = 0x8912,
    SIOCGIFFLAGS = 0x8913,
    SIOCSIFFLAGS = 0x8914,
    SIOCGIFADDR = 0x8915,
    SIOCSIFADDR = 0x8916,
    SIOCGIFDSTADDR = 0x8917,
    SIOCGIFBRDADDR = 0x8919,
    SIOCSIFBRDADDR = 0x891a,
    SIOCGIFNETMASK = 0x891b,
    SIOCSIFNETMASK = 0x891c,
    SIOCGIFMETRIC = 0x891d,
    SIOCGIFMTU = 0x8921,
    SIOCSIFMTU = 0x8922,
    SIOCGIFHWADDR = 0x8927,
    SIOCGIFINDEX = 0x8933,
    SIOCGIFTXQLEN = 0x8942,
    SIOCGIFMAP = 0x8970,
};

enum { IFF_UP = 1, IFF_BROADCAST = 2, IFF_LOOPBACK = 8, IFF_RUNNING = 0x40, IFF_MULTICAST = 0x1000 };
enum { ARPHRD_ETHER = 1, ARPHRD_LOOPBACK = 772 };
enum { RTF_UP = 1, RTF_GATEWAY = 2 };
enum { INTERFACE_NAME_ROOM = 16 };

struct linux_ifreq {
    char name[INTERFACE_NAME_ROOM];
    union {
        struct {
            uint16_t family;
            uint16_t port;
            uint8_t address[4];
        } internet;
        struct {
            uint16_t family; /* ARPHRD_ */
            uint8_t address[14];
        } hardware;
        int16_t flags;
        int32_t number;
        uint8_t bytes[24];
    };
};
_Static_assert(sizeof(struct linux_ifreq) == 40, "struct ifreq of x86_64");

struct linux_ifconf {
    int32_t length;
    int32_t padding;
    uint64_t requests;
};
