/*
 * Requests of the client: checked, carried out in order, and answered once what they promise is so.
 */
#pragma once

#include "protocols/file.h"
#include <stddef.h>

/* The file system, or why there is none: result is FILE_OK or FILE_NO_DEVICE. */
void requests_start(enum file_result mounted, const char *texts_of_client, char *texts_of_server);

/* How many requests are not answered. */
unsigned requests_under_way(void);

/* Carries out a batch, of at most FILE_RING_ENTRIES - requests_under_way(). */
void requests_do(const struct file_request *batch, uint32_t count);

/* Takes an answer; called by requests_do, and whenever the disk is waited for or polled. */
void requests_answer(const struct file_answer *answer);

/*
 * Something is wrong in memory or on the disk. Ends the component if that may help: what is in the journal counts, the next start goes on
 * from there, and the client asks again for what it has no answer to. Otherwise this returns, and the client gets an error.
 */
void requests_give_up(const char *why);
