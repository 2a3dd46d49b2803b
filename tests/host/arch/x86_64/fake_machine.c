#include "fake_machine.h"

#include "arch/x86_64/machine/instructions.h"
#include "core/cpu.h"
#include "device/ioapic.h"
#include "device/lapic.h"
#include "machine/registers.h"
#include "test.h"

#include <string.h>

static uint8_t ram[FAKE_RAM_BYTES] ALIGNED(0x200000);
static uint64_t ram_taken;
static struct cpu cpu;
static bool contexts_in_use;

uint64_t fake_cr3;
unsigned fake_cr3_writes;
struct fake_port_access fake_port_access;
struct fake_pin fake_pin[FAKE_IOAPICS][FAKE_PINS];

/* --- memory --------------------------------------------------------------------------------------------------------- */

void *fake_window(uint64_t paddr)
{
    if (paddr - FAKE_RAM_START >= FAKE_RAM_BYTES)
        test_fail(__FILE__, __LINE__, "0x%lx is no memory", (unsigned long)paddr);
    return &ram[paddr - FAKE_RAM_START];
}

uint64_t fake_paddr(const void *pointer)
{
    return (uint64_t)((const uint8_t *)pointer - ram) + FAKE_RAM_START;
}

struct cpu *fake_this_cpu(void)
{
    return &cpu;
}

void hal_clear(void *pointer, size_t size)
{
    if (size > 2048 || size % 64)
        test_fail(__FILE__, __LINE__, "hal_clear of %zu bytes", size);
    memset(pointer, 0, size);
}

uint64_t fake_memory_take(unsigned size_bits)
{
    uint64_t start = align_up(ram_taken, size_bits);
    ram_taken = start + BIT(size_bits);
    if (ram_taken > FAKE_RAM_START + FAKE_RAM_BYTES)
        test_fail(__FILE__, __LINE__, "the model is out of memory");
    return start;
}

/* --- translation ---------------------------------------------------------------------------------------------------- */

/* A page's translation (bits 12, 21, 30) or a pointer to a table (bits 21, 30, 39: what the table covers). */
struct cached {
    bool is_used, is_table;
    unsigned context, bits;
    uint64_t address, entry;
    bool may_write, is_user; /* of all levels above too */
};
static struct cached cache[512];
static unsigned cache_next;

static unsigned current_context(void)
{
    return contexts_in_use ? fake_cr3 & 0xfff : 0;
}

static void cache_add(struct cached item)
{
    item.is_used = true;
    item.context = current_context();
    cache[cache_next++ % ARRAY_LENGTH(cache)] = item;
}

/* One way through the tables; with `is_cached` it also remembers each step. */
static struct translation walk(uint64_t address, bool is_cached)
{
    uint64_t table = fake_cr3 & 0xffffffffff000;
    bool may_write = true, is_user = true;
    for (unsigned bits = 39;; bits -= 9) {
        uint64_t entry = ((uint64_t *)fake_window(table))[address >> bits & 511];
        if (!(entry & 1))
            return (struct translation){0};
        may_write = may_write && (entry & 2);
        is_user = is_user && (entry & 4);
        bool is_page = bits == 12 || (bits < 39 && (entry & 0x80));
        if (is_cached)
            cache_add((struct cached){.is_table = !is_page,
                                      .bits = bits,
                                      .address = address >> bits << bits,
                                      .entry = entry,
                                      .may_write = may_write,
                                      .is_user = is_user});
        if (!is_page) {
            table = entry & 0xffffffffff000;
            continue;
        }
        if (!is_user)
            return (struct translation){0};
        unsigned pat_bit = bits == 12 ? 7 : 12;
        uint64_t page = (entry & 0xffffffffff000) >> bits << bits;
        return (struct translation){.is_present = true,
                                    .may_write = may_write,
                                    .paddr = page | (address & mask_low(bits)),
                                    .cache_type = (entry >> 3 & 3) | (entry >> pat_bit & 1) << 2};
    }
}

struct translation fake_translate(uint64_t address)
{
    return walk(address, false);
}

struct translation fake_touch(uint64_t address)
{
    return walk(address, true);
}

bool fake_has_stale_translation(void)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(cache); i++) {
        struct cached *item = &cache[i];
        if (!item->is_used || item->context != current_context())
            continue;
        uint64_t table = fake_cr3 & 0xffffffffff000, entry = 0;
        bool may_write = true, is_user = true, is_reached = true;
        for (unsigned bits = 39; bits >= item->bits; bits -= 9) {
            entry = ((uint64_t *)fake_window(table))[item->address >> bits & 511];
            may_write = may_write && (entry & 2);
            is_user = is_user && (entry & 4);
            is_reached = (entry & 1) && (bits == item->bits || !(entry & 0x80));
            if (!is_reached)
                break;
            table = entry & 0xffffffffff000;
        }
        if (!is_reached || entry != item->entry || may_write != item->may_write || is_user != item->is_user)
            return true;
    }
    return false;
}

void cr3_write(uint64_t value)
{
    if (!contexts_in_use && value & (BIT(63) | 0xfff))
        test_fail(__FILE__, __LINE__, "CR3 = 0x%lx without process contexts", (unsigned long)value);
    fake_cr3 = value & ~BIT(63);
    fake_cr3_writes++;
    for (unsigned i = 0; i < ARRAY_LENGTH(cache); i++)
        if (!contexts_in_use || (!(value & BIT(63)) && cache[i].context == current_context()))
            cache[i].is_used = false;
}

uint64_t cr3_read(void)
{
    return fake_cr3;
}

uint64_t cr4_read(void)
{
    return contexts_in_use ? CR4_PCID : 0;
}

void invlpg(uint64_t address)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(cache); i++) {
        struct cached *item = &cache[i];
        if (item->context == current_context() &&
            (item->is_table || address >> item->bits << item->bits == item->address))
            item->is_used = false;
    }
}

/* Long operations stop as often as they can, and are begun again. */
bool hal_interrupt_is_pending(void)
{
    return true;
}

/* --- ports and pins ------------------------------------------------------------------------------------------------- */

static uint32_t port_in(uint16_t port, unsigned width)
{
    fake_port_access = (struct fake_port_access){.port = port, .width = width};
    return port * 0x10001u;
}
static void port_out(uint16_t port, unsigned width, uint32_t value)
{
    fake_port_access = (struct fake_port_access){port, width, true, value};
}
uint8_t port_in8(uint16_t port)
{
    return (uint8_t)port_in(port, 1);
}
uint16_t port_in16(uint16_t port)
{
    return (uint16_t)port_in(port, 2);
}
uint32_t port_in32(uint16_t port)
{
    return port_in(port, 4);
}
void port_out8(uint16_t port, uint8_t value)
{
    port_out(port, 1, value);
}
void port_out16(uint16_t port, uint16_t value)
{
    port_out(port, 2, value);
}
void port_out32(uint16_t port, uint32_t value)
{
    port_out(port, 4, value);
}

/* I/O APICs: a register that selects, one for what is selected. */

static uint32_t chip[FAKE_IOAPICS][8];

uint32_t mmio_read(const volatile uint32_t *where)
{
    for (unsigned i = 0; i < FAKE_IOAPICS; i++)
        if (where == &chip[i][4] && chip[i][0] == 1)
            return (FAKE_PINS - 1) << 16;
    test_fail(__FILE__, __LINE__, "read of another register");
}

void mmio_write(volatile uint32_t *where, uint32_t value)
{
    *where = value;
    for (unsigned i = 0; i < FAKE_IOAPICS; i++) {
        uint32_t selected = chip[i][0];
        if (where != &chip[i][4] || selected % 2)
            continue;
        expect(selected >= 0x10 && selected < 0x10 + 2 * FAKE_PINS);
        fake_pin[i][(selected - 0x10) / 2] =
            (struct fake_pin){value & 0xff, value >> 15 & 1, value >> 13 & 1, value >> 16 & 1};
    }
}

unsigned fake_raised;

uint32_t lapic_id(void)
{
    return 0;
}

void lapic_raise(unsigned vector)
{
    fake_raised = vector;
}

static void reset_interrupts(void)
{
    fake_raised = 0;
    if (!ioapic_count()) {
        for (unsigned i = 0; i < FAKE_IOAPICS; i++)
            ioapic_add(chip[i]);
    }
    memset(fake_pin, 0, sizeof fake_pin);
}

void fake_machine_reset(bool has_contexts)
{
    memset(ram, 0, sizeof ram);
    memset(cache, 0, sizeof cache);
    memset(&cpu, 0, sizeof cpu);
    reset_interrupts();
    fake_port_access = (struct fake_port_access){0};
    ram_taken = FAKE_RAM_START;
    cache_next = 0;
    contexts_in_use = has_contexts;
    /* The kernel's own tables: nothing for users, one entry at the top. */
    fake_cr3 = fake_memory_take(12);
    ((uint64_t *)fake_window(fake_cr3))[511] = 0x7777003;
    fake_cr3_writes = 0;
}
