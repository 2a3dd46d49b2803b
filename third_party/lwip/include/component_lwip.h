/*
 * What a component that is linked with lwIP supplies: random numbers, and the time.
 *
 * It calls lwIP from its one thread: netif->input with what comes in, from the card or by an interface of its own for 127.0.0.1, and
 * sys_check_timeouts when it is due (sys_timeouts_sleeptime says when, in milliseconds).
 */
#pragma once

#include <stdint.h>

/* The component defines these two. Random numbers are not to be foreseen by anybody outside; the time is in milliseconds from
   whenever, never goes back, and wraps. */
uint32_t component_random(void);
uint32_t sys_now(void);

/* The sequence number that a connection begins with, as RFC 6528 says: the time and a secret mix of the two ends, so that
   nobody else can guess it. (Of lwIP's hooks; the addresses are ip_addr_t.) */
struct ip4_addr;
uint32_t component_tcp_sequence(const struct ip4_addr *local, uint16_t local_port, const struct ip4_addr *remote,
                                uint16_t remote_port);
