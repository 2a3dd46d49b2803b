/*
 * Bridges between PCI buses. Each hands down the memory of one range, its window, and lets the devices behind it reach memory and send
 * message interrupts if it is allowed to do so itself. The numbers of the buses are the firmware's.
 *
 * `functions` are those that pci_enumerate found, `count` of them.
 */
#pragma once

#include "drivers/pci/pci.h"

/*
 * Lets each bridge hand down the ranges that have been placed behind it (pci_bar_move): all in one window of whole MiB, below 4 GiB. A
 * window that would take ranges of others is not set. Ranges that have no place are not handed down any more.
 */
void pci_bridges_open(const struct pci_access *access, struct pci_function *functions, unsigned count);

/* Whether all that was placed of the function is handed down to it. */
bool pci_is_reachable(const struct pci_function *functions, const struct pci_function *function);

/* Allows a function, and the bridges in front of it, PCI_USE_MEMORY or PCI_USE_DMA. */
void pci_path_allow(const struct pci_access *access, const struct pci_function *functions,
                    const struct pci_function *function, uint16_t allowed);
