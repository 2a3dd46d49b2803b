/* What the components of virtio drivers share. */
#pragma once

#include "drivers/virtio/device.h"

/* Their channels and interrupts. */
enum { PCI_OWNER = 0, MESSAGE_INTERRUPT = 1, LINE_INTERRUPT = 2, CLIENT = 3 };

/*
 * Opens the device through the owner of the PCI buses, for which it waits. The registers, and memory for queues, are where the description has mapped
 * them. False if there is no device, or it uses the line and the description gives the driver none.
 */
bool virtio_open(struct virtio_resources *resources);

/*
 * Whether the device has started, as `result` says. One that has not may be at work still, for an earlier start of the driver: the owner
 * takes its access to memory away.
 */
bool virtio_check_start(enum virtio_result result);

/*
 * To be called when the component is notified, before it serves the device: ends a line interrupt, which must be over before it is acknowledged.
 * `device` was opened with `resources`, or is null.
 */
void virtio_end_interrupt(unsigned ch, struct virtio_device *device, const struct virtio_resources *resources);
