/*
 * Requests to the file server (protocols/file.h): each is kept until it is answered, and sent again when the server was
 * restarted. Requests are sent in the order in which they were submitted.
 */
#pragma once

#include "personality/linux/abi/file.h"
#include "personality/linux/support/list.h"
#include "protocols/file.h"

struct disk_call;
struct disk_request;
struct inode;

/* `text` is what the answer has of text, private by now. The request is freed afterwards. */
typedef void disk_answered(struct disk_request *request, const struct file_answer *answer, const char *text);

enum { DISK_TEXT_BYTES = 4096, DISK_MOST_NAME_BYTES = FILE_MOST_NAME_BYTES };

struct disk_request {
    struct list in_queue;
    struct file_request message; /* without its texts, which get their place when it is sent */
    disk_answered *answered;
    struct disk_call *call; /* that waits for the answer; null: nobody, or nobody any more */
    /* What it is about; each counted and given back with the request, or null. */
    struct inode *inode, *directory, *target;
    uint32_t type; /* of the file that is made */
    char *text;    /* to be sent beside the name, in the heap; or null */
    uint32_t name_bytes, text_bytes;
    char name[DISK_MOST_NAME_BYTES];
    bool wants_text; /* the answer has some */
    bool is_ahead;   /* a read that nobody waits for yet */
    uint8_t text_slot;
    uint32_t page_count; /* of a read or a write: its frames, each with a use more */
    uint32_t frames[FILE_MOST_PAGES];
};

/* Whether there is a file server at all. Starts the rings to it, once. */
bool disk_requests_start(void);

/* Whether the server has accepted this start: then it, and the disk, are no longer at work for a personality before this one. */
bool disk_requests_are_accepted(void);

/* Null when memory is exhausted. An inode that is given is the one whose handle is meant. */
struct disk_request *disk_request_create(enum file_operation operation, struct inode *inode, disk_answered *answered);
bool disk_request_set_name(struct disk_request *request, struct inode *directory, const char *name, size_t length);
void disk_request_submit(struct disk_request *request);

void disk_request_free(struct disk_request *request); /* one that was not submitted */

/* One that nobody waits for any more: dropped if it was not sent yet, unless it sets a size. */
void disk_request_abandon(struct disk_request *request);

/* Takes answers, and sends what waits. */
void disk_requests_serve(void);
