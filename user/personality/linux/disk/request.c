#include "personality/linux/disk/request.h"

#include "lib/string.h"
#include "personality/linux/disk/disk.h"
#include "personality/linux/disk/pages.h"
#include "personality/linux/machine.h"
#include "personality/linux/support/assert.h"
#include "personality/linux/support/clock.h"
#include "personality/linux/support/frame.h"
#include "personality/linux/support/heap.h"
#include "personality/linux/support/text.h"

enum { TEXT_SLOTS = FILE_TEXT_BYTES / DISK_TEXT_BYTES, NO_SLOT = 0xff, SECOND_TEXT = 256 };
#define SLOT_MASK ((uint64_t)FILE_RING_ENTRIES - 1)

static const struct machine_files *server; /* null: there is none */
static struct ring_pair pair;
static struct list queue = LIST_INITIAL(queue), flying = LIST_INITIAL(flying); /* not sent yet; not answered yet */
static struct disk_request *sent[FILE_RING_ENTRIES];
static uint32_t text_slots_used;
static uint64_t sequence;
static bool was_open, is_broken;

bool disk_requests_start(void)
{
    if (server)
        return true;
    server = machine_files();
    if (!server)
        return false;
    ring_pair_start(&pair, server->own_rings, server->server_rings, FILE_REQUESTS, FILE_ANSWERS);
    machine_files_notify();
    return true;
}

bool disk_requests_are_accepted(void)
{
    disk_requests_serve();
    return was_open;
}

static void inode_let_go(struct inode *inode)
{
    if (inode)
        inode_release(inode);
}

void disk_request_free(struct disk_request *request)
{
    for (uint32_t i = 0; i < request->page_count; i++)
        frame_release(request->frames[i]);
    inode_let_go(request->inode);
    inode_let_go(request->directory);
    inode_let_go(request->target);
    heap_free(request->text);
    heap_free(request);
}

struct disk_request *disk_request_create(enum file_operation operation, struct inode *inode, disk_answered *answered)
{
    struct disk_request *request = heap_allocate(sizeof *request);
    if (!request)
        return NULL;
    list_initialise(&request->in_queue);
    request->message.operation = (uint16_t)operation;
    request->answered = answered;
    request->text_slot = NO_SLOT;
    request->inode = inode;
    if (inode) {
        inode_reference(inode);
        request->message.handle = inode->disk->handle;
    }
    return request;
}

bool disk_request_set_name(struct disk_request *request, struct inode *directory, const char *name, size_t length)
{
    if (length > DISK_MOST_NAME_BYTES)
        return false;
    request->directory = directory;
    inode_reference(directory);
    request->message.handle = directory->disk->handle;
    memcpy(request->name, name, length);
    request->name_bytes = (uint32_t)length;
    return true;
}

/* --- what must wait for what ---------------------------------------------------------------------------------------- */

static bool handles_are_equal(const struct file_handle *a, const struct file_handle *b)
{
    return a->inode == b->inode && a->generation == b->generation;
}

static bool moves_content(const struct disk_request *request)
{
    return request->message.operation == FILE_READ || request->message.operation == FILE_WRITE;
}

static bool names_collide(const struct disk_request *a, const struct disk_request *b)
{
    /* A rename has two names, and there are few of them. */
    if (a->message.operation == FILE_RENAME || b->message.operation == FILE_RENAME)
        return a->name_bytes && b->name_bytes;
    return a->name_bytes && a->name_bytes == b->name_bytes &&
           handles_are_equal(&a->message.handle, &b->message.handle) && memcmp(a->name, b->name, a->name_bytes) == 0;
}

static bool contents_collide(const struct disk_request *a, const struct disk_request *b)
{
    return moves_content(a) && moves_content(b) &&
           (a->message.operation == FILE_WRITE || b->message.operation == FILE_WRITE) &&
           handles_are_equal(&a->message.handle, &b->message.handle) &&
           a->message.offset < b->message.offset + (uint64_t)b->page_count * PAGE_SIZE &&
           b->message.offset < a->message.offset + (uint64_t)a->page_count * PAGE_SIZE;
}

static bool must_wait(const struct disk_request *request)
{
    list_each (entry, &flying) {
        const struct disk_request *other = list_item(entry, struct disk_request, in_queue);
        if (names_collide(request, other) || contents_collide(request, other))
            return true;
    }
    return false;
}

/* --- sending -------------------------------------------------------------------------------------------------------- */

static bool texts_place(struct disk_request *request)
{
    if (!request->name_bytes && !request->text && !request->wants_text)
        return true;
    uint8_t slot = 0;
    while (slot < TEXT_SLOTS && text_slots_used >> slot & 1)
        slot++;
    if (slot == TEXT_SLOTS)
        return false;
    text_slots_used |= 1u << slot;
    request->text_slot = slot;
    uint32_t start = (uint32_t)slot * DISK_TEXT_BYTES;
    memcpy(server->own_texts + start, request->name, request->name_bytes);
    request->message.name = (struct file_text){start, request->name_bytes};
    if (request->text) {
        memcpy(server->own_texts + start + SECOND_TEXT, request->text, request->text_bytes);
        request->message.text = (struct file_text){start + SECOND_TEXT, request->text_bytes};
    } else if (request->wants_text) {
        request->message.text = (struct file_text){start, DISK_TEXT_BYTES};
    }
    return true;
}

static void texts_give_back(struct disk_request *request)
{
    if (request->text_slot != NO_SLOT)
        text_slots_used &= ~(1u << request->text_slot);
    request->text_slot = NO_SLOT;
}

static uint64_t free_slot(void)
{
    uint64_t slot = 0;
    while (slot < FILE_RING_ENTRIES && sent[slot])
        slot++;
    return slot;
}

/* A file was modified when a program wrote, not when that is sent. */
static int64_t request_time(const struct disk_request *request)
{
    if (request->message.operation != FILE_WRITE)
        return (int64_t)clock_date_ns();
    const struct linux_timespec *modified = &request->inode->modified;
    return modified->seconds * (int64_t)NS_PER_SECOND + modified->nanoseconds;
}

static void send_waiting(void)
{
    bool has_put = false;
    while (!list_is_empty(&queue)) {
        struct disk_request *request = list_item(queue.next, struct disk_request, in_queue);
        uint64_t slot = free_slot();
        if (slot == FILE_RING_ENTRIES || !ring_room(&pair.out) || must_wait(request) || !texts_place(request))
            break;
        request->message.id = ++sequence * FILE_RING_ENTRIES | slot;
        request->message.time = request_time(request);
        ring_put(&pair.out, &request->message, 1);
        sent[slot] = request;
        list_remove(&request->in_queue);
        list_append(&flying, &request->in_queue);
        has_put = true;
    }
    if (has_put && ring_publish(&pair.out))
        machine_files_notify();
}

void disk_request_submit(struct disk_request *request)
{
    list_append(&queue, &request->in_queue);
    if (ring_pair_state(&pair) == RING_OPEN)
        send_waiting();
}

void disk_request_abandon(struct disk_request *request)
{
    request->call = NULL;
    list_each (entry, &flying) {
        if (list_item(entry, struct disk_request, in_queue) == request)
            return;
    }
    /* What was sent to an earlier server may have been done. Who reads or writes a file waits for its size. */
    if (request->message.flags & FILE_REPEATED || request->message.set & FILE_SET_SIZE)
        return;
    list_remove(&request->in_queue);
    disk_request_free(request);
}

static bool changes_names(const struct disk_request *request)
{
    switch (request->message.operation) {
    case FILE_SET:
    case FILE_CREATE:
    case FILE_MKDIR:
    case FILE_SYMLINK:
    case FILE_LINK:
    case FILE_UNLINK:
    case FILE_RMDIR:
    case FILE_RENAME:
        return true;
    default:
        return false;
    }
}

/* --- answers -------------------------------------------------------------------------------------------------------- */

static void answer_take(const struct file_answer *answer)
{
    static char text[DISK_TEXT_BYTES];
    struct disk_request *request = sent[answer->id & SLOT_MASK];
    if (!request || request->message.id != answer->id)
        return;
    sent[answer->id & SLOT_MASK] = NULL;
    list_remove(&request->in_queue);
    struct file_answer checked = *answer;
    if (request->wants_text && checked.result == FILE_OK) {
        if (checked.bytes > DISK_TEXT_BYTES)
            checked.bytes = DISK_TEXT_BYTES;
        memcpy(text, server->server_texts + request->message.text.offset, checked.bytes);
    }
    texts_give_back(request);
    if (checked.result == FILE_OK && changes_names(request))
        disk_change_answered();
    if (checked.result == FILE_STALE)
        disk_handles_are_stale((struct inode *[]){request->inode, request->directory, request->target}, 3);
    request->answered(request, &checked, text);
    disk_request_free(request);
}

static void list_move_to_front(struct list *head, struct list *from)
{
    while (!list_is_empty(from)) {
        struct list *last = from->previous;
        list_remove(last);
        list_insert_before(head->next, last);
    }
}

/* The server has started, for the first time or again. */
static void send_again(void)
{
    is_broken = false;
    list_each (entry, &flying) {
        struct disk_request *request = list_item(entry, struct disk_request, in_queue);
        request->message.flags |= FILE_REPEATED;
        texts_give_back(request);
    }
    memset(sent, 0, sizeof sent);
    list_move_to_front(&queue, &flying);
    if (was_open) {
        struct list before = LIST_INITIAL(before), later = LIST_INITIAL(later);
        list_move_to_front(&later, &queue);
        disk_names_forget();
        disk_pages_write_again();
        list_move_to_front(&before, &queue);
        list_move_to_front(&queue, &later);
        list_move_to_front(&queue, &before);
    }
}

void disk_requests_serve(void)
{
    struct file_answer answer;
    if (!server)
        return;
    do {
        if (ring_pair_accept(&pair)) {
            send_again();
            machine_files_notify();
        }
        enum ring_state state = ring_pair_state(&pair);
        if (state == RING_OPEN) {
            was_open = true;
            send_waiting();
            while (ring_take(&pair.in, &answer, 1))
                answer_take(&answer);
            if (ring_release(&pair.in))
                machine_files_notify();
            send_waiting();
        } else if (state == RING_BROKEN && !is_broken) {
            is_broken = true;
            log_line("the file server has broken its rings; it must be restarted");
        }
    } while (!ring_pair_waits_for_entries(&pair, 1));
}
