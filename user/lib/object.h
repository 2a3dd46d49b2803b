/* What the kernel's objects take of memory. */
#pragma once

#include <sel4/sel4.h>

/* Bytes of an object of this type (its alignment too); `size_bits` as Retype takes it. */
seL4_Word object_bytes(seL4_Word type, seL4_Word size_bits);
