/*
 * The other direction of the seam: what the architecture's entry code calls in the core.
 *
 * The entry code has saved the current thread's registers in its context, is on the kernel stack with interrupts off, and
 * calls one of these. On return it restores the registers of this_cpu()->current and leaves (or waits for an interrupt when
 * that is the idle thread). Each call does all scheduling itself, hal_activate_space and hal_switch_thread included.
 */
#pragma once

#include "lib/compiler.h"

/* A system call instruction; the number is in the context. Foreign threads and unknown numbers become faults. */
void kernel_syscall(void);
/* A trap that counts as a system call nobody knows; `number` is what the fault message reports. */
void kernel_unknown_syscall(uint64_t number);
/* An exception of user code, with the interface's number and code. */
void kernel_user_exception(uint64_t number, uint64_t code);
/* The same for one that is raised behind its instruction, which is not issued again whatever happens. */
void kernel_user_trap(uint64_t number, uint64_t code);
/* A page fault of user code. */
void kernel_vm_fault(uint64_t address, uint64_t status, bool is_fetch);
/* An interrupt line (0..HAL_IRQ_COUNT-1); the controller has been told what it needs, the line is masked if it can be. */
void kernel_interrupt(unsigned irq);
/* The timer that hal_timer_set armed. */
void kernel_timer_interrupt(void);
/* An interrupt nobody asked for: counted, otherwise nothing. */
void kernel_spurious_interrupt(void);

/* Boot: what the architecture found, given to the core. */
struct boot_region {
    uint64_t start, end; /* physical, half-open */
};
#define BOOT_MAX_REGIONS  64
#define BOOT_MAX_RESERVED 64

/* A chunk of extra boot information: the header is made by the core. */
struct boot_extra {
    uint64_t id;
    const void *data;
    uint64_t size;
};
#define BOOT_MAX_EXTRA 8

struct boot_image {
    struct boot_region memory; /* where the root task was copied: contiguous, page-aligned */
    uint64_t virtual_start;    /* of memory.start, page-aligned */
    uint64_t entry;
};

struct boot_facts {
    struct boot_region
        ram[BOOT_MAX_REGIONS]; /* free memory in the window, ascending, page-aligned: without kernel and root task */
    unsigned ram_count;
    struct boot_region
        reserved[BOOT_MAX_RESERVED]; /* never given to users, not even as device memory; ascending, disjoint */
    unsigned reserved_count;
    struct boot_region boot_memory; /* the kernel's boot-only part, given back as memory at the end of boot */
    uint64_t device_top;            /* PADDR_USER_DEVICE_TOP */
    uint64_t user_top;              /* addresses of the root task's image must lie below */
    struct boot_image root_task;
    struct boot_extra extra[BOOT_MAX_EXTRA];
    unsigned extra_count;
};

/*
 * Builds the first thread and its capabilities and makes it current; afterwards the architecture leaves the kernel like
 * after any entry. Panics with a message when the memory does not suffice. Called once.
 */
void kernel_boot(const struct boot_facts *facts);

/* --- what kernel_boot needs of the architecture (boot only) --- */
struct cap;
struct cap_slot;
struct thread;

/* Bytes of page tables (beside the root) that mapping [start, end) takes. */
uint64_t hal_boot_tables_size(uint64_t start, uint64_t end);
/*
 * Makes the first address space in cleared memory: the root (one page) at `root_paddr`, in pool `pool_paddr` (one page), tables at
 * `tables_paddr`. The tables' capabilities go to `*slot`, advancing it, with captree_insert_root, in the interface's order.
 * Returns the root's capability.
 */
struct cap hal_boot_space_create(uint64_t root_paddr, uint64_t pool_paddr, uint64_t tables_paddr, uint64_t start,
                                 uint64_t end, struct cap_slot **slot);
/* Maps one page in it, read-write, and returns the mapped frame's capability. */
struct cap hal_boot_map_page(struct cap space, uint64_t paddr, uint64_t address);
struct cap hal_boot_asid_pool_cap(uint64_t pool_paddr);
struct cap hal_boot_asid_control_cap(void);
/* Fills the architecture's own fixed slots (I/O ports) in the root cnode. */
void hal_boot_fill_slots(struct cap_slot *root);
/* Sets the first thread's entry and argument. */
void hal_boot_thread_start(struct thread *thread, uint64_t entry, uint64_t boot_info);
