#include "drivers/ps2/ps2.h"

#include "machine.h"
#include "test.h"
#include <string.h>

enum { MOST_WAITING = 64 };

/* A simulated controller with a keyboard and a mouse, which answer what is sent to them. */
struct controller {
    bool has_keyboard, has_mouse, has_wheel;
    bool is_stuck;  /* takes no command */
    bool is_silent; /* never answers */
    bool is_wild;   /* answers at random, all the time */
    bool is_deaf;   /* the devices understand every byte only the second time */
    bool was_asked_again;
    uint8_t config, command;
    uint8_t rates[3]; /* the last ones set */
    bool next_is_rate;
    bool keyboard_sends, mouse_sends;
    struct {
        uint8_t byte, status;
    } waiting[MOST_WAITING];
    unsigned first, last;
};

static struct controller controller;

static void say(uint8_t byte, uint8_t status)
{
    if (controller.is_silent)
        return;
    expect(controller.last < MOST_WAITING);
    controller.waiting[controller.last].byte = byte;
    controller.waiting[controller.last++].status = status;
}

/* Both send whenever they may: what is typed and moved comes before the answer to what is sent to either. */
static void type_and_move(void)
{
    if (controller.keyboard_sends && controller.has_keyboard)
        say(0x1e, 0), say(0x9e, 0);
    if (controller.mouse_sends && controller.has_mouse)
        say(0x08, 0x20), say(1, 0x20), say(1, 0x20);
}

/* Whether the byte was understood; otherwise it is wanted again. */
static bool understands(uint8_t status)
{
    controller.was_asked_again = controller.is_deaf && !controller.was_asked_again;
    say(controller.was_asked_again ? 0xfe : 0xfa, status);
    return !controller.was_asked_again;
}

static void mouse_gets(uint8_t byte)
{
    if (!controller.has_mouse)
        return;
    type_and_move();
    if (!understands(0x20))
        return;
    if (controller.next_is_rate) {
        controller.next_is_rate = false;
        memmove(controller.rates, controller.rates + 1, 2);
        controller.rates[2] = byte;
        return;
    }
    controller.next_is_rate = byte == 0xf3;
    controller.mouse_sends = (controller.mouse_sends && byte != 0xf6) || byte == 0xf4;
    bool knocked = memcmp(controller.rates, (uint8_t[]){200, 100, 80}, 3) == 0;
    if (byte == 0xf2)
        say(controller.has_wheel && knocked ? 3 : 0, 0x20);
}

static void keyboard_gets(uint8_t byte)
{
    if (!controller.has_keyboard)
        return;
    type_and_move();
    if (understands(0))
        controller.keyboard_sends = (controller.keyboard_sends && byte != 0xf5) || byte == 0xf4;
}

static uint32_t data_read(void *device, size_t offset, unsigned bytes)
{
    (void)device, (void)offset, (void)bytes;
    if (controller.is_wild)
        return machine_random() & 0xff;
    expect(controller.first < controller.last);
    return controller.waiting[controller.first++].byte;
}

static void data_write(void *device, size_t offset, unsigned bytes, uint32_t value)
{
    (void)device, (void)offset, (void)bytes;
    if (controller.command == 0x60)
        controller.config = (uint8_t)value;
    else if (controller.command == 0xd4)
        mouse_gets((uint8_t)value);
    else
        keyboard_gets((uint8_t)value);
    controller.command = 0;
}

static uint32_t status_read(void *device, size_t offset, unsigned bytes)
{
    (void)device, (void)offset, (void)bytes;
    if (controller.is_wild)
        return (machine_random() & 0xfd) | 1;
    if (controller.is_stuck)
        return 2;
    return controller.first < controller.last ? 1u | controller.waiting[controller.first].status : 0;
}

static void command_write(void *device, size_t offset, unsigned bytes, uint32_t value)
{
    (void)device, (void)offset, (void)bytes;
    controller.command = (uint8_t)value;
    if (value == 0x20)
        say(controller.config, 0);
    else if (value == 0xaa)
        say(0x55, 0);
    else if (value == 0xa9)
        say(controller.has_mouse ? 0 : 1, 0);
    else if (value == 0xab)
        say(controller.has_keyboard ? 0 : 1, 0);
    else if (value == 0xad)
        controller.config |= 0x10;
    else if (value == 0xa7)
        controller.config |= 0x20;
}

static struct ps2_ports ports_make(struct controller kind)
{
    machine_reset();
    controller = kind;
    machine_add_ports(PS2_DATA_PORT, PS2_DATA_PORT, (struct machine_registers){0, data_read, data_write});
    machine_add_ports(PS2_COMMAND_PORT, PS2_COMMAND_PORT, (struct machine_registers){0, status_read, command_write});
    return (struct ps2_ports){MACHINE_PORTS_CAPABILITY, MACHINE_PORTS_CAPABILITY};
}

TEST(ps2, keyboard_and_mouse_are_started)
{
    struct ps2 ps2;
    expect(
        ps2_start(&ps2, ports_make((struct controller){.has_keyboard = true, .has_mouse = true, .has_wheel = true})));
    expect(ps2.has_keyboard && ps2.has_mouse && ps2.mouse.has_wheel);
    expect(controller.keyboard_sends && controller.mouse_sends);
    expect_eq(controller.config, 0x43); /* translated, both interrupts, both on */
}

TEST(ps2, keys_and_movements_during_a_restart_do_not_lose_the_devices)
{
    struct ps2 ps2;
    expect(ps2_start(
        &ps2,
        ports_make((struct controller){
            .has_keyboard = true, .has_mouse = true, .has_wheel = true, .keyboard_sends = true, .mouse_sends = true})));
    expect(ps2.has_keyboard && ps2.has_mouse && ps2.mouse.has_wheel);
    expect(controller.keyboard_sends && controller.mouse_sends);
}

TEST(ps2, a_byte_that_was_not_understood_is_sent_again)
{
    struct ps2 ps2;
    expect(ps2_start(
        &ps2,
        ports_make((struct controller){
            .has_keyboard = true, .has_mouse = true, .has_wheel = true, .is_deaf = true, .keyboard_sends = true})));
    expect(ps2.has_keyboard && ps2.has_mouse && ps2.mouse.has_wheel);
}

TEST(ps2, a_damaged_byte_ends_what_it_was_a_part_of)
{
    struct ps2 ps2;
    ps2_start(&ps2, ports_make((struct controller){.has_keyboard = true, .has_mouse = true}));
    say(0x09, 0x20), say(0xff, 0xa0), say(0, 0x20);
    say(0x08, 0x20), say(1, 0x20), say(2, 0x20);
    say(0xe0, 0), say(0xff, 0x40), say(0x48, 0);
    struct ps2_event event;
    expect(ps2_take(&ps2, &event));
    expect_eq(event.kind, PS2_MOTION);
    expect_eq(event.motion.right, 1);
    expect_eq(event.motion.down, -2);
    expect(ps2_take(&ps2, &event));
    expect_eq(event.kind, PS2_KEY);
    expect_eq(event.key.key, 0x48);
}

TEST(ps2, what_is_missing_is_left_alone)
{
    struct ps2 ps2;
    expect(ps2_start(&ps2, ports_make((struct controller){.has_keyboard = true})));
    expect(ps2.has_keyboard && !ps2.has_mouse);
    expect_eq(controller.config & 3, 1);
    expect(ps2_start(&ps2, ports_make((struct controller){.has_mouse = true})));
    expect(!ps2.has_keyboard && ps2.has_mouse && !ps2.mouse.has_wheel);
    expect(!ps2_start(&ps2, ports_make((struct controller){.is_stuck = true})));
    expect(!ps2_start(&ps2, ports_make((struct controller){.is_silent = true})));
}

TEST(ps2, bytes_go_to_the_device_they_came_from)
{
    struct ps2 ps2;
    ps2_start(&ps2, ports_make((struct controller){.has_keyboard = true, .has_mouse = true}));
    say(0xe0, 0), say(0x09, 0x20), say(0x48, 0), say(5, 0x20), say(250, 0x20);
    say(0x1e, 0x80); /* a parity error */
    struct ps2_event event;
    expect(ps2_take(&ps2, &event));
    expect_eq(event.kind, PS2_KEY);
    expect_eq(event.key.key, PS2_KEY_UP);
    expect(ps2_take(&ps2, &event));
    expect_eq(event.kind, PS2_MOTION);
    expect_eq(event.motion.buttons, PS2_BUTTON_LEFT);
    expect_eq(event.motion.right, 5);
    expect_eq(event.motion.down, -250);
    expect(!ps2_take(&ps2, &event));
}

TEST(ps2, a_controller_that_never_runs_dry_ends)
{
    struct ps2 ps2;
    ps2_start(&ps2, ports_make((struct controller){.is_wild = true}));
    unsigned keys = 0;
    for (int i = 0; i < 100000; i++) {
        struct ps2_event event;
        if (ps2_take(&ps2, &event) && event.kind == PS2_KEY)
            keys += event.key.key != 0;
    }
    expect(keys > 1000);
}

/* The keys that the bytes mean: each as number, and 0x100 if it went up. */
static unsigned keys_of(const uint8_t *bytes, unsigned count, unsigned *keys)
{
    struct ps2_keyboard keyboard = {0};
    unsigned found = 0;
    for (unsigned i = 0; i < count; i++) {
        struct ps2_key key;
        if (ps2_keyboard_byte(&keyboard, bytes[i], &key))
            keys[found++] = key.key | (key.is_down ? 0 : 0x100u);
    }
    return found;
}

TEST(ps2_keyboard, keys_go_down_and_up)
{
    static const uint8_t bytes[] = {0x1e, 0x9e, 0xe0, 0x4b, 0xe0, 0xcb, 0xaa};
    unsigned keys[8];
    expect_eq(keys_of(bytes, sizeof bytes, keys), 5);
    expect_eq(keys[0], 0x1e);
    expect_eq(keys[1], 0x11e);
    expect_eq(keys[2], PS2_KEY_LEFT);
    expect_eq(keys[3], 0x100 | PS2_KEY_LEFT);
    expect_eq(keys[4], 0x100 | PS2_KEY_LEFT_SHIFT);
}

TEST(ps2_keyboard, odd_keys_are_one_key_each)
{
    static const uint8_t print[] = {0xe0, 0x2a, 0xe0, 0x37, 0xe0, 0xb7, 0xe0, 0xaa};
    static const uint8_t pause[] = {0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0x1e};
    unsigned keys[8];
    expect_eq(keys_of(print, sizeof print, keys), 2);
    expect_eq(keys[0], PS2_KEY_PRINT);
    expect_eq(keys[1], 0x100 | PS2_KEY_PRINT);
    expect_eq(keys_of(pause, sizeof pause, keys), 2);
    expect_eq(keys[0], PS2_KEY_PAUSE);
    expect_eq(keys[1], 0x1e);
}

TEST(ps2_keyboard, errors_end_what_was_begun)
{
    static const uint8_t bytes[] = {0xe0, 0xff, 0x48, 0xe1, 0x00, 0x1e, 0xe0, 0xe0, 0x48};
    unsigned keys[8];
    expect_eq(keys_of(bytes, sizeof bytes, keys), 3);
    expect_eq(keys[0], 0x48);
    expect_eq(keys[1], 0x1e);
    expect_eq(keys[2], PS2_KEY_UP);
}

TEST(ps2_mouse, packets_state_movement_wheel_and_buttons)
{
    struct ps2_mouse mouse = {.has_wheel = true};
    struct ps2_motion motion;
    static const uint8_t bytes[] = {0x00, 0x3e, 1, 255, 0x0f}; /* the first byte is not one of a packet's start */
    for (unsigned i = 0; i < sizeof bytes; i++)
        expect_eq(ps2_mouse_byte(&mouse, bytes[i], &motion), i == 4);
    expect_eq(motion.right, (int16_t)-255);
    expect_eq(motion.down, 1);
    expect_eq(motion.wheel, (int8_t)-1);
    expect_eq(motion.buttons, PS2_BUTTON_RIGHT | PS2_BUTTON_MIDDLE);

    mouse = (struct ps2_mouse){0};
    static const uint8_t overflow[] = {0x49, 200, 200};
    for (unsigned i = 0; i < sizeof overflow; i++)
        expect_eq(ps2_mouse_byte(&mouse, overflow[i], &motion), i == 2);
    expect_eq(motion.right, 0); /* how far is not known */
    expect_eq(motion.buttons, PS2_BUTTON_LEFT);
}
