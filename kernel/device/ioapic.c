#include "device/ioapic.h"

#include "device/lapic.h"
#include "machine/instructions.h"

/* Registers, in words: the index of the inner register, then its value. */
#define REGISTER_SELECT 0
#define REGISTER_WINDOW 4

#define INNER_VERSION     0x01u
#define INNER_PIN(pin)    (0x10u + 2 * (pin))
#define PIN_VECTOR        0xffu
#define PIN_ACTIVE_LOW    BIT(13)
#define PIN_LEVEL         BIT(15)
#define PIN_MASKED        BIT(16)
#define DESTINATION_SHIFT 24
#define PINS_MAX          240

/* What has become of a pin's interrupt: delivered and not acknowledged yet, and after that another edge came. */
enum delivery { DELIVERY_NONE, DELIVERY_MADE, DELIVERY_OWED };

struct pin {
    uint32_t low; /* what was written, without the mask: reading it back would be slow */
    bool is_masked;
    uint8_t delivery; /* enum delivery, of an edge-triggered pin */
};

struct ioapic {
    volatile uint32_t *registers;
    unsigned pins;
    struct pin pin[PINS_MAX];
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
        ioapic->pin[pin].is_masked = true;
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
    struct ioapic *chip = &ioapics[ioapic];
    uint32_t low = vector | (is_active_low ? PIN_ACTIVE_LOW : 0) | (is_level ? PIN_LEVEL : 0);
    chip->pin[pin] = (struct pin){.low = low};
    inner_write(chip, INNER_PIN(pin), PIN_MASKED);
    inner_write(chip, INNER_PIN(pin) + 1, lapic_id() << DESTINATION_SHIFT);
    inner_write(chip, INNER_PIN(pin), low);
}

static void set_mask(struct ioapic *chip, unsigned pin, bool is_masked)
{
    if (chip->pin[pin].is_masked == is_masked)
        return;
    chip->pin[pin].is_masked = is_masked;
    inner_write(chip, INNER_PIN(pin), chip->pin[pin].low | (is_masked ? PIN_MASKED : 0));
}

void ioapic_mask(unsigned ioapic, unsigned pin)
{
    set_mask(&ioapics[ioapic], pin, true);
}

/*
 * An edge at a masked pin is lost (82093AA, 3.2.4), and with it all that follow, if its driver has looked at the device just before:
 * the line stays up. So an edge-triggered pin is masked only when it is known already that it owes another delivery.
 */
bool ioapic_take(unsigned ioapic, unsigned pin)
{
    struct ioapic *chip = &ioapics[ioapic];
    bool is_first = chip->pin[pin].delivery == DELIVERY_NONE;
    if (chip->pin[pin].low & PIN_LEVEL) {
        set_mask(chip, pin, true);
        return true;
    }
    chip->pin[pin].delivery = is_first ? DELIVERY_MADE : DELIVERY_OWED;
    if (!is_first)
        set_mask(chip, pin, true);
    return is_first;
}

void ioapic_acknowledge(unsigned ioapic, unsigned pin)
{
    struct ioapic *chip = &ioapics[ioapic];
    bool is_owed = chip->pin[pin].delivery == DELIVERY_OWED;
    chip->pin[pin].delivery = DELIVERY_NONE;
    set_mask(chip, pin, false);
    if (is_owed)
        lapic_raise(chip->pin[pin].low & PIN_VECTOR);
}
