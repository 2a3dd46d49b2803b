/* CRC-32, as Ethernet, GUID partition tables and gzip have it (ISO/IEC 8802-3, 3.2.9). */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The sum of what `sum` is the sum of, 0 of nothing, and of these bytes behind it. */
static inline uint32_t crc32(uint32_t sum, const void *bytes, size_t count)
{
    /* What four bits make of a sum that ends with them. */
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                       0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    const uint8_t *next = bytes;
    sum = ~sum;
    for (; count; count--) {
        sum ^= *next++;
        sum = sum >> 4 ^ table[sum & 15];
        sum = sum >> 4 ^ table[sum & 15];
    }
    return ~sum;
}
