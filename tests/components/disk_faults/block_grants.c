/* The places are those of disk_faults.system. */
#include "servers/block/grants.h"

const struct block_grant block_grants[] = {
    {.channel = 1,
     .partition = 2,
     .server_region = (void *)0x10010000,
     .client_region = (const void *)0x10011000,
     .first_buffer = 0,
     .buffer_count = 1},
};
const uint32_t block_window_buffer = 1;
const unsigned block_grant_count = sizeof block_grants / sizeof *block_grants;
