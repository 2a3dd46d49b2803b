/* The capability behind a frame of personality/linux/machine.h. */
#pragma once

#include <sel4/sel4.h>
#include <stdint.h>

seL4_CPtr frame_capability(uint32_t frame);
