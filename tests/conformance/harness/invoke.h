/*
 * Calls with any number of words and capabilities, right or wrong, and everything that came back.
 */
#pragma once

#include "test.h"

/* Made by WORDS(...) and CAPS(...), which live as long as the block they are written in. */
struct words {
    seL4_Word count;
    const seL4_Word *word;
};

#define WORDS(...)                                                                                                     \
    ((struct words){sizeof((const seL4_Word[]){__VA_ARGS__}) / sizeof(seL4_Word), (const seL4_Word[]){__VA_ARGS__}})
#define CAPS(...) WORDS(__VA_ARGS__)
#define NONE      ((struct words){0, NULL})

#define ANSWER_WORDS 24

/* What the kernel wrote: badge, info word taken apart, message words (as many as `length` says, at most ANSWER_WORDS). */
struct answer {
    seL4_Word badge, label, length, extra_caps, unwrapped;
    seL4_Word word[ANSWER_WORDS];
};

/* The label of an answer when the kernel left the info register as it was. */
#define LABEL_UNTOUCHED ((seL4_Word)~0ul >> 12)

/* Calls `cap`; the words and capabilities are as given, no fewer and no more. */
struct answer call(seL4_CPtr cap, seL4_Word label, struct words caps, struct words words);
/* The same by another sending system call (seL4_SysSend, seL4_SysNBSend). */
void send(seL4_Word number, seL4_CPtr cap, seL4_Word label, struct words caps, struct words words);
/* Receives by `number` (seL4_SysRecv, NBRecv, Wait, NBWait). */
struct answer receive(seL4_Word number, seL4_CPtr cap, seL4_CPtr reply);
/* A combined call (seL4_SysReplyRecv, NBSendRecv, NBSendWait); `dest` gets the message, in whichever register that is. */
struct answer send_receive(seL4_Word number, seL4_CPtr dest, seL4_Word label, struct words caps, struct words words,
                           seL4_CPtr cap, seL4_CPtr reply);

/* Label, length and words are as wanted, and there is neither badge nor capability: what an invocation answers. */
void check_answer(const char *file, int line, struct answer answer, seL4_Word label, struct words wanted);
#define expect_answer(answer, label, wanted) check_answer(__FILE__, __LINE__, answer, label, wanted)
#define expect_success(answer)               check_answer(__FILE__, __LINE__, answer, seL4_NoError, NONE)
/* FailedLookup with its words: is_source, then the lookup failure. */
#define expect_lookup(answer, ...) check_answer(__FILE__, __LINE__, answer, seL4_FailedLookup, WORDS(__VA_ARGS__))
/* A stub succeeded. */
#define expect_no_error(error) expect_eq(error, seL4_NoError)

/* A message: badge, label and words. */
void check_message(const char *file, int line, struct answer answer, seL4_Word badge, seL4_Word label,
                   struct words wanted);
#define expect_message(answer, badge, label, wanted) check_message(__FILE__, __LINE__, answer, badge, label, wanted)
/* Nothing was received: badge 0, all else as it was. */
void check_nothing(const char *file, int line, struct answer answer);
#define expect_nothing(answer) check_nothing(__FILE__, __LINE__, answer)
