/*
 * Older names of things that still exist.
 */
#pragma once

#include <sel4/objecttype.h>
#include <sel4/types.h>

#define seL4_EndpointBadgeBits seL4_BadgeBits
