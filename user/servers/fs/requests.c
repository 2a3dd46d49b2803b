#include "servers/fs/requests.h"

#include "servers/fs/operations.h"
#include "servers/fs/transaction.h"
#include "servers/fs/volume.h"
#include <string.h>

/* Texts of a request, and what it does to the disk. */
enum {
    HAS_NAME = 1,
    HAS_TEXT = 2,     /* a link's target */
    HAS_NEW_NAME = 4, /* the text is a name */
    HAS_ROOM = 8,     /* the text is answered */
    CHANGES = 16,     /* is answered when it is in the journal */
    WRITES = 32,      /* changes, but is answered before */
    IS_DURABLE = 64,
};

struct kind {
    enum file_result (*work)(struct operation *operation);
    unsigned traits;
    unsigned flags; /* enum file_flag: those that it knows, besides FILE_REPEATED */
};

static enum file_result do_nothing(struct operation *operation)
{
    (void)operation;
    return FILE_OK;
}

static const struct kind kinds[FILE_OPERATIONS] = {
    [FILE_ATTACH] = {files_attach, CHANGES, 0},
    [FILE_LOOKUP] = {names_lookup, HAS_NAME, 0},
    [FILE_GET] = {files_get, 0, 0},
    [FILE_SET] = {files_set, CHANGES, 0},
    [FILE_READ] = {content_read, 0, 0},
    [FILE_WRITE] = {content_write, WRITES, 0},
    [FILE_COMMIT] = {do_nothing, CHANGES | IS_DURABLE, 0},
    [FILE_CREATE] = {names_create, HAS_NAME | CHANGES, 0},
    [FILE_MKDIR] = {names_mkdir, HAS_NAME | CHANGES, 0},
    [FILE_SYMLINK] = {names_symlink, HAS_NAME | HAS_TEXT | CHANGES, 0},
    [FILE_READLINK] = {files_readlink, HAS_ROOM, 0},
    [FILE_LINK] = {names_link, HAS_NAME | CHANGES, 0},
    [FILE_UNLINK] = {names_unlink, HAS_NAME | CHANGES, FILE_KEEP},
    [FILE_RMDIR] = {names_rmdir, HAS_NAME | CHANGES, FILE_KEEP},
    [FILE_RENAME] = {names_rename, HAS_NAME | HAS_NEW_NAME | CHANGES, FILE_KEEP | FILE_NO_REPLACE},
    [FILE_RELEASE] = {files_release, CHANGES, 0},
    [FILE_LIST] = {names_list, HAS_ROOM, 0},
    [FILE_STATISTICS] = {files_statistics, 0, 0},
};

/*
 * FILE_OK; FILE_NO_DEVICE if nothing is mounted, or FILE_FAILED if the disk has failed meanwhile; FILE_READ_ONLY when a change went wrong in
 * part: nothing is written any more. A request that needs more is answered with that for a while (pecan_gives_up), and
 * then lets another start try.
 */
static enum file_result condition;
static const char *read_texts;
static char *written_texts;

static struct operation operations[FILE_RING_ENTRIES];
static bool is_taken[FILE_RING_ENTRIES];
static struct operation *waiting[FILE_RING_ENTRIES]; /* for the commit */
static unsigned taken_count, waiting_count;
static bool must_be_durable;

unsigned requests_under_way(void)
{
    return taken_count;
}

static struct operation *take_operation(const struct file_request *request)
{
    unsigned number = 0;
    while (is_taken[number])
        number++;
    is_taken[number] = true;
    taken_count++;
    operations[number] = (struct operation){.request = *request, .answer = {.id = request->id}};
    return &operations[number];
}

static void answer(struct operation *operation, enum file_result result)
{
    operation->answer.result = result;
    requests_answer(&operation->answer);
    is_taken[operation - operations] = false;
    taken_count--;
}

void content_done(struct operation *operation)
{
    answer(operation, operation->worst);
}

/* --- texts ------------------------------------------------------------------------------------------------------------ */

/* Copies a text out of the client's region, which may change meanwhile. */
static enum file_result copy_text(struct file_text text, size_t most, char *copy)
{
    if (!text.bytes || !ring_range_fits(text.offset, text.bytes, FILE_TEXT_BYTES) || text.bytes > most)
        return FILE_REFUSED;
    memcpy(copy, read_texts + text.offset, text.bytes);
    copy[text.bytes] = 0;
    return strlen(copy) == text.bytes ? FILE_OK : FILE_REFUSED;
}

static enum file_result copy_name(struct file_text text, char *copy)
{
    enum file_result result = copy_text(text, FILE_MOST_NAME_BYTES, copy);
    return result == FILE_OK && strchr(copy, '/') ? FILE_REFUSED : result;
}

/* Requests are carried out one after the other: the texts of one are needed no longer than until the next. */
static enum file_result take_texts(struct operation *operation, unsigned traits)
{
    static char name[FILE_MOST_NAME_BYTES + 1], text[FILE_MOST_LINK_BYTES + 1];
    const struct file_request *request = &operation->request;
    enum file_result result = FILE_OK;
    operation->name = name;
    operation->text = text;
    if (traits & HAS_NAME)
        result = copy_name(request->name, name);
    if (result == FILE_OK && traits & HAS_TEXT)
        result = copy_text(request->text, FILE_MOST_LINK_BYTES, text);
    if (result == FILE_OK && traits & HAS_NEW_NAME)
        result = copy_name(request->text, text);
    if (traits & HAS_ROOM) {
        if (!ring_range_fits(request->text.offset, request->text.bytes, FILE_TEXT_BYTES))
            return FILE_REFUSED;
        operation->room = written_texts + request->text.offset;
    }
    return result;
}

/* --- commits ---------------------------------------------------------------------------------------------------------- */

static void end_writing(const char *why)
{
    requests_give_up(why);
    condition = FILE_READ_ONLY;
}

static void commit(void)
{
    if (condition == FILE_OK && transaction_commit(must_be_durable))
        end_writing("a commit has failed");
    must_be_durable = false;
    for (unsigned i = 0; i < waiting_count; i++)
        answer(waiting[i], condition);
    waiting_count = 0;
}

/* It is wrong what is in memory, or on the disk. */
static bool is_failure(enum file_result result)
{
    return result == FILE_DAMAGED || result == FILE_FAILED || result == FILE_READ_ONLY;
}

static void do_operation(struct operation *operation)
{
    const struct file_request *request = &operation->request;
    const struct kind *kind = &kinds[request->operation < FILE_OPERATIONS ? request->operation : 0];
    if (request->operation >= FILE_OPERATIONS || request->flags & ~(kind->flags | FILE_REPEATED)) {
        answer(operation, FILE_REFUSED);
        return;
    }
    bool changes = kind->traits & (CHANGES | WRITES);
    if (condition != FILE_OK && condition != FILE_READ_ONLY && condition != FILE_NO_DEVICE && condition != FILE_FAILED)
        end_writing("an impossible state");
    if (condition != FILE_OK && (changes || condition != FILE_READ_ONLY)) {
        /* Where there is no file system, whoever asks for it need not do so again and again. */
        if (condition != FILE_NO_DEVICE || request->operation != FILE_ATTACH)
            requests_give_up("another start may have more luck with the disk");
        answer(operation, condition);
        return;
    }
    enum file_result result = take_texts(operation, kind->traits);
    if (result != FILE_OK) {
        answer(operation, result);
        return;
    }
    volume_set_time(request->time);
    result = kind->work(operation);
    if (changes && is_failure(result))
        end_writing("a change has failed in part");
    else if (is_failure(result))
        requests_give_up("a request has failed");
    if (operation->parts)
        return;
    if (result != FILE_OK || !(kind->traits & CHANGES)) {
        answer(operation, result);
        return;
    }
    must_be_durable = must_be_durable || kind->traits & IS_DURABLE;
    waiting[waiting_count++] = operation;
}

void requests_do(const struct file_request *batch, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        do_operation(take_operation(&batch[i]));
        if (condition == FILE_OK && transaction_is_large())
            commit();
    }
    if (waiting_count)
        commit();
}

void requests_start(enum file_result result, const char *texts_of_client, char *texts_of_server)
{
    condition = result;
    read_texts = texts_of_client;
    written_texts = texts_of_server;
}
