/*
 * Checks in debug builds only; see sel4/assert.h.
 */
#pragma once

#include <sel4/assert.h>

#define seL4_DebugAssert(expression) seL4_Assert(expression)
