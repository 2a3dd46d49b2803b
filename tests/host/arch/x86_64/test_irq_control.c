/* Interrupt lines: which pin or message is behind a vector. */
#include "arch/x86_64/machine_state.h"
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
    expect(irq_take(0));
    hal_irq_acknowledge(0);
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
    expect(irq_take(11));
    expect(!irq_take(11));
    expect(fake_pin[0][2].is_masked);
    hal_irq_acknowledge(10);
    expect(!fake_pin[0][2].is_masked);
    expect_eq(fake_raised, 11 + 0x30);
    hal_irq_release(10);
    expect(fake_pin[0][2].is_masked);
    hal_irq_acknowledge(10); /* it has no pin any more */
    expect(fake_pin[0][2].is_masked);
    hal_irq_acknowledge(11);
    expect(!fake_pin[0][2].is_masked);
    hal_irq_release(11);
    expect(fake_pin[0][2].is_masked);
}

TEST(irq_control, level_is_masked_until_acknowledged)
{
    with_control();
    expect_done(world_invoke(control, ioapic_message(world_slot(), 0, 9, 1, 0, 10)));
    for (unsigned i = 0; i < 3; i++) {
        expect(irq_take(10));
        expect(fake_pin[0][9].is_masked);
        hal_irq_acknowledge(10);
        expect(!fake_pin[0][9].is_masked);
        expect_eq(fake_raised, 0); /* the line says by itself whether it still calls */
    }
}

/* Random edges and acknowledgements; a chip that loses the edges of masked pins, as the 82093AA does. */
TEST(irq_control, no_edge_is_lost)
{
    with_control();
    expect_done(world_invoke(control, ioapic_message(world_slot(), 0, 3, 0, 0, 10)));
    bool has_work = false, is_told = false, has_looked = false;
    unsigned told = 0, lost = 0;
    uint32_t random = 1;
    for (unsigned i = 0; i < 10000; i++) {
        bool comes = false;
        random = random * 1664525 + 1013904223;
        if (random >> 31) {
            has_work = true;
            comes = !fake_pin[0][3].is_masked;
            lost += !comes;
        } else if (is_told && !has_looked) {
            has_work = false;
            has_looked = true;
        } else if (is_told) {
            is_told = false;
            fake_raised = 0;
            hal_irq_acknowledge(10);
            expect(!fake_pin[0][3].is_masked);
            comes = fake_raised == 10 + 0x30;
        }
        if (comes && irq_take(10)) {
            expect(!is_told);
            is_told = true;
            has_looked = false;
            told++;
        }
        expect(is_told || !has_work);
    }
    expect(told > 1000 && lost > 1000);
}
