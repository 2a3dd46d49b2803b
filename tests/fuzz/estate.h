/*
 * Everything the attacker has, made of one untyped: it can be taken away and made again.
 */
#pragma once

#include <sel4/sel4.h>

/* Takes what lasts: the untyped, the capabilities that are only lent. `fault_endpoint` is where its faults go. */
void estate_init(seL4_CPtr fault_endpoint);
/* Makes all its objects and starts the attacker. */
void estate_build(void);
/* Takes everything away; afterwards its memory is whole again (checked). */
void estate_destroy(void);

/* Starts the attacker's thread at its beginning; what it counted stays. */
void estate_restart(void);
/* The same after giving it back its scheduling, spaces and buffer, which it may have changed. */
void estate_repair(void);

/* Gives the lent control capabilities back to their slots. */
void estate_end(void);
