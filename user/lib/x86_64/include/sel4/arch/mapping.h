/*
 * What is missing when a mapping fails with seL4_FailedLookup.
 */
#pragma once

#include <sel4/functions.h>
#include <sel4/sel4_arch/mapping.h>

/* The table that was missing, SEL4_MAPPING_LOOKUP_NO_...; read it right after the failed invocation. */
LIBSEL4_INLINE_FUNC seL4_Word seL4_MappingFailedLookupLevel(void)
{
    return seL4_GetMR(SEL4_MAPPING_LOOKUP_LEVEL);
}
