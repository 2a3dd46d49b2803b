/*
 * A client of the file server that is linked into the same program: it asks, and waits for the answer.
 */
#pragma once

#include "protocols/file.h"

/* Either side's region of texts. */
extern char client_texts[FILE_TEXT_BYTES], server_texts[FILE_TEXT_BYTES];

/*
 * The server serves this client from now on; call it behind volume_mount. The answer is that to FILE_ATTACH. The random numbers are for
 * client_ask_anything.
 */
struct file_answer client_start(uint64_t *random_state);

/* One request, and its answer. That there is not exactly one, or none that can be, ends the process. */
struct file_answer client_ask(struct file_request request);

/* Copies a text to the client's region. */
struct file_text client_text(const char *text, uint32_t offset);

/* A request for anything: often of one of a few names, and of files that earlier ones have found; or as random numbers have it. */
struct file_answer client_ask_anything(void);
