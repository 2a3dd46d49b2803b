/*
 * A network server for tests, with nothing behind it but this machine itself (127.0.0.1): protocols/socket.h as a client sees it, at
 * its worst. What is sent is read from the send region late and in small pieces, answers and reports come when chance says, the
 * packet region is small and written over as soon as the client gave it back, and the server is restarted on request.
 *
 * A datagram "restart" to port 9 is such a request; what else goes there is lost.
 */
#pragma once

#include "personality/linux/machine.h"

#include <stdbool.h>
#include <stdint.h>

enum { SIM_RESTART_PORT = 9 };

/* Fills in what the client shares with it. `notify`: called when the client is to look at its rings, from within a step. */
void sim_server_initialise(struct machine_network *network, uint64_t seed, void (*notify)(void));
void sim_server_restart(void);

/* Does some of what there is to do; false if there is nothing until the client asks for more. */
bool sim_server_step(void);
