/* The log: a hash over everything, and the entries themselves when somebody wants to read them. */
#include "twins.h"

#include "lib/print.h"

#define KEPT_MOST 6000

struct entry {
    const char *what;
    unsigned who, count;
    uint64_t word[LOG_WORDS];
};

static struct {
    uint64_t hash;
    unsigned entries, kept;
    bool keep;
    uint64_t consumed_us[CONTEXTS];
} state;
static struct entry kept[KEPT_MOST];

static uint64_t hash_add(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ul;
    return hash ^ hash >> 29;
}

uint64_t hash_words(const uint64_t *words, unsigned count)
{
    uint64_t hash = count;

    for (unsigned i = 0; i < count; i++)
        hash = hash_add(hash, words[i]);
    return hash;
}

void log_begin(bool keep)
{
    state.hash = 0;
    state.entries = state.kept = 0;
    state.keep = keep;
    for (unsigned i = 0; i < CONTEXTS; i++)
        state.consumed_us[i] = 0;
}

static void entry_keep(const char *what, unsigned who, const uint64_t *words, unsigned count)
{
    if (!state.keep || state.kept == KEPT_MOST)
        return;
    struct entry *entry = &kept[state.kept++];
    entry->what = what;
    entry->who = who;
    entry->count = count;
    for (unsigned i = 0; i < count; i++)
        entry->word[i] = words[i];
}

void log_entry(const char *what, unsigned who, const uint64_t *words, unsigned count)
{
    for (const char *letter = what; *letter; letter++)
        state.hash = hash_add(state.hash, (uint64_t)*letter);
    state.hash = hash_add(hash_add(state.hash, who), hash_words(words, count));
    state.entries++;
    entry_keep(what, who, words, count);
}

void log_consumed(unsigned context, uint64_t us)
{
    state.consumed_us[context] += us;
    entry_keep("consumed", context, &us, 1);
}

void log_end(uint64_t script)
{
    for (unsigned i = 0; i < state.kept; i++) {
        printf("%u %s %d", i, kept[i].what, (int)kept[i].who);
        for (unsigned word = 0; word < kept[i].count; word++)
            printf(" %lx", kept[i].word[word]);
        printf("\n");
    }
    printf("script %lu: %u entries, %016lx, us", script, state.entries, state.hash);
    for (unsigned i = 0; i < CONTEXTS; i++)
        printf(" %lu", state.consumed_us[i]);
    printf("\n");
}
