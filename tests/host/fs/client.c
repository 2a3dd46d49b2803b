#include "client.h"

#include "disk_image.h"
#include "servers/fs/requests.h"
#include "support/random.h"
#include <string.h>

enum { HANDLES = 16, NAMES = 8, TEXTS = 4096 };

char client_texts[FILE_TEXT_BYTES], server_texts[FILE_TEXT_BYTES];

static uint64_t *random_state;
static struct file_handle handles[HANDLES]; /* of files that there are, or were */
static unsigned next_handle;
static struct file_answer last_answer;
static unsigned answer_count;

static uint32_t below(uint32_t bound)
{
    return (uint32_t)random_below(random_state, bound);
}

void requests_answer(const struct file_answer *answer)
{
    last_answer = *answer;
    answer_count++;
}

/* It has been tried: what is wrong is on the disk. */
void requests_give_up(const char *why)
{
    (void)why;
}

struct file_answer client_ask(struct file_request request)
{
    unsigned count = answer_count;
    requests_do(&request, 1);
    while (answer_count == count)
        disk_wait();
    if (answer_count != count + 1 || last_answer.id != request.id || last_answer.result > FILE_NO_DEVICE)
        image_wrong("an answer that cannot be", request.operation, last_answer.result);
    bool has_handle = request.operation == FILE_CREATE || request.operation == FILE_MKDIR ||
                      request.operation == FILE_SYMLINK || request.operation == FILE_LOOKUP;
    /* The first stays the root's. */
    if (last_answer.result == FILE_OK && has_handle)
        handles[1 + next_handle++ % (HANDLES - 1)] = last_answer.attributes.handle;
    return last_answer;
}

struct file_answer client_start(uint64_t *random)
{
    random_state = random;
    requests_start(FILE_OK, client_texts, server_texts);
    struct file_answer answer = client_ask((struct file_request){.operation = FILE_ATTACH});
    for (unsigned i = 0; i < HANDLES; i++)
        handles[i] = answer.attributes.handle;
    return answer;
}

struct file_text client_text(const char *text, uint32_t offset)
{
    struct file_text piece = {offset, (uint32_t)strlen(text)};
    memcpy(client_texts + offset, text, piece.bytes);
    return piece;
}

/* Most often a name of a few, somewhere in the region; else anything. */
static struct file_text some_text(void)
{
    if (!below(8))
        return (struct file_text){below(FILE_TEXT_BYTES + 100), below(FILE_TEXT_BYTES)};
    static const char *const names[NAMES] = {"a", "b", "long name", ".", "..", "d", "with/slash", "e"};
    const char *name = names[below(NAMES)];
    return client_text(name, below(TEXTS));
}

static struct file_handle some_handle(void)
{
    return below(8) ? handles[below(HANDLES)] : (struct file_handle){below(64), below(4)};
}

/* Fields are anything, or often what gets further. */
static struct file_request some_request(void)
{
    static const uint32_t modes[] = {0100644, 040755, 010644, 020600, 0120777, 0140600};
    struct file_request request;
    uint64_t words[sizeof request / sizeof(uint64_t)];
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        words[i] = below(3) ? below(3) * FILE_PAGE_BYTES : random_next(random_state);
    memcpy(&request, words, sizeof request);
    request.operation = (uint16_t)below(FILE_OPERATIONS + 1);
    if (request.operation == FILE_ATTACH && below(50))
        request.operation = FILE_CREATE;
    request.flags = (uint16_t)below(9);
    request.handle = some_handle();
    request.target = some_handle();
    request.other = some_handle();
    request.name = some_text();
    request.text = some_text();
    if (below(4))
        request.mode = modes[below(sizeof modes / sizeof *modes)];
    if (below(2))
        request.set &= 63;
    if (below(2))
        request.offset = below(100000);
    if ((request.operation == FILE_READ || request.operation == FILE_WRITE) && below(8)) {
        uint32_t pages = 1 + below(24);
        request.offset = below(8) ? below(40) * (uint64_t)FILE_PAGE_BYTES : request.offset;
        request.bytes = pages * FILE_PAGE_BYTES - below(2) * 100;
        request.range_count = 1;
        request.ranges[0] = (struct file_range){.bytes = pages * FILE_PAGE_BYTES};
    } else if (request.range_count <= FILE_MOST_RANGES) {
        /* The simulated disk has no more of the client's pages. */
        request.range_count += FILE_MOST_RANGES + 1;
    }
    return request;
}

struct file_answer client_ask_anything(void)
{
    return client_ask(some_request());
}
