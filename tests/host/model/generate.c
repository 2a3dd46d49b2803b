/* Random steps: messages, invocations, faults, time. */
#include "generate.h"

#include <stdio.h>
#include <string.h>

static bool wants(const char *groups, char group)
{
    return !groups || strchr(groups, group);
}

/* --- messages ------------------------------------------------------------------------------------------------------- */

static uint64_t random_word(struct random *random)
{
    return one_in(random, 2) ? random_below(random, 16) : random_next(random) >> random_below(random, 64);
}

/* Where messages go: an endpoint mostly. */
static uint64_t destination(struct random *random)
{
    if (one_in(random, 6))
        return first_address(SLOT_BADGED + (unsigned)random_below(random, 4)); /* some have fewer rights */
    switch (random_below(random, 8)) {
    case 0:
        return address_of_kind(random, KIND_REPLY);
    case 1:
    case 2:
        return address_of_kind(random, KIND_NOTIFICATION);
    case 3:
        return one_in(random, 4) ? any_address(random) : address_of_kind(random, KIND_ENDPOINT);
    case 4:
    case 5:
    case 6:
        return address_of_server_endpoint(random);
    default:
        return address_of_kind(random, KIND_ENDPOINT);
    }
}

static uint64_t source(struct random *random)
{
    return address_of_kind(random, one_in(random, 4) ? KIND_NOTIFICATION : KIND_ENDPOINT);
}

static void random_message(struct random *random, struct step *step)
{
    unsigned length = (unsigned)random_below(random, one_in(random, 4) ? STEP_WORDS : 5);
    unsigned caps = one_in(random, 4) ? (unsigned)random_below(random, 4) : 0;
    step->word_count = (uint8_t)length;
    for (unsigned i = 0; i < STEP_WORDS; i++)
        step->word[i] = random_word(random);
    step->cap_count = (uint8_t)caps;
    for (unsigned i = 0; i < caps; i++)
        step->extra[i] = one_in(random, 3)   ? address_of_kind(random, KIND_ENDPOINT)
                         : one_in(random, 8) ? any_address(random)
                                             : address_of_slot(slot_of_kind(random, KIND_NOTIFICATION));
    if (one_in(random, 40))
        length = 100 + (unsigned)random_below(random, 28);
    uint64_t label = one_in(random, 3) ? random_below(random, 3) : 0;
    step->info = label << 12 | caps << 7 | length;
}

static void random_offer(struct random *random, struct step *step)
{
    struct model_slot *slot = slot_of_kind(random, KIND_NULL);
    struct slot_name name = name_of(random, slot);
    step->offers_slot = true;
    step->offer[0] = name.root;
    step->offer[1] = name.index;
    step->offer[2] = name.depth;
}

static struct step generate_message(struct random *random)
{
    static const int8_t numbers[] = {
        CALL_CALL,       CALL_CALL,       CALL_CALL,        CALL_SEND,        CALL_NBSEND, CALL_REPLY_RECV,
        CALL_REPLY_RECV, CALL_REPLY_RECV, CALL_NBSEND_RECV, CALL_NBSEND_WAIT, CALL_RECV,   CALL_RECV,
        CALL_RECV,       CALL_NBRECV,     CALL_WAIT,        CALL_NBWAIT,      CALL_YIELD,  CALL_SEND};
    struct step step = {.kind = STEP_CALL, .number = numbers[random_below(random, ARRAY_LENGTH(numbers))]};
    random_message(random, &step);
    if (one_in(random, 3))
        random_offer(random, &step);
    step.cap = source(random);
    step.reply = address_of_kind(random, KIND_REPLY);
    if (step.number == CALL_REPLY_RECV && !one_in(random, 4))
        step.reply = address_of_pending_reply(random);
    switch (step.number) {
    case CALL_CALL:
    case CALL_SEND:
    case CALL_NBSEND:
        step.cap = destination(random);
        break;
    case CALL_NBSEND_RECV:
        step.destination = destination(random);
        break;
    case CALL_NBSEND_WAIT:
        step.reply = destination(random);
        break;
    default:
        break;
    }
    return step;
}

/*
 * What threads do that play client and server: each has an endpoint and a reply object of its own. A thread that runs on a lent
 * context answers it, or calls the next one.
 */
static struct step generate_service(struct random *random)
{
    struct step step = {.kind = STEP_CALL, .number = CALL_CALL};
    const struct model_schedctx *sc = model.current->schedctx;
    unsigned self = (unsigned)(model.current->object->paddr >> TCB_BITS) % THREADS;
    bool is_serving = sc && sc->chain_length > 0, is_server = self % 2 == 1;
    random_message(random, &step);
    step.info = one_in(random, 8) ? step.info : step.info & 3;
    step.cap = one_in(random, 3) ? address_of_server_endpoint(random)
                                 : first_address(SLOT_ENDPOINTS + (unsigned)random_below(random, ENDPOINTS));
    if (one_in(random, 10)) {
        step.number = CALL_NBSEND;
        step.cap = first_address(SLOT_NOTIFICATIONS + (unsigned)random_below(random, NOTIFICATIONS));
        return step;
    }
    if ((is_serving && one_in(random, 3)) || (!is_serving && !is_server)) {
        /* Through capabilities with a badge, some of them with fewer rights. */
        if (one_in(random, 6)) {
            step.cap = first_address(SLOT_BADGED + (unsigned)random_below(random, 4));
            random_offer(random, &step);
        }
        return step;
    }
    step.number = is_serving && !one_in(random, 6) ? CALL_REPLY_RECV : one_in(random, 4) ? CALL_NBSEND_RECV : CALL_RECV;
    step.cap = first_address(SLOT_ENDPOINTS + self / 2);
    step.reply = is_serving ? address_of_pending_reply(random) : first_address(SLOT_REPLIES + self / 2);
    if (one_in(random, 3))
        random_offer(random, &step);
    step.destination = address_of_server_endpoint(random);
    return step;
}

/* A combined call whose first half is an invocation. */
static struct step generate_first_half(struct random *random)
{
    struct step step = one_in(random, 2) ? generate_invocation(random, NULL) : generate_thread_invocation(random);
    step.destination = step.reply = step.cap;
    step.number = one_in(random, 2) ? CALL_NBSEND_RECV : CALL_NBSEND_WAIT;
    step.cap = source(random);
    if (step.number == CALL_NBSEND_RECV)
        step.reply = address_of_kind(random, KIND_REPLY);
    return step;
}

/* --- faults and oddities -------------------------------------------------------------------------------------------- */

static struct step generate_fault(struct random *random)
{
    struct step step = {.kind = STEP_EXCEPTION};
    for (unsigned i = 0; i < 3; i++)
        step.word[i] = random_word(random);
    switch (random_below(random, 5)) {
    case 0:
        step.kind = STEP_VM_FAULT;
        return step;
    case 1:
        return step;
    default:
        break;
    }
    step.kind = STEP_CALL;
    random_message(random, &step);
    step.cap = any_address(random);
    static const int64_t numbers[] = {
        0, 7, -34, -200, -20, CALL_SET_TLS_BASE, CALL_DEBUG_CAP_IDENTIFY, CALL_DEBUG_CAP_IDENTIFY};
    step.number = numbers[random_below(random, ARRAY_LENGTH(numbers))];
    if (one_in(random, 4)) {
        step.number = CALL_SEND;
        step.cap = random_next(random);
    }
    return step;
}

static uint32_t random_passes(struct random *random)
{
    switch (random_below(random, 12)) {
    case 0:
        return 1 + (uint32_t)random_below(random, 30000);
    case 1:
    case 2:
    case 3:
        return 1 + (uint32_t)random_below(random, 3000);
    default:
        return 1 + (uint32_t)random_below(random, 60);
    }
}

/* What makes a thread go on that stands still; threads that wait in the middle of something are left alone, mostly. */
static struct step generate_help(struct random *random, const char *groups)
{
    uint64_t context = address_of_server_context(random);
    if (context != NOWHERE && wants(groups, 's') && one_in(random, 2))
        return call_step(context, LABEL_UNBIND, 0, 0);
    if (one_in(random, 3) && wants(groups, 's')) {
        /* For one that has none: because it never had, or because it has lent its own. */
        struct step step = call_step(address_of_context(random, false), LABEL_BIND, 0, 1);
        step.extra[0] = address_of_thread(random, one_in(random, 3) ? STATE_REPLY : STATE_RESTART);
        return step;
    }
    return call_step(address_of_thread(random, one_in(random, 6) ? STATE_SEND : STATE_INACTIVE), LABEL_RESUME, 0, 0);
}

static struct step generate_supervision(struct random *random, const char *groups)
{
    bool has_services = groups && wants(groups, 'v');
    if (!one_in(random, has_services ? 6 : 2))
        return generate_help(random, groups);
    if (one_in(random, 2) && wants(groups, 'm')) {
        struct step step = generate_message(random);
        step.number = one_in(random, 6) ? CALL_YIELD : CALL_NBSEND;
        step.cap = one_in(random, 2) ? address_of_kind(random, KIND_NOTIFICATION) : destination(random);
        return step;
    }
    return generate_invocation(random, groups ? groups : "cccccbrrruuuttttssidx");
}

struct step generate_time(struct random *random)
{
    struct step step = {.kind = STEP_PASS};
    step.passes =
        !model.current && one_in(random, 2) ? 1 + (uint32_t)random_below(random, 60000) : random_passes(random);
    step.late = one_in(random, 4) ? (uint16_t)random_below(random, 150) : 0;
    return step;
}

static struct step generate_event(struct random *random, const char *groups)
{
    unsigned choice = (unsigned)random_below(random, 100);
    if (choice >= 98)
        return (struct step){.kind = STEP_SPURIOUS};
    if (choice >= 95 || (!model.current && choice >= 60))
        return (struct step){.kind = STEP_INTERRUPT,
                             .word = {random_below(random, one_in(random, 3) ? MODEL_IRQS : 1)}};
    if (!model.current)
        return (struct step){.kind = STEP_PASS};
    if (is_supervisor(model.current))
        return generate_supervision(random, groups);
    if (choice < 88 && groups && wants(groups, 'v'))
        return generate_service(random);
    if (choice < 2)
        return generate_first_half(random);
    if (choice < 50 && wants(groups, 'm'))
        return generate_message(random);
    if (choice > 90 && wants(groups, 'f'))
        return generate_fault(random);
    return generate_invocation(random, groups);
}

void generate_step(struct random *random, const char *groups, struct step *step)
{
    struct step time = *step;
    *step = generate_event(random, groups);
    step->passes = time.passes;
    step->late = time.late;
    if (one_in(random, 3))
        step->preempt = 1 + (uint8_t)random_below(random, 6);
    if (step->kind == STEP_CALL && step->number == CALL_CALL && one_in(random, 30))
        step->number = one_in(random, 2) && !is_supervisor(model.current) ? CALL_SEND : CALL_NBSEND;
}

void print_step(unsigned number, const struct step *step)
{
    static const char *const kinds[] = {"call",      "exception",          "vm fault",
                                        "interrupt", "spurious interrupt", "time passes"};
    printf("  step %u: after %u ticks%s, %s", number, step->passes, step->late ? " (timer late)" : "",
           kinds[step->kind]);
    if (step->kind == STEP_CALL) {
        printf(" %ld cap 0x%lx label %lu length %lu caps %lu reply 0x%lx destination 0x%lx", (long)step->number,
               (unsigned long)step->cap, (unsigned long)(step->info >> 12), (unsigned long)(step->info & 127),
               (unsigned long)(step->info >> 7 & 3), (unsigned long)step->reply, (unsigned long)step->destination);
        if (step->preempt)
            printf(" preempted at every %u", step->preempt);
        for (unsigned i = 0; i < step->cap_count; i++)
            printf(" extra 0x%lx", (unsigned long)step->extra[i]);
        if (step->offers_slot)
            printf(" offers 0x%lx 0x%lx %lu", (unsigned long)step->offer[0], (unsigned long)step->offer[1],
                   (unsigned long)step->offer[2]);
    }
    for (unsigned i = 0; i < (step->kind == STEP_CALL ? step->word_count : 3u); i++)
        printf("%s0x%lx", i ? " " : " words ", (unsigned long)step->word[i]);
    printf("\n");
}
