/* The console's parts that know nothing of components: the keyboard, and how bytes pass. */
#include "servers/console/keymap.h"
#include "servers/console/terminal.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

enum {
    CONTROL = 0x1d,
    LEFT_SHIFT = 0x2a,
    RIGHT_SHIFT = 0x36,
    LEFT_ALT = 0x38,
    CAPS = 0x3a,
    NUMBER_LOCK = 0x45,
    RIGHT_CONTROL = 0x9d
};

static struct keymap_press press(struct keymap *keymap, uint8_t key)
{
    struct keymap_press taken = keymap_take(keymap, key, true);
    expect_eq(keymap_take(keymap, key, false).kind, KEYMAP_NOTHING);
    return taken;
}

static int character(struct keymap *keymap, uint8_t key)
{
    struct keymap_press taken = press(keymap, key);
    expect_eq(taken.kind, KEYMAP_CHARACTER);
    return taken.code;
}

TEST(keymap, rows_of_the_us_layout)
{
    static const struct {
        uint8_t first;
        const char *plain, *shifted;
    } rows[] = {{0x02, "1234567890-=", "!@#$%^&*()_+"},
                {0x10, "qwertyuiop[]", "QWERTYUIOP{}"},
                {0x1e, "asdfghjkl;'`", "ASDFGHJKL:\"~"},
                {0x2b, "\\zxcvbnm,./", "|ZXCVBNM<>?"}};
    struct keymap keymap = {0};
    for (unsigned row = 0; row < sizeof rows / sizeof *rows; row++) {
        for (unsigned i = 0; rows[row].plain[i]; i++) {
            expect_eq(character(&keymap, (uint8_t)(rows[row].first + i)), rows[row].plain[i]);
            keymap_take(&keymap, i % 2 ? LEFT_SHIFT : RIGHT_SHIFT, true);
            expect_eq(character(&keymap, (uint8_t)(rows[row].first + i)), rows[row].shifted[i]);
            keymap_take(&keymap, i % 2 ? LEFT_SHIFT : RIGHT_SHIFT, false);
        }
    }
    expect_eq(character(&keymap, 0x01), 0x1b);
    expect_eq(character(&keymap, 0x0e), 0x7f);
    expect_eq(character(&keymap, 0x0f), '\t');
    expect_eq(character(&keymap, 0x1c), '\r');
    expect_eq(character(&keymap, 0x39), ' ');
}

TEST(keymap, both_shifts_count_until_both_are_up)
{
    struct keymap keymap = {0};
    keymap_take(&keymap, LEFT_SHIFT, true);
    keymap_take(&keymap, RIGHT_SHIFT, true);
    keymap_take(&keymap, LEFT_SHIFT, false);
    expect_eq(character(&keymap, 0x1e), 'A');
    keymap_take(&keymap, RIGHT_SHIFT, false);
    expect_eq(character(&keymap, 0x1e), 'a');
}

TEST(keymap, caps_lock_is_for_letters_only)
{
    struct keymap keymap = {0};
    press(&keymap, CAPS);
    expect_eq(character(&keymap, 0x1e), 'A');
    expect_eq(character(&keymap, 0x02), '1');
    keymap_take(&keymap, LEFT_SHIFT, true);
    expect_eq(character(&keymap, 0x1e), 'a');
    expect_eq(character(&keymap, 0x02), '!');
    keymap_take(&keymap, LEFT_SHIFT, false);
    press(&keymap, CAPS);
    expect_eq(character(&keymap, 0x1e), 'a');
}

TEST(keymap, control_and_alt)
{
    static const struct {
        uint8_t key, code;
    } controls[] = {{0x2e, 3},  {0x20, 4}, {0x2c, 26}, {0x1a, 27}, {0x2b, 28},
                    {0x1b, 29}, {0x39, 0}, {0x03, 0},  {0x35, 31}, {0x1c, '\r'}};
    struct keymap keymap = {0};
    keymap_take(&keymap, CONTROL, true);
    for (unsigned i = 0; i < sizeof controls / sizeof *controls; i++)
        expect_eq(character(&keymap, controls[i].key), controls[i].code);
    keymap_take(&keymap, CONTROL, false);
    keymap_take(&keymap, LEFT_ALT, true);
    struct keymap_press taken = press(&keymap, 0x1e);
    expect_eq(taken.code, 'a');
    expect_eq(taken.modifiers, KEYMAP_ALT);
    keymap_take(&keymap, RIGHT_CONTROL, true);
    taken = press(&keymap, 0x1e);
    expect_eq(taken.code, 1);
    expect_eq(taken.modifiers, KEYMAP_ALT);
}

TEST(keymap, named_keys_switches_and_pages)
{
    struct keymap keymap = {0};
    struct keymap_press taken = press(&keymap, 0xc8);
    expect_eq(taken.kind, KEYMAP_NAMED);
    expect_eq(taken.code, KEYMAP_UP);
    expect_eq(press(&keymap, 0xd3).code, KEYMAP_DELETE);
    expect_eq(press(&keymap, 0x3b).code, KEYMAP_F1);
    expect_eq(press(&keymap, 0x58).code, KEYMAP_F12);
    keymap_take(&keymap, CONTROL, true);
    taken = press(&keymap, 0xcd);
    expect_eq(taken.code, KEYMAP_RIGHT);
    expect_eq(taken.modifiers, KEYMAP_CONTROL);
    keymap_take(&keymap, CONTROL, false);
    keymap_take(&keymap, LEFT_ALT, true);
    taken = press(&keymap, 0x3c);
    expect_eq(taken.kind, KEYMAP_SWITCH);
    expect_eq(taken.code, 1);
    expect_eq(press(&keymap, 0x44).kind, KEYMAP_NAMED); /* there are not so many terminals */
    keymap_take(&keymap, LEFT_ALT, false);
    keymap_take(&keymap, LEFT_SHIFT, true);
    expect_eq(press(&keymap, 0xc9).kind, KEYMAP_SCROLL);
    expect_eq(press(&keymap, 0xd1).kind, KEYMAP_SCROLL);
    taken = press(&keymap, 0x0f);
    expect_eq(taken.kind, KEYMAP_NAMED);
    expect_eq(taken.code, KEYMAP_TAB);
}

TEST(keymap, the_number_pad)
{
    struct keymap keymap = {0};
    expect_eq(character(&keymap, 0x47), '7');
    expect_eq(character(&keymap, 0x4a), '-');
    expect_eq(character(&keymap, 0x9c), '\r');
    expect_eq(character(&keymap, 0xb5), '/');
    press(&keymap, NUMBER_LOCK);
    expect_eq(press(&keymap, 0x47).code, KEYMAP_HOME);
    expect_eq(press(&keymap, 0x4c).kind, KEYMAP_NOTHING);
    expect_eq(character(&keymap, 0x4e), '+');
}

TEST(keymap, any_key_is_no_harm)
{
    unsigned seed = 1;
    struct keymap keymap = {0};
    for (int i = 0; i < 100000; i++) {
        struct keymap_press taken = keymap_take(&keymap, (uint8_t)rand_r(&seed), rand_r(&seed) % 2);
        expect(taken.kind <= KEYMAP_SCROLL);
        expect(taken.kind != KEYMAP_NAMED || taken.code <= KEYMAP_F12);
        expect(taken.kind != KEYMAP_SWITCH || taken.code < 6);
    }
}

/* A terminal, its client and its port. */
struct setting {
    struct terminal_region *own, *port_region;
    struct terminal_client_region *client_region, *own_port;
    uint8_t *history;
    struct terminal terminal;
    struct stream client, port;
};

static void *page(void)
{
    void *memory = aligned_alloc(64, TERMINAL_REGION_BYTES);
    memset(memory, 0, TERMINAL_REGION_BYTES);
    return memory;
}

static void restart(struct setting *s)
{
    terminal_start(&s->terminal, s->own, s->client_region, s->own_port, s->port_region, s->history);
}

static struct setting setting_start(bool has_port)
{
    struct setting s = {.own = page(), .client_region = page(), .history = calloc(1, TERMINAL_HISTORY_BYTES)};
    if (has_port) {
        s.own_port = page();
        s.port_region = page();
        stream_start(&s.port, s.port_region, s.own_port);
    }
    stream_start(&s.client, s.client_region, s.own);
    restart(&s);
    return s;
}

static void setting_end(struct setting *s)
{
    free(s->own);
    free(s->port_region);
    free(s->client_region);
    free(s->own_port);
    free(s->history);
}

static uint32_t port_takes(struct setting *s, void *bytes, uint32_t most)
{
    uint32_t count = stream_peek(&s->port, 0, bytes, most);
    stream_take(&s->port, count);
    return count;
}

TEST(terminal, output_waits_for_the_port_and_is_shown_once)
{
    struct setting s = setting_start(true);
    static uint8_t text[STREAM_BYTES], got[STREAM_BYTES], shown[STREAM_BYTES];
    uint32_t shown_count = 0, count;
    for (unsigned i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 7 + i / 256);
    expect_eq(stream_write(&s.client, text, sizeof text), sizeof text);
    uint8_t bytes[TERMINAL_BATCH_BYTES];
    while ((count = terminal_pass_output(&s.terminal, bytes))) {
        memcpy(shown + shown_count, bytes, count);
        shown_count += count;
    }
    expect_eq(shown_count, STREAM_BYTES);
    expect(memcmp(shown, text, STREAM_BYTES) == 0);
    /* The port has sent nothing: the client has no room. */
    expect_eq(stream_room(&s.client), 0);
    expect(terminal_must_wait(&s.terminal));
    expect_eq(port_takes(&s, got, STREAM_BYTES - 1), STREAM_BYTES - 1);
    expect(!stream_publish(&s.port));
    expect(terminal_must_wait(&s.terminal));
    expect_eq(port_takes(&s, got + STREAM_BYTES - 1, 1), 1);
    expect(stream_publish(&s.port));
    expect(!terminal_must_wait(&s.terminal));
    expect_eq(terminal_pass_output(&s.terminal, bytes), 0);
    expect_eq(stream_room(&s.client), STREAM_BYTES);
    expect(terminal_must_wait(&s.terminal));
    expect(memcmp(got, text, STREAM_BYTES) == 0);
    setting_end(&s);
}

/* Started again between any two calls, and sometimes in memory as it is left when it is ended within one. */
TEST(terminal, a_restart_neither_loses_nor_repeats_output)
{
    struct setting s = setting_start(true);
    unsigned seed = 5;
    uint8_t sent = 0, got = 0, shown = 0, bytes[TERMINAL_BATCH_BYTES];
    for (int round = 0; round < 20000; round++) {
        for (int i = rand_r(&seed) % 60; i--;)
            sent += (uint8_t)stream_write(&s.client, &sent, 1);
        if (rand_r(&seed) % 3 == 0)
            restart(&s);
        uint32_t count = terminal_pass_output(&s.terminal, bytes);
        for (uint32_t i = 0; i < count; i++)
            expect_eq(bytes[i], (uint8_t)(shown + i));
        shown += (uint8_t)count;
        count = port_takes(&s, bytes, (uint32_t)rand_r(&seed) % 60);
        for (uint32_t i = 0; i < count; i++)
            expect_eq(bytes[i], (uint8_t)(got + i));
        got += (uint8_t)count;
        terminal_must_wait(&s.terminal);
    }
    expect(s.port_region->stream.taken > 100000);
    setting_end(&s);
}

/* The same for input, ended between the client's having it and the port's being told so; typed bytes come in between. */
TEST(terminal, a_restart_neither_loses_nor_repeats_input)
{
    struct setting s = setting_start(true);
    unsigned seed = 6, typed = 0, keys = 0;
    uint8_t sent = 0, got = 0, bytes[TERMINAL_BATCH_BYTES];
    for (int round = 0; round < 20000; round++) {
        for (int i = rand_r(&seed) % 60; i--;)
            sent = (uint8_t)((sent + stream_write(&s.port, &sent, 1)) % 200);
        if (rand_r(&seed) % 4 == 0 && stream_room(&s.terminal.client)) {
            terminal_type(&s.terminal, "\377", 1);
            typed++;
        }
        uint32_t taken = s.own_port->stream.taken;
        terminal_pass_input(&s.terminal);
        if (rand_r(&seed) % 3 == 0) {
            if (rand_r(&seed) % 2)
                s.own_port->stream.taken = taken; /* it did not come to that */
            restart(&s);
        }
        uint32_t count = stream_peek(&s.client, 0, bytes, (uint32_t)rand_r(&seed) % 60);
        for (uint32_t i = 0; i < count; i++) {
            keys += bytes[i] == 255;
            if (bytes[i] == 255)
                continue;
            expect_eq(bytes[i], got);
            got = (uint8_t)((got + 1) % 200);
        }
        stream_take(&s.client, count);
    }
    while (stream_peek(&s.client, 0, bytes, 1)) {
        keys += bytes[0] == 255;
        stream_take(&s.client, 1);
    }
    expect_eq(keys, typed);
    expect(s.own_port->stream.taken > 100000);
    setting_end(&s);
}

TEST(terminal, wrong_positions_of_a_client_are_got_over)
{
    struct setting s = setting_start(true);
    uint8_t bytes[TERMINAL_BATCH_BYTES], got[16];
    unsigned seed = 9;
    for (int round = 0; round < 1000; round++) {
        s.client_region->stream.written = (uint32_t)rand_r(&seed) * 3u;
        s.own->stream.taken += rand_r(&seed) % 2 ? (uint32_t)rand_r(&seed) : 0;
        restart(&s);
        while (terminal_pass_output(&s.terminal, bytes) || port_takes(&s, bytes, sizeof bytes))
            continue;
        terminal_pass_output(&s.terminal, bytes);
        stream_start(&s.client, s.client_region, s.own);
        expect_eq(stream_room(&s.client), STREAM_BYTES);
        stream_write(&s.client, "hello", 5);
        expect_eq(terminal_pass_output(&s.terminal, bytes), 5);
        expect_eq(port_takes(&s, got, sizeof got), 5);
        expect(memcmp(got, "hello", 5) == 0);
        terminal_pass_output(&s.terminal, bytes);
    }
    setting_end(&s);
}

TEST(terminal, a_stuck_client_does_not_lose_what_is_typed_on_its_port)
{
    struct setting s = setting_start(true);
    static uint8_t text[STREAM_BYTES], got[STREAM_BYTES];
    for (int round = 0; round < 2; round++) {
        memset(text, 'a' + round, sizeof text);
        expect_eq(stream_write(&s.port, text, sizeof text), sizeof text);
        expect_eq(terminal_pass_input(&s.terminal), round ? 0 : STREAM_BYTES);
    }
    expect(terminal_must_wait(&s.terminal));
    terminal_type(&s.terminal, "lost", 4); /* the keyboard has nowhere to wait */
    expect_eq(stream_peek(&s.client, 0, got, sizeof got), sizeof got);
    expect_eq(got[STREAM_BYTES - 1], 'a');
    stream_take(&s.client, sizeof got);
    expect_eq(terminal_pass_input(&s.terminal), STREAM_BYTES);
    setting_end(&s);
}

TEST(terminal, without_a_port_output_is_only_shown)
{
    struct setting s = setting_start(false);
    uint8_t bytes[TERMINAL_BATCH_BYTES];
    stream_write(&s.client, "hello", 5);
    expect_eq(terminal_pass_output(&s.terminal, bytes), 5);
    expect_eq(terminal_pass_input(&s.terminal), 0);
    expect(terminal_must_wait(&s.terminal));
    expect(!terminal_wakes_port(&s.terminal));
    terminal_type(&s.terminal, "x", 1);
    expect_eq(stream_waiting(&s.client), 1);
    setting_end(&s);
}

TEST(terminal, without_a_client_nothing_happens)
{
    struct terminal terminal;
    struct terminal_client_region *own_port = page();
    struct terminal_region *port_region = page();
    uint8_t bytes[TERMINAL_BATCH_BYTES];
    terminal_start(&terminal, NULL, NULL, own_port, port_region, NULL);
    expect_eq(terminal_pass_output(&terminal, bytes), 0);
    expect_eq(terminal_pass_input(&terminal), 0);
    expect(terminal_must_wait(&terminal));
    expect(!terminal_set_size(&terminal, 80, 25));
    expect_eq(terminal_history(&terminal, 0, bytes), 0);
    free(own_port);
    free(port_region);
}

TEST(terminal, its_history_outlives_it)
{
    struct setting s = setting_start(false);
    static uint8_t wanted[TERMINAL_HISTORY_BYTES];
    uint8_t bytes[TERMINAL_BATCH_BYTES];
    uint32_t total = TERMINAL_HISTORY_BYTES + 5000, done = 0;
    for (uint32_t i = 0; i < total; i++) {
        uint8_t byte = (uint8_t)(i * 11 + i / 256);
        stream_write(&s.client, &byte, 1);
        terminal_pass_output(&s.terminal, bytes);
        if (i >= total - TERMINAL_HISTORY_BYTES)
            wanted[i - (total - TERMINAL_HISTORY_BYTES)] = byte;
    }
    restart(&s);
    uint32_t count;
    while ((count = terminal_history(&s.terminal, done, bytes))) {
        expect(memcmp(bytes, wanted + done, count) == 0);
        done += count;
    }
    expect_eq(done, TERMINAL_HISTORY_BYTES);
    setting_end(&s);
}

TEST(terminal, its_size_is_told_once)
{
    struct setting s = setting_start(false);
    expect(terminal_set_size(&s.terminal, 100, 37));
    expect(!terminal_set_size(&s.terminal, 100, 37));
    expect_eq(s.own->size, 100u << 16 | 37);
    expect(terminal_set_size(&s.terminal, 0, 0));
    setting_end(&s);
}
