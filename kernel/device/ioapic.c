#include "device/ioapic.h"

#include "device/lapic.h"
#include "machine/instructions.h"

/* Registers, in words: the index of the inner register, then its value. */
#define REGISTER_SELECT 0
#define REGISTER_WINDOW 4

#define INNER_VERSION     0x01u
#define INNER_PIN(pin)    (0x10u + 2 * (pin))
#define PIN_ACTIVE_LOW    BIT(13)
#define PIN_LEVEL         BIT(15)
#define PIN_MASKED        BIT(16)
#define DESTINATION_SHIFT 24
#define PINS_MAX          240

struct ioapic {
    volatile uint32_t *registers;
    unsigned pins;
    uint32_t low[PINS_MAX]; /* what was written to each pin, without the mask: reading it back would be slow */
};

static struct ioapic ioapics[IOAPIC_MAX];
static unsigned count;

static uint32_t inner_read(const struct ioapic *ioapic, unsigned index)
{
    mmio_write(&ioapic->registers[REGISTER_SELECT], index);
    return mmio_read(&ioapic->registers[REGISTER_WINDOW]);
}

static void inner_write(const struct ioapic *ioapic, unsigned index, uint32_t value)
{
    mmio_write(&ioapic->registers[REGISTER_SELECT], index);
    mmio_write(&ioapic->registers[REGISTER_WINDOW], value);
}

BOOT_CODE void ioapic_add(volatile uint32_t *registers)
{
    struct ioapic *ioapic = &ioapics[count++];
    ioapic->registers = registers;
    unsigned pins = ((inner_read(ioapic, INNER_VERSION) >> 16) & 0xff) + 1;
    ioapic->pins = pins < PINS_MAX ? pins : PINS_MAX;
    for (unsigned pin = 0; pin < ioapic->pins; pin++) {
        inner_write(ioapic, INNER_PIN(pin), PIN_MASKED);
        inner_write(ioapic, INNER_PIN(pin) + 1, 0);
    }
}

unsigned ioapic_count(void)
{
    return count;
}

unsigned ioapic_pins(unsigned ioapic)
{
    return ioapics[ioapic].pins;
}

void ioapic_route(unsigned ioapic, unsigned pin, unsigned vector, bool is_level, bool is_active_low)
{
    const struct ioapic *chip = &ioapics[ioapic];
    uint32_t low = vector | (is_active_low ? PIN_ACTIVE_LOW : 0) | (is_level ? PIN_LEVEL : 0);
    ioapics[ioapic].low[pin] = low;
    inner_write(chip, INNER_PIN(pin), PIN_MASKED);
    inner_write(chip, INNER_PIN(pin) + 1, lapic_id() << DESTINATION_SHIFT);
    inner_write(chip, INNER_PIN(pin), low);
}

void ioapic_mask(unsigned ioapic, unsigned pin, bool is_masked)
{
    const struct ioapic *chip = &ioapics[ioapic];
    inner_write(chip, INNER_PIN(pin), chip->low[pin] | (is_masked ? PIN_MASKED : 0));
}
