/*
 * What finds that something has written into a component (microkit/guard.c), and rings that publish nothing then (ring/checked.h).
 */
#include "test.h"

#include <pecan/component.h>
#include <setjmp.h>

enum { PAGE = 4096, USED_BYTES = 1001, COMPONENT_BYTES = sizeof(struct pecan_component_page) };

/* The component's last page of data, of which some is in use, and its component page. */
_Alignas(PAGE) char guard_data[PAGE];
__asm__(".globl _bss_end\n.set _bss_end, guard_data + 1001");
_Static_assert(USED_BYTES == 1001, "as above");

static _Alignas(PAGE) union {
    volatile struct pecan_component_page page;
    char bytes[PAGE];
} component;
#define pecan_component_page (&component.page)
#include "microkit/guard.c"
#include "ring/checked.h"

static jmp_buf before;

void pecan_give_up(const char *reason)
{
    (void)reason;
    longjmp(before, 1);
}

static bool gives_up(void)
{
    if (setjmp(before))
        return true;
    pecan_check();
    return false;
}

TEST(guard, finds_each_byte_that_is_not_zero_behind_what_is_in_use)
{
    expect(!gives_up());
    guard_data[USED_BYTES - 1] = 1;
    component.bytes[COMPONENT_BYTES - 1] = 1;
    expect(!gives_up());
    for (unsigned i = USED_BYTES; i < PAGE; i++) {
        guard_data[i] = 1;
        expect(gives_up());
        guard_data[i] = 0;
    }
    for (unsigned i = COMPONENT_BYTES; i < PAGE; i++) {
        component.bytes[i] = (char)0x80;
        expect(gives_up());
        component.bytes[i] = 0;
    }
    expect(!gives_up());
}

TEST(guard, finds_changes_of_sealed_memory)
{
    static char table[37];
    pecan_seal(table, sizeof table);
    expect(!gives_up());
    table[36] = 1;
    expect(gives_up());
    table[36] = 0;
    expect(!gives_up());
}

static bool publish_gives_up(struct ring_producer *producer)
{
    if (setjmp(before))
        return true;
    ring_publish_checked(producer);
    return false;
}

TEST(guard, what_a_broken_component_has_put_is_not_seen)
{
    static const struct ring_shape shape = {.capacity = 4, .entry_bytes = 8};
    static _Alignas(RING_LINE_BYTES) char out[2 * RING_LINE_BYTES], in[RING_LINE_BYTES];
    struct ring_producer producer;
    struct ring_consumer consumer;
    uint64_t entry = 5;
    ring_producer_start(&producer, out, in, shape);
    ring_consumer_start(&consumer, in, out, shape);
    ring_producer_accept(&producer);
    expect(ring_put(&producer, &entry, 1) == 1 && ring_is_ahead(&producer));
    guard_data[PAGE - 1] = 1;
    expect(publish_gives_up(&producer));
    expect(ring_take(&consumer, &entry, 1) == 0);
    guard_data[PAGE - 1] = 0;
    expect(!publish_gives_up(&producer) && !ring_is_ahead(&producer));
    expect(ring_take(&consumer, &entry, 1) == 1 && entry == 5);
    /* With nothing to be seen there is nothing to look for. */
    guard_data[PAGE - 1] = 1;
    expect(!publish_gives_up(&producer));
    guard_data[PAGE - 1] = 0;
}
