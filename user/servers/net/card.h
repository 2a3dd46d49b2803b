/*
 * The card's side of the server: memory for frames is given to it, frames are sent without being copied, and all that it has not
 * answered is given and sent again when its driver was restarted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pbuf;

/* The two buffers of protocols/net.h. */
enum { CARD_PACKET_REGION, CARD_SEND_REGION };

/* `send_region` is what the client fills with data to be sent. */
void card_start(void *own_rings, const void *card_rings, const void *send_region, size_t send_region_bytes);

/* Whether the driver has accepted this start of the server: the device uses no memory that it was given by the one before. */
bool card_is_settled(void);

/*
 * Takes what the driver has to say, and says how many answers that were: each frame that came goes to interface_receive. `*has_started`:
 * whether the driver has started since.
 */
uint32_t card_serve(bool *has_started);
/* Tells the driver of what was put since. */
void card_publish(void);
/* Whether the driver will notify when there is more to do. */
bool card_waits(void);

/*
 * Sends a frame, of whose pbufs nothing is kept but what lies in the packet region. False if there is no room now (card_has_room
 * becomes true later), or it is too long.
 */
bool card_send(struct pbuf *frame);
bool card_has_room(void);

/* Names the frames sent so far; and whether the card is through with all of those, so that their memory can be used again. */
uint64_t card_mark(void);
bool card_is_past(uint64_t mark);
