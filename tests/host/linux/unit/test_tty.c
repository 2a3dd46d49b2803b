#include "lib/string.h"
#include "personality/linux/abi/signal.h"
#include "personality/linux/tty/line_discipline.h"
#include "test.h"

static struct line_discipline line;
static char screen[8192];
static size_t screen_length;

static void show(void *context, const char *bytes, size_t count)
{
    (void)context;
    for (size_t i = 0; i < count && screen_length < sizeof screen - 1; i++)
        screen[screen_length++] = bytes[i];
    screen[screen_length] = 0;
}

static void begin(void)
{
    screen_length = 0;
    screen[0] = 0;
    line_discipline_initialise(&line, show, NULL);
}

static void raw(void)
{
    struct linux_termios termios = line.termios;
    termios.local_flags = 0;
    termios.input_flags = 0;
    line_discipline_set(&line, &termios);
}

static int type(const char *keys)
{
    int signal = 0;
    for (; *keys; keys++) {
        int got = line_discipline_input(&line, (unsigned char)*keys);
        signal = got ? got : signal;
    }
    return signal;
}

static void expect_read(const char *wanted, size_t room)
{
    char bytes[TTY_INPUT_SIZE + 1];
    size_t count = line_discipline_read(&line, bytes, room);
    bytes[count] = 0;
    expect(!strcmp(bytes, wanted));
}

TEST(tty, a_line_is_read_when_it_is_complete)
{
    begin();
    type("hel");
    expect(!line_discipline_is_ready(&line));
    type("lo\rnext\r");
    expect_read("hello\n", 100);
    expect_read("nex", 3);
    expect_read("t\n", 100);
    expect(!line_discipline_is_ready(&line));
    expect(!strcmp(screen, "hello\r\nnext\r\n"));
}

TEST(tty, editing)
{
    begin();
    type("abx\x7f"
         "c\r");
    expect_read("abc\n", 100);
    expect(!strcmp(screen, "abx\b \bc\r\n"));
    type("wrong\x15right\r");
    expect_read("right\n", 100);
    type("one two \x17three\r");
    expect_read("one three\n", 100);
    type("\x7f\x7f\x17\x15x\r");
    expect_read("x\n", 100);
    type("a\x16\x03z\r");
    expect_read("a\003z\n", 100);
}

TEST(tty, characters_of_several_bytes_are_erased_as_one)
{
    begin();
    type("a\xc3\xa4\xe2\x82\xac\x7f\x7f\r");
    expect_read("a\n", 100);
}

TEST(tty, end_of_file)
{
    begin();
    type("\x04");
    expect(line_discipline_is_ready(&line));
    expect_read("", 100);
    expect(!line_discipline_is_ready(&line));
    type("part\x04");
    expect_read("part", 100);
    expect(!line_discipline_is_ready(&line));
    type("four\x04");
    expect_read("four", 4);
    expect(!line_discipline_is_ready(&line));
}

TEST(tty, signals)
{
    begin();
    expect_eq(type("gone\x03"), SIGINT);
    expect_eq(type("\x1a"), SIGTSTP);
    expect_eq(type("\x1c"), SIGQUIT);
    expect(!strcmp(screen, "gone^C^Z^\\"));
    type("x\r");
    expect_read("x\n", 100);
    raw();
    expect_eq(type("\x03\x1a"), 0);
    expect_read("\003\032", 100);
}

TEST(tty, raw_bytes_are_there_at_once)
{
    begin();
    raw();
    type("a\r\x7f");
    expect_eq(line_discipline_readable(&line), 3);
    expect_read("a\r", 2);
    expect_read("\x7f", 100);
    expect_eq(screen_length, 0);
}

TEST(tty, changing_the_mode_keeps_what_was_typed)
{
    begin();
    type("half");
    raw();
    expect_read("half", 100);
}

TEST(tty, too_long_a_line_keeps_its_end)
{
    begin();
    for (int i = 0; i < 2 * TTY_INPUT_SIZE; i++)
        type("x");
    expect(!line_discipline_is_ready(&line));
    type("\r");
    expect_eq(line_discipline_readable(&line), TTY_INPUT_SIZE);
    char bytes[TTY_INPUT_SIZE];
    expect_eq(line_discipline_read(&line, bytes, sizeof bytes), TTY_INPUT_SIZE);
    expect_eq(bytes[TTY_INPUT_SIZE - 1], '\n');
}

TEST(tty, output_line_ends)
{
    char out[2];
    begin();
    expect_eq(line_discipline_output(&line, '\n', out), 2);
    expect(out[0] == '\r' && out[1] == '\n');
    line.termios.output_flags = 0;
    expect_eq(line_discipline_output(&line, '\n', out), 1);
}
