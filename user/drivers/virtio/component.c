#include "drivers/virtio/component.h"

#include "protocols/pci.h"
#include <microkit.h>
#include <pecan/component.h>

static microkit_msginfo owner_call(unsigned channel, enum pci_call number)
{
    return pecan_call_again(channel, microkit_msginfo_new(number, 0), 0);
}

bool virtio_open(unsigned channel, struct mmio registers, struct dma memory, struct virtio_resources *resources)
{
    microkit_msginfo answer = owner_call(channel, PCI_OPEN);
    if (microkit_msginfo_get_label(answer) != PCI_OK || microkit_msginfo_get_count(answer) != PCI_ANSWER_WORDS)
        return false;
    *resources = (struct virtio_resources){.memory = memory, .vector = (uint16_t)microkit_mr_get(PCI_ANSWER_VECTOR)};
    resources->layout.notify_multiplier = (uint32_t)microkit_mr_get(PCI_ANSWER_NOTIFY_MULTIPLIER);
    for (unsigned i = 0; i < VIRTIO_GROUP_COUNT; i++) {
        resources->layout.groups[i].bar = (uint8_t)microkit_mr_get((seL4_Uint8)(PCI_ANSWER_GROUPS + 3 * i));
        resources->layout.groups[i].offset = (uint32_t)microkit_mr_get((seL4_Uint8)(PCI_ANSWER_GROUPS + 3 * i + 1));
        resources->layout.groups[i].bytes = (uint32_t)microkit_mr_get((seL4_Uint8)(PCI_ANSWER_GROUPS + 3 * i + 2));
    }
    uint8_t bar = resources->layout.groups[VIRTIO_COMMON].bar;
    if (bar >= PCI_BAR_COUNT)
        return false;
    resources->bars[bar] = registers;
    return true;
}

bool virtio_check_start(unsigned channel, enum virtio_result result)
{
    if (result != VIRTIO_OK)
        owner_call(channel, PCI_CLOSE);
    return result == VIRTIO_OK;
}
