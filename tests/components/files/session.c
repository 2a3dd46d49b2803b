#include "session.h"

#include <microkit.h>
#include <pecan/component.h>
#include <stdbool.h>

enum { SERVER = 1 };
enum { MOST_UNCOMMITTED = 40, ID_WRITTEN = 1000 };

/* Filled in from the description. */
uintptr_t client_region, server_region, client_texts, server_texts, buffer_start;

struct asked {
    struct file_request request;
    struct file_answer answer;
    bool is_asked, is_answered;
};

unsigned session_resent;
static struct ring_pair server;
static bool is_sent;
static struct asked asked[SESSION_MOST_ASKED];
static unsigned asked_count;
static struct file_request written[MOST_UNCOMMITTED]; /* answered, but not committed */
static unsigned written_count;
static uint32_t text_bytes;

static void send_all(void)
{
    for (unsigned i = 0; i < written_count; i++)
        ring_put(&server.out, &written[i], 1);
    for (unsigned i = 0; i < asked_count; i++) {
        if (asked[i].is_asked && !asked[i].is_answered) {
            asked[i].request.flags |= FILE_REPEATED;
            ring_put(&server.out, &asked[i].request, 1);
        }
    }
    session_resent++;
    if (ring_publish(&server.out))
        microkit_notify(SERVER);
}

static void take_answers(void)
{
    struct file_answer batch[FILE_RING_ENTRIES];
    uint32_t count = ring_take(&server.in, batch, FILE_RING_ENTRIES);
    for (uint32_t i = 0; i < count; i++) {
        if (batch[i].id >= SESSION_MOST_ASKED || !asked[batch[i].id].is_asked)
            continue;
        struct asked *one = &asked[batch[i].id];
        one->answer = batch[i];
        one->is_answered = true;
        if (one->request.operation == FILE_WRITE && batch[i].result == FILE_OK) {
            written[written_count] = one->request;
            written[written_count++].id = ID_WRITTEN;
        }
    }
    if (ring_release(&server.in))
        microkit_notify(SERVER);
}

static void serve(void)
{
    if (ring_pair_accept(&server)) {
        is_sent = false;
        microkit_notify(SERVER);
    }
    if (!is_sent && ring_pair_state(&server) == RING_OPEN) {
        is_sent = true;
        send_all();
    }
    take_answers();
}

static bool are_answered(void)
{
    for (unsigned i = 0; i < asked_count; i++) {
        if (!asked[i].is_answered)
            return false;
    }
    return true;
}

enum file_result session_wait(void)
{
    for (serve(); !are_answered(); serve()) {
        if (ring_pair_waits_for_entries(&server, 1))
            pecan_wait(1ul << SERVER);
    }
    enum file_result result = FILE_OK;
    for (unsigned i = 0; i < asked_count; i++) {
        if (result == FILE_OK)
            result = asked[i].answer.result;
        asked[i].is_asked = false;
    }
    asked_count = 0;
    text_bytes = 0;
    return result;
}

void session_begin(struct file_request request)
{
    static int64_t time = 1000000000000000000;
    if (asked_count == SESSION_MOST_ASKED)
        session_wait();
    serve();
    request.id = asked_count;
    request.time = time += 1000;
    asked[asked_count++] = (struct asked){.request = request, .is_asked = true};
    if (!is_sent)
        return;
    ring_put(&server.out, &request, 1);
    if (ring_publish(&server.out))
        microkit_notify(SERVER);
}

struct file_answer session_ask(struct file_request request)
{
    session_begin(request);
    session_wait();
    return asked[0].answer;
}

struct file_text session_text(const char *text)
{
    struct file_text place = {text_bytes, 0};
    for (; text[place.bytes]; place.bytes++)
        ((volatile char *)client_texts)[text_bytes++] = text[place.bytes];
    return place;
}

const char *session_answered_text(void)
{
    return (const char *)server_texts;
}

uint64_t session_page(size_t number)
{
    return number * FILE_PAGE_BYTES;
}

uint64_t *session_page_words(size_t number)
{
    return (uint64_t *)(buffer_start + number * FILE_PAGE_BYTES);
}

enum file_result session_commit(void)
{
    enum file_result result = session_ask((struct file_request){.operation = FILE_COMMIT}).result;
    if (result == FILE_OK)
        written_count = 0;
    return result;
}

void session_start(void)
{
    ring_pair_start(&server, (void *)client_region, (const void *)server_region, FILE_REQUESTS, FILE_ANSWERS);
    microkit_notify(SERVER);
    session_ask((struct file_request){.operation = FILE_ATTACH});
    session_resent = 0;
}
