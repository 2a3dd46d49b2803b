/* Interrupt lines: IRQControl issues handlers, a handler ties a line to a notification. */
#pragma once

#include "object/invocation.h"

/* Whether a handler for the line exists (or the kernel keeps the line). */
bool irq_is_issued(unsigned irq);
/* Marks the line issued and puts its handler capability, a child of `control`, into the empty `dst`. */
void irq_issue(unsigned irq, struct cap_slot *control, struct cap_slot *dst);
/* The line fired: signals its notification. */
void irq_deliver(unsigned irq);
/* The last handler capability is gone. */
void irq_release(unsigned irq);
struct refusal irq_control_invoke(struct invocation *invocation);
struct refusal irq_handler_invoke(struct invocation *invocation);
