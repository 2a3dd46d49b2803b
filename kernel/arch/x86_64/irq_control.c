#include "abi/config.h"
#include "arch/x86_64/arch_object.h"
#include "arch/x86_64/machine_state.h"
#include "device/ioapic.h"
#include "object/irq.h"

static_assert(HAL_IRQ_COUNT == ABI_IRQ_VECTOR_MAX + 1, "interrupt lines are the vectors that users may ask for");

/* A pin that two lines name is masked and acknowledged by either; its interrupts come by the line that named it last. */

void hal_irq_acknowledge(unsigned irq)
{
    struct irq_source source = machine_state.irq_source[irq];
    if (source.kind == IRQ_SOURCE_IOAPIC)
        ioapic_acknowledge(source.ioapic, source.pin);
}

void hal_irq_release(unsigned irq)
{
    struct irq_source source = machine_state.irq_source[irq];
    if (source.kind == IRQ_SOURCE_IOAPIC)
        ioapic_mask(source.ioapic, source.pin);
    machine_state.irq_source[irq] = (struct irq_source){.kind = IRQ_SOURCE_NONE};
}

/* What both ways of issuing a line begin with: its vector, the last of seven words, and the place for its handler. */
static struct slot_lookup decode_vector(const struct invocation *invocation, uint64_t vector)
{
    if (vector > ABI_IRQ_VECTOR_MAX)
        return (struct slot_lookup){.refusal = refuse_range(0, ABI_IRQ_VECTOR_MAX)};
    if (irq_is_issued((unsigned)vector))
        return (struct slot_lookup){.refusal = refuse(ABI_ERROR_REVOKE_FIRST)};
    return slot_lookup_empty(invocation_extra_cap(invocation, 0), invocation_word(invocation, 0),
                             invocation_word(invocation, 1));
}

/* IssueIRQHandlerIOAPIC(index, depth, ioapic, pin, level, polarity, vector), capability 1: root. */
static struct refusal issue_ioapic(struct invocation *invocation)
{
    if (invocation_is_truncated(invocation, ABI_LABEL_X86_IRQ_ISSUE_IRQ_HANDLER_IOAPIC_WORDS,
                                ABI_LABEL_X86_IRQ_ISSUE_IRQ_HANDLER_IOAPIC_CAPS))
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    uint64_t ioapic = invocation_word(invocation, 2), pin = invocation_word(invocation, 3);
    uint64_t level = invocation_word(invocation, 4), polarity = invocation_word(invocation, 5);
    uint64_t vector = invocation_word(invocation, 6);

    struct slot_lookup destination = decode_vector(invocation, vector);
    if (refused(destination.refusal))
        return destination.refusal;
    if (ioapic >= ioapic_count())
        return refuse_range(0, ioapic_count() - 1);
    if (pin >= ioapic_pins((unsigned)ioapic))
        return refuse_range(0, ioapic_pins((unsigned)ioapic) - 1);
    if (level > 1 || polarity > 1)
        return refuse_range(0, 1);

    machine_state.irq_source[vector] =
        (struct irq_source){.kind = IRQ_SOURCE_IOAPIC, .ioapic = (uint16_t)ioapic, .pin = (uint8_t)pin};
    irq_issue((unsigned)vector, invocation->slot, destination.slot);
    ioapic_route((unsigned)ioapic, (unsigned)pin, (unsigned)vector + ABI_IRQ_OFFSET, level == 1, polarity == 1);
    return NO_REFUSAL;
}

/*
 * IssueIRQHandlerMSI(index, depth, bus, device, function, handle, vector), capability 1: root. The driver programs its
 * device; where the device sits is checked and not used.
 */
static struct refusal issue_message(struct invocation *invocation)
{
    if (invocation_is_truncated(invocation, ABI_LABEL_X86_IRQ_ISSUE_IRQ_HANDLER_MSI_WORDS,
                                ABI_LABEL_X86_IRQ_ISSUE_IRQ_HANDLER_MSI_CAPS))
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    uint64_t bus = invocation_word(invocation, 2), device = invocation_word(invocation, 3);
    uint64_t function = invocation_word(invocation, 4), vector = invocation_word(invocation, 6);

    struct slot_lookup destination = decode_vector(invocation, vector);
    if (refused(destination.refusal))
        return destination.refusal;
    if (bus > 255)
        return refuse_range(0, 255);
    if (device > 31)
        return refuse_range(0, 31);
    if (function > 7)
        return refuse_range(0, 7);

    machine_state.irq_source[vector] = (struct irq_source){.kind = IRQ_SOURCE_MESSAGE};
    irq_issue((unsigned)vector, invocation->slot, destination.slot);
    return NO_REFUSAL;
}

/* Which line an I/O APIC pin becomes is for the caller to say, so the label that only names a line is refused. */
struct refusal hal_irq_control_invoke(struct invocation *invocation)
{
    switch (invocation->label) {
    case ABI_LABEL_X86_IRQ_ISSUE_IRQ_HANDLER_IOAPIC:
        return issue_ioapic(invocation);
    case ABI_LABEL_X86_IRQ_ISSUE_IRQ_HANDLER_MSI:
        return issue_message(invocation);
    default:
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    }
}
