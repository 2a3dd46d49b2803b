/*
 * How a driver opens its device: it calls the owner of the PCI buses on its channel. Which device that is, the system says.
 *
 * The device's registers lie where the system's description has mapped them for the driver; the owner has moved them there. It
 * has set up the message interrupt, if the device has one. A driver that was restarted opens its device again.
 */
#pragma once

/*
 * The label of the call; it has no words. PCI_CLOSE takes away what PCI_OPEN allowed: for a driver that cannot make its device stop, and has no
 * other way to keep it from memory that is used for something else.
 */
enum pci_call { PCI_OPEN = 1, PCI_CLOSE };

/* The label of the answer. */
enum pci_result { PCI_OK, PCI_NO_DEVICE, PCI_BAD_CALL };

/* The words of the answer to PCI_OPEN. */
enum pci_answer {
    PCI_ANSWER_VECTOR, /* entry of the table of message interrupts; PCI_LINE_INTERRUPT: the device uses its line */
    PCI_ANSWER_NOTIFY_MULTIPLIER, /* of a virtio device, as all that follows; 0 for others */
    PCI_ANSWER_GROUPS,            /* three words for each group of registers, in virtio's order: BAR, offset, bytes */
    PCI_ANSWER_WORDS = PCI_ANSWER_GROUPS + 3 * 4
};
#define PCI_LINE_INTERRUPT 0xffffu
