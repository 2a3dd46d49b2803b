/*
 * The names server: services, who provides and who uses them (protocols/names.h). init knows all of it.
 */
#include "protocols/names.h"
#include <microkit.h>
#include <pecan/supervisor.h>
#include <stdbool.h>

struct name {
    seL4_Word words[NAMES_WORDS];
};

static bool ask_service(seL4_Word number, seL4_Word *provider, struct name *name)
{
    if (pecan_supervisor_call(PECAN_SUPERVISOR_SERVICE, number) != PECAN_SUPERVISOR_OK)
        return false;
    *provider = seL4_GetMR(0);
    for (int i = 0; i < NAMES_WORDS; i++)
        name->words[i] = seL4_GetMR(1 + i);
    return true;
}

static bool ask_domain(seL4_Word index, seL4_Word *state, struct name *name)
{
    enum { STATUS_NAME = 2 };
    if (pecan_supervisor_call(PECAN_SUPERVISOR_STATUS, index) != PECAN_SUPERVISOR_OK)
        return false;
    *state = seL4_GetMR(0);
    for (int i = 0; i < NAMES_WORDS; i++)
        name->words[i] = seL4_GetMR(STATUS_NAME + i);
    return true;
}

/* User `wanted` of the service, which is at the other end of a channel of its provider; or, when there are fewer, how many there are. */
static bool find_user(seL4_Word provider, seL4_Word service, seL4_Word wanted, seL4_Word *user, seL4_Word *count)
{
    *count = 0;
    for (seL4_Word i = 0; pecan_supervisor_channel(provider, i) == PECAN_SUPERVISOR_OK; i++) {
        if (seL4_GetMR(PECAN_CHANNEL_SERVICE) != service)
            continue;
        *user = seL4_GetMR(PECAN_CHANNEL_PEER);
        if ((*count)++ == wanted)
            return true;
    }
    return false;
}

static void set_name(unsigned first, const struct name *name)
{
    for (unsigned i = 0; i < NAMES_WORDS; i++)
        microkit_mr_set((seL4_Uint8)(first + i), name->words[i]);
}

static microkit_msginfo answer_find(const struct name *wanted)
{
    struct name name;
    seL4_Word provider;
    for (seL4_Word number = 0; ask_service(number, &provider, &name); number++) {
        const char *a = (const char *)name.words, *b = (const char *)wanted->words;
        unsigned i = 0;
        while (i < sizeof(name) - 1 && a[i] && a[i] == b[i])
            i++;
        if (a[i] == b[i]) {
            microkit_mr_set(0, number);
            return microkit_msginfo_new(NAMES_OK, 1);
        }
    }
    return microkit_msginfo_new(NAMES_NONE, 0);
}

static microkit_msginfo answer_service(seL4_Word number)
{
    struct name name, provider_name;
    seL4_Word provider, state, user, count;
    if (!ask_service(number, &provider, &name) || !ask_domain(provider, &state, &provider_name))
        return microkit_msginfo_new(NAMES_NONE, 0);
    find_user(provider, number, ~0ul, &user, &count);
    microkit_mr_set(NAMES_SERVICE_USERS, count);
    microkit_mr_set(NAMES_SERVICE_STATE, state);
    set_name(NAMES_SERVICE_PROVIDER, &provider_name);
    set_name(NAMES_SERVICE_NAME, &name);
    return microkit_msginfo_new(NAMES_OK, NAMES_SERVICE_NAME + NAMES_WORDS);
}

static microkit_msginfo answer_user(seL4_Word number, seL4_Word user_number)
{
    struct name name;
    seL4_Word provider, user, state, count;
    if (!ask_service(number, &provider, &name) || !find_user(provider, number, user_number, &user, &count) ||
        !ask_domain(user, &state, &name))
        return microkit_msginfo_new(NAMES_NONE, 0);
    microkit_mr_set(NAMES_USER_STATE, state);
    set_name(NAMES_USER_NAME, &name);
    return microkit_msginfo_new(NAMES_OK, NAMES_USER_NAME + NAMES_WORDS);
}

void init(void)
{
}

void notified(microkit_channel ch)
{
    (void)ch;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch;
    seL4_Word call = microkit_msginfo_get_label(msginfo), count = microkit_msginfo_get_count(msginfo);
    seL4_Word first = microkit_mr_get(0), second = microkit_mr_get(1);
    struct name name;
    for (unsigned i = 0; i < NAMES_WORDS; i++)
        name.words[i] = microkit_mr_get((seL4_Uint8)i);
    if (call == NAMES_FIND && count >= NAMES_WORDS)
        return answer_find(&name);
    if (call == NAMES_SERVICE && count >= 1)
        return answer_service(first);
    if (call == NAMES_USER && count >= 2)
        return answer_user(first, second);
    return microkit_msginfo_new(NAMES_BAD_CALL, 0);
}
