/*
 * The client's side of the server: requests come from its ring, and reports go to it.
 *
 * There is always room for a report: a request is taken only when that holds for its answer, for all others that are owed, and for
 * all that could be reported unasked until the client has asked for more.
 */
#pragma once

#include "protocols/socket.h"
#include <stdbool.h>
#include <stddef.h>

void client_start(void *own_rings, const void *client_rings, const void *send_region, size_t send_region_bytes);

/* Whether no client reads any more what an earlier start of this server has told it of. */
bool client_has_let_go(void);

/* Takes requests, and says how many; notices a client that has started again. */
uint32_t client_serve(void);
/* Reports what waited for the card, and tells the client of all that was reported. */
void client_publish(void);
/* Whether the client will notify when there is more to do. */
bool client_waits(void);

/* Reports now. */
void client_report(const struct socket_report *report);
/* Reports when the card is through with all frames sent until now. */
enum client_later {
    LATER_SEND,    /* answers a send */
    LATER_FAILURE, /* SOCKET_FAILED */
    LATER_CLOSE,   /* answers a close, but the abort that came behind it frees the number */
    LATER_LAST     /* the number is free then */
};
void client_report_later(const struct socket_report *report, enum client_later kind);
/* SOCKET_STATUS, once, when there is room. */
void client_report_status(void);
