#include "object/domain.h"

#include "core/sched.h"
#include "core/system.h"

static void move_to_domain(struct thread *thread, unsigned domain)
{
    if (thread->domain == domain)
        return;
    sched_dequeue(thread);
    thread->domain = (uint8_t)domain;
    if (!sched_is_schedulable(thread))
        return;
    sched_reconsider();
    sched_enqueue_head(thread);
}

static struct refusal set_domain(struct invocation *invocation)
{
    if (invocation->length < 1)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    uint64_t domain = invocation_word(invocation, 0);
    if (domain >= CONFIG_NUM_DOMAINS)
        return refuse_number(ABI_ERROR_INVALID_ARGUMENT, 0);
    if (invocation->extra_count < 1)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    struct cap cap = invocation_extra_cap(invocation, 0);
    if (cap_type(cap) != ABI_CAP_TYPE_TCB)
        return refuse_number(ABI_ERROR_INVALID_ARGUMENT, 1);
    move_to_domain(cap_pointer(cap), (unsigned)domain);
    return NO_REFUSAL;
}

static struct refusal schedule_configure(struct invocation *invocation)
{
    if (invocation->length < 3)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    uint64_t index = invocation_word(invocation, 0), domain = invocation_word(invocation, 1);
    uint64_t duration = invocation_word(invocation, 2);
    /* The last entry always is an end marker. */
    if (index >= DOMAIN_SCHEDULE_LENGTH - 1)
        return refuse_range(0, DOMAIN_SCHEDULE_LENGTH - 2);
    if (domain >= CONFIG_NUM_DOMAINS)
        return refuse_range(0, CONFIG_NUM_DOMAINS - 1);
    if (duration > DOMAIN_DURATION_MAX)
        return refuse_number(ABI_ERROR_INVALID_ARGUMENT, 2);
    if (duration == 0 && domain != 0)
        return refuse_number(ABI_ERROR_INVALID_ARGUMENT, 1);
    if (duration == 0 && index == system_state.schedule_start)
        return refuse_number(ABI_ERROR_INVALID_ARGUMENT, 2);
    system_state.schedule[index] = (struct domain_turn){domain, duration};
    return NO_REFUSAL;
}

static struct refusal schedule_set_start(struct invocation *invocation)
{
    if (invocation->length < 1)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    uint64_t index = invocation_word(invocation, 0);
    if (index >= DOMAIN_SCHEDULE_LENGTH)
        return refuse_range(0, DOMAIN_SCHEDULE_LENGTH - 1);
    if (system_state.schedule[index].duration == 0)
        return refuse_number(ABI_ERROR_INVALID_ARGUMENT, 0);
    system_state.schedule_start = (unsigned)index;
    sched_start_domain_turn(this_cpu(), (unsigned)index);
    return NO_REFUSAL;
}

struct refusal domain_invoke(struct invocation *invocation)
{
    switch (invocation->label) {
    case ABI_LABEL_DOMAIN_SET_SET:
        return set_domain(invocation);
    case ABI_LABEL_DOMAIN_SCHEDULE_CONFIGURE:
        return schedule_configure(invocation);
    case ABI_LABEL_DOMAIN_SCHEDULE_SET_START:
        return schedule_set_start(invocation);
    case ABI_LABEL_DOMAIN_TRACE:
        return trace_invoke(invocation);
    default:
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    }
}
