/*
 * Registers that are given values, left alone for a while, and read back.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define WATCHED_GENERAL 16

/* watch.S knows the order. */
struct watched {
    uint64_t general[WATCHED_GENERAL]; /* rax rbx rcx rdx rsi rdi rbp rsp r8 .. r15 */
    uint64_t flags;
    uint64_t fs_word, gs_word; /* the words that the segment bases point to */
    uint64_t mxcsr, x87_control;
    uint64_t spare[3];
    uint64_t ymm[16][4]; /* XMM in the low half; 32-byte aligned */
};

/* Loads `want`, counts down from `count` touching no register, and stores what the registers then hold in `got`. */
void watch_registers(const struct watched *want, struct watched *got, uint64_t count, bool with_ymm);
