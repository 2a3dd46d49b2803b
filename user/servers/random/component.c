/*
 * The component that has random bytes for all (protocols/random.h): a generator, fed from a source on channel 0 if the description gives it one, from
 * the processor's generator if it has one, and from how long things take. It answers at once; each other channel is a client.
 */
#include "protocols/random.h"
#include "servers/random/generator.h"
#include <microkit.h>
#include <pecan/component.h>
#include <stdbool.h>

enum { SOURCE = 0, FEED_WORDS = 8, JITTER_SAMPLES = 512, CALLS_BETWEEN_FEEDS = 256, RDRAND_TRIES = 10 };
enum { LEAF_FEATURES = 1, HAS_RDRAND = 1 << 30 };

static struct generator generator;
static bool has_rdrand, has_source; /* a word has come from it */
static unsigned calls_until_feed;

static bool processor_has_rdrand(void)
{
    uint32_t eax = LEAF_FEATURES, ebx, ecx = 0, edx;
    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return ecx & HAS_RDRAND;
}

/* A word of the processor's generator. False: it has none now. */
static bool rdrand(seL4_Word *word)
{
    for (int tries = 0; tries < RDRAND_TRIES; tries++) {
        bool is_good;
        __asm__ volatile("rdrand %0\n\tsetc %1" : "=r"(*word), "=qm"(is_good) : : "cc");
        if (is_good)
            return true;
    }
    return false;
}

static void feed_from_processor(void)
{
    seL4_Word words[FEED_WORDS];
    for (unsigned i = 0; has_rdrand && i < FEED_WORDS; i++) {
        if (rdrand(&words[i]))
            generator_feed(&generator, &words[i], sizeof words[i]);
    }
}

/* The processor's counter around system calls: its last bits depend on caches, interrupts and clocks. */
static void feed_from_jitter(unsigned samples)
{
    while (samples--) {
        seL4_Word moment = pecan_counter();
        generator_feed(&generator, &moment, sizeof moment);
        seL4_Yield();
    }
}

/* What the source has now; it notifies when it has some again. */
static void feed_from_source(void)
{
    if (!(microkit_pps >> SOURCE & 1))
        return;
    microkit_mr_set(0, FEED_WORDS);
    microkit_msginfo answer = microkit_ppcall(SOURCE, microkit_msginfo_new(RANDOM_TAKE, 1));
    seL4_Word count = microkit_msginfo_get_count(answer);
    if (microkit_msginfo_get_label(answer) != RANDOM_OK || count > FEED_WORDS)
        return;
    for (seL4_Word i = 0; i < count; i++) {
        seL4_Word word = microkit_mr_get((seL4_Uint8)i);
        generator_feed(&generator, &word, sizeof word);
    }
    if (count && !has_source)
        microkit_dbg_puts("random: there is a device of random bytes\n");
    has_source |= count != 0;
}

static void feed(void)
{
    feed_from_source();
    feed_from_processor();
    feed_from_jitter(1);
    calls_until_feed = CALLS_BETWEEN_FEEDS;
}

void init(void)
{
    has_rdrand = processor_has_rdrand();
    feed_from_jitter(JITTER_SAMPLES);
    feed();
    if (!has_rdrand && !has_source)
        microkit_dbg_puts("random: no source yet but how long things take: what comes may be guessed\n");
}

void notified(microkit_channel ch)
{
    if (ch == SOURCE)
        feed();
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch;
    if (microkit_msginfo_get_label(msginfo) != RANDOM_TAKE || microkit_msginfo_get_count(msginfo) != 1)
        return microkit_msginfo_new(RANDOM_BAD_CALL, 0);
    seL4_Word wanted = microkit_mr_get(0);
    if (wanted > RANDOM_MOST_WORDS)
        wanted = RANDOM_MOST_WORDS;
    if (!calls_until_feed--)
        feed();
    seL4_Word words[RANDOM_MOST_WORDS];
    generator_take(&generator, words, wanted * sizeof *words);
    for (seL4_Word i = 0; i < wanted; i++) {
        microkit_mr_set((seL4_Uint8)i, words[i]);
        *(volatile seL4_Word *)&words[i] = 0;
    }
    return microkit_msginfo_new(RANDOM_OK, (seL4_Uint16)wanted);
}
