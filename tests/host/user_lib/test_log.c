#include "lib/print.h"
#include "lib/string.h"
#include "test.h"

#include <pecan/log.h>

enum { LOG_BYTES = 4096, CAPACITY = LOG_BYTES - 8, HOSTILE_ROUNDS = 3000 };

void *malloc(size_t size);
void free(void *memory);

/* A log of its own allocation, so that the sanitizer sees what is read outside of it. */
static struct pecan_log_source make_log(void)
{
    char *memory = malloc(LOG_BYTES);
    memset(memory, 0, LOG_BYTES);
    struct pecan_log_source source = {"someone", (uint64_t)memory, LOG_BYTES};
    return source;
}

static void append(const struct pecan_log_source *source, const char *text)
{
    struct pecan_log *log = (struct pecan_log *)source->address;
    for (; *text; text++)
        log->text[log->written++ % CAPACITY] = *text;
}

static void append_line(const struct pecan_log_source *source, uint64_t time_us, const char *text)
{
    char line[600];
    snprintf(line, sizeof(line), "%016lx %s\n", time_us, text);
    append(source, line);
}

static void expect_line(const struct pecan_log_source *source, uint64_t *position, uint64_t time_us, const char *text)
{
    struct pecan_log_line line;
    expect(pecan_log_next(source, position, &line));
    expect_eq(line.time_us, time_us);
    expect_eq(strcmp(line.text, text), 0);
}

TEST(log, lines_come_in_order_with_their_times)
{
    struct pecan_log_source source = make_log();
    struct pecan_log_line line;
    uint64_t position = 0;
    expect(!pecan_log_next(&source, &position, &line));
    append_line(&source, 5, "one");
    append_line(&source, 0x123456789ul, "");
    append(&source, "no time\n0000000000000007 begun");
    expect_line(&source, &position, 5, "one");
    expect_line(&source, &position, 0x123456789ul, "");
    expect_line(&source, &position, 0, "no time");
    expect(!pecan_log_next(&source, &position, &line));
    append(&source, " and ended\n");
    expect_line(&source, &position, 7, "begun and ended");
    expect_eq(position, pecan_log_end(&source));
    free((void *)source.address);
}

TEST(log, the_last_lines_are_found)
{
    struct pecan_log_source source = make_log();
    append_line(&source, 1, "first");
    append_line(&source, 2, "second");
    append_line(&source, 3, "third");
    uint64_t position = pecan_log_last_lines(&source, 2);
    expect_line(&source, &position, 2, "second");
    position = pecan_log_last_lines(&source, 1);
    expect_line(&source, &position, 3, "third");
    expect_eq(pecan_log_last_lines(&source, 3), 0);
    append(&source, "0000000000000004 begun");
    position = pecan_log_last_lines(&source, 1);
    expect_line(&source, &position, 3, "third");
    expect_eq(pecan_log_last_lines(&source, 1000), 0);
    free((void *)source.address);
}

TEST(log, what_is_overwritten_is_left_out)
{
    struct pecan_log_source source = make_log();
    struct pecan_log_line line;
    char text[20];
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(text, sizeof(text), "line %u", i);
        append_line(&source, i, text);
    }
    uint64_t position = 0, count = 0, last = 0;
    while (pecan_log_next(&source, &position, &line)) {
        expect(count == 0 || line.time_us == last + 1);
        last = line.time_us;
        count++;
    }
    expect_eq(last, 999);
    expect(count > CAPACITY / 27 && count < CAPACITY / 25 + 2);
    free((void *)source.address);
}

TEST(log, long_lines_come_in_pieces_and_only_printable)
{
    struct pecan_log_source source = make_log();
    struct pecan_log_line line;
    char text[301];
    memset(text, 'x', 300);
    text[300] = '\0';
    text[0] = '\x1b';
    append_line(&source, 1, text);
    uint64_t position = 0;
    expect(pecan_log_next(&source, &position, &line));
    expect_eq(line.text[0], '?');
    expect_eq(strlen(line.text), PECAN_LOG_LINE_BYTES - 1 - 17);
    expect(pecan_log_next(&source, &position, &line));
    expect_eq(strlen(line.text), 300 - (PECAN_LOG_LINE_BYTES - 1 - 17));
    free((void *)source.address);
}

/* Whatever the writer does: nothing outside is read, every call ends, and lines are terminated. */
TEST(log, hostile_writers_do_no_harm)
{
    struct pecan_log_source source = make_log();
    struct pecan_log *log = (struct pecan_log *)source.address;
    uint64_t chance = 1, position = 0;
    for (unsigned round = 0; round < HOSTILE_ROUNDS; round++) {
        struct pecan_log_line line;
        for (unsigned i = 0; i < 20; i++) {
            chance = chance * 6364136223846793005ul + 1442695040888963407ul;
            log->text[(chance >> 33) % CAPACITY] = chance >> 50 & 1 ? '\n' : (char)(chance >> 20);
        }
        log->written = round % 3 == 0 ? chance : round % 3 == 1 ? UINT64_MAX - round : round;
        for (unsigned i = 0; i < 30 && pecan_log_next(&source, &position, &line); i++)
            expect(strnlen(line.text, sizeof(line.text)) < sizeof(line.text));
        expect(pecan_log_last_lines(&source, (unsigned)(chance >> 60)) <= log->written);
        position = round & 1 ? chance >> 7 : position;
    }
    free((void *)source.address);
}

TEST(log, logs_are_found_by_name)
{
    pecan_log_sources[3] = (struct pecan_log_source){"disk", 0x1000, LOG_BYTES};
    pecan_log_sources[4] = (struct pecan_log_source){"disk2", 0, 0};
    expect_ptr_eq(pecan_log_find("disk"), &pecan_log_sources[3]);
    expect_ptr_eq(pecan_log_find("dis"), 0);
    expect_ptr_eq(pecan_log_find("disk2"), 0);
    expect_ptr_eq(pecan_log_find(""), 0);
    pecan_log_sources[3] = pecan_log_sources[4] = (struct pecan_log_source){{0}, 0, 0};
}
