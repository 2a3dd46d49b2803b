/*
 * A capability is two words. Every field is packed and unpacked here and nowhere else, by total functions.
 *
 *   word 0   bits 4..0 type (the interface's DebugCapIdentify number), then fields by type, bits 63..16 a pointer or address
 *   word 1   badge, guard, watermark ... by type
 *
 * Kernel objects are named by their address in the kernel's window (48 significant bits, sign-extended); memory that need
 * not be in the window (untyped memory, frames) by its physical address.
 */
#pragma once

#include "abi/cap.h"
#include "lib/compiler.h"

struct cap {
    uint64_t word[2];
};

#define CAP_NULL          ((struct cap){{0, 0}})
#define CAP_POINTER_SHIFT 16

/* The rights of an interface word: only the low four bits mean anything. */
struct rights {
    uint8_t bits;
};
#define RIGHT_WRITE       1u
#define RIGHT_READ        2u
#define RIGHT_GRANT       4u
#define RIGHT_GRANT_REPLY 8u
#define RIGHTS_ALL        ((struct rights){15})

static inline struct rights rights_from_word(uint64_t word)
{
    return (struct rights){(uint8_t)(word & 15)};
}

static inline unsigned cap_type(struct cap cap)
{
    return cap.word[0] & 31;
}
static inline bool cap_is_null(struct cap cap)
{
    return cap_type(cap) == ABI_CAP_TYPE_NULL;
}
/* Types the architecture adds have odd numbers. */
static inline bool cap_is_arch(struct cap cap)
{
    return cap.word[0] & 1;
}
static inline bool cap_equal(struct cap a, struct cap b)
{
    return a.word[0] == b.word[0] && a.word[1] == b.word[1];
}
/* A field of word 0 between the type and the pointer (bits 15..5). */
static inline uint64_t cap_field(struct cap cap, unsigned shift, unsigned width)
{
    return (cap.word[0] >> shift) & mask_low(width);
}
static inline struct cap cap_make(unsigned type, uint64_t pointer, uint64_t fields, uint64_t word1)
{
    return (struct cap){{(pointer << CAP_POINTER_SHIFT) | fields | type, word1}};
}
/* The object's address in the kernel's window. */
static inline void *cap_pointer(struct cap cap)
{
    return (void *)(uintptr_t)((int64_t)cap.word[0] >> CAP_POINTER_SHIFT);
}
/* The same bits as an unsigned physical address. */
static inline uint64_t cap_paddr(struct cap cap)
{
    return cap.word[0] >> CAP_POINTER_SHIFT;
}

/* Bits 15..13 stand for what the shortest paths ask of a capability, type and rights in one; no other type uses them. */
#define CAP_MAY_CALL    BIT(15) /* endpoint with Write, and Grant or GrantReply */
#define CAP_MAY_RECEIVE BIT(14) /* endpoint with Read */
#define CAP_IS_REPLY    BIT(13)

/* --- untyped: size bits 10..5, device 11, paddr; word 1 = watermark in bytes ------------------------------------ */
static inline struct cap cap_untyped_new(uint64_t paddr, unsigned size_bits, bool is_device, uint64_t watermark)
{
    return cap_make(ABI_CAP_TYPE_UNTYPED, paddr, (uint64_t)size_bits << 5 | (uint64_t)is_device << 11, watermark);
}
static inline unsigned cap_untyped_size_bits(struct cap cap)
{
    return (unsigned)cap_field(cap, 5, 6);
}
static inline bool cap_untyped_is_device(struct cap cap)
{
    return cap_field(cap, 11, 1);
}
static inline uint64_t cap_untyped_watermark(struct cap cap)
{
    return cap.word[1];
}

/* --- endpoint and notification: rights 8..5; word 1 = badge ------------------------------------------------------ */
#define CAP_RIGHT(right) ((uint64_t)(right) << 5)
static inline bool rights_may_call(struct rights rights)
{
    return (rights.bits & RIGHT_WRITE) && (rights.bits & (RIGHT_GRANT | RIGHT_GRANT_REPLY));
}
static inline struct cap cap_endpoint_new(const void *endpoint, struct rights rights, uint64_t badge)
{
    return cap_make(ABI_CAP_TYPE_ENDPOINT, (uintptr_t)endpoint,
                    (uint64_t)rights.bits << 5 | (rights_may_call(rights) ? CAP_MAY_CALL : 0) |
                        (rights.bits & RIGHT_READ ? CAP_MAY_RECEIVE : 0),
                    badge);
}
static inline struct cap cap_notification_new(const void *notification, struct rights rights, uint64_t badge)
{
    return cap_make(ABI_CAP_TYPE_NOTIFICATION, (uintptr_t)notification, (uint64_t)rights.bits << 5, badge);
}
/* Rights of an endpoint, notification or reply capability. */
static inline struct rights cap_rights(struct cap cap)
{
    return (struct rights){(uint8_t)cap_field(cap, 5, 4)};
}
static inline bool cap_allows(struct cap cap, unsigned right)
{
    return (cap_rights(cap).bits & right) != 0;
}
static inline bool cap_endpoint_may_call(struct cap cap)
{
    return cap.word[0] & CAP_MAY_CALL;
}
static inline uint64_t cap_badge(struct cap cap)
{
    return cap.word[1];
}

/* --- reply: rights 8..5, of which only Grant counts --------------------------------------------------------------- */
static inline struct cap cap_reply_new(const void *reply, bool can_grant)
{
    return cap_make(ABI_CAP_TYPE_REPLY, (uintptr_t)reply, (uint64_t)(can_grant ? RIGHT_GRANT : 0) << 5 | CAP_IS_REPLY,
                    0);
}

/* --- cnode: radix 10..5, spans 11 ---------------------------------------------------------------------------------
 * A capability that resolves all 64 bits by itself (guard size + radix = 64, as nearly every CSpace root does) "spans": its
 * word 1 is the guard shifted to its place in an address, so that a look-up is an exclusive or and a comparison. Others
 * have the interface's CNode data word: guard 63..6, guard size 5..0. */
#define CAP_CNODE_SPANS BIT(11)

static inline struct cap cap_cnode_new(const void *slots, unsigned radix, uint64_t data)
{
    unsigned guard_size = data & ABI_CNODE_DATA_GUARD_SIZE_MASK;
    uint64_t guard = (data >> ABI_CNODE_DATA_GUARD_SHIFT) & mask_low(guard_size);
    if (guard_size + radix == 64)
        return cap_make(ABI_CAP_TYPE_CNODE, (uintptr_t)slots, CAP_CNODE_SPANS | (uint64_t)radix << 5, guard << radix);
    return cap_make(ABI_CAP_TYPE_CNODE, (uintptr_t)slots, (uint64_t)radix << 5,
                    guard << ABI_CNODE_DATA_GUARD_SHIFT | guard_size);
}
static inline unsigned cap_cnode_radix(struct cap cap)
{
    return (unsigned)cap_field(cap, 5, 6);
}
/* Both at once: a CNode, and one that spans. */
static inline bool cap_is_spanning_cnode(struct cap cap)
{
    return (cap.word[0] & (CAP_CNODE_SPANS | 31)) == (CAP_CNODE_SPANS | ABI_CAP_TYPE_CNODE);
}
/* All at once: a CNode without guard that does not span. */
static inline bool cap_is_plain_cnode(struct cap cap)
{
    return (cap.word[0] & (CAP_CNODE_SPANS | 31)) == ABI_CAP_TYPE_CNODE && cap.word[1] == 0;
}
static inline unsigned cap_cnode_guard_size(struct cap cap)
{
    return cap.word[0] & CAP_CNODE_SPANS ? 64 - cap_cnode_radix(cap)
                                         : (unsigned)(cap.word[1] & ABI_CNODE_DATA_GUARD_SIZE_MASK);
}
static inline uint64_t cap_cnode_guard(struct cap cap)
{
    return cap.word[0] & CAP_CNODE_SPANS ? cap.word[1] >> cap_cnode_radix(cap)
                                         : cap.word[1] >> ABI_CNODE_DATA_GUARD_SHIFT;
}

/* --- zombie: what a cnode or thread capability becomes while its slots are emptied --------------------------------
 * bits 10..5 radix, 11 set for a thread's hidden slots; word 1 = number of slots that may still be occupied */
static inline struct cap cap_zombie_new(const void *slots, unsigned radix, bool is_thread, uint64_t remaining)
{
    return cap_make(ABI_CAP_TYPE_ZOMBIE, (uintptr_t)slots, (uint64_t)radix << 5 | (uint64_t)is_thread << 11, remaining);
}
static inline bool cap_zombie_is_thread(struct cap cap)
{
    return cap_field(cap, 11, 1);
}
static inline uint64_t cap_zombie_remaining(struct cap cap)
{
    return cap.word[1];
}

/* --- thread, scheduling context, scheduling control, interrupts, domain -------------------------------------------- */
static inline struct cap cap_thread_new(const void *thread)
{
    return cap_make(ABI_CAP_TYPE_TCB, (uintptr_t)thread, 0, 0);
}
static inline struct cap cap_schedctx_new(const void *schedctx, unsigned size_bits)
{
    return cap_make(ABI_CAP_TYPE_SCHED_CONTEXT, (uintptr_t)schedctx, (uint64_t)size_bits << 5, 0);
}
static inline unsigned cap_schedctx_size_bits(struct cap cap)
{
    return (unsigned)cap_field(cap, 5, 6);
}
static inline struct cap cap_sched_control_new(unsigned core)
{
    return cap_make(ABI_CAP_TYPE_SCHED_CONTROL, 0, 0, core);
}
static inline struct cap cap_irq_control_new(void)
{
    return cap_make(ABI_CAP_TYPE_IRQ_CONTROL, 0, 0, 0);
}
static inline struct cap cap_irq_handler_new(unsigned irq)
{
    return cap_make(ABI_CAP_TYPE_IRQ_HANDLER, 0, 0, irq);
}
static inline unsigned cap_irq_handler_irq(struct cap cap)
{
    return (unsigned)cap.word[1];
}
static inline struct cap cap_domain_new(void)
{
    return cap_make(ABI_CAP_TYPE_DOMAIN, 0, 0, 0);
}
