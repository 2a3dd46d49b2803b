/*
 * What tests do with the host machine: move its clock, make interrupts pending, look at what the kernel asked of it.
 *
 * Capabilities that the host adds, with the smallest behaviour that the core can tell from another:
 *   frames         X86PageGetAddress gives the physical address; a copy is a capability of its own
 *   page tables    X86PageTableMap marks one mapped (refused with InvalidCapability 0 when it is), Unmap the reverse (refused
 *                  with RevokeFirst while it has copies); no copies while unmapped. Page directories and PDPTs likewise
 *   root tables    usable, and copied, only after X86ASIDPoolAssign
 *   I/O ports      X86IOPortControlIssue(first, last, index, depth) issues a range of 64 ports, if nobody has one of them
 *   interrupts     IRQIssueIRQHandler(irq, index, depth) with the checks of the interface
 */
#pragma once

#include "hal/hal.h"

#define HOST_TICKS_PER_US 10
#define HOST_PORTS        64

struct host {
    uint64_t time;
    uint64_t deadline;    /* what the kernel armed */
    bool is_armed;        /* cleared when the interrupt is raised */
    bool was_set;         /* armed since the test last cleared this */
    bool interrupt_after; /* the next field counts */
    unsigned polls_left;  /* looks at the controller that still find nothing */
    unsigned polls;       /* looks since the last reset */
    unsigned irq_released[HAL_IRQ_COUNT];
    uint64_t ports_issued;
    unsigned finalised, forgotten; /* calls of hal_cap_finalise with is_final, of hal_forget_thread */
    struct thread *space_of;       /* last hal_activate_space */
    bool takes_no_short_ways;      /* last hal_take_short_ways */
    void (*on_halt)(int status);
    bool is_quiet;     /* console output is not shown */
    char console[256]; /* the last of it */
    unsigned console_length;
};
extern struct host host;

/* Processor, memory and clock as after power-on; the kernel's own state zero. */
void host_reset(void);
/* Boots the kernel with all of the memory and one page of root task at `HOST_IMAGE`. */
#define HOST_IMAGE UINT64_C(0x400000)
void host_boot(void);
/* The kernel traces from now on, to a page behind the memory that it knows of. */
void host_trace(void);
/* The current thread executes a call instruction with the registers it has. */
void host_call(void);
/* The next look after `polls` ones finds an interrupt; it stays pending until host_no_interrupt. */
void host_interrupt_after(unsigned polls);
void host_no_interrupt(void);
