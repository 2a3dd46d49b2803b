/* Interrupt lines: which pin or message is behind a vector. */
#include "hal/hal.h"
#include "test.h"
#include "world.h"

static struct cap_slot *control, *root;

static void with_control(void)
{
    world_reset(false);
    control = world_put(cap_irq_control_new());
    root = world_put(cap_cnode_new(world.slot, 9, 0));
}

static struct message ioapic_message(struct cap_slot *destination, uint64_t ioapic, uint64_t pin, uint64_t level,
                                     uint64_t polarity, uint64_t vector)
{
    return (struct message){.label = ABI_LABEL_X86_IRQ_ISSUE_IRQ_HANDLER_IOAPIC,
                            .length = 7,
                            .word = {(uint64_t)(destination - world.slot), 64, ioapic, pin, level, polarity, vector},
                            .cap_count = 1,
                            .cap = {root}};
}

static struct message msi_message(struct cap_slot *destination, uint64_t bus, uint64_t device, uint64_t function,
                                  uint64_t vector)
{
    return (struct message){.label = ABI_LABEL_X86_IRQ_ISSUE_IRQ_HANDLER_MSI,
                            .length = 7,
                            .word = {(uint64_t)(destination - world.slot), 64, bus, device, function, 0x123, vector},
                            .cap_count = 1,
                            .cap = {root}};
}

TEST(irq_control, ioapic_pin_is_routed)
{
    with_control();
    struct cap_slot *handler = world_slot();
    expect_done(world_invoke(control, ioapic_message(handler, 1, 9, 1, 1, 107)));
    expect_eq(fake_pin[1][9].vector, 107 + 0x30);
    expect(fake_pin[1][9].is_level && fake_pin[1][9].is_active_low && !fake_pin[1][9].is_masked);
    expect_eq(cap_irq_handler_irq(handler->cap), 107);
}

TEST(irq_control, checks_in_order)
{
    with_control();
    struct cap_slot *empty = world_slot();
    struct message message = ioapic_message(root, 9, 99, 9, 9, 108);
    message.length = 6;
    expect_refused(world_invoke(control, message), ABI_ERROR_TRUNCATED_MESSAGE);
    message.length = 7;
    message.cap_count = 0;
    expect_refused(world_invoke(control, message), ABI_ERROR_TRUNCATED_MESSAGE);
    message.cap_count = 1;
    expect_out_of_range(world_invoke(control, message), 107);
    message.word[6] = 5;
    expect_refused(world_invoke(control, message), ABI_ERROR_DELETE_FIRST);
    message.word[0] = (uint64_t)(empty - world.slot);
    expect_out_of_range(world_invoke(control, message), FAKE_IOAPICS - 1);
    message.word[2] = 0;
    expect_out_of_range(world_invoke(control, message), FAKE_PINS - 1);
    message.word[3] = 2;
    expect_out_of_range(world_invoke(control, message), 1);
    message.word[4] = 0;
    expect_out_of_range(world_invoke(control, message), 1);
    message.word[5] = 0;
    expect_done(world_invoke(control, message));
    message.word[0] = (uint64_t)(root - world.slot);
    expect_refused(world_invoke(control, message), ABI_ERROR_REVOKE_FIRST);
}

TEST(irq_control, message_checks_in_order)
{
    with_control();
    struct cap_slot *empty = world_slot();
    struct message message = msi_message(root, 256, 32, 8, UINT64_MAX);
    expect_out_of_range(world_invoke(control, message), 107);
    message.word[6] = 0;
    expect_refused(world_invoke(control, message), ABI_ERROR_DELETE_FIRST);
    message.word[0] = (uint64_t)(empty - world.slot);
    expect_out_of_range(world_invoke(control, message), 255);
    message.word[2] = 255;
    expect_out_of_range(world_invoke(control, message), 31);
    message.word[3] = 31;
    expect_out_of_range(world_invoke(control, message), 7);
    message.word[4] = 7;
    expect_done(world_invoke(control, message));
    expect_eq(cap_irq_handler_irq(empty->cap), 0);
    /* Nothing to mask. */
    hal_irq_mask(0);
    hal_irq_unmask(0);
    hal_irq_release(0);
    for (unsigned pin = 0; pin < FAKE_PINS; pin++)
        expect(!fake_pin[0][pin].is_masked);
}

TEST(irq_control, line_by_number_is_refused)
{
    with_control();
    struct message message = ioapic_message(world_slot(), 0, 0, 0, 0, 0);
    message.label = ABI_LABEL_IRQ_ISSUE_IRQ_HANDLER;
    expect_refused(world_invoke(control, message), ABI_ERROR_ILLEGAL_OPERATION);
    message.label = ABI_LABEL_IRQ_ACK_IRQ;
    expect_refused(world_invoke(control, message), ABI_ERROR_ILLEGAL_OPERATION);
}

TEST(irq_control, pin_under_two_vectors)
{
    with_control();
    expect_done(world_invoke(control, ioapic_message(world_slot(), 0, 2, 0, 0, 10)));
    expect_done(world_invoke(control, ioapic_message(world_slot(), 0, 2, 0, 0, 11)));
    expect_eq(fake_pin[0][2].vector, 11 + 0x30);
    hal_irq_mask(11);
    expect(fake_pin[0][2].is_masked);
    hal_irq_unmask(10);
    expect(!fake_pin[0][2].is_masked);
    hal_irq_release(10);
    expect(fake_pin[0][2].is_masked);
    hal_irq_unmask(10); /* it has no pin any more */
    expect(fake_pin[0][2].is_masked);
    hal_irq_unmask(11);
    expect(!fake_pin[0][2].is_masked);
    hal_irq_release(11);
    expect(fake_pin[0][2].is_masked);
}
