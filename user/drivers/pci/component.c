/*
 * The component that owns the PCI buses. It finds the devices, puts the ranges of those that are granted where the description
 * has them, sets up their message interrupts, and lets each driver open its own device (protocols/pci.h).
 */
#include "drivers/pci/bridge.h"
#include "drivers/pci/grants.h"
#include "drivers/virtio/layout.h"
#include "protocols/pci.h"
#include <microkit.h>
#include <pecan/component.h>

enum { CONFIG_PORTS = 0 };
enum { MOST_FUNCTIONS = 64, MOST_GRANTS = 16 };
/* A message interrupt to the first processor: address and data, as the interrupt controller takes them. */
enum { MESSAGE_VECTOR_BASE = 0x30 };
#define MESSAGE_ADDRESS 0xfee00000u

/* Filled in from the description where configuration space is mapped, from bus 0 on; elsewhere the ports are used. */
uintptr_t ecam_start, ecam_bytes;

/* What became of a grant. */
struct opening {
    struct pci_function *function; /* null: there is no such device, or none that can be used */
    bool has_msix;
    struct virtio_layout layout;
};

static struct pci_access config;
static struct pci_function functions[MOST_FUNCTIONS];
static unsigned function_count;
static struct opening openings[MOST_GRANTS];

static bool is_granted(const struct pci_grant *grant, const struct pci_function *function)
{
    if (grant->kind)
        return virtio_kind(&config, function) == grant->kind;
    return function->vendor == grant->vendor && function->device == grant->device;
}

static struct pci_function *device_find(const struct pci_grant *grant)
{
    unsigned before = 0;
    for (unsigned i = 0; i < function_count; i++) {
        if (is_granted(grant, &functions[i]) && before++ == grant->number)
            return &functions[i];
    }
    return NULL;
}

/*
 * Puts the device's ranges where they belong. After a restart of this component they are there already, and the device may be at work. Otherwise
 * nobody uses it yet, and what the firmware let it do ends.
 */
static void grant_place(const struct pci_grant *grant, struct opening *opening)
{
    struct pci_function *function = device_find(grant);
    bool is_new = false;
    for (unsigned i = 0; function && i < PCI_BAR_COUNT; i++)
        is_new |= grant->places[i] && function->bars[i].bytes && function->bars[i].address != grant->places[i];
    if (is_new)
        pci_command_change(&config, function, PCI_NO_LINE_INTERRUPT, PCI_USE_DMA);
    for (unsigned i = 0; function && i < PCI_BAR_COUNT; i++) {
        if (grant->places[i] && function->bars[i].bytes && !pci_bar_move(&config, function, i, grant->places[i]))
            return;
    }
    opening->function = function;
}

/* Devices that are nobody's neither use memory nor interrupt, whatever the firmware did with them. */
static void others_silence(void)
{
    for (unsigned i = 0; i < function_count; i++) {
        bool is_somebodys = functions[i].is_bridge || functions[i].class_code == PCI_CLASS_BRIDGE;
        for (unsigned j = 0; j < MOST_GRANTS; j++)
            is_somebodys |= openings[j].function == &functions[i];
        if (!is_somebodys)
            pci_command_change(&config, &functions[i], PCI_NO_LINE_INTERRUPT, PCI_USE_DMA);
    }
}

/* Points the table's first entry to the grant's vector. */
static bool interrupt_set_up(const struct pci_grant *grant, const struct pci_function *function)
{
    struct pci_msix msix;
    struct mmio table;
    if (!pci_msix_find(&config, function, &msix) || msix.table_bar != grant->msix_range ||
        !function->bars[msix.table_bar].is_placed ||
        !mmio_part(grant->msix, msix.table_offset, pci_msix_table_bytes(&msix), &table))
        return false;
    pci_msix_enable(&config, function, &msix, true);
    pci_msix_set(table, 0, MESSAGE_ADDRESS, MESSAGE_VECTOR_BASE + grant->vector);
    return true;
}

/* What was left half done at a restart is done again, and undisturbed: the device's driver does not run before this is over. */
static void grant_prepare(const struct pci_grant *grant, struct opening *opening)
{
    struct pci_function *function = opening->function;
    if (!function)
        return;
    if (!pci_is_reachable(functions, function) ||
        (grant->kind && !virtio_layout_find(&config, function, &opening->layout))) {
        opening->function = NULL;
        return;
    }
    pci_path_allow(&config, functions, function, PCI_USE_MEMORY);
    pci_command_change(&config, function, 0, PCI_USE_PORTS);
    opening->has_msix = grant->msix.bytes && interrupt_set_up(grant, function);
}

void init(void)
{
    config =
        (struct pci_access){.ecam = {(volatile void *)ecam_start, ecam_bytes}, .ports = BASE_IOPORT_CAP + CONFIG_PORTS};
    function_count = pci_enumerate(&config, functions, MOST_FUNCTIONS);
    microkit_dbg_puts("pci: ");
    microkit_dbg_put32(function_count);
    microkit_dbg_puts(" functions\n");
    if (function_count > MOST_FUNCTIONS)
        function_count = MOST_FUNCTIONS;
    for (unsigned i = 0; i < pci_grant_count && i < MOST_GRANTS; i++)
        grant_place(&pci_grants[i], &openings[i]);
    others_silence();
    pci_bridges_open(&config, functions, function_count);
    for (unsigned i = 0; i < pci_grant_count && i < MOST_GRANTS; i++)
        grant_prepare(&pci_grants[i], &openings[i]);
    pecan_seal(&config, sizeof config);
    pecan_seal(functions, sizeof functions);
    pecan_seal(openings, sizeof openings);
}

void notified(microkit_channel ch)
{
    (void)ch;
}

static microkit_msginfo open(const struct opening *opening)
{
    if (!opening->function)
        return microkit_msginfo_new(PCI_NO_DEVICE, 0);
    pci_command_change(&config, opening->function, opening->has_msix ? PCI_NO_LINE_INTERRUPT : 0,
                       opening->has_msix ? 0 : PCI_NO_LINE_INTERRUPT);
    pci_path_allow(&config, functions, opening->function, PCI_USE_DMA);
    microkit_mr_set(PCI_ANSWER_VECTOR, opening->has_msix ? 0 : PCI_LINE_INTERRUPT);
    microkit_mr_set(PCI_ANSWER_NOTIFY_MULTIPLIER, opening->layout.notify_multiplier);
    for (unsigned i = 0; i < VIRTIO_GROUP_COUNT; i++) {
        microkit_mr_set((seL4_Uint8)(PCI_ANSWER_GROUPS + 3 * i), opening->layout.groups[i].bar);
        microkit_mr_set((seL4_Uint8)(PCI_ANSWER_GROUPS + 3 * i + 1), opening->layout.groups[i].offset);
        microkit_mr_set((seL4_Uint8)(PCI_ANSWER_GROUPS + 3 * i + 2), opening->layout.groups[i].bytes);
    }
    return microkit_msginfo_new(PCI_OK, PCI_ANSWER_WORDS);
}

static microkit_msginfo close(const struct opening *opening)
{
    if (!opening->function)
        return microkit_msginfo_new(PCI_NO_DEVICE, 0);
    pci_command_change(&config, opening->function, PCI_NO_LINE_INTERRUPT, PCI_USE_DMA);
    return microkit_msginfo_new(PCI_OK, 0);
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    seL4_Word call = microkit_msginfo_get_label(msginfo);
    if (call != PCI_OPEN && call != PCI_CLOSE)
        return microkit_msginfo_new(PCI_BAD_CALL, 0);
    /* A driver that were told wrongly that it has no device would go without one until somebody notices. */
    pecan_check();
    for (unsigned i = 0; i < pci_grant_count && i < MOST_GRANTS; i++) {
        if (pci_grants[i].channel == ch)
            return call == PCI_OPEN ? open(&openings[i]) : close(&openings[i]);
    }
    return microkit_msginfo_new(PCI_NO_DEVICE, 0);
}
