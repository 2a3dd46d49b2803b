/*
 * The devices on a PC's PCI buses: finding them, their memory and port ranges (BARs), their capabilities, and interrupts by
 * message (MSI-X).
 *
 * What a device says is checked: a list that loops ends, a range with an impossible size is left out.
 */
#pragma once

#include "drivers/pci/config.h"

enum { PCI_BAR_COUNT = 6 };
enum { PCI_CLASS_BRIDGE = 6 }; /* to the processor, to another bus, to what is older */
enum { PCI_CAPABILITY_VENDOR = 0x09, PCI_CAPABILITY_MSIX = 0x11 };
/* Of the command register. */
enum { PCI_USE_PORTS = 1, PCI_USE_MEMORY = 2, PCI_USE_DMA = 4, PCI_NO_LINE_INTERRUPT = 0x400 };

/* A range of memory or ports that a device answers to. */
struct pci_bar {
    uint64_t address; /* where it is now; 0 if it has no place */
    uint64_t bytes;   /* a power of two; 0 if the device has no such range */
    bool is_ports, is_64_bits, is_prefetchable;
    bool is_placed; /* pci_bar_move has put it there */
};

/* Addresses from `first` up to `end`; none if they are the same. */
struct pci_window {
    uint64_t first, end;
};

enum { PCI_NO_BRIDGE = -1, PCI_WINDOW_UNIT = 1 << 20 };

struct pci_function {
    struct pci_address address;
    uint16_t vendor, device;
    uint8_t class_code, subclass, interface;
    uint8_t interrupt_line, interrupt_pin; /* as the firmware left it; pin 0: none, 1: INTA, ... */
    bool is_bridge;                        /* to another bus */
    int above;                /* index of the bridge in front of it among those found; PCI_NO_BRIDGE: it is on bus 0 */
    struct pci_window window; /* of a bridge: the memory that it hands down, without what is prefetchable */
    struct pci_bar bars[PCI_BAR_COUNT];
};

/*
 * Finds the functions of all buses from bus 0 on and says how many there are, which may be more than `capacity`. Measures
 * their ranges, which the device does not answer to meanwhile: nobody may be using it.
 */
unsigned pci_enumerate(const struct pci_access *access, struct pci_function *functions, unsigned capacity);

/*
 * Gives a range of the device its place, a multiple of its size; a 32-bit range lies below 4 GiB. Does nothing if it is there. False if
 * that cannot be, or if the device does not take it.
 */
bool pci_bar_move(const struct pci_access *access, struct pci_function *function, unsigned bar, uint64_t address);

/* Sets what a bridge hands down: whole MiB below 4 GiB. Does nothing if it is so. False if that cannot be, or if the bridge does not take it. */
bool pci_window_set(const struct pci_access *access, struct pci_function *bridge, struct pci_window window);

/* Allows and forbids the device: PCI_USE_... and PCI_NO_LINE_INTERRUPT; what is in neither stays. */
void pci_command_change(const struct pci_access *access, const struct pci_function *function, uint16_t set,
                        uint16_t cleared);

/*
 * The offset of the next capability with that number after the one at `previous`, from the first on if that is 0. 0 if there
 * is no other.
 */
unsigned pci_capability_find(const struct pci_access *access, struct pci_address address, uint8_t number,
                             unsigned previous);

/* Where a device's table of message interrupts is. */
struct pci_msix {
    uint8_t capability; /* offset in configuration space */
    uint8_t table_bar;
    uint32_t table_offset;
    uint16_t vector_count; /* 1 ... 2048 */
};

/* False if the device has none, or its table does not lie in its ranges. */
bool pci_msix_find(const struct pci_access *access, const struct pci_function *function, struct pci_msix *msix);

/* Turns message interrupts on (and the line off), all vectors still masked by their entries, or off. */
void pci_msix_enable(const struct pci_access *access, const struct pci_function *function, const struct pci_msix *msix,
                     bool is_on);

/* Bytes of the table, from table_offset on. */
static inline size_t pci_msix_table_bytes(const struct pci_msix *msix)
{
    return (size_t)msix->vector_count * 16;
}

/* Fills in and unmasks one entry of the table, mapped at `table`; `vector` is below vector_count. */
void pci_msix_set(struct mmio table, unsigned vector, uint64_t message_address, uint32_t message_data);
