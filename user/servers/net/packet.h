/*
 * The packet region: places of one size, each of which is free, waits at the card for a frame, holds a frame that is being sent, or
 * is the memory of a pbuf, until the last who refers to that has freed it.
 *
 * The card writes places that were given to it, and the client may read all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pbuf;

enum { PACKET_BYTES = 2048, PACKET_MOST = 1024 };
enum { PACKET_NONE = PACKET_MOST };

/* Uses as many places of the region as there are, up to PACKET_MOST. */
void packet_start(void *region, size_t bytes);

unsigned packet_free_count(void);

/* A free place, or PACKET_NONE. */
unsigned packet_take(void);
void packet_put_back(unsigned packet);

void *packet_memory(unsigned packet);
uint32_t packet_offset(unsigned packet);

/* A pbuf of the first `bytes` of a place that was taken, which goes back when it is freed. */
struct pbuf *packet_pbuf(unsigned packet, uint16_t bytes);
/* The same in free places, with a copy of all of `original`; null if there are not enough. */
struct pbuf *packet_copy(const struct pbuf *original);

/* Whether the bytes lie in the region, and where. */
bool packet_region_holds(const void *start, size_t bytes, uint32_t *offset);
