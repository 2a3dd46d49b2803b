#include "drivers/virtio/layout.h"

enum { VENDOR = 0x1af4, FIRST_OLD = 0x1000, LAST_OLD = 0x103f, FIRST_NEW = 0x1040, LAST_NEW = 0x107f };
enum { REGISTER_SUBSYSTEM = 0x2e };
enum {
    CAPABILITY_TYPE = 3,
    CAPABILITY_BAR = 4,
    CAPABILITY_OFFSET = 8,
    CAPABILITY_LENGTH = 12,
    CAPABILITY_MULTIPLIER = 16
};
enum { COMMON_BYTES = 56, NOTIFY_BYTES = 2, ISR_BYTES = 1 };

unsigned virtio_kind(const struct pci_access *access, const struct pci_function *function)
{
    if (function->vendor != VENDOR)
        return 0;
    if (function->device >= FIRST_NEW && function->device <= LAST_NEW)
        return function->device - FIRST_NEW;
    /* Devices that old drivers may use too have their kind elsewhere. */
    if (function->device >= FIRST_OLD && function->device <= LAST_OLD)
        return pci_read16(access, function->address, REGISTER_SUBSYSTEM);
    return 0;
}

bool virtio_layout_find(const struct pci_access *access, const struct pci_function *function,
                        struct virtio_layout *layout)
{
    *layout = (struct virtio_layout){0};
    unsigned offset = 0;
    while ((offset = pci_capability_find(access, function->address, PCI_CAPABILITY_VENDOR, offset))) {
        /* Types 1 to 4 are the groups, in order; of several the first is the device's preference. */
        unsigned group = pci_read8(access, function->address, offset + CAPABILITY_TYPE) - 1u;
        unsigned bar = pci_read8(access, function->address, offset + CAPABILITY_BAR);
        if (group >= VIRTIO_GROUP_COUNT || bar >= PCI_BAR_COUNT || layout->groups[group].bytes)
            continue;
        uint32_t start = pci_read32(access, function->address, offset + CAPABILITY_OFFSET);
        uint32_t bytes = pci_read32(access, function->address, offset + CAPABILITY_LENGTH);
        uint64_t end = (uint64_t)start + bytes;
        if (start % 4 || function->bars[bar].is_ports || end > function->bars[bar].bytes)
            continue;
        layout->groups[group].bar = (uint8_t)bar;
        layout->groups[group].offset = start;
        layout->groups[group].bytes = bytes;
        if (group == VIRTIO_NOTIFY)
            layout->notify_multiplier = pci_read32(access, function->address, offset + CAPABILITY_MULTIPLIER);
    }
    return layout->groups[VIRTIO_COMMON].bytes >= COMMON_BYTES && layout->groups[VIRTIO_NOTIFY].bytes >= NOTIFY_BYTES &&
           layout->groups[VIRTIO_ISR].bytes >= ISR_BYTES;
}
