/*
 * The kernel interface: includes everything a program needs to talk to the kernel.
 */
#pragma once

#include <interfaces/sel4_client.h>
#include <sel4/arch/mapping.h>
#include <sel4/assert.h>
#include <sel4/benchmark_tracepoints_types.h>
#include <sel4/bootinfo.h>
#include <sel4/config.h>
#include <sel4/constants.h>
#include <sel4/deprecated.h>
#include <sel4/errors.h>
#include <sel4/faults.h>
#include <sel4/functions.h>
#include <sel4/invocation.h>
#include <sel4/objecttype.h>
#include <sel4/sel4_arch/faults.h>
#include <sel4/syscalls.h>
#include <sel4/types.h>
