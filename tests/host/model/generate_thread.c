/* Random invocations of threads. */
#include "generate.h"

static struct step with_words(struct step step, uint64_t a, uint64_t b, uint64_t c)
{
    step.word[0] = a;
    step.word[1] = b;
    step.word[2] = c;
    return step;
}

static uint64_t handler(struct random *random)
{
    return one_in(random, 4) ? 0 : address_of_kind(random, KIND_ENDPOINT);
}

static uint64_t buffer_address(struct random *random)
{
    if (one_in(random, 10))
        return one_in(random, 2) ? 0 : random_next(random) >> random_below(random, 64);
    return UINT64_C(0x10000000) + random_below(random, 8) * 1024;
}

static uint64_t root_data(struct random *random)
{
    static const uint64_t data[] = {0, 0, 0, 56, 52, 60, 1};
    return data[random_below(random, ARRAY_LENGTH(data))];
}

static uint64_t priority(struct random *random)
{
    return one_in(random, 20) ? random_below(random, 300) : 98 + random_below(random, 6);
}

static struct step generate_registers(struct random *random, uint64_t thread)
{
    struct step step;
    switch (random_below(random, 3)) {
    case 0:
        return with_words(call_step(thread, LABEL_READ_REGISTERS, 2, 0), one_in(random, 4), random_below(random, 16),
                          0);
    case 1:
        step = with_words(call_step(thread, LABEL_COPY_REGISTERS, 1, 1), random_below(random, 16), 0, 0);
        step.extra[0] = address_of_kind(random, KIND_TCB);
        return step;
    default:
        step = call_step(thread, LABEL_WRITE_REGISTERS, 2 + (unsigned)random_below(random, 15), 0);
        for (unsigned i = 0; i < 18; i++)
            step.word[i] = random_next(random) >> random_below(random, 64);
        step.word[0] = random_below(random, 2);
        step.word[1] = one_in(random, 10) ? random_below(random, 30) : (step.info & 127) - 2;
        return step;
    }
}

static struct step generate_spaces(struct random *random, uint64_t thread)
{
    struct step step;
    switch (random_below(random, 4)) {
    case 0:
        step = with_words(call_step(thread, LABEL_CONFIGURE, 3, 3), root_data(random), 0, buffer_address(random));
        step.extra[0] = one_in(random, 3) ? address_of_kind(random, KIND_CNODE) : 2;
        step.extra[1] = address_of_kind(random, KIND_PML4);
        step.extra[2] = address_of_kind(random, KIND_FRAME);
        return step;
    case 1:
        step = with_words(call_step(thread, LABEL_SET_SPACE, 2, 3), root_data(random), 0, 0);
        step.extra[0] = handler(random);
        step.extra[1] = address_of_kind(random, KIND_CNODE);
        step.extra[2] = address_of_kind(random, KIND_PML4);
        return step;
    case 2:
        step = with_words(call_step(thread, LABEL_SET_IPC_BUFFER, 1, 1), buffer_address(random), 0, 0);
        step.extra[0] = address_of_kind(random, KIND_FRAME);
        return step;
    default:
        step = call_step(thread, LABEL_SET_TIMEOUT_ENDPOINT, 0, 1);
        step.extra[0] = handler(random);
        return step;
    }
}

static struct step generate_priorities(struct random *random, uint64_t thread)
{
    struct step step;
    switch (random_below(random, 3)) {
    case 0:
        step = with_words(call_step(thread, LABEL_SET_PRIORITY, 1, 1), priority(random), 0, 0);
        step.extra[0] = address_of_kind(random, KIND_TCB);
        return step;
    case 1:
        step = with_words(call_step(thread, LABEL_SET_MC_PRIORITY, 1, 1), 90 + random_below(random, 170), 0, 0);
        step.extra[0] = address_of_kind(random, KIND_TCB);
        return step;
    default:
        step = with_words(call_step(thread, LABEL_SET_SCHED_PARAMS, 2, 3), 90 + random_below(random, 166),
                          priority(random), 0);
        step.extra[0] = address_of_kind(random, KIND_TCB);
        step.extra[1] = one_in(random, 3) ? 0 : address_of_kind(random, KIND_SCHED_CONTEXT);
        step.extra[2] = handler(random);
        return step;
    }
}

struct step generate_thread_invocation(struct random *random)
{
    uint64_t thread = address_of_kind(random, KIND_TCB);
    struct step step;
    switch (random_below(random, 10)) {
    case 0:
        return generate_registers(random, thread);
    case 1:
    case 2:
        return generate_spaces(random, thread);
    case 3:
    case 4:
        return generate_priorities(random, thread);
    case 5:
        return call_step(thread, LABEL_SUSPEND, 0, 0);
    case 6:
    case 7:
        return call_step(thread, LABEL_RESUME, 0, 0);
    case 8:
        step = call_step(thread, one_in(random, 3) ? LABEL_UNBIND_NOTIFICATION : LABEL_BIND_NOTIFICATION, 0, 1);
        step.extra[0] = address_of_kind(random, KIND_NOTIFICATION);
        return step;
    default:
        if (one_in(random, 2))
            return with_words(call_step(thread, LABEL_SET_TLS_BASE, 1, 0),
                              random_next(random) >> random_below(random, 64), 0, 0);
        return with_words(call_step(thread, LABEL_SET_FLAGS, 2, 0), random_next(random),
                          one_in(random, 3) ? UINT64_C(1) << 32 : random_below(random, 2), 0);
    }
}
