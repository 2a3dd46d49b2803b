#include "device/lapic.h"

#include "machine/instructions.h"

/* Registers stand 16 bytes apart; numbers in words. */
#define REGISTER_ID            (0x020 / 4)
#define REGISTER_TASK_PRIORITY (0x080 / 4)
#define REGISTER_END           (0x0b0 / 4)
#define REGISTER_SPURIOUS      (0x0f0 / 4)
#define REGISTER_IN_SERVICE    (0x100 / 4)
#define REGISTER_REQUESTED     (0x200 / 4)
#define REGISTER_ERROR_STATUS  (0x280 / 4)
#define REGISTER_VERSION       (0x030 / 4)
#define REGISTER_COMMAND       (0x300 / 4)
#define REGISTER_LOCAL_TIMER   (0x320 / 4)
#define REGISTER_LOCAL_THERMAL (0x330 / 4)
#define REGISTER_LOCAL_COUNTER (0x340 / 4)
#define REGISTER_LOCAL_PIN0    (0x350 / 4)
#define REGISTER_LOCAL_PIN1    (0x360 / 4)
#define REGISTER_LOCAL_ERROR   (0x370 / 4)
#define REGISTER_TIMER_START   (0x380 / 4)
#define REGISTER_TIMER_LEFT    (0x390 / 4)
#define REGISTER_TIMER_DIVIDE  (0x3e0 / 4)

#define GROUP_STRIDE          (0x10 / 4) /* between the 32-bit groups of a 256-bit register */
#define COMMAND_ASSERT        BIT(14)
#define COMMAND_TO_SELF       BIT(18)
#define SPURIOUS_ENABLE       BIT(8)
#define LOCAL_MASKED          BIT(16)
#define LOCAL_NMI             (4u << 8)
#define TIMER_BY_DEADLINE     (2u << 17)
#define TIMER_DIVIDE_BY_ONE   0xbu
#define LOCAL_ENTRIES_ERROR   3u /* highest local entry of controllers that have an error interrupt ... */
#define LOCAL_ENTRIES_COUNTER 4u /* ... a performance counter's ... */
#define LOCAL_ENTRIES_THERMAL 5u /* ... a thermal one */

static volatile uint32_t *registers;

static uint32_t lapic_read(unsigned index)
{
    return mmio_read(&registers[index]);
}

static void lapic_write(unsigned index, uint32_t value)
{
    mmio_write(&registers[index], value);
}

BOOT_CODE void lapic_init(volatile uint32_t *mapped, unsigned timer_vector, unsigned spurious_vector, bool by_deadline)
{
    registers = mapped;
    unsigned highest_local = (lapic_read(REGISTER_VERSION) >> 16) & 0xff;
    lapic_write(REGISTER_SPURIOUS, (uint32_t)SPURIOUS_ENABLE | spurious_vector);
    if (highest_local >= LOCAL_ENTRIES_THERMAL)
        lapic_write(REGISTER_LOCAL_THERMAL, LOCAL_MASKED);
    if (highest_local >= LOCAL_ENTRIES_COUNTER)
        lapic_write(REGISTER_LOCAL_COUNTER, LOCAL_MASKED);
    if (highest_local >= LOCAL_ENTRIES_ERROR)
        lapic_write(REGISTER_LOCAL_ERROR, LOCAL_MASKED);
    lapic_write(REGISTER_LOCAL_PIN0, LOCAL_MASKED);
    lapic_write(REGISTER_LOCAL_PIN1, LOCAL_NMI);
    lapic_write(REGISTER_TIMER_START, 0);
    lapic_write(REGISTER_TIMER_DIVIDE, TIMER_DIVIDE_BY_ONE);
    lapic_write(REGISTER_LOCAL_TIMER, timer_vector | (by_deadline ? TIMER_BY_DEADLINE : 0));
    lapic_write(REGISTER_ERROR_STATUS, 0);
    lapic_write(REGISTER_TASK_PRIORITY, 0);
    /* Whatever was being handled when the kernel was started is over: at most one end for each of 256 vectors. */
    for (unsigned i = 0; i < 256; i++)
        lapic_write(REGISTER_END, 0);
}

uint32_t lapic_id(void)
{
    return lapic_read(REGISTER_ID) >> 24;
}

void lapic_end_of_interrupt(void)
{
    lapic_write(REGISTER_END, 0);
}

void lapic_raise(unsigned vector)
{
    lapic_write(REGISTER_COMMAND, (uint32_t)(COMMAND_TO_SELF | COMMAND_ASSERT) | vector);
}

static bool vector_bit(unsigned base, unsigned vector)
{
    return lapic_read(base + vector / 32 * GROUP_STRIDE) >> (vector % 32) & 1;
}

bool lapic_is_in_service(unsigned vector)
{
    return vector_bit(REGISTER_IN_SERVICE, vector);
}

bool lapic_is_pending(unsigned from, unsigned to)
{
    for (unsigned group = from / 32; group <= to / 32; group++)
        if (lapic_read(REGISTER_REQUESTED + group * GROUP_STRIDE))
            return true;
    return false;
}

void lapic_timer_start(uint32_t ticks)
{
    lapic_write(REGISTER_TIMER_START, ticks);
}

uint32_t lapic_timer_left(void)
{
    return lapic_read(REGISTER_TIMER_LEFT);
}
