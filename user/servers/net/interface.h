/*
 * The machine's interfaces as lwIP has them: the loopback, and the card, whose address comes by DHCP; and what the client may read
 * about them. Packets to any of our own addresses never reach the card: they are copied to a place of the packet region and come in
 * from there.
 */
#pragma once

#include "protocols/socket.h"
#include <stdbool.h>

struct pbuf;
struct ip4_addr;

/* `status` is what the client reads. */
void interface_start(struct socket_status *status);

/* Asks the driver for the card; if there is one and there was none, it is used from now on. */
void interface_find_card(void);

/*
 * Whether what is not ours now, or out of reach, stays so: false while the card's address may still come, for at most ten seconds after a
 * start of this server.
 */
bool interface_is_settled(void);

/* A frame came from the card. */
void interface_receive(struct pbuf *frame);

/* Takes packets to ourselves in, and says how many; and whether there are any. */
uint32_t interface_serve_loopback(void);
bool interface_has_looping(void);

/* What a socket could not take. */
void interface_count_dropped(void);

/* Whether the address is one of ours. */
bool interface_owns(const struct ip4_addr *address);

/* Tells the client by its status. True if more than counters have changed. */
bool interface_write_status(void);
