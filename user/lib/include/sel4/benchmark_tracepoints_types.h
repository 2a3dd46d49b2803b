/*
 * Layout of the kernel's log in benchmark builds.
 */
#pragma once

#include <sel4/config.h>
#include <sel4/simple_types.h>

typedef struct benchmark_tracepoint_log_entry {
    seL4_Word id;
    seL4_Word duration;
} benchmark_tracepoint_log_entry_t;
