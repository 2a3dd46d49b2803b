#include "personality/linux/support/random.h"

#include "personality/linux/machine.h"
#include "personality/linux/memory/user_memory.h"

int64_t random_fill(struct address_space *space, uint64_t address, size_t bytes)
{
    while (bytes) {
        uint64_t words[8];
        for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
            words[i] = machine_random();
        size_t piece = bytes < sizeof words ? bytes : sizeof words;
        int64_t error = user_write(space, address, words, piece);
        if (error)
            return error;
        address += piece;
        bytes -= piece;
    }
    return 0;
}
