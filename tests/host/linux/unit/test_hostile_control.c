/*
 * A supervisor that says anything on /dev/pecan, and writes over the start of its stream: a program gets text, the end or an error, never
 * more than it has room for; and the next supervisor carries out its command.
 */
#include "fake_machine.h"
#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/abi/memory.h"
#include "personality/linux/file/control.h"
#include "personality/linux/memory/address_space.h"
#include "personality/linux/process/process.h"
#include "protocols/control.h"
#include "support/random.h"
#include "test.h"

enum { STEPS = 200000, FILES = 2, REMEMBERED = 2, USER_BASE = 0x10000000, USER_BYTES = 2 * PAGE_SIZE };

static struct stream_area client_area, supervisor_area;
static struct stream supervisor;
static uint64_t random_state = 1;
static uint32_t sessions[REMEMBERED]; /* of commands that have come */

static struct process process;
static struct thread thread = {.process = &process};
static struct open_file files[FILES];
static unsigned texts, ends, refusals, losses, waits;

static uint64_t below(uint64_t bound)
{
    return random_below(&random_state, bound);
}

static bool shared_areas(struct machine_control *control)
{
    *control = (struct machine_control){.area = &client_area, .supervisor_area = &supervisor_area};
    return true;
}

static void say(uint32_t session, unsigned kind, unsigned claimed, const char *text, unsigned bytes)
{
    struct control_frame frame = {session, (uint16_t)kind, (uint16_t)claimed};
    stream_write(&supervisor, &frame, sizeof frame);
    stream_write(&supervisor, text, bytes);
}

static void supervisor_starts(void)
{
    stream_start(&supervisor, &supervisor_area, &client_area);
    say(0, CONTROL_STARTED, 0, "", 0);
}

/* Takes what the program has written; the headers of frames, where they are expected. */
static void supervisor_takes(void)
{
    struct control_frame frame;
    while (stream_peek(&supervisor, 0, &frame, sizeof frame) == sizeof frame) {
        stream_take(&supervisor, (uint32_t)sizeof frame + frame.bytes);
        sessions[below(REMEMBERED)] = frame.session;
    }
}

static void supervisor_says_anything(void)
{
    static char text[2 * CONTROL_FRAME_BYTES];
    static const unsigned odd[] = {0, 1, CONTROL_FRAME_BYTES, CONTROL_FRAME_BYTES + 1, 0x7fff, 0xffff};
    unsigned bytes = (unsigned)below(3) ? (unsigned)below(40) : (unsigned)below(sizeof text);
    unsigned claimed = below(4) ? bytes : odd[below(sizeof odd / sizeof *odd)];
    uint32_t session = below(8) ? sessions[below(REMEMBERED)] : (uint32_t)random_next(&random_state);
    memset(text, 't', sizeof text);
    say(session, below(16) ? CONTROL_TEXT + (unsigned)below(3) : (unsigned)below(10), claimed, text, bytes);
}

/* The positions of the stream and what it waits for are words that the peer reads. */
static void supervisor_writes_over_its_area(void)
{
    for (uint64_t count = below(6); count > 0; count--)
        ((char *)&supervisor_area)[below(2) ? below(32) : below(sizeof supervisor_area)] =
            (char)random_next(&random_state);
}

static void program_reads(struct open_file *file)
{
    struct user_buffer buffer = {process.space, USER_BASE, 1 + below(USER_BYTES)};
    uint64_t room = buffer.length;
    int64_t result = control_operations.read(&thread, file, &buffer);
    expect(result == CALL_WAITS || (result >= 0 && (uint64_t)result <= room) || result == -EIO ||
           result == -ECONNRESET || result == -EAGAIN);
    texts += result > 0;
    ends += result == 0;
    refusals += result == -EIO;
    losses += result == -ECONNRESET;
    waits += result == CALL_WAITS;
}

static int64_t program_writes(struct open_file *file, const char *line, uint64_t bytes)
{
    struct user_buffer all = {process.space, USER_BASE, bytes}, whole = all;
    expect_eq(user_buffer_put(&all, line, bytes), 0);
    return control_operations.write(&thread, file, &whole);
}

static void program_does_something(void)
{
    static const char lines[] = "ps\nkill net\nupdate net 100000\n0123456789";
    struct open_file *file = &files[below(FILES)];
    thread.wait_begun = false;
    switch (below(8)) {
    case 0:
        control_operations.close(file);
        break;
    case 1:
    case 2:
        program_writes(file, lines + below(20), below(sizeof lines - 20));
        break;
    default:
        program_reads(file);
    }
}

TEST(control, a_hostile_supervisor_does_no_harm)
{
    fake_machine_reset();
    process.space = address_space_create();
    const struct mapping_request memory = {
        .address = USER_BASE, .length = USER_BYTES, .protection = PROT_READ | PROT_WRITE, .fixed = true};
    expect_eq(address_space_map(process.space, &memory), USER_BASE);
    fake_control = shared_areas;
    for (unsigned i = 0; i < FILES; i++)
        files[i].flags = i ? 0 : O_NONBLOCK;
    supervisor_starts();
    for (unsigned step = 0; step < STEPS; step++) {
        program_does_something();
        supervisor_takes();
        for (uint64_t count = below(4); count > 0; count--)
            supervisor_says_anything();
        if (below(1000) == 0)
            supervisor_writes_over_its_area();
        if (below(1000) == 0)
            supervisor_starts();
    }
    /* It was not refused altogether. */
    expect(texts > 1000 && ends > 1000 && refusals > 1000 && losses > 10 && waits > 1000);

    for (unsigned i = 0; i < FILES; i++)
        control_operations.close(&files[i]);
    supervisor_starts();
    supervisor_takes();
    expect_eq(program_writes(&files[1], "ps\n", 3), 3);
    struct control_frame frame;
    char line[2];
    expect_eq(stream_peek(&supervisor, 0, &frame, sizeof frame), sizeof frame);
    expect(frame.kind == CONTROL_COMMAND && frame.bytes == sizeof line);
    expect_eq(stream_peek(&supervisor, sizeof frame, line, sizeof line), sizeof line);
    expect(!memcmp(line, "ps", sizeof line));
    stream_take(&supervisor, sizeof frame + sizeof line);
    say(frame.session, CONTROL_TEXT, 6, "answer", 6);
    say(frame.session, CONTROL_DONE, 0, "", 0);
    struct user_buffer buffer = {process.space, USER_BASE, USER_BYTES};
    expect_eq(control_operations.read(&thread, &files[1], &buffer), 6);
    expect_eq(control_operations.read(&thread, &files[1], &buffer), 0);
    control_operations.close(&files[1]);
    address_space_release(process.space);
    fake_control = NULL;
}
