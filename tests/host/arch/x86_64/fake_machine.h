/*
 * A model of the parts of a PC that the objects of x86_64 act on: memory, translation with what a processor caches of it,
 * ports, interrupt pins. Written from the processor's manual, not from the kernel.
 */
#pragma once

#include "lib/compiler.h"

/* Everything as after reset, memory cleared; with or without process contexts. */
void fake_machine_reset(bool has_contexts);

/* Takes 2^size_bits of aligned, cleared memory that nobody has yet. */
uint64_t fake_memory_take(unsigned size_bits);

/* What a user program finds at an address in the current address space. */
struct translation {
    bool is_present, may_write;
    uint64_t paddr;
    unsigned cache_type; /* the three attribute bits of the page */
};
/* By the tables alone. */
struct translation fake_translate(uint64_t address);
/* As the processor does it: with what it has cached, which afterwards holds this too. */
struct translation fake_touch(uint64_t address);
/* Whether something cached that the current address space could use contradicts the tables. */
bool fake_has_stale_translation(void);

extern uint64_t fake_cr3;
extern unsigned fake_cr3_writes;

/* The last access to a port: width in bytes, 0: none. In gives back port * 0x10001. */
struct fake_port_access {
    uint16_t port;
    unsigned width;
    bool is_out;
    uint32_t value;
};
extern struct fake_port_access fake_port_access;

#define FAKE_IOAPICS 2
#define FAKE_PINS    24
struct fake_pin {
    unsigned vector;
    bool is_level, is_active_low, is_masked;
};
extern struct fake_pin fake_pin[FAKE_IOAPICS][FAKE_PINS];
/* The vector that the kernel interrupted itself with last; 0: none. */
extern unsigned fake_raised;
