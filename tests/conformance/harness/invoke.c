#include "invoke.h"

#include "lib/print.h"

#define UNTOUCHED ((seL4_Word)~0ul)

static seL4_Word prepare(seL4_Word label, struct words caps, struct words words, seL4_Word registers[4])
{
    for (seL4_Word i = 0; i < 4; i++)
        registers[i] = i < words.count ? words.word[i] : UNTOUCHED - i;
    for (seL4_Word i = 4; i < words.count; i++)
        seL4_SetMR((int)i, words.word[i]);
    for (seL4_Word i = 0; i < caps.count; i++)
        seL4_SetCap((int)i, caps.word[i]);
    return seL4_MessageInfo_new(label, 0, caps.count, words.count).words[0];
}

static struct answer take_apart(seL4_Word badge, seL4_Word info_word, const seL4_Word registers[4])
{
    seL4_MessageInfo_t info = {{info_word}};
    struct answer answer = {.badge = badge,
                            .label = seL4_MessageInfo_get_label(info),
                            .length = seL4_MessageInfo_get_length(info),
                            .extra_caps = seL4_MessageInfo_get_extraCaps(info),
                            .unwrapped = seL4_MessageInfo_get_capsUnwrapped(info)};

    for (seL4_Word i = 0; i < ANSWER_WORDS; i++)
        answer.word[i] = i < 4 ? registers[i] : seL4_GetMR((int)i);
    return answer;
}

struct answer call(seL4_CPtr cap, seL4_Word label, struct words caps, struct words words)
{
    seL4_Word registers[4], badge = cap, info = prepare(label, caps, words, registers);

    pecan_syscall_exchange((seL4_Word)seL4_SysCall, &badge, &info, registers, 0, 0);
    return take_apart(badge, info, registers);
}

void send(seL4_Word number, seL4_CPtr cap, seL4_Word label, struct words caps, struct words words)
{
    seL4_Word registers[4], info = prepare(label, caps, words, registers);

    pecan_syscall_send(number, cap, info, registers);
}

struct answer receive(seL4_Word number, seL4_CPtr cap, seL4_CPtr reply)
{
    seL4_Word registers[4] = {UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED}, badge = cap, info = UNTOUCHED;

    pecan_syscall_exchange(number, &badge, &info, registers, reply, 0);
    return take_apart(badge, info, registers);
}

struct answer send_receive(seL4_Word number, seL4_CPtr dest, seL4_Word label, struct words caps, struct words words,
                           seL4_CPtr cap, seL4_CPtr reply)
{
    seL4_Word registers[4], badge = cap, info = prepare(label, caps, words, registers);

    if (number == (seL4_Word)seL4_SysNBSendWait)
        reply = dest;
    pecan_syscall_exchange(number, &badge, &info, registers, reply, dest);
    return take_apart(badge, info, registers);
}

/* "3 (1, 2)": a label and words. */
static void describe(char *text, size_t size, seL4_Word label, seL4_Word count, const seL4_Word *word)
{
    size_t at = (size_t)snprintf(text, size, "%lu (", label);

    for (seL4_Word i = 0; i < count && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, i ? ", 0x%lx" : "0x%lx", word[i]);
    if (at < size)
        snprintf(text + at, size - at, ")");
}

static bool same_words(const struct answer *answer, struct words wanted)
{
    if (answer->length != wanted.count)
        return false;
    for (seL4_Word i = 0; i < wanted.count; i++)
        if (answer->word[i] != wanted.word[i])
            return false;
    return true;
}

void check_message(const char *file, int line, struct answer answer, seL4_Word badge, seL4_Word label,
                   struct words wanted)
{
    char got[200], want[200];

    if (answer.badge == badge && answer.label == label && same_words(&answer, wanted))
        return;
    describe(got, sizeof(got), answer.label, answer.length < 8 ? answer.length : 8, answer.word);
    describe(want, sizeof(want), label, wanted.count < 8 ? wanted.count : 8, wanted.word);
    test_fail(file, line, "got %s, badge 0x%lx; not %s, badge 0x%lx", got, answer.badge, want, badge);
}

void check_answer(const char *file, int line, struct answer answer, seL4_Word label, struct words wanted)
{
    check_message(file, line, answer, 0, label, wanted);
    if (answer.extra_caps || answer.unwrapped)
        test_fail(file, line, "an answer with %lu capabilities (%lu)", answer.extra_caps, answer.unwrapped);
}

void check_nothing(const char *file, int line, struct answer answer)
{
    if (answer.badge != 0 || answer.label != LABEL_UNTOUCHED)
        test_fail(file, line, "received label %lu, badge 0x%lx; not nothing", answer.label, answer.badge);
}
