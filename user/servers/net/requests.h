/* What each request of the client does. */
#pragma once

#include "protocols/socket.h"
#include <stdbool.h>
#include <stddef.h>

/* Where the client puts what is to be sent. */
void requests_start(const void *send_region, size_t bytes);

/*
 * Does what a request asks for, which may be anything, and answers it now or later. False: it is not known yet whether it can be done, and
 * the same request is to come again when the interfaces are settled.
 */
bool requests_serve(const struct socket_request *request);

/* A send has been answered. */
void requests_send_is_answered(void);
/* The client is gone. */
void requests_forget(void);
