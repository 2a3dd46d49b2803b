#include "lib/crc32.h"
#include "test.h"

TEST(crc32, the_sum_that_the_standards_name)
{
    expect_eq(crc32(0, "", 0), 0);
    expect_eq(crc32(0, "123456789", 9), 0xcbf43926);
    expect_eq(crc32(crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
}

/* As the polynomial says, bit by bit. */
TEST(crc32, every_byte)
{
    for (unsigned value = 0; value < 256; value++) {
        uint8_t byte = (uint8_t)value;
        uint32_t sum = ~(uint32_t)value;
        for (unsigned bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
        expect_eq(crc32(0, &byte, 1), ~sum);
    }
}
