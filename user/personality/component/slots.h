/*
 * The component's capability slots: two levels of CNodes, so that there can be millions.
 *
 * A capability address is an index into the top CNode (TOP_BITS) and one into a leaf. Leaf 0 is the CNode that every
 * component has, so the addresses of microkit.h stay valid; more leaves are made from untyped memory when they are needed.
 * User slots of the description are not reached any more.
 */
#pragma once

#include <pecan/component.h>
#include <sel4/sel4.h>
#include <stdbool.h>
#include <stdint.h>

enum { SLOT_RUN = 64 };

/* What the description grants, and what is made of it. */
enum {
    CAP_TCB = PECAN_OWN_CAP(1),
    CAP_FIRST_ROOT, /* the root of the capability space at the start */
    CAP_FAULT_HANDLER,
    CAP_SCHED_CONTROL,
    CAP_ASID_POOL,
    CAP_ASID_POOL_LAST = CAP_ASID_POOL + 1,
    CAP_TOP,         /* the top CNode, */
    CAP_TOP_GUARDED, /* and as the root of the space */
};

/* Builds the top CNode and moves in. Needs untyped memory (untyped.h). False: not possible. */
bool slots_initialise(void);

/* From now on freed slots can be remembered: there is memory for the list of them. */
void slots_start_list(void);

seL4_CPtr slot_allocate(void);       /* 0: no memory for more */
void slot_give_back(seL4_CPtr slot); /* an allocated one that is empty */

/* Deletes the capability in a slot and frees the slot. */
void slot_delete(seL4_CPtr slot);

/* The first of SLOT_RUN consecutive empty slots, for ever; 0: no memory for more. */
seL4_CPtr slot_allocate_run(void);
uint64_t slots_used(void);

/* The CNode and depth in which all of these addresses are found. */
seL4_CPtr slots_root(void);
enum { SLOT_DEPTH = 64 };

/* Where Untyped_Retype has to put capabilities for consecutive slots from this one on. */
struct slot_place {
    seL4_Word node_index, node_depth, offset;
};
struct slot_place slot_place(seL4_CPtr slot);
