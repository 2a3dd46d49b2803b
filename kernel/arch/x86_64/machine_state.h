/* What belongs to the whole machine and only x86_64 has: the one place of its mutable state beside struct machine_cpu. */
#pragma once

#include "abi/object.h"
#include "device/ioapic.h"
#include "hal/hal.h"

/*
 * Address space numbers (ASIDs): pool = ASID / 512, a page of users' memory that holds one root word for each address space.
 *
 * A root word is what goes into CR3: the PML4's address, and with process contexts (PCID) in use the ASID as the context
 * and bit 63, so that the processor keeps what it has cached of the context. 0: the ASID is free.
 */
struct asid_table {
    uint64_t *pool[ABI_NUM_ASID_POOLS]; /* in the kernel's window; null: no such pool */
};
#define ASID_POOL_ENTRIES  (1u << ABI_ASID_POOL_INDEX_BITS)
#define ROOT_KEEPS_CONTEXT BIT(63)

/* The address space without users' part, and what all others share with it. */
struct kernel_space {
    uint64_t root;      /* root word */
    uint64_t *word;     /* where its space word is kept */
    uint64_t top_entry; /* last entry of every PML4 */
    bool has_contexts;  /* PCID is in use */
};

/*
 * Which I/O ports are issued. Ports are kept in groups of 64, so that a range of any length takes few steps: a group that
 * lies wholly inside an issued range is marked as taken; only groups at the ends of ranges have their ports marked.
 */
#define IOPORT_COUNT  65536u
#define IOPORT_GROUPS (IOPORT_COUNT / 64)
struct ioport_map {
    uint64_t port[IOPORT_GROUPS];               /* ports of partly issued groups */
    uint64_t group_partial[IOPORT_GROUPS / 64]; /* groups with such ports */
    uint64_t group_taken[IOPORT_GROUPS / 64];   /* groups inside one range */
};

/* What is behind an interrupt line of the interface, a processor vector. */
enum irq_source_kind { IRQ_SOURCE_NONE, IRQ_SOURCE_IOAPIC, IRQ_SOURCE_MESSAGE };
struct irq_source {
    uint8_t kind; /* enum irq_source_kind */
    uint8_t pin;
    uint16_t ioapic;
};

struct machine_state {
    struct asid_table asid_table;
    struct kernel_space kernel_space;
    struct ioport_map ioports;
    struct irq_source irq_source[HAL_IRQ_COUNT];
};

extern struct machine_state machine_state;

/* A line's vector came: whether its handler is to be told now. */
static ALWAYS_INLINE bool irq_take(unsigned irq)
{
    struct irq_source source = machine_state.irq_source[irq];
    return source.kind != IRQ_SOURCE_IOAPIC || ioapic_take(source.ioapic, source.pin);
}
