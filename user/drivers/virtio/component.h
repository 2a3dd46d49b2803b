/* What the components of virtio drivers share. */
#pragma once

#include "drivers/virtio/device.h"

/*
 * Opens the device through the owner of the PCI buses, at the other end of the channel. `registers` is the mapped range with the
 * device's registers. Waits for the owner; false if there is no device.
 */
bool virtio_open(unsigned channel, struct mmio registers, struct dma memory, struct virtio_resources *resources);

/*
 * Whether the device has started, as `result` says. One that has not may be at work still, for an earlier start of the driver: the owner
 * takes its access to memory away.
 */
bool virtio_check_start(unsigned channel, enum virtio_result result);
