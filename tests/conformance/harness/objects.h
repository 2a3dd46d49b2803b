/*
 * Capabilities and memory of the running test. Everything made here is gone after it: objects come from one untyped that
 * is revoked, and every slot handed out is emptied. Failing to make one fails the test.
 */
#pragma once

#include "test.h"

/* The root CNode, with the depth that names its slots, as the stubs and as raw invocations take them. */
#define ROOT       seL4_CapInitThreadCNode
#define ROOT_DEPTH seL4_WordBits

/* log2 of the slots in the root CNode. */
seL4_Word root_radix(void);

/* Empty slots of the root CNode, consecutive. */
seL4_CPtr slot_new(void);
seL4_CPtr slots_new(seL4_Word count);
bool slot_is_empty(seL4_CPtr slot);

/* The untyped that the test's objects come from (32 MiB), and pieces of it. */
seL4_CPtr arena(void);
seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits);
seL4_CPtr objects_new(seL4_Word type, seL4_Word size_bits, seL4_Word count);

seL4_CPtr untyped_new(seL4_Word size_bits);
seL4_CPtr endpoint_new(void);
seL4_CPtr notification_new(void);
seL4_CPtr reply_new(void);
seL4_CPtr tcb_new(void);
seL4_CPtr frame_new(void);
/* An empty CNode of 2^radix slots, guard size 0. */
seL4_CPtr cnode_new(seL4_Word radix);
/* The same, with the guard that makes its slot numbers full addresses. */
seL4_CPtr cspace_new(seL4_Word radix);
/* Not configured. */
seL4_CPtr schedctx_unconfigured(seL4_Word size_bits);
/* Budget and period in microseconds, no extra refills. */
seL4_CPtr schedctx_new(seL4_Word budget, seL4_Word period);

/* Copies into new slots. */
seL4_CPtr cap_copy(seL4_CPtr cap, seL4_CapRights_t rights);
seL4_CPtr cap_mint(seL4_CPtr cap, seL4_CapRights_t rights, seL4_Word data);
/* A badged copy with all rights. */
seL4_CPtr cap_badged(seL4_CPtr cap, seL4_Word badge);
void cap_move(seL4_CPtr from, seL4_CPtr to);
void cap_delete(seL4_CPtr cap);
void cap_revoke(seL4_CPtr cap);

/* A device untyped of at least `size_bits` that the boot information names; 0 when there is none. */
seL4_CPtr device_untyped(seL4_Word size_bits);
