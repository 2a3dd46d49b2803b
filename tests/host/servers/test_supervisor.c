#include "lib/string.h"
#include "protocols/control.h"
#include "servers/supervisor/commands.h"
#include "servers/supervisor/control.h"
#include "servers/supervisor/line_editor.h"
#include "servers/supervisor/update_file.h"
#include "test.h"

#include <stdlib.h>

enum { KEYS = 200000, FRAMES = 20000, SCREEN_BYTES = 4096, FILE_BYTES = 3000 };

/* The C library of the host may not have it. */
size_t strlcpy(char *dst, const char *src, size_t dst_bytes)
{
    size_t length = strlen(src);
    if (dst_bytes) {
        size_t count = length < dst_bytes ? length : dst_bytes - 1;
        memcpy(dst, src, count);
        dst[count] = '\0';
    }
    return length;
}

/* --- the line editor ------------------------------------------------------------------------------------------------ */

static char screen[SCREEN_BYTES];
static size_t screen_length;

static void put(void *context, const char *text, size_t length)
{
    expect_ptr_eq(context, screen);
    if (length > SCREEN_BYTES - 1 - screen_length)
        screen_length = 0;
    memcpy(screen + screen_length, text, length);
    screen_length += length;
    screen[screen_length] = '\0';
}

static const char *candidate(void *context, bool is_first, unsigned index)
{
    static const char *const commands[] = {"kill", "restart", "reset"}, *const names[] = {"net", "network", "fs"};
    (void)context;
    return index < 3 ? (is_first ? commands : names)[index] : NULL;
}

static struct line_editor editor_new(void)
{
    struct line_editor editor = {.prompt = "> ", .put = put, .candidate = candidate, .context = screen};
    screen_length = 0;
    line_editor_begin(&editor);
    return editor;
}

/* The line after the keys and Return. */
static const char *typed(struct line_editor *editor, const char *keys)
{
    line_editor_begin(editor);
    for (; *keys; keys++)
        expect_eq(line_editor_key(editor, *keys), LINE_NOTHING);
    expect_eq(line_editor_key(editor, '\r'), LINE_ENTERED);
    return editor->text;
}

#define expect_line(keys, wanted) expect_eq(strcmp(typed(&editor, keys), wanted), 0)

TEST(line_editor, keys_make_a_line)
{
    struct line_editor editor = editor_new();
    expect_line("hello", "hello");
    expect_line("hello\x7f\x7fp", "help");
    expect_line("ab\x1b[Dx\x1b[C\x1b[Cy", "axby");
    expect_line("abc\x01x\x05y", "xabcy");
    expect_line("abc\x1b[Hx\x1b[Fy\x1b[1~z\x1b[4~w", "zxabcyw");
    expect_line("abc\x1b[D\x1b[D\x1b[3~", "ac");
    expect_line("one two\x17three", "one three");
    expect_line("one two\x15three", "three");
    expect_line("one two\x1b[D\x1b[D\x1b[D\x0b", "one ");
    expect_line("\x7f\x1b[D\x1b[3~\x17\x15", "");
    expect_line("a\x80\xff\x02z", "az");
}

TEST(line_editor, words_are_completed)
{
    struct line_editor editor = editor_new();
    expect_line("k\tn", "kill n");
    expect_line("r\t", "res");
    expect_line("r\tt\t", "restart ");
    expect_line("kill ne\t\tw\t", "kill network ");
    expect(strstr(screen, "net  network  "));
    expect_line("x\t", "x");
    expect_line("\x1b[Dk\x01\tx", "xk");
}

TEST(line_editor, earlier_lines_come_back)
{
    struct line_editor editor = editor_new();
    expect_line("one", "one");
    expect_line("two", "two");
    expect_line("two", "two");
    expect_line("\x1b[A\x1b[A!", "one!");
    expect_line("\x1b[A\x1b[A\x1b[A\x1b[A", "one");
    expect_line("new\x1b[A\x1b[B", "");
    for (char letter = 'a'; letter < 'z'; letter++)
        typed(&editor, (char[]){letter, '\0'});
    expect_eq(editor.history_count, LINE_HISTORY);
    expect_line("\x1b[A\x1b[A", "x");
}

TEST(line_editor, interrupts_end_a_line)
{
    struct line_editor editor = editor_new();
    expect_eq(line_editor_key(&editor, 'a'), LINE_NOTHING);
    expect_eq(line_editor_key(&editor, 3), LINE_INTERRUPTED);
}

/* Long lines are cut, and no keys write outside of the line. */
TEST(line_editor, any_keys_are_bearable)
{
    struct line_editor *editor = malloc(sizeof(*editor));
    *editor = editor_new();
    srand(1);
    for (unsigned i = 0; i < KEYS; i++) {
        static const char often[] = "aaaaaaaabk \t\x1b[[ABCDHF3~\x01\x05\x7f\x17";
        char key = rand() % 4 ? often[rand() % (int)(sizeof(often) - 1)] : (char)rand();
        if (line_editor_key(editor, key) != LINE_NOTHING)
            line_editor_begin(editor);
        expect(editor->length < LINE_BYTES && editor->cursor <= editor->length);
        expect_eq(strlen(editor->text), editor->length);
    }
    free(editor);
}

/* --- sessions and control ------------------------------------------------------------------------------------------- */

/* Commands of this test: their names, and what they say. */
static size_t file_bytes_seen;

static enum step step_long(struct session *session)
{
    session_print(session, "line %u\n", session->index++);
    return session->index < 1000 ? STEP_MORE : STEP_DONE;
}

static enum step step_update_seen(struct session *session)
{
    file_bytes_seen = session->update_bytes;
    return STEP_DONE;
}

void command_begin(struct session *session, const char *line)
{
    session->index = 0;
    session->has_failed = false;
    session->step = NULL;
    if (!strcmp(line, "long"))
        session->step = step_long;
    else if (!strcmp(line, "short"))
        session_print(session, "short\n");
    else if (!strncmp(line, "update", 6))
        session->step = step_update_seen;
    else
        session_fail(session, "bad");
}

bool command_is_update(const char *line, size_t *bytes)
{
    if (strncmp(line, "update ", 7))
        return false;
    *bytes = strtoul(line + 7, NULL, 10);
    return true;
}

static struct stream_area areas[2];
static struct stream asker;
static struct control control;
static char file[FILE_BYTES];
static struct update_file update_file;
static uint32_t session;

static void connect(void)
{
    memset(areas, 0, sizeof(areas));
    update_file = (struct update_file){.bytes = file, .room = sizeof(file)};
    control_start(&control, &areas[0], &areas[1], &update_file);
    stream_start(&asker, &areas[1], &areas[0]);
    session = 0;
}

static void send(enum control_kind kind, const void *bytes, size_t count)
{
    struct control_frame header = {session, (uint16_t)kind, (uint16_t)count};
    expect_eq(stream_write(&asker, &header, sizeof(header)), sizeof(header));
    expect_eq(stream_write(&asker, bytes, (uint32_t)count), count);
    control_serve(&control);
}

/* The text of the answer up to its end; gives the kind of the last frame, 0 if there is none. */
static unsigned take_answer(char *text, size_t room)
{
    struct control_frame frame;
    size_t length = 0;
    while (stream_peek(&asker, 0, &frame, sizeof(frame)) == sizeof(frame)) {
        stream_take(&asker, sizeof(frame));
        expect(frame.bytes <= CONTROL_FRAME_BYTES && length + frame.bytes < room);
        expect_eq(stream_peek(&asker, 0, text + length, frame.bytes), frame.bytes);
        stream_take(&asker, frame.bytes);
        control_serve(&control);
        if (frame.session != session)
            continue;
        length += frame.bytes;
        text[length] = '\0';
        if (frame.kind != CONTROL_TEXT)
            return frame.kind;
    }
    return 0;
}

static unsigned ask(const char *line, char *text, size_t room)
{
    session++;
    text[0] = '\0';
    send(CONTROL_COMMAND, line, strlen(line));
    return take_answer(text, room);
}

TEST(control, commands_are_answered)
{
    static char text[20000];
    connect();
    expect_eq(ask("short", text, sizeof(text)), CONTROL_DONE);
    expect_eq(strcmp(text, "short\n"), 0);
    expect_eq(ask("other", text, sizeof(text)), CONTROL_FAILED);
    expect_eq(ask("long", text, sizeof(text)), CONTROL_DONE);
    expect(strstr(text, "line 0\nline 1\n") && strstr(text, "\nline 999\n"));
}

TEST(control, a_new_command_ends_the_one_before)
{
    static char text[20000];
    connect();
    session++;
    send(CONTROL_COMMAND, "long", 4);
    expect_eq(ask("short", text, sizeof(text)), CONTROL_DONE);
    expect_eq(strcmp(text, "short\n"), 0);
    session++;
    send(CONTROL_COMMAND, "long", 4);
    send(CONTROL_END, "", 0);
    expect_eq(take_answer(text, sizeof(text)), 0);
}

TEST(control, files_come_in_pieces)
{
    char text[200];
    static char data[FILE_BYTES];
    connect();
    expect_eq(ask("update 3001", text, sizeof(text)), CONTROL_FAILED);
    expect_eq(ask("update 0", text, sizeof(text)), CONTROL_FAILED);
    expect_eq(ask("update 3000", text, sizeof(text)), 0);
    memset(data, 7, sizeof(data));
    for (size_t done = 0; done < FILE_BYTES; done += 1000) {
        expect_eq(take_answer(text, sizeof(text)), 0);
        send(CONTROL_DATA, data + done, 1000);
    }
    expect_eq(take_answer(text, sizeof(text)), CONTROL_DONE);
    expect_eq(file_bytes_seen, FILE_BYTES);
    expect_eq(memcmp(file, data, FILE_BYTES), 0);
}

/* A file that is typed goes first: it ends one that is on its way, and one that comes while it is typed is refused. */
TEST(control, there_is_one_file_at_a_time)
{
    char text[200];
    static char data[FILE_BYTES];
    connect();
    memset(file, 0, sizeof(file));
    expect_eq(ask("update 3000", text, sizeof(text)), 0);
    send(CONTROL_DATA, data, 1000);
    update_file_begin(&update_file);
    update_file.is_typed = false;
    memset(data, 7, sizeof(data));
    send(CONTROL_DATA, data, 1000);
    expect_eq(take_answer(text, sizeof(text)), CONTROL_FAILED);
    expect(strstr(text, "takes the place of this one"));
    update_file_begin(&update_file);
    expect_eq(ask("update 1000", text, sizeof(text)), CONTROL_FAILED);
    expect(strstr(text, "one at a time"));
    send(CONTROL_DATA, data, 1000);
    expect(!memchr(file, 7, sizeof(file)));
    update_file.is_typed = false;
    expect_eq(ask("update 1000", text, sizeof(text)), 0);
    send(CONTROL_DATA, data, 1000);
    expect_eq(take_answer(text, sizeof(text)), CONTROL_DONE);
}

/* --- files that are typed -------------------------------------------------------------------------------------------- */

enum { TYPED_ROOM = 6 };

/* Types the text into a room of six bytes in the middle of others, which stay as they are; what is wrong with it, or null. */
static const char *type_file(struct update_file *typed, char *memory, const char *text)
{
    memset(memory, '#', 2 * TYPED_ROOM);
    *typed = (struct update_file){.bytes = memory, .room = TYPED_ROOM};
    update_file_begin(typed);
    for (; *text; text++)
        update_file_key(typed, *text);
    for (size_t i = typed->count; i < 2 * TYPED_ROOM; i++)
        expect_eq(memory[i], '#');
    return typed->problem;
}

TEST(update_file, base64_is_a_file)
{
    static const struct {
        const char *text, *bytes;
    } files[] = {{"YWJjZGVm\n.\n", "abcdef"},           {"YWJjZGU=\r\n.\r", "abcde"},       {"YWJjZA==\n.\n", "abcd"},
                 {"YW\nJj\n\n\r\nZ\nA==\n.\n", "abcd"}, {"Pj8/+w==\n.\n", ">\x3f\x3f\xfb"}, {".\n", NULL}};
    char memory[2 * TYPED_ROOM + 1] = {0};
    struct update_file typed;
    for (unsigned i = 0; files[i].bytes; i++) {
        expect(!type_file(&typed, memory, files[i].text) && typed.has_ended);
        expect_eq(typed.count, strlen(files[i].bytes));
        expect_eq(memcmp(memory, files[i].bytes, typed.count), 0);
    }
    expect(!type_file(&typed, memory, "YWJj\n") && !typed.has_ended);
    expect(!type_file(&typed, memory, "YWJj\n.") && !typed.has_ended);
}

TEST(update_file, what_is_not_base64_is_refused)
{
    static const struct {
        const char *text, *problem;
    } files[] = {
        {"YWJj\nYW-j\n", "not base64"},    {"YWJj YWJj\n", "not base64"},   {"YWJj\x80\n", "not base64"},
        {"YWJj.\n", "not base64"},         {".YWJj\n", "not base64"},       {"..\n", "not base64"},
        {"=WJj\n", "where none can be"},   {"Y=Jj\n", "where none can be"}, {"YWI=\n=", "where none can be"},
        {"YW=j\n", "text after"},          {"YWI=\nYWJj\n", "text after"},  {"YWJ=\n", "not one that base64 writes"},
        {"YX==\n", "not one that base64"}, {"YWJjZGVmYQ==\n", "longer"},    {"YWJjZGVmYWJj\n", "longer"}};
    char memory[2 * TYPED_ROOM + 1] = {0};
    struct update_file typed;
    for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        const char *problem = type_file(&typed, memory, files[i].text);
        expect(problem && strstr(problem, files[i].problem) && !typed.has_ended);
        /* The rest is dropped, up to the end. */
        for (const char *rest = "\nYWJj#\n.\n"; *rest; rest++)
            update_file_key(&typed, *rest);
        expect(typed.has_ended && typed.problem == problem && typed.count <= TYPED_ROOM);
    }
    expect(strstr(type_file(&typed, memory, "YWJjZ\n.\n"), "within a group") && typed.has_ended);
    expect(strstr(type_file(&typed, memory, "YWJjZA=\n.\n"), "within a group") && typed.has_ended);
    expect(strstr(type_file(&typed, memory, "\n.\n"), "nothing in it") && typed.has_ended);
}

TEST(update_file, any_keys_are_bearable)
{
    char memory[2 * TYPED_ROOM + 1] = {0}, keys[64] = {0};
    struct update_file typed;
    srand(3);
    for (unsigned i = 0; i < FRAMES; i++) {
        for (unsigned k = 0; k < sizeof(keys) - 1; k++)
            keys[k] = rand() % 16 ? "YWJjZGVm=\r\n."[rand() % 12] : (char)(1 + rand() % 255);
        keys[rand() % (int)sizeof(keys)] = '\0';
        type_file(&typed, memory, keys);
        expect(typed.count <= TYPED_ROOM);
    }
}

/* Whatever comes, nothing outside of buffers is touched, and the next command is understood. */
TEST(control, hostile_frames_do_no_harm)
{
    char text[20000];
    connect();
    srand(2);
    for (unsigned i = 0; i < FRAMES; i++) {
        struct control_frame frame = {rand() % 2 ? session : (uint32_t)rand(), (uint16_t)(rand() % 9),
                                      (uint16_t)(rand() % 3 ? rand() % 1100 : rand())};
        char bytes[1100];
        memset(bytes, rand(), sizeof(bytes));
        memcpy(bytes, "update 2999", rand() % 2 ? 11 : 0);
        stream_write(&asker, &frame, sizeof(frame));
        stream_write(&asker, bytes, (uint32_t)(rand() % 1100));
        control_serve(&control);
        if (rand() % 3 == 0)
            stream_take(&asker, stream_waiting(&asker));
    }
    /* So many bytes end whatever was begun. */
    unsigned kind = 0;
    for (unsigned i = 0; i < 4 && kind != CONTROL_DONE; i++) {
        stream_take(&asker, stream_waiting(&asker));
        control_serve(&control);
        struct control_frame impossible = {0, 0, 0xffff};
        stream_write(&asker, &impossible, sizeof(impossible));
        control_serve(&control);
        kind = ask("short", text, sizeof(text));
    }
    expect_eq(kind, CONTROL_DONE);
}

TEST(session, terminals_get_carriage_returns_and_no_more_text_than_fits)
{
    static struct session terminal = {.is_terminal = true};
    size_t count;
    session_print(&terminal, "a\nb\n");
    const char *text = session_text(&terminal, &count);
    expect(count == 6 && !memcmp(text, "a\r\nb\r\n", 6));
    session_sent(&terminal, 6);
    for (unsigned i = 0; i < 1000; i++)
        session_print(&terminal, "0123456789abcdef %u\n", i);
    session_text(&terminal, &count);
    expect_eq(count, SESSION_BYTES);
}
