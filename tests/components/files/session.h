/*
 * A client of the file server (protocols/file.h) that asks and waits: what it does is written down one after the other, and restarts of
 * the server are dealt with inside.
 */
#pragma once

#include "protocols/file.h"
#include <stddef.h>

enum { SESSION_MOST_ASKED = 16 };

/* How often something was sent again. */
extern unsigned session_resent;

/* Starts the rings, and attaches. */
void session_start(void);

/* Texts for the next request; the other functions give all texts back. */
struct file_text session_text(const char *text);
/* What the server has written into its region for the last answer. */
const char *session_answered_text(void);

/* Asks, and waits for the answer. */
struct file_answer session_ask(struct file_request request);

/* Begins to ask; the answers' results are summed up by session_wait, which returns the first that is not FILE_OK. */
void session_begin(struct file_request request);
enum file_result session_wait(void);

/* A page of memory for content. What is written stays there until it is committed. */
uint64_t session_page(size_t number); /* its offset in the buffer */
uint64_t *session_page_words(size_t number);
enum { SESSION_PAGES = 256 };

/* Commits; all pages may be used again. */
enum file_result session_commit(void);
