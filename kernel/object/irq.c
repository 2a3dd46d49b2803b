#include "object/irq.h"

#include "core/captree.h"
#include "core/system.h"
#include "object/notification.h"

bool irq_is_issued(unsigned irq)
{
    return system_state.irq[irq].is_issued;
}

void irq_issue(unsigned irq, struct cap_slot *control, struct cap_slot *dst)
{
    system_state.irq[irq].is_issued = true;
    captree_insert(control, dst, cap_irq_handler_new(irq));
}

void irq_deliver(unsigned irq)
{
    struct cap cap = system_state.irq[irq].notification.cap;
    if (cap_type(cap) == ABI_CAP_TYPE_NOTIFICATION)
        notification_signal(cap_pointer(cap), cap_badge(cap));
}

void irq_release(unsigned irq)
{
    system_state.irq[irq].is_issued = false;
    hal_irq_release(irq);
}

struct refusal irq_control_invoke(struct invocation *invocation)
{
    return hal_irq_control_invoke(invocation);
}

static struct refusal set_notification(struct invocation *invocation, struct irq_line *line)
{
    if (invocation->extra_count < 1)
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    struct cap_slot *source = invocation->extra[0];
    struct cap cap = source->cap;
    if (cap_type(cap) != ABI_CAP_TYPE_NOTIFICATION || !cap_allows(cap, RIGHT_WRITE))
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 0);
    struct refusal refusal = cap_delete(&line->notification);
    if (refused(refusal))
        return refusal;
    captree_insert(source, &line->notification, cap);
    return NO_REFUSAL;
}

struct refusal irq_handler_invoke(struct invocation *invocation)
{
    unsigned irq = cap_irq_handler_irq(invocation->cap);
    struct irq_line *line = &system_state.irq[irq];
    switch (invocation->label) {
    case ABI_LABEL_IRQ_ACK_IRQ:
        hal_irq_acknowledge(irq);
        return NO_REFUSAL;
    case ABI_LABEL_IRQ_SET_IRQ_HANDLER:
        return set_notification(invocation, line);
    case ABI_LABEL_IRQ_CLEAR_IRQ_HANDLER:
        return cap_delete(&line->notification);
    default:
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    }
}
