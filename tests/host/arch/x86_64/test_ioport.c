/* I/O ports: issuing, using, giving back. */
#include "test.h"
#include "world.h"

#include <string.h>

static struct cap_slot *control, *root;

static void with_control(void)
{
    world_reset(false);
    control = world_put(cap_ioport_control_new());
    root = world_put(cap_cnode_new(world.slot, 9, 0));
}

static struct refusal issue(uint64_t first, uint64_t last, struct cap_slot *destination)
{
    return world_invoke(control, (struct message){.label = ABI_LABEL_X86_IO_PORT_CONTROL_ISSUE,
                                                  .length = 4,
                                                  .word = {first, last, (uint64_t)(destination - world.slot), 64},
                                                  .cap_count = 1,
                                                  .cap = {root}});
}

static struct refusal in(struct cap_slot *ports, unsigned width, uint64_t port)
{
    uint64_t label = width == 1   ? ABI_LABEL_X86_IO_PORT_IN8
                     : width == 2 ? ABI_LABEL_X86_IO_PORT_IN16
                                  : ABI_LABEL_X86_IO_PORT_IN32;
    return world_invoke(ports, (struct message){.label = label, .length = 1, .word = {port}});
}

static struct refusal out(struct cap_slot *ports, unsigned width, uint64_t port, uint64_t value)
{
    uint64_t label = width == 1   ? ABI_LABEL_X86_IO_PORT_OUT8
                     : width == 2 ? ABI_LABEL_X86_IO_PORT_OUT16
                                  : ABI_LABEL_X86_IO_PORT_OUT32;
    return world_invoke(ports, (struct message){.label = label, .length = 2, .word = {port, value}});
}

TEST(ioport_control, checks_in_order)
{
    with_control();
    struct cap_slot *empty = world_slot();
    struct message message = {.label = ABI_LABEL_X86_IO_PORT_CONTROL_ISSUE, .length = 3, .cap_count = 1, .cap = {root}};
    expect_refused(world_invoke(control, message), ABI_ERROR_TRUNCATED_MESSAGE);
    message.length = 4;
    message.cap_count = 0;
    expect_refused(world_invoke(control, message), ABI_ERROR_TRUNCATED_MESSAGE);
    message.label = ABI_LABEL_X86_IO_PORT_IN8;
    expect_refused(world_invoke(control, message), ABI_ERROR_ILLEGAL_OPERATION);

    expect_done(issue(5, 10, empty));
    expect_refused_number(issue(6, 5, root), ABI_ERROR_INVALID_ARGUMENT, 1);
    expect_refused(issue(10, 20, root), ABI_ERROR_REVOKE_FIRST);
    expect_refused(issue(0, 5, root), ABI_ERROR_REVOKE_FIRST);
    expect_refused(issue(0, 0xffff, root), ABI_ERROR_REVOKE_FIRST);
    expect_refused(issue(11, 12, root), ABI_ERROR_DELETE_FIRST);
    expect(cap_is_null(world_derived(control)));
}

TEST(ioport_control, only_low_sixteen_bits_count)
{
    with_control();
    struct cap_slot *ports = world_slot();
    expect_done(issue(0x10000, 0x10001, ports));
    expect_eq(cap_ioport_first(ports->cap), 0);
    expect_eq(cap_ioport_last(ports->cap), 1);
    expect_refused_number(issue(5, 0x10004, world_slot()), ABI_ERROR_INVALID_ARGUMENT, 1);
}

TEST(ioport, access_reaches_the_port)
{
    with_control();
    struct cap_slot *ports = world_slot();
    expect_done(issue(0xa0, 0xa3, ports));
    expect_done(in(ports, 1, 0x100a1));
    expect_eq(world.result, 0xa1);
    expect_done(in(ports, 2, 0xa2));
    expect_eq(world.result, 0xa2);
    expect_done(in(ports, 4, 0xa0));
    expect_eq(world.result, 0xa000a0);
    expect_done(out(ports, 1, 0xa3, 0x123456789));
    expect(fake_port_access.is_out && fake_port_access.width == 1 && fake_port_access.port == 0xa3);
    expect_eq(fake_port_access.value, 0x89);
    expect_done(out(ports, 2, 0xa2, 0x123456789));
    expect_eq(fake_port_access.value, 0x6789);
    expect_done(out(ports, 4, 0xa0, 0x123456789));
    expect_eq(fake_port_access.value, 0x23456789);
}

TEST(ioport, access_stays_inside)
{
    with_control();
    struct cap_slot *ports = world_slot(), *high = world_slot();
    expect_done(issue(0xa0, 0xa3, ports));
    expect_done(issue(0xfff0, 0xffff, high));
    expect_refused(in(ports, 1, 0x9f), ABI_ERROR_ILLEGAL_OPERATION);
    expect_refused(in(ports, 1, 0xa4), ABI_ERROR_ILLEGAL_OPERATION);
    expect_refused(in(ports, 2, 0xa3), ABI_ERROR_ILLEGAL_OPERATION);
    expect_refused(out(ports, 4, 0xa1, 0), ABI_ERROR_ILLEGAL_OPERATION);
    expect_refused(in(high, 2, 0xffff), ABI_ERROR_ILLEGAL_OPERATION);
    expect_refused(in(high, 4, 0xfffd), ABI_ERROR_ILLEGAL_OPERATION);
    expect_eq(fake_port_access.width, 0);
    expect_done(in(high, 2, 0xfffe));

    struct message message = {.label = ABI_LABEL_X86_IO_PORT_IN8};
    expect_refused(world_invoke(ports, message), ABI_ERROR_TRUNCATED_MESSAGE);
    message.label = ABI_LABEL_X86_IO_PORT_OUT8;
    message.length = 1;
    expect_refused(world_invoke(ports, message), ABI_ERROR_TRUNCATED_MESSAGE);
    message.label = ABI_LABEL_X86_IO_PORT_IN8 - 1;
    expect_refused(world_invoke(ports, message), ABI_ERROR_ILLEGAL_OPERATION);
    message.label = ABI_LABEL_X86_IO_PORT_OUT32 + 1;
    expect_refused(world_invoke(ports, message), ABI_ERROR_ILLEGAL_OPERATION);
}

TEST(ioport, last_capability_gives_the_ports_back)
{
    with_control();
    struct cap_slot *ports = world_slot(), *copy = world_slot(), *again = world_slot();
    expect_done(issue(0, 0xffff, ports));
    copy->cap = world_derived(ports);
    world_delete(ports, false);
    expect_refused(issue(80, 80, again), ABI_ERROR_REVOKE_FIRST);
    expect_done(in(copy, 1, 80));
    world_delete(copy, true);
    expect_done(issue(80, 80, again));
}

/* Random ranges against one flag for each port. */
TEST(ioport, ranges_never_overlap)
{
    static bool taken[65536];
    struct range {
        struct cap_slot *slot;
        unsigned first, last;
    } ranges[64] = {0};
    uint32_t seed = 12345;
    with_control();
    memset(taken, 0, sizeof taken);
    for (unsigned i = 0; i < 64; i++)
        ranges[i].slot = world_slot();
    for (unsigned step = 0; step < 20000; step++) {
        seed = seed * 1664525 + 1013904223;
        struct range *range = &ranges[seed >> 26];
        if (!cap_slot_is_empty(range->slot)) {
            for (unsigned port = range->first; port <= range->last; port++)
                taken[port] = false;
            world_delete(range->slot, true);
            continue;
        }
        seed = seed * 1664525 + 1013904223;
        unsigned length_bits = seed >> 28;
        range->first = seed >> 8 & 0xffff;
        seed = seed * 1664525 + 1013904223;
        range->last = range->first + (seed >> 16 & (unsigned)mask_low(length_bits));
        if (range->last > 0xffff)
            range->last = 0xffff;
        bool is_free = true;
        for (unsigned port = range->first; port <= range->last; port++)
            is_free = is_free && !taken[port];
        struct refusal refusal = issue(range->first, range->last, range->slot);
        expect_eq(refusal_error(refusal), is_free ? ABI_ERROR_NONE : ABI_ERROR_REVOKE_FIRST);
        for (unsigned port = range->first; is_free && port <= range->last; port++)
            taken[port] = true;
    }
}
