/* I/O ports and interrupts. */
#include "harness/invoke.h"
#include "harness/objects.h"
#include "harness/supervisor.h"
#include "harness/timing.h"

#include "lib/console.h"
#include "lib/start.h"

#define PORTS seL4_CapIOPortControl
#define LINES seL4_CapIRQControl

static struct answer issue(seL4_Word first, seL4_Word last, seL4_CPtr slot)
{
    return call(PORTS, X86IOPortControlIssue, CAPS(ROOT), WORDS(first, last, slot, ROOT_DEPTH));
}
static seL4_CPtr ports_new(seL4_Word first, seL4_Word last)
{
    seL4_CPtr slot = slot_new();

    expect_success(issue(first, last, slot));
    return slot;
}
/* What an In gives. */
static seL4_Word in(seL4_CPtr ports, seL4_Word label, seL4_Word port)
{
    struct answer answer = call(ports, label, NONE, WORDS(port));

    expect_answer(answer, seL4_NoError, WORDS(answer.word[0]));
    return answer.word[0];
}
static void out(seL4_CPtr ports, seL4_Word label, seL4_Word port, seL4_Word value)
{
    expect_success(call(ports, label, NONE, WORDS(port, value)));
}

/* Nothing answers here. */
#define FREE_FIRST 0x5000
#define FREE_LAST  0x500f

/* row: ioport.issue.label ioport.issue.length ioport.issue.no_cap ioport.issue.order ioport.issue.issued */
/* row: ioport.issue.slot ioport.issue.slot_empty */
TEST(x86_ioport, issue_checks)
{
    seL4_CPtr ports = ports_new(FREE_FIRST, FREE_LAST), slot = slot_new();

    expect_answer(call(PORTS, X86IOPortIn8, CAPS(ROOT), WORDS(1)), seL4_IllegalOperation, NONE);
    expect_answer(call(PORTS, X86IOPortControlIssue, CAPS(ROOT), WORDS(2, 1, ports)), seL4_TruncatedMessage, NONE);
    expect_answer(call(PORTS, X86IOPortControlIssue, NONE, WORDS(2, 1, ports, 64)), seL4_TruncatedMessage, NONE);
    expect_answer(issue(FREE_LAST, FREE_FIRST, ports), seL4_InvalidArgument, WORDS(1));
    expect_answer(issue(FREE_LAST, FREE_LAST + 9, ports), seL4_RevokeFirst, NONE);
    expect_answer(issue(FREE_FIRST - 9, FREE_FIRST, ports), seL4_RevokeFirst, NONE);
    expect_answer(issue(FREE_FIRST - 999, FREE_LAST + 999, ports), seL4_RevokeFirst, NONE);
    expect_answer(issue(FREE_FIRST + 3, FREE_FIRST + 3, ports), seL4_RevokeFirst, NONE);
    expect_lookup(call(PORTS, X86IOPortControlIssue, CAPS(ports), WORDS(FREE_LAST + 1, FREE_LAST + 1, slot, 0)), 0,
                  seL4_InvalidRoot);
    expect_answer(issue(FREE_LAST + 1, FREE_LAST + 1, ports), seL4_DeleteFirst, NONE);
    expect_success(issue(FREE_LAST + 1, FREE_LAST + 1, slot));
}

/* row: ioport.issue.low_bits ioport.use.low_bits */
TEST(x86_ioport, numbers_are_cut)
{
    seL4_CPtr ports = ports_new(0x10000 | FREE_FIRST, 0x770000 | (FREE_FIRST + 1)), slot = slot_new();

    expect_answer(issue(FREE_FIRST, FREE_FIRST, slot), seL4_RevokeFirst, NONE);
    expect_answer(issue(FREE_FIRST + 1, FREE_FIRST + 1, slot), seL4_RevokeFirst, NONE);
    expect_answer(issue(FREE_FIRST + 5, 0x10000 | (FREE_FIRST + 4), slot), seL4_InvalidArgument, WORDS(1));
    expect_success(issue(FREE_FIRST + 2, FREE_FIRST + 2, slot));
    in(ports, X86IOPortIn8, 0xab0000 | FREE_FIRST);
    expect_answer(call(ports, X86IOPortIn8, NONE, WORDS(0x10000 | (FREE_FIRST + 2))), seL4_IllegalOperation, NONE);
}

/* row: ioport.issue.deleted ioport.issue.control_copy */
TEST(x86_ioport, last_capability_gives_ports_back)
{
    seL4_CPtr ports = ports_new(FREE_FIRST, FREE_LAST), slot = slot_new();
    seL4_CPtr copy = cap_copy(ports, seL4_AllRights);

    expect_answer(call(ROOT, CNodeCopy, CAPS(ROOT), WORDS(slot, ROOT_DEPTH, PORTS, ROOT_DEPTH, 15)),
                  seL4_IllegalOperation, NONE);
    cap_delete(ports);
    expect_answer(issue(FREE_LAST, FREE_LAST, slot), seL4_RevokeFirst, NONE);
    in(copy, X86IOPortIn8, FREE_FIRST);
    cap_delete(copy);
    expect_success(issue(FREE_LAST, FREE_LAST, slot));
}

/* The console's ports go with the others where the kernel does not print: nothing is reported until it has them again. */
/* row: ioport.issue.child ioport.issue.free_at_boot */
TEST(x86_ioport, revoked_control_has_all_ports)
{
    seL4_CPtr ports = ports_new(FREE_FIRST, FREE_LAST), all = slot_new();

    seL4_Error revoke_error = seL4_CNode_Revoke(ROOT, PORTS, ROOT_DEPTH);
    struct answer answer = issue(0, 0xffff, all);
    seL4_CNode_Delete(ROOT, all, ROOT_DEPTH);
    expect_no_error(console_open(supervisor_slot()));
    expect_no_error(revoke_error);
    expect_success(answer);
    expect(slot_is_empty(ports));
}

/* row: ioport.use.label ioport.use.in_length ioport.use.out_length */
TEST(x86_ioport, use_truncated)
{
    seL4_CPtr ports = ports_new(FREE_FIRST, FREE_LAST);

    expect_answer(call(ports, X86IOPortControlIssue, CAPS(ROOT), WORDS(1, 1, 1, 1)), seL4_IllegalOperation, NONE);
    for (seL4_Word label = X86IOPortIn8; label <= X86IOPortIn32; label++)
        expect_answer(call(ports, label, NONE, NONE), seL4_TruncatedMessage, NONE);
    for (seL4_Word label = X86IOPortOut8; label <= X86IOPortOut32; label++)
        expect_answer(call(ports, label, NONE, WORDS(0)), seL4_TruncatedMessage, NONE);
}

/* row: ioport.use.below ioport.use.above ioport.use.width ioport.use.wrap */
TEST(x86_ioport, use_stays_inside)
{
    seL4_CPtr ports = ports_new(FREE_FIRST, FREE_LAST), high = ports_new(0xfff0, 0xffff);

    for (unsigned i = 0; i < 3; i++) {
        seL4_Word width = 1u << i;
        expect_answer(call(ports, X86IOPortIn8 + i, NONE, WORDS(FREE_FIRST - 1)), seL4_IllegalOperation, NONE);
        expect_answer(call(ports, X86IOPortIn8 + i, NONE, WORDS(FREE_LAST + 1)), seL4_IllegalOperation, NONE);
        expect_answer(call(ports, X86IOPortIn8 + i, NONE, WORDS(FREE_LAST + 2 - width)), seL4_IllegalOperation, NONE);
        expect_answer(call(ports, X86IOPortOut8 + i, NONE, WORDS(FREE_LAST + 2 - width, 0)), seL4_IllegalOperation,
                      NONE);
        in(ports, X86IOPortIn8 + i, FREE_FIRST);
        in(ports, X86IOPortIn8 + i, FREE_LAST + 1 - width);
        in(high, X86IOPortIn8 + i, 0x10000 - width);
    }
    expect_answer(call(high, X86IOPortIn16, NONE, WORDS(0xffff)), seL4_IllegalOperation, NONE);
    expect_answer(call(high, X86IOPortIn32, NONE, WORDS(0xfffd)), seL4_IllegalOperation, NONE);
}

/* The PCI configuration ports: the identity of the host bridge. */
/* row: ioport.use.in_value ioport.use.out_value */
TEST(x86_ioport, values_pass)
{
    seL4_CPtr ports = ports_new(0xcf8, 0xcff), clock = ports_new(0x70, 0x71);

    out(ports, X86IOPortOut32, 0xcf8, 0xffffffff80000000);
    expect_eq(in(ports, X86IOPortIn32, 0xcf8), 0x80000000);
    seL4_Word identity = in(ports, X86IOPortIn32, 0xcfc);
    expect_eq(identity & 0xffff, 0x8086);
    expect_eq(in(ports, X86IOPortIn16, 0xcfc), 0x8086);
    expect_eq(in(ports, X86IOPortIn16, 0xcfe), identity >> 16);
    expect_eq(in(ports, X86IOPortIn8, 0xcfd), 0x80);
    /* Two of the clock's bytes that nobody else uses, one after the other. */
    for (seL4_Word value = 0x10055; value < 0x10058; value++) {
        out(clock, X86IOPortOut16, 0x70, (value & 0xff) << 8 | 0x50);
        out(clock, X86IOPortOut8, 0x70, 0x51);
        out(clock, X86IOPortOut8, 0x71, value + 0x30);
        out(clock, X86IOPortOut8, 0x70, 0x50);
        expect_eq(in(clock, X86IOPortIn8, 0x71), value & 0xff);
        out(clock, X86IOPortOut8, 0x70, 0x51);
        expect_eq(in(clock, X86IOPortIn8, 0x71), (value + 0x30) & 0xff);
    }
}

/* --- interrupt lines: checks ----------------------------------------------------------------------------------------- */

#define TIMER_PIN 2
#define VECTORS   108

static struct answer issue_pin(seL4_CPtr slot, seL4_Word pin, seL4_Word vector)
{
    return call(LINES, X86IRQIssueIRQHandlerIOAPIC, CAPS(ROOT), WORDS(slot, ROOT_DEPTH, 0, pin, 0, 0, vector));
}
static struct answer issue_message(seL4_CPtr slot, seL4_Word vector)
{
    return call(LINES, X86IRQIssueIRQHandlerMSI, CAPS(ROOT), WORDS(slot, ROOT_DEPTH, 0, 0, 0, 0, vector));
}

/* row: irq.issue_ioapic.length irq.issue_ioapic.no_cap irq.issue_ioapic.vector irq.issue_ioapic.issued irq.issue_ioapic.slot */
/* row: irq.issue_ioapic.slot_empty irq.issue_ioapic.ioapic irq.issue_ioapic.pin irq.issue_ioapic.level irq.issue_ioapic.polarity */
TEST(x86_irq, pin_checks)
{
    seL4_CPtr slot = slot_new(), taken = arena();
    const seL4_Word label = X86IRQIssueIRQHandlerIOAPIC;

    expect_answer(call(LINES, label, CAPS(ROOT), WORDS(taken, 64, 1, 24, 2, 2)), seL4_TruncatedMessage, NONE);
    expect_answer(call(LINES, label, NONE, WORDS(taken, 64, 1, 24, 2, 2, VECTORS)), seL4_TruncatedMessage, NONE);
    expect_answer(call(LINES, label, CAPS(ROOT), WORDS(taken, 64, 1, 24, 2, 2, VECTORS)), seL4_RangeError,
                  WORDS(0, VECTORS - 1));
    expect_answer(call(LINES, label, CAPS(ROOT), WORDS(taken, 64, 1, 24, 2, 2, 1ul << 32)), seL4_RangeError,
                  WORDS(0, VECTORS - 1));
    expect_lookup(call(LINES, label, CAPS(LINES), WORDS(taken, 0, 1, 24, 2, 2, 5)), 0, seL4_InvalidRoot);
    expect_answer(call(LINES, label, CAPS(ROOT), WORDS(taken, 64, 1, 24, 2, 2, 5)), seL4_DeleteFirst, NONE);
    expect_answer(call(LINES, label, CAPS(ROOT), WORDS(slot, 64, 1, 24, 2, 2, 5)), seL4_RangeError, WORDS(0, 0));
    expect_answer(call(LINES, label, CAPS(ROOT), WORDS(slot, 64, 0, 24, 2, 2, 5)), seL4_RangeError, WORDS(0, 23));
    expect_answer(call(LINES, label, CAPS(ROOT), WORDS(slot, 64, 0, 1ul << 32, 2, 2, 5)), seL4_RangeError,
                  WORDS(0, 23));
    expect_answer(call(LINES, label, CAPS(ROOT), WORDS(slot, 64, 0, 23, 2, 0, 5)), seL4_RangeError, WORDS(0, 1));
    expect_answer(call(LINES, label, CAPS(ROOT), WORDS(slot, 64, 0, 23, 0, 2, 5)), seL4_RangeError, WORDS(0, 1));
    expect_success(call(LINES, label, CAPS(ROOT), WORDS(slot, 64, 0, 23, 1, 1, 5)));
    expect_answer(call(LINES, label, CAPS(LINES), WORDS(taken, 0, 1, 24, 2, 2, 5)), seL4_RevokeFirst, NONE);
    expect_answer(issue_message(taken, 5), seL4_RevokeFirst, NONE);
}

/* row: irq.issue_msi.length irq.issue_msi.no_cap irq.issue_msi.vector irq.issue_msi.issued irq.issue_msi.slot */
/* row: irq.issue_msi.slot_empty irq.issue_msi.bus irq.issue_msi.device irq.issue_msi.function irq.issue_msi.handle */
TEST(x86_irq, message_checks)
{
    seL4_CPtr slot = slot_new(), taken = arena();
    const seL4_Word label = X86IRQIssueIRQHandlerMSI;

    expect_answer(call(LINES, label, CAPS(ROOT), WORDS(taken, 64, 256, 32, 8, 0)), seL4_TruncatedMessage, NONE);
    expect_answer(call(LINES, label, NONE, WORDS(taken, 64, 256, 32, 8, 0, VECTORS)), seL4_TruncatedMessage, NONE);
    expect_answer(call(LINES, label, CAPS(ROOT), WORDS(taken, 64, 256, 32, 8, 0, VECTORS)), seL4_RangeError,
                  WORDS(0, VECTORS - 1));
    expect_lookup(call(LINES, label, CAPS(LINES), WORDS(taken, 0, 256, 32, 8, 0, 6)), 0, seL4_InvalidRoot);
    expect_answer(call(LINES, label, CAPS(ROOT), WORDS(taken, 64, 256, 32, 8, 0, 6)), seL4_DeleteFirst, NONE);
    expect_answer(call(LINES, label, CAPS(ROOT), WORDS(slot, 64, 256, 32, 8, 0, 6)), seL4_RangeError, WORDS(0, 255));
    expect_answer(call(LINES, label, CAPS(ROOT), WORDS(slot, 64, 255, 32, 8, 0, 6)), seL4_RangeError, WORDS(0, 31));
    expect_answer(call(LINES, label, CAPS(ROOT), WORDS(slot, 64, 255, 31, 8, 0, 6)), seL4_RangeError, WORDS(0, 7));
    expect_success(call(LINES, label, CAPS(ROOT), WORDS(slot, 64, 255, 31, 7, -1ul, 6)));
    expect_answer(call(LINES, label, CAPS(LINES), WORDS(taken, 0, 256, 32, 8, 0, 6)), seL4_RevokeFirst, NONE);
    expect_answer(issue_pin(taken, 3, 6), seL4_RevokeFirst, NONE);
}

/* row: irq.issue_plain.refused irq_control.any.label */
TEST(x86_irq, other_labels)
{
    seL4_CPtr slot = slot_new();

    expect_answer(call(LINES, IRQIssueIRQHandler, CAPS(ROOT), WORDS(1, slot, ROOT_DEPTH)), seL4_IllegalOperation, NONE);
    expect_answer(call(LINES, IRQAckIRQ, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(LINES, X86PageMap, NONE, NONE), seL4_IllegalOperation, NONE);
}

/* Every vector is free, and free again afterwards. */
/* row: irq.issue_ioapic.child irq_handler.delete.reissue tree.revoke.irq_control */
TEST(x86_irq, all_vectors)
{
    seL4_CPtr handlers = slots_new(VECTORS);

    for (unsigned round = 0; round < 2; round++) {
        for (seL4_Word vector = 0; vector < VECTORS; vector++)
            expect_success(vector % 2 ? issue_message(handlers + vector, vector)
                                      : issue_pin(handlers + vector, 20, vector));
        if (round == 0)
            for (seL4_Word vector = 0; vector < VECTORS; vector++)
                cap_delete(handlers + vector);
    }
    cap_revoke(LINES);
    for (seL4_Word vector = 0; vector < VECTORS; vector++)
        expect(slot_is_empty(handlers + vector));
}

/* --- interrupt lines: the interval timer ----------------------------------------------------------------------------- */

#define TIMER_HZ 1193182

static seL4_CPtr timer_ports;

/* Interrupts every `us`, or none for ever (a one-shot that is never loaded). */
static void timer_start(seL4_Word us)
{
    seL4_Word ticks = us * TIMER_HZ / 1000000;

    timer_ports = ports_new(0x40, 0x43);
    out(timer_ports, X86IOPortOut8, 0x43, 0x34);
    out(timer_ports, X86IOPortOut8, 0x40, ticks & 0xff);
    out(timer_ports, X86IOPortOut8, 0x40, ticks >> 8);
}
static void timer_stop(void)
{
    out(timer_ports, X86IOPortOut8, 0x43, 0x30);
}

static seL4_Word poll(seL4_CPtr notification)
{
    return receive(seL4_SysNBWait, notification, 0).badge;
}
static seL4_Word wait(seL4_CPtr notification)
{
    return receive(seL4_SysWait, notification, 0).badge;
}
static void ack(seL4_CPtr handler)
{
    expect_success(call(handler, IRQAckIRQ, NONE, NONE));
}
/* Time in which several interrupts come, if they come at all. */
#define PERIOD_US 200
#define SOME_TIME 1000

/* row: irq.issue_ioapic.enabled irq_handler.ack.unmasks irq_handler.set_notification.badge irq_handler.set_notification.copies */
TEST(x86_irq, timer_interrupts)
{
    seL4_CPtr handler = slot_new(), notification = notification_new(), badged = cap_badged(notification, 0x51);

    expect_success(issue_pin(handler, TIMER_PIN, 10));
    expect_success(call(handler, IRQSetIRQHandler, CAPS(badged), NONE));
    cap_delete(badged);
    timer_start(PERIOD_US);
    for (unsigned i = 0; i < 5; i++) {
        expect_eq(wait(notification), 0x51);
        burn(SOME_TIME);
        expect_eq(poll(notification), 0);
        ack(handler);
    }
    timer_stop();
}

/* row: irq_handler.any.label irq_handler.set_notification.no_cap irq_handler.set_notification.type irq_handler.set_notification.write */
TEST(x86_irq, set_notification_checks)
{
    seL4_CPtr handler = slot_new(), endpoint = endpoint_new();
    seL4_CPtr readable = cap_copy(notification_new(), seL4_CanRead);

    expect_success(issue_pin(handler, TIMER_PIN, 10));
    expect_answer(call(handler, TCBResume, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(handler, IRQIssueIRQHandler, NONE, NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(handler, IRQSetIRQHandler, NONE, NONE), seL4_TruncatedMessage, NONE);
    expect_answer(call(handler, IRQSetIRQHandler, CAPS(endpoint), NONE), seL4_InvalidCapability, WORDS(0));
    expect_answer(call(handler, IRQSetIRQHandler, CAPS(0), NONE), seL4_InvalidCapability, WORDS(0));
    expect_answer(call(handler, IRQSetIRQHandler, CAPS(readable), NONE), seL4_InvalidCapability, WORDS(0));
}

/* row: irq_handler.set_notification.replaces irq_handler.clear.removes irq_handler.clear.none irq_handler.delete.silent */
TEST(x86_irq, notification_of_a_line)
{
    seL4_CPtr handler = slot_new(), first = notification_new(), second = notification_new();

    expect_success(issue_pin(handler, TIMER_PIN, 10));
    expect_success(call(handler, IRQClearIRQHandler, NONE, NONE));
    expect_success(call(handler, IRQSetIRQHandler, CAPS(first), NONE));
    expect_success(call(handler, IRQSetIRQHandler, CAPS(cap_badged(second, 7)), NONE));
    timer_start(PERIOD_US);
    expect_eq(wait(second), 7);
    ack(handler);
    burn(SOME_TIME);
    expect_eq(poll(first), 0);
    expect_eq(poll(second), 7);

    expect_success(call(handler, IRQClearIRQHandler, NONE, NONE));
    ack(handler);
    burn(SOME_TIME);
    expect_eq(poll(second), 0);
    ack(handler);

    expect_success(call(handler, IRQSetIRQHandler, CAPS(cap_badged(second, 8)), NONE));
    ack(handler);
    expect_eq(wait(second), 8);
    cap_delete(handler);
    burn(SOME_TIME);
    expect_eq(poll(second), 0);
    timer_stop();
}

/* row: irq.issue_ioapic.shared_pin */
TEST(x86_irq, pin_under_two_vectors)
{
    seL4_CPtr handler[2] = {slot_new(), slot_new()}, notification[2];

    for (unsigned i = 0; i < 2; i++) {
        notification[i] = notification_new();
        expect_success(issue_pin(handler[i], TIMER_PIN, 20 + i));
        expect_success(call(handler[i], IRQSetIRQHandler, CAPS(cap_badged(notification[i], 1 + i)), NONE));
    }
    timer_start(PERIOD_US);
    expect_eq(wait(notification[1]), 2);
    burn(SOME_TIME);
    expect_eq(poll(notification[1]), 0);
    ack(handler[0]); /* unmasks the pin as well */
    expect_eq(wait(notification[1]), 2);
    expect_eq(poll(notification[0]), 0);
    ack(handler[1]);
    /* Deleting either masks the pin, until an Ack of the other. */
    cap_delete(handler[0]);
    poll(notification[1]);
    burn(SOME_TIME);
    expect_eq(poll(notification[1]), 0);
    ack(handler[1]);
    expect_eq(wait(notification[1]), 2);
    timer_stop();
}

/* --- message-signalled interrupts: the HPET, which needs `hpet.msi=on` of QEMU ---------------------------------------- */

#define HPET_PADDR   0xfed00000
#define HPET_ADDRESS 0x18000000000
/* Registers, in words of 64 bits. */
#define HPET_CONFIGURATION 2
#define HPET_COUNTER       30
#define HPET_TIMER         32
#define HPET_COMPARATOR    33
#define HPET_MESSAGE       34

#define HPET_INTERRUPT_ON 4
#define HPET_MESSAGE_ON   (1u << 14)
#define HPET_CAN_MESSAGE  (1u << 15)

#define MESSAGE_ADDRESS 0xfee00000
#define MESSAGE_VECTOR  0x30

static seL4_CPtr hpet_frame(void)
{
    const seL4_BootInfo *info = pecan_boot_info();

    for (seL4_CPtr cap = info->untyped.start; cap < info->untyped.end; cap++) {
        if (info->untypedList[cap - info->untyped.start].paddr != HPET_PADDR)
            continue;
        seL4_CPtr frame = slot_new();
        expect_no_error(seL4_Untyped_Retype(cap, seL4_X86_4K, 0, ROOT, 0, 0, frame, 1));
        return frame;
    }
    test_fail(__FILE__, __LINE__, "no untyped begins at the HPET");
}

/* Interrupts when the main counter has counted `count` more. */
static void hpet_fire(volatile seL4_Word *hpet, seL4_Word count)
{
    hpet[HPET_COMPARATOR] = hpet[HPET_COUNTER] + count;
}

/* row: irq.issue_msi.delivered irq.issue_msi.not_masked */
TEST(x86_irq, message_interrupts)
{
    seL4_CPtr handler = slot_new(), notification = notification_new();
    volatile seL4_Word *hpet = (volatile seL4_Word *)HPET_ADDRESS;

    expect_no_error(seL4_X86_PDPT_Map(object_new(seL4_X86_PDPTObject, 0), seL4_CapInitThreadVSpace, HPET_ADDRESS, 0));
    expect_no_error(seL4_X86_PageDirectory_Map(object_new(seL4_X86_PageDirectoryObject, 0), seL4_CapInitThreadVSpace,
                                               HPET_ADDRESS, 0));
    expect_no_error(
        seL4_X86_PageTable_Map(object_new(seL4_X86_PageTableObject, 0), seL4_CapInitThreadVSpace, HPET_ADDRESS, 0));
    expect_no_error(
        seL4_X86_Page_Map(hpet_frame(), seL4_CapInitThreadVSpace, HPET_ADDRESS, seL4_ReadWrite, seL4_X86_Uncacheable));
    if (!(hpet[HPET_TIMER] & HPET_CAN_MESSAGE))
        test_fail(__FILE__, __LINE__, "the HPET has no messages: QEMU needs -global hpet.msi=on");

    expect_success(issue_message(handler, 107));
    expect_success(call(handler, IRQSetIRQHandler, CAPS(cap_badged(notification, 0x61)), NONE));
    hpet[HPET_MESSAGE] = (seL4_Word)MESSAGE_ADDRESS << 32 | (107 + MESSAGE_VECTOR);
    hpet[HPET_TIMER] = HPET_INTERRUPT_ON | HPET_MESSAGE_ON;
    hpet[HPET_CONFIGURATION] = 1;
    /* Ack is not needed. */
    for (unsigned i = 0; i < 3; i++) {
        hpet_fire(hpet, 10000);
        expect_eq(wait(notification), 0x61);
        expect_eq(poll(notification), 0);
    }
    ack(handler);
    hpet[HPET_TIMER] = 0;
    hpet[HPET_CONFIGURATION] = 0;
}
