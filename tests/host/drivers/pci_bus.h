/* Simulated PCI functions: 256 bytes of configuration space each, of which some bits can be written. */
#pragma once

#include "drivers/pci/pci.h"

enum { BUS_MOST_FUNCTIONS = 8 };

struct bus_function {
    struct pci_address address;
    uint8_t bytes[PCI_CONFIG_BYTES];
    uint8_t writable[PCI_CONFIG_BYTES]; /* bits that a write changes */
    bool is_wild;                       /* every read is random */
    unsigned measured_while_decoding;   /* how often a BAR was all ones while the device answered to it */
};

struct bus {
    struct bus_function functions[BUS_MOST_FUNCTIONS];
    unsigned count;
    uint32_t selected; /* what was written to port 0xcf8 */
    unsigned writes;   /* to configuration space */
};

/* Adds a function: with a device's header unless `is_bridge`. */
struct bus_function *bus_add(struct bus *bus, struct pci_address address, uint16_t vendor, uint16_t device,
                             bool is_bridge);
/* Adds a bridge to bus `behind`. */
struct bus_function *bus_add_bridge(struct bus *bus, struct pci_address address, uint8_t behind);
/* Gives it a BAR; the low bits of `kind` are those of the register. */
void bus_add_bar(struct bus_function *function, unsigned index, uint32_t kind, uint64_t address, uint64_t bytes);
/* Puts a capability of `length` bytes at `offset`, first of the list. */
void bus_add_capability(struct bus_function *function, uint8_t offset, uint8_t number, const void *body, size_t length);

/* Access to the bus through simulated ECAM of that many buses, or through ports. */
struct pci_access bus_through_memory(struct bus *bus, unsigned bus_count);
struct pci_access bus_through_ports(struct bus *bus);
