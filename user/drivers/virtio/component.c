#include "drivers/virtio/component.h"

#include "protocols/pci.h"
#include <microkit.h>
#include <pecan/component.h>

/* Filled in from the description. */
uintptr_t registers_start, registers_bytes; /* the device's */
uintptr_t memory_start, memory_bytes;       /* for the queues, */
uint64_t memory_address;                    /* and where the device finds it */

static microkit_msginfo owner_call(enum pci_call number)
{
    return pecan_call_again(PCI_OWNER, microkit_msginfo_new(number, 0), 0);
}

bool virtio_open(struct virtio_resources *resources)
{
    microkit_msginfo answer = owner_call(PCI_OPEN);
    if (microkit_msginfo_get_label(answer) != PCI_OK || microkit_msginfo_get_count(answer) != PCI_ANSWER_WORDS)
        return false;
    *resources = (struct virtio_resources){.memory = {(void *)memory_start, memory_address, memory_bytes},
                                           .vector = (uint16_t)microkit_mr_get(PCI_ANSWER_VECTOR)};
    resources->layout.notify_multiplier = (uint32_t)microkit_mr_get(PCI_ANSWER_NOTIFY_MULTIPLIER);
    for (unsigned i = 0; i < VIRTIO_GROUP_COUNT; i++) {
        resources->layout.groups[i].bar = (uint8_t)microkit_mr_get((seL4_Uint8)(PCI_ANSWER_GROUPS + 3 * i));
        resources->layout.groups[i].offset = (uint32_t)microkit_mr_get((seL4_Uint8)(PCI_ANSWER_GROUPS + 3 * i + 1));
        resources->layout.groups[i].bytes = (uint32_t)microkit_mr_get((seL4_Uint8)(PCI_ANSWER_GROUPS + 3 * i + 2));
    }
    uint8_t bar = resources->layout.groups[VIRTIO_COMMON].bar;
    if (bar >= PCI_BAR_COUNT)
        return false;
    resources->bars[bar] = (struct mmio){(volatile void *)registers_start, registers_bytes};
    if (resources->vector != VIRTIO_NO_VECTOR || microkit_irqs >> LINE_INTERRUPT & 1)
        return true;
    microkit_dbg_puts("virtio: the device has no message interrupt, and the driver no line\n");
    owner_call(PCI_CLOSE);
    return false;
}

bool virtio_check_start(enum virtio_result result)
{
    if (result != VIRTIO_OK)
        owner_call(PCI_CLOSE);
    return result == VIRTIO_OK;
}

void virtio_end_interrupt(unsigned ch, struct virtio_device *device, const struct virtio_resources *resources)
{
    if (ch == LINE_INTERRUPT && device && resources->vector == VIRTIO_NO_VECTOR)
        virtio_interrupt_status(device);
}
