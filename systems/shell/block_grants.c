/* The places are those of shell.system, and of tests/components/files/files.system. */
#include "servers/block/grants.h"

const struct block_grant block_grants[] = {
    {.channel = 1,
     .partition = 1,
     .server_region = (void *)0x10010000,
     .client_region = (const void *)0x10011000,
     .first_buffer = 0,
     .buffer_count = 2},
};
const uint32_t block_window_buffer = 2;
const unsigned block_grant_count = sizeof block_grants / sizeof *block_grants;
