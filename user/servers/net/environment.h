/*
 * What the network server needs of whoever runs it: its component in a system, or a test on the host. component_random
 * (component_lwip.h) belongs to it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum environment_peer { ENVIRONMENT_CARD, ENVIRONMENT_CLIENT };

/* Lets the peer look at its rings. */
void environment_notify(enum environment_peer peer);

/* Time that goes on evenly, from anywhere. */
uint64_t environment_now_ns(void);

/* The card's address; false if there is no card. May wait for a driver that is being restarted. */
bool environment_card_address(uint8_t address[6]);
