#include "drivers/timer/timer.h"

#include "machine.h"
#include "test.h"

static uint8_t written[8];
static unsigned written_count;

static uint32_t nothing(void *device, size_t offset, unsigned bytes)
{
    (void)device, (void)offset, (void)bytes;
    test_fail(__FILE__, __LINE__, "the timer is not read");
}

static void note(void *device, size_t offset, unsigned bytes, uint32_t value)
{
    (void)device;
    expect(bytes == 1 && offset == (written_count == 0 ? 3 : 0)); /* the command, then the channel */
    written[written_count++] = (uint8_t)value;
}

TEST(timer, the_count_is_never_too_short)
{
    for (uint64_t ns = 1; ns < 54000000; ns = ns * 3 + 1) {
        uint64_t counted_ns = timer_ticks(ns) * 1000000000ull / 1193182;
        expect(counted_ns + 1 >= ns && counted_ns <= ns + 1000);
    }
    expect_eq(timer_ticks(0), 1);
    expect_eq(timer_ticks(UINT64_MAX), 0xffff);
    expect_eq(timer_ticks(1000000000), 0xffff);
}

TEST(timer, it_counts_down_once)
{
    machine_reset();
    machine_add_ports(TIMER_FIRST_PORT, TIMER_LAST_PORT, (struct machine_registers){0, nothing, note});
    written_count = 0;
    timer_start(MACHINE_PORTS_CAPABILITY, 1000000);
    expect_eq(written_count, 3);
    expect_eq(written[0], 0x30);
    expect_eq(written[1] | written[2] << 8, 1194);
}
