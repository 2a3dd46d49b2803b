/*
 * One instruction that enters the kernel, with all registers as wanted.
 */
#pragma once

#include <stdint.h>

/*
 * Loads the registers of attacker.in, jumps to attacker.kind, stores the registers in attacker.out and returns with sane
 * flags. Returns only if the instruction does.
 */
void trap_run(void);

/* Values of attacker.kind. */
extern const char trap_syscall[];
/* `int n` for n = 0..255: 8 bytes each. */
extern const char trap_interrupts[];
#define TRAP_INTERRUPT_BYTES 8

/* All others: privileged and odd instructions, segment loads, traps on the way in. */
extern const uint64_t trap_kinds[], trap_kinds_end[];

/* Where the threads of the attacker begin. */
void attacker_start(void);
void puppet_server(void);
void puppet_client(void);
