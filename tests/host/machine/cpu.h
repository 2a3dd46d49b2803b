/* What the host keeps per processor for its own use: nothing. */
#pragma once

struct machine_cpu {
    char none;
};
