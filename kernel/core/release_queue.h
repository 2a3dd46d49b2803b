/*
 * Scheduling contexts that wait for their next refill, soonest first: a leftist heap inside the contexts themselves, so that
 * every operation takes a number of steps logarithmic in the number of waiting contexts, whatever the order of arrival.
 */
#pragma once

#include "object/schedctx.h"

/* Puts the context, which is not queued, in by its head's time. */
void release_queue_insert(struct schedctx **root, struct schedctx *schedctx);
/* Takes it out wherever it is. */
void release_queue_remove(struct schedctx **root, struct schedctx *schedctx);
