/* Linux constants and layouts (x86_64) of epoll, eventfd and timerfd. */
#pragma once

#include "personality/linux/abi/file.h"
#include <stdint.h>

enum { EPOLL_CLOEXEC = 02000000 };
enum { EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3 };

/* In struct linux_epoll_event, beside the POLL bits. */
#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLWAKEUP    (1u << 29)
#define EPOLLONESHOT   (1u << 30)
#define EPOLLET        (1u << 31)

struct linux_epoll_event {
    uint32_t events;
    uint64_t data; /* the program's */
} __attribute__((packed));
_Static_assert(sizeof(struct linux_epoll_event) == 12, "struct epoll_event of x86_64");

enum { EFD_SEMAPHORE = 1, EFD_NONBLOCK = 04000, EFD_CLOEXEC = 02000000 };
enum { TFD_NONBLOCK = 04000, TFD_CLOEXEC = 02000000, TFD_TIMER_ABSTIME = 1, TFD_TIMER_CANCEL_ON_SET = 2 };

struct linux_itimerspec {
    struct linux_timespec interval; /* 0: once */
    struct linux_timespec value;    /* 0: not set */
};
