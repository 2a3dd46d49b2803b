/*
 * Untyped memory: a power of two of bytes, from which objects are made behind a watermark that only a reset takes back.
 *
 * Memory behind the watermark is zero (but for device memory, which is never touched).
 */
#pragma once

#include "object/invocation.h"

struct refusal untyped_invoke(struct invocation *invocation);
