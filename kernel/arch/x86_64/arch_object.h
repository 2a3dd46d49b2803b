/* What the dispatch over the architecture's capability types (arch_cap.c) calls: one set of functions per type. */
#pragma once

#include "arch/x86_64/arch_cap.h"
#include "object/invocation.h"
#include "object/refusal.h"

struct preemption;

/* Whether the message is too short, or too few capabilities came with it, for an invocation that needs `words` and `caps`. */
static inline bool invocation_is_truncated(const struct invocation *invocation, unsigned words, unsigned caps)
{
    return invocation->length < words || invocation->extra_count < caps;
}

/* Frames. Unmapping a frame whose place another has taken, or whose address space is gone, does nothing. */
struct refusal frame_invoke(struct invocation *invocation);
void frame_unmap(struct cap frame);

/* PT, PD, PDPT. */
struct refusal table_invoke(struct invocation *invocation);
void table_unmap(struct cap table);

/* Tables of device address spaces, and frames mapped in them; only with CONFIG_IOMMU. */
struct refusal io_page_table_invoke(struct invocation *invocation);
struct refusal io_space_map_frame(struct invocation *invocation);

/* ASID control and pools. */
struct refusal asid_control_invoke(struct invocation *invocation);
struct refusal asid_pool_invoke(struct invocation *invocation);
/* The pool goes away, and with it the numbers it gave. May be preempted. */
struct refusal asid_pool_destroy(struct cap pool, struct preemption *preemption);

/* I/O ports. */
struct refusal ioport_control_invoke(struct invocation *invocation);
struct refusal ioport_invoke(struct invocation *invocation);
/* The last capability to the ports is gone: they may be issued again. */
void ioport_release(struct cap ioport);
