#include "drivers/pci/bridge.h"

static const struct pci_function *bridge_above(const struct pci_function *functions,
                                               const struct pci_function *function)
{
    return function->above == PCI_NO_BRIDGE ? NULL : &functions[function->above];
}

static bool is_behind(const struct pci_function *functions, const struct pci_function *function,
                      const struct pci_function *bridge)
{
    while (function && function != bridge)
        function = bridge_above(functions, function);
    return function;
}

/* The memory of a BAR; none for ports, and where there is no BAR. */
static struct pci_window bar_memory(const struct pci_bar *bar)
{
    return bar->is_ports || !bar->bytes ? (struct pci_window){0, 0}
                                        : (struct pci_window){bar->address, bar->address + bar->bytes};
}

/* Around all that has been placed behind the bridge. */
static struct pci_window window_needed(const struct pci_function *functions, unsigned count,
                                       const struct pci_function *bridge)
{
    struct pci_window window = {UINT64_MAX, 0};
    for (unsigned i = 0; i < count; i++) {
        if (&functions[i] == bridge || !is_behind(functions, &functions[i], bridge))
            continue;
        for (unsigned number = 0; number < PCI_BAR_COUNT; number++) {
            struct pci_window memory = bar_memory(&functions[i].bars[number]);
            if (!functions[i].bars[number].is_placed || memory.first == memory.end)
                continue;
            window.first = memory.first < window.first ? memory.first : window.first;
            window.end = memory.end > window.end ? memory.end : window.end;
        }
    }
    if (!window.end || window.end > UINT64_MAX - PCI_WINDOW_UNIT)
        return (struct pci_window){0, 0};
    return (struct pci_window){window.first & ~(uint64_t)(PCI_WINDOW_UNIT - 1),
                               (window.end + PCI_WINDOW_UNIT - 1) & ~(uint64_t)(PCI_WINDOW_UNIT - 1)};
}

/* Whether the window takes what belongs to a function that is not behind the bridge. */
static bool takes_others(const struct pci_function *functions, unsigned count, const struct pci_function *bridge,
                         struct pci_window window)
{
    for (unsigned i = 0; i < count; i++) {
        if (&functions[i] != bridge && is_behind(functions, &functions[i], bridge))
            continue;
        for (unsigned number = 0; number < PCI_BAR_COUNT; number++) {
            struct pci_window memory = bar_memory(&functions[i].bars[number]);
            if (memory.first < window.end && window.first < memory.end)
                return true;
        }
    }
    return false;
}

void pci_bridges_open(const struct pci_access *access, struct pci_function *functions, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct pci_window window = window_needed(functions, count, &functions[i]);
        if (window.end && !takes_others(functions, count, &functions[i], window))
            pci_window_set(access, &functions[i], window);
    }
}

bool pci_is_reachable(const struct pci_function *functions, const struct pci_function *function)
{
    const struct pci_function *bridge = function;
    while ((bridge = bridge_above(functions, bridge))) {
        for (unsigned number = 0; number < PCI_BAR_COUNT; number++) {
            struct pci_window memory = bar_memory(&function->bars[number]);
            if (function->bars[number].is_placed && memory.first != memory.end &&
                (memory.first < bridge->window.first || memory.end > bridge->window.end))
                return false;
        }
    }
    return true;
}

void pci_path_allow(const struct pci_access *access, const struct pci_function *functions,
                    const struct pci_function *function, uint16_t allowed)
{
    for (; function; function = bridge_above(functions, function))
        pci_command_change(access, function, allowed, 0);
}
