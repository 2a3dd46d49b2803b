/*
 * Uses services by name and asks who provides them, reads logs by calls, and gives the supervisor commands as pecanctl does. All of it runs at
 * lower priorities than those it asks: what a notification or a call is about is done when it returns.
 */
#include "../features/check.h"

#include "lib/string.h"
#include "protocols/control.h"
#include "protocols/log.h"
#include "protocols/names.h"
#include "ring/stream.h"
#include <pecan/supervisor.h>

enum { SUPERVISOR = 2, LOG = 6, NAMES = 7 };
enum { ANSWER_BYTES = 16384, WORDS = 25 };

seL4_Word worker_channel; /* set by the tool */
uintptr_t supervisor_region, own_region;

static char answer[ANSWER_BYTES];

union text {
    seL4_Word words[WORDS];
    char text[WORDS * sizeof(seL4_Word)];
};

static void set_name(unsigned first, const char *name)
{
    union text text = {{0}};
    strlcpy(text.text, name, sizeof(text.text));
    for (unsigned i = 0; i < NAMES_WORDS; i++)
        microkit_mr_set((seL4_Uint8)(first + i), text.words[i]);
}

static seL4_Bool name_is(unsigned first, const char *name)
{
    union text text = {{0}};
    for (unsigned i = 0; i < NAMES_WORDS; i++)
        text.words[i] = microkit_mr_get((seL4_Uint8)(first + i));
    return !strcmp(text.text, name);
}

static seL4_Word call(microkit_channel server, seL4_Word label, unsigned words)
{
    return microkit_msginfo_get_label(microkit_ppcall(server, microkit_msginfo_new(label, (seL4_Uint16)words)));
}

static void services(void)
{
    check(worker_channel == 5, "the tool tells the id of a use");
    check(call((microkit_channel)worker_channel, 0, 0) == 0 && microkit_mr_get(1) == 1,
          "the provider knows the channel of its user");
    set_name(0, "log");
    check(call(NAMES, NAMES_FIND, NAMES_WORDS) == NAMES_OK, "a service is found by its name");
    microkit_mr_set(0, microkit_mr_get(0));
    check(call(NAMES, NAMES_SERVICE, 1) == NAMES_OK, "and told of");
    check(microkit_mr_get(NAMES_SERVICE_USERS) == 1 && microkit_mr_get(NAMES_SERVICE_STATE) == PECAN_DOMAIN_RUNS &&
              name_is(NAMES_SERVICE_PROVIDER, "log") && name_is(NAMES_SERVICE_NAME, "log"),
          "who provides it");
    set_name(0, "work");
    check(call(NAMES, NAMES_FIND, NAMES_WORDS) == NAMES_OK, "another one");
    microkit_mr_set(1, 0);
    check(call(NAMES, NAMES_USER, 2) == NAMES_OK && name_is(NAMES_USER_NAME, "client"), "who uses it");
    set_name(0, "nothing");
    check(call(NAMES, NAMES_FIND, NAMES_WORDS) == NAMES_NONE, "there is no such service");
    microkit_mr_set(0, 99);
    check(call(NAMES, NAMES_SERVICE, 1) == NAMES_NONE, "nor of this number");
    check(call(NAMES, 99, 8) == NAMES_BAD_CALL && call(NAMES, NAMES_USER, 1) == NAMES_BAD_CALL, "bad calls");
}

static void logs(void)
{
    set_name(1, "worker");
    microkit_mr_set(0, 1);
    check(call(LOG, LOG_LAST, 1 + LOG_NAME_WORDS) == LOG_OK, "a log is found");
    set_name(1, "worker");
    check(call(LOG, LOG_NEXT, 1 + LOG_NAME_WORDS) == LOG_OK && name_is(LOG_NEXT_TEXT, "worker 1 begins"),
          "its last line");
    check(microkit_mr_get(LOG_NEXT_TIME) > 0, "with its time");
    set_name(1, "worker");
    check(call(LOG, LOG_NEXT, 1 + LOG_NAME_WORDS) == LOG_NO_LINE, "there is no other line");
    set_name(1, "nobody");
    check(call(LOG, LOG_LAST, 1 + LOG_NAME_WORDS) == LOG_UNKNOWN, "there is no such log");
    check(call(LOG, 99, 1 + LOG_NAME_WORDS) == LOG_BAD_CALL && call(LOG, LOG_LAST, 1) == LOG_BAD_CALL, "bad calls");
}

/* --- the supervisor's commands --------------------------------------------------------------------------------------- */

static struct stream stream;
static uint32_t session;

static void send(enum control_kind kind, const void *bytes, size_t count)
{
    struct control_frame header = {session, (uint16_t)kind, (uint16_t)count};
    while (stream_room(&stream) < sizeof(header) + count)
        microkit_notify(SUPERVISOR);
    stream_write(&stream, &header, sizeof(header));
    stream_write(&stream, bytes, (uint32_t)count);
    stream_publish(&stream);
    microkit_notify(SUPERVISOR);
}

/* Takes the whole answer; what is returned is the kind of the last frame, or 0 if there is none. */
static unsigned take_answer(void)
{
    size_t length = 0;
    struct control_frame frame;
    while (stream_peek(&stream, 0, &frame, sizeof(frame)) == sizeof(frame)) {
        stream_take(&stream, sizeof(frame));
        if (frame.bytes >= ANSWER_BYTES - length)
            return 0;
        check(stream_peek(&stream, 0, answer + length, frame.bytes) == frame.bytes, "frames are whole");
        stream_take(&stream, frame.bytes);
        if (stream_publish(&stream))
            microkit_notify(SUPERVISOR);
        if (frame.session != session)
            continue;
        length += frame.bytes;
        answer[length] = '\0';
        if (frame.kind != CONTROL_TEXT)
            return frame.kind;
    }
    return 0;
}

static unsigned ask(const char *line)
{
    session++;
    answer[0] = '\0';
    send(CONTROL_COMMAND, line, strlen(line));
    return take_answer();
}

static void commands(void)
{
    check(ask("ps") == CONTROL_DONE && strstr(answer, "\nworker ") && !strstr(answer, "\r"), "ps");
    check(ask("kill worker") == CONTROL_DONE && answer[0] == '\0', "kill");
    check(ask("ps") == CONTROL_DONE && strstr(answer, "  killed\n"), "ps tells of it");
    check(ask("frobnicate") == CONTROL_FAILED && strstr(answer, "there is no command"), "no such command");
    check(ask("kill nobody") == CONTROL_FAILED && strstr(answer, "there is no component"), "no such component");
    check(ask("kill") == CONTROL_FAILED && strstr(answer, "usage"), "words missing");
    check(ask("top") == CONTROL_FAILED, "no terminal");
    check(ask("log worker 1") == CONTROL_DONE && strstr(answer, "] worker 1 begins\n"), "a log");
    check(ask("log init") == CONTROL_DONE && strstr(answer, "worker failed: killed"), "what init says");
    check(ask("log worker many") == CONTROL_FAILED, "no number");
    check(ask("graph dot") == CONTROL_DONE && strstr(answer, "\"client\" -> \"worker\" [style=solid, label=\"work\"]"),
          "dot");
    check(ask("graph svg") == CONTROL_DONE && strstr(answer, "</svg>\n"), "svg");
    check(ask("services") == CONTROL_DONE && strstr(answer, "worker (runs) <- client (runs)\n"), "services");
    check(ask("trace stop") == CONTROL_FAILED && ask("trace up") == CONTROL_FAILED, "no trace");
    check(ask("trace start") == CONTROL_DONE && ask("trace start") == CONTROL_FAILED, "one trace at a time");
    check(ask("trace stop") == CONTROL_DONE && strstr(answer, "\n]}\n"), "a trace");
    check(ask("update worker") == CONTROL_FAILED && strstr(answer, "usage"), "no file");
}

static void updates(void)
{
    static const char nonsense[2000] = {1};
    session++;
    send(CONTROL_COMMAND, "update worker 2000", strlen("update worker 2000"));
    check(take_answer() == 0, "the supervisor waits for the file");
    send(CONTROL_DATA, nonsense, CONTROL_FRAME_BYTES);
    send(CONTROL_DATA, nonsense, sizeof(nonsense) - CONTROL_FRAME_BYTES);
    check(take_answer() == CONTROL_FAILED && strstr(answer, "no update"), "what is no update is refused");
    check(ask("update worker 100000000") == CONTROL_FAILED && strstr(answer, "at most"), "too large a file");
    session++;
    send(CONTROL_COMMAND, "update worker 2000", strlen("update worker 2000"));
    check(ask("help") == CONTROL_DONE, "a new session ends one that waits for a file");
    send(CONTROL_DATA, nonsense, CONTROL_FRAME_BYTES);
    check(take_answer() == 0 && ask("help") == CONTROL_DONE, "a file that nobody waits for is dropped");
    check(ask("update nobody 8") == 0, "the file comes first");
    send(CONTROL_DATA, nonsense, 8);
    check(take_answer() == CONTROL_FAILED && strstr(answer, "there is no component"), "no such component");
}

/* Frames that cannot be: the next command is understood. */
static void bad_frames(void)
{
    struct control_frame bad = {7, 99, 0xffff};
    stream_write(&stream, &bad, sizeof(bad));
    stream_publish(&stream);
    microkit_notify(SUPERVISOR);
    check(ask("help") == CONTROL_DONE, "after a frame of impossible length");
    send((enum control_kind)99, "x", 1);
    check(ask("help") == CONTROL_DONE, "after a frame of no kind");
    check(ask("restart supervisor") == 0, "the supervisor restarts itself");
    check(ask("help") == CONTROL_DONE, "and answers again");
}

void init(void)
{
    stream_start(&stream, (void *)own_region, (const void *)supervisor_region);
    services();
    logs();
    commands();
    updates();
    bad_frames();
    check_end();
}

/* Asks a worker that has started, and says when it has answered. */
void notified(microkit_channel ch)
{
    if (ch == worker_channel && call(ch, 0, 0) == 0)
        microkit_dbg_puts("the worker answers\n");
}
