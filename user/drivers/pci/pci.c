#include "drivers/pci/pci.h"

enum {
    REGISTER_VENDOR = 0x00,
    REGISTER_DEVICE = 0x02,
    REGISTER_COMMAND = 0x04,
    REGISTER_STATUS = 0x06,
    REGISTER_CLASS = 0x08, /* revision, interface, subclass, class */
    REGISTER_HEADER = 0x0e,
    REGISTER_BAR = 0x10,
    REGISTER_SECONDARY_BUS = 0x19,
    REGISTER_WINDOW = 0x20, /* of a bridge: first and last MiB, in the upper bits of 16 each */
    REGISTER_CAPABILITIES = 0x34,
    REGISTER_INTERRUPT_LINE = 0x3c,
    REGISTER_INTERRUPT_PIN = 0x3d
};
enum { NO_VENDOR = 0xffff, HEADER_MANY_FUNCTIONS = 0x80, HEADER_DEVICE = 0, HEADER_BRIDGE = 1 };
enum { STATUS_CAPABILITIES = 0x10 };
enum { SUBCLASS_HOST = 0 };
enum { BAR_PORTS = 1, BAR_TYPE = 6, BAR_64_BITS = 4, BAR_PREFETCHABLE = 8 };
#define BAR_PORT_BITS   0xfffffffcu
#define BAR_MEMORY_BITS 0xfffffff0u
#define WINDOW_BITS     0xfff00000u /* of an address */
enum { FIRST_CAPABILITY = 0x40 };   /* behind the header */
enum { MSIX_CONTROL = 2, MSIX_TABLE = 4, MSIX_ENABLE = 0x8000, MSIX_MASK_ALL = 0x4000, MSIX_SIZE = 0x7ff };
enum { ENTRY_BYTES = 16, ENTRY_ADDRESS = 0, ENTRY_ADDRESS_HIGH = 4, ENTRY_DATA = 8, ENTRY_CONTROL = 12 };

static unsigned bar_count(const struct pci_function *function)
{
    return function->is_bridge ? 2 : PCI_BAR_COUNT;
}

/* Writes all ones to a BAR and reads which bits stick; the old value returns. */
static uint32_t bar_probe(const struct pci_access *access, struct pci_address address, unsigned offset)
{
    uint32_t old = pci_read32(access, address, offset);
    pci_write32(access, address, offset, UINT32_MAX);
    uint32_t probed = pci_read32(access, address, offset);
    pci_write32(access, address, offset, old);
    return probed;
}

/* The size that a BAR's writable bits state; 0 if they do not state one. */
static uint64_t bar_size(uint64_t writable)
{
    uint64_t size = ~writable + 1;
    return writable && !(size & (size - 1)) ? size : 0;
}

/* Fills in the BAR at `index`; returns how many registers it takes. */
static unsigned bar_measure(const struct pci_access *access, struct pci_function *function, unsigned index)
{
    struct pci_bar *bar = &function->bars[index];
    unsigned offset = REGISTER_BAR + 4 * index;
    uint32_t low = pci_read32(access, function->address, offset);
    uint32_t probed = bar_probe(access, function->address, offset);
    if (probed == 0 || probed == UINT32_MAX)
        return 1;
    bar->is_ports = low & BAR_PORTS;
    if (bar->is_ports) {
        bar->address = low & BAR_PORT_BITS;
        /* The upper half may be wired to 0. */
        bar->bytes = bar_size((probed & BAR_PORT_BITS) | 0xffffffffffff0000u);
        return 1;
    }
    bar->is_prefetchable = low & BAR_PREFETCHABLE;
    bar->is_64_bits = (low & BAR_TYPE) == BAR_64_BITS;
    bar->address = low & BAR_MEMORY_BITS;
    uint64_t writable = (probed & BAR_MEMORY_BITS) | 0xffffffff00000000u;
    if (bar->is_64_bits) {
        if (index + 1 == bar_count(function)) {
            *bar = (struct pci_bar){0};
            return 1;
        }
        bar->address |= (uint64_t)pci_read32(access, function->address, offset + 4) << 32;
        writable = (uint64_t)bar_probe(access, function->address, offset + 4) << 32 | (probed & BAR_MEMORY_BITS);
    }
    bar->bytes = bar_size(writable);
    return bar->is_64_bits ? 2 : 1;
}

static void bars_measure(const struct pci_access *access, struct pci_function *function)
{
    uint16_t command = pci_read16(access, function->address, REGISTER_COMMAND);
    pci_write16(access, function->address, REGISTER_COMMAND, command & (uint16_t) ~(PCI_USE_PORTS | PCI_USE_MEMORY));
    for (unsigned index = 0; index < bar_count(function);)
        index += bar_measure(access, function, index);
    pci_write16(access, function->address, REGISTER_COMMAND, command);
}

/* First and last in units; a window that ends before it begins is none. */
static struct pci_window window_read(const struct pci_access *access, struct pci_address address)
{
    uint32_t bounds = pci_read32(access, address, REGISTER_WINDOW);
    uint64_t first = bounds << 16 & WINDOW_BITS, end = (uint64_t)(bounds & WINDOW_BITS) + PCI_WINDOW_UNIT;
    return first < end ? (struct pci_window){first, end} : (struct pci_window){0, 0};
}

/* What is at the address; false if nothing, or a kind of header that nobody knows. */
static bool function_probe(const struct pci_access *access, struct pci_address address, struct pci_function *function)
{
    uint8_t header = pci_read8(access, address, REGISTER_HEADER) & (uint8_t)~HEADER_MANY_FUNCTIONS;
    uint32_t class = pci_read32(access, address, REGISTER_CLASS);
    *function = (struct pci_function){
        .address = address,
        .vendor = pci_read16(access, address, REGISTER_VENDOR),
        .device = pci_read16(access, address, REGISTER_DEVICE),
        .class_code = (uint8_t)(class >> 24),
        .subclass = (uint8_t)(class >> 16),
        .interface = (uint8_t)(class >> 8),
        .interrupt_line = pci_read8(access, address, REGISTER_INTERRUPT_LINE),
        .interrupt_pin = pci_read8(access, address, REGISTER_INTERRUPT_PIN),
        .is_bridge = header == HEADER_BRIDGE,
    };
    if (function->vendor == NO_VENDOR || header > HEADER_BRIDGE)
        return false;
    /* The ranges of a host bridge are nobody's, and without it the processor may not reach memory. */
    if (function->class_code != PCI_CLASS_BRIDGE || function->subclass != SUBCLASS_HOST)
        bars_measure(access, function);
    if (function->is_bridge)
        function->window = window_read(access, address);
    return true;
}

/* A set of bus numbers. */
struct bus_set {
    uint32_t words[8];
};

static bool bus_set_add(struct bus_set *set, uint8_t bus)
{
    uint32_t bit = 1u << bus % 32;
    bool is_new = !(set->words[bus / 32] & bit);
    set->words[bus / 32] |= bit;
    return is_new;
}

unsigned pci_enumerate(const struct pci_access *access, struct pci_function *functions, unsigned capacity)
{
    struct bus_set known = {0};
    struct {
        uint8_t number;
        int bridge; /* that leads there */
    } buses[256] = {{0, PCI_NO_BRIDGE}};
    unsigned count = 0, bus_count = 1;
    bus_set_add(&known, 0);
    for (unsigned next = 0; next < bus_count; next++) {
        for (unsigned place = 0; place < PCI_DEVICES_PER_BUS * PCI_FUNCTIONS_PER_DEVICE; place++) {
            struct pci_address address = {buses[next].number, (uint8_t)(place / PCI_FUNCTIONS_PER_DEVICE),
                                          place % PCI_FUNCTIONS_PER_DEVICE};
            struct pci_function function;
            if (!function_probe(access, address, &function)) {
                if (address.function == 0)
                    place += PCI_FUNCTIONS_PER_DEVICE - 1;
                continue;
            }
            function.above = buses[next].bridge;
            if (count < capacity)
                functions[count] = function;
            if (function.is_bridge) {
                uint8_t behind = pci_read8(access, address, REGISTER_SECONDARY_BUS);
                if (bus_set_add(&known, behind)) {
                    buses[bus_count].number = behind;
                    buses[bus_count++].bridge = (int)count;
                }
            }
            count++;
            if (address.function == 0 && !(pci_read8(access, address, REGISTER_HEADER) & HEADER_MANY_FUNCTIONS))
                place += PCI_FUNCTIONS_PER_DEVICE - 1;
        }
    }
    return count;
}

bool pci_bar_move(const struct pci_access *access, struct pci_function *function, unsigned index, uint64_t address)
{
    if (index >= PCI_BAR_COUNT)
        return false;
    struct pci_bar *bar = &function->bars[index];
    uint64_t end = bar->is_ports ? 0x10000 : bar->is_64_bits ? UINT64_MAX : 0x100000000u;
    if (!bar->bytes || address % bar->bytes || address >= end || bar->bytes > end - address)
        return false;
    if (bar->address == address)
        return bar->is_placed = true;
    unsigned offset = REGISTER_BAR + 4 * index;
    uint16_t command = pci_read16(access, function->address, REGISTER_COMMAND);
    pci_write16(access, function->address, REGISTER_COMMAND, command & (uint16_t) ~(PCI_USE_PORTS | PCI_USE_MEMORY));
    pci_write32(access, function->address, offset, (uint32_t)address);
    uint64_t taken = pci_read32(access, function->address, offset) & (bar->is_ports ? BAR_PORT_BITS : BAR_MEMORY_BITS);
    if (bar->is_64_bits) {
        pci_write32(access, function->address, offset + 4, (uint32_t)(address >> 32));
        taken |= (uint64_t)pci_read32(access, function->address, offset + 4) << 32;
    }
    pci_write16(access, function->address, REGISTER_COMMAND, command);
    bar->address = taken;
    return bar->is_placed = taken == address;
}

bool pci_window_set(const struct pci_access *access, struct pci_function *bridge, struct pci_window window)
{
    if (window.first >= window.end || window.first % PCI_WINDOW_UNIT || window.end % PCI_WINDOW_UNIT ||
        window.end > 0x100000000u)
        return false;
    if (window.first != bridge->window.first || window.end != bridge->window.end)
        pci_write32(access, bridge->address, REGISTER_WINDOW,
                    (uint32_t)window.first >> 16 | ((uint32_t)(window.end - 1) & WINDOW_BITS));
    bridge->window = window_read(access, bridge->address);
    return window.first == bridge->window.first && window.end == bridge->window.end;
}

void pci_command_change(const struct pci_access *access, const struct pci_function *function, uint16_t set,
                        uint16_t cleared)
{
    uint16_t command = pci_read16(access, function->address, REGISTER_COMMAND);
    pci_write16(access, function->address, REGISTER_COMMAND, (command & (uint16_t)~cleared) | set);
}

unsigned pci_capability_find(const struct pci_access *access, struct pci_address address, uint8_t number,
                             unsigned previous)
{
    if (!(pci_read16(access, address, REGISTER_STATUS) & STATUS_CAPABILITIES))
        return 0;
    bool is_after = !previous;
    uint64_t visited = 0; /* a bit for every 4 bytes: a list that loops ends */
    unsigned offset = pci_read8(access, address, REGISTER_CAPABILITIES) & ~3u;
    while (offset >= FIRST_CAPABILITY && !(visited & 1ull << offset / 4)) {
        visited |= 1ull << offset / 4;
        if (is_after && pci_read8(access, address, offset) == number)
            return offset;
        is_after |= offset == previous;
        offset = pci_read8(access, address, offset + 1) & ~3u;
    }
    return 0;
}

bool pci_msix_find(const struct pci_access *access, const struct pci_function *function, struct pci_msix *msix)
{
    unsigned offset = pci_capability_find(access, function->address, PCI_CAPABILITY_MSIX, 0);
    if (!offset || offset + 12 > PCI_CONFIG_BYTES)
        return false;
    uint32_t table = pci_read32(access, function->address, offset + MSIX_TABLE);
    *msix = (struct pci_msix){
        .capability = (uint8_t)offset,
        .table_bar = table & 7,
        .table_offset = table & ~7u,
        .vector_count = (uint16_t)((pci_read16(access, function->address, offset + MSIX_CONTROL) & MSIX_SIZE) + 1),
    };
    if (msix->table_bar >= PCI_BAR_COUNT)
        return false;
    const struct pci_bar *bar = &function->bars[msix->table_bar];
    return !bar->is_ports && msix->table_offset <= bar->bytes &&
           pci_msix_table_bytes(msix) <= bar->bytes - msix->table_offset;
}

void pci_msix_enable(const struct pci_access *access, const struct pci_function *function, const struct pci_msix *msix,
                     bool is_on)
{
    unsigned offset = msix->capability + MSIX_CONTROL;
    uint16_t control = pci_read16(access, function->address, offset) & (uint16_t) ~(MSIX_ENABLE | MSIX_MASK_ALL);
    pci_write16(access, function->address, offset, control | (is_on ? MSIX_ENABLE : 0));
}

void pci_msix_set(struct mmio table, unsigned vector, uint64_t message_address, uint32_t message_data)
{
    size_t entry = (size_t)vector * ENTRY_BYTES;
    mmio_write32(table, entry + ENTRY_CONTROL, 1);
    mmio_write32(table, entry + ENTRY_ADDRESS, (uint32_t)message_address);
    mmio_write32(table, entry + ENTRY_ADDRESS_HIGH, (uint32_t)(message_address >> 32));
    mmio_write32(table, entry + ENTRY_DATA, message_data);
    mmio_write32(table, entry + ENTRY_CONTROL, 0);
}
