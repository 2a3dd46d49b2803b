#include "lib/object.h"

seL4_Word object_bytes(seL4_Word type, seL4_Word size_bits)
{
    switch (type) {
    case seL4_CapTableObject:
        return 1ul << (size_bits + seL4_SlotBits);
    case seL4_UntypedObject:
    case seL4_SchedContextObject:
        return 1ul << size_bits;
    case seL4_TCBObject:
        return 1ul << seL4_TCBBits;
    case seL4_EndpointObject:
        return 1ul << seL4_EndpointBits;
    case seL4_NotificationObject:
        return 1ul << seL4_NotificationBits;
    case seL4_ReplyObject:
        return 1ul << seL4_ReplyBits;
    case seL4_X86_LargePageObject:
        return 1ul << seL4_LargePageBits;
    default:
        return 1ul << seL4_PageBits; /* frames and paging structures */
    }
}
