#include "servers/console/keymap.h"

enum {
    CODE_TAB = 0x0f,
    CODE_LEFT_CONTROL = 0x1d,
    CODE_LEFT_SHIFT = 0x2a,
    CODE_RIGHT_SHIFT = 0x36,
    CODE_LEFT_ALT = 0x38,
    CODE_SPACE = 0x39,
    CODE_CAPS_LOCK = 0x3a,
    CODE_F1 = 0x3b,
    CODE_F10 = 0x44,
    CODE_NUMBER_LOCK = 0x45,
    CODE_PAD_FIRST = 0x47,
    CODE_PAD_LAST = 0x53,
    CODE_F11 = 0x57,
    CODE_F12 = 0x58,
    CODE_PREFIXED = 0x80,
    CODE_PAD_ENTER = 0x9c,
    CODE_RIGHT_CONTROL = 0x9d,
    CODE_PAD_SLASH = 0xb5,
    CODE_RIGHT_ALT = 0xb8
};

enum {
    HELD_LEFT_SHIFT = 1,
    HELD_RIGHT_SHIFT = 2,
    HELD_LEFT_CONTROL = 4,
    HELD_RIGHT_CONTROL = 8,
    HELD_LEFT_ALT = 16,
    HELD_RIGHT_ALT = 32
};

enum { ESCAPE = 0x1b, DELETE = 0x7f, SWITCHES = 6 };

/* By scan code, from 0 on; 0: no character. */
static const char plain[] = {0,    ESCAPE, '1', '2', '3', '4', '5', '6', '7', '8', '9',  '0', '-', '=',  DELETE,
                             '\t', 'q',    'w', 'e', 'r', 't', 'y', 'u', 'i', 'o', 'p',  '[', ']', '\r', 0,
                             'a',  's',    'd', 'f', 'g', 'h', 'j', 'k', 'l', ';', '\'', '`', 0,   '\\', 'z',
                             'x',  'c',    'v', 'b', 'n', 'm', ',', '.', '/', 0,   '*',  0,   ' '};
static const char shifted[] = {0,    ESCAPE, '!', '@', '#', '$', '%', '^', '&', '*', '(', ')', '_', '+',  DELETE,
                               '\t', 'Q',    'W', 'E', 'R', 'T', 'Y', 'U', 'I', 'O', 'P', '{', '}', '\r', 0,
                               'A',  'S',    'D', 'F', 'G', 'H', 'J', 'K', 'L', ':', '"', '~', 0,   '|',  'Z',
                               'X',  'C',    'V', 'B', 'N', 'M', '<', '>', '?', 0,   '*', 0,   ' '};
_Static_assert(sizeof plain == CODE_SPACE + 1 && sizeof shifted == sizeof plain, "a character for each scan code");

/* The number pad, from its 7 on. */
static const char pad_characters[] = "789-456+1230.";
static const int8_t pad_names[] = {
    KEYMAP_HOME, KEYMAP_UP,        KEYMAP_PAGE_UP, -1,           KEYMAP_LEFT, -1, KEYMAP_RIGHT, -1, KEYMAP_END,
    KEYMAP_DOWN, KEYMAP_PAGE_DOWN, KEYMAP_INSERT,  KEYMAP_DELETE};
_Static_assert(sizeof pad_names == CODE_PAD_LAST - CODE_PAD_FIRST + 1, "a name or none for each key of the number pad");

static uint8_t held_bit(uint8_t key)
{
    switch (key) {
    case CODE_LEFT_SHIFT:
        return HELD_LEFT_SHIFT;
    case CODE_RIGHT_SHIFT:
        return HELD_RIGHT_SHIFT;
    case CODE_LEFT_CONTROL:
        return HELD_LEFT_CONTROL;
    case CODE_RIGHT_CONTROL:
        return HELD_RIGHT_CONTROL;
    case CODE_LEFT_ALT:
        return HELD_LEFT_ALT;
    case CODE_RIGHT_ALT:
        return HELD_RIGHT_ALT;
    default:
        return 0;
    }
}

static uint8_t modifiers(const struct keymap *keymap)
{
    return (uint8_t)((keymap->held & (HELD_LEFT_SHIFT | HELD_RIGHT_SHIFT) ? KEYMAP_SHIFT : 0) |
                     (keymap->held & (HELD_LEFT_CONTROL | HELD_RIGHT_CONTROL) ? KEYMAP_CONTROL : 0) |
                     (keymap->held & (HELD_LEFT_ALT | HELD_RIGHT_ALT) ? KEYMAP_ALT : 0));
}

/* What Control makes of a character; those without a meaning stay. */
static uint8_t with_control(uint8_t character)
{
    if (character == ' ' || character == '@' || character == '2')
        return 0;
    if (character == '?' || character == '8')
        return DELETE;
    if (character == '/' || character == '-')
        return '_' & 0x1f;
    if (character >= '3' && character <= '7')
        return (uint8_t)(character - '3' + ESCAPE);
    return character >= '@' && character < DELETE ? character & 0x1f : character;
}

static struct keymap_press character_press(uint8_t character, uint8_t held)
{
    if (held & KEYMAP_CONTROL)
        character = with_control(character);
    return (struct keymap_press){KEYMAP_CHARACTER, character, held & KEYMAP_ALT};
}

static struct keymap_press named_press(uint8_t name, uint8_t held)
{
    if (held == KEYMAP_ALT && name >= KEYMAP_F1 && name < KEYMAP_F1 + SWITCHES)
        return (struct keymap_press){KEYMAP_SWITCH, (uint8_t)(name - KEYMAP_F1), 0};
    if (held == KEYMAP_SHIFT && (name == KEYMAP_PAGE_UP || name == KEYMAP_PAGE_DOWN))
        return (struct keymap_press){KEYMAP_SCROLL, name == KEYMAP_PAGE_UP, 0};
    return (struct keymap_press){KEYMAP_NAMED, name, held};
}

static struct keymap_press pad_press(const struct keymap *keymap, uint8_t place, uint8_t held)
{
    if (!keymap->is_navigating || pad_characters[place] == '-' || pad_characters[place] == '+')
        return character_press((uint8_t)pad_characters[place], held & (uint8_t)~KEYMAP_CONTROL);
    if (pad_names[place] < 0)
        return (struct keymap_press){0};
    return named_press((uint8_t)pad_names[place], held);
}

static struct keymap_press character_key(const struct keymap *keymap, uint8_t key, uint8_t held)
{
    bool is_shifted = held & KEYMAP_SHIFT;
    if (keymap->has_caps_lock && plain[key] >= 'a' && plain[key] <= 'z')
        is_shifted = !is_shifted;
    uint8_t character = (uint8_t)(is_shifted ? shifted[key] : plain[key]);
    if (!character)
        return (struct keymap_press){0};
    if (key == CODE_TAB && is_shifted)
        return named_press(KEYMAP_TAB, held);
    return character_press(character, held);
}

struct keymap_press keymap_take(struct keymap *keymap, uint8_t key, bool is_down)
{
    uint8_t bit = held_bit(key), held = modifiers(keymap);
    if (bit)
        keymap->held = (uint8_t)(is_down ? keymap->held | bit : keymap->held & ~bit);
    if (bit || !is_down)
        return (struct keymap_press){0};
    if (key == CODE_CAPS_LOCK)
        keymap->has_caps_lock = !keymap->has_caps_lock;
    else if (key == CODE_NUMBER_LOCK)
        keymap->is_navigating = !keymap->is_navigating;
    else if (key <= CODE_SPACE)
        return character_key(keymap, key, held);
    else if (key >= CODE_F1 && key <= CODE_F10)
        return named_press((uint8_t)(KEYMAP_F1 + key - CODE_F1), held);
    else if (key == CODE_F11 || key == CODE_F12)
        return named_press((uint8_t)(KEYMAP_F12 - (CODE_F12 - key)), held);
    else if (key >= CODE_PAD_FIRST && key <= CODE_PAD_LAST)
        return pad_press(keymap, key - CODE_PAD_FIRST, held);
    else if (key == CODE_PAD_ENTER)
        return character_press('\r', held);
    else if (key == CODE_PAD_SLASH)
        return character_press('/', held & (uint8_t)~KEYMAP_CONTROL);
    /* The keys that the number pad repeats, with a prefix. */
    else if (key >= (CODE_PREFIXED | CODE_PAD_FIRST) && key <= (CODE_PREFIXED | CODE_PAD_LAST) &&
             pad_names[key - (CODE_PREFIXED | CODE_PAD_FIRST)] >= 0)
        return named_press((uint8_t)pad_names[key - (CODE_PREFIXED | CODE_PAD_FIRST)], held);
    return (struct keymap_press){0};
}
