/* Physical memory for boot code, and refusals that a test can look at. */
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

/* Forgets what earlier tests wrote below `bytes`. */
void fake_memory_clear(uint64_t bytes);
void fake_memory_write(uint64_t paddr, const void *data, uint64_t size);
void fake_memory_write32(uint64_t paddr, uint32_t value);

/* REFUSES(statement): whether it ended in boot_refuse; the text is then in fake_refusal. */
extern char fake_refusal[256];
extern jmp_buf fake_refusal_jump;
extern bool fake_refusal_expected;
#define REFUSES(statement)                                                                                             \
    ({                                                                                                                 \
        volatile bool refused_ = true;                                                                                 \
        fake_refusal_expected = true;                                                                                  \
        if (!setjmp(fake_refusal_jump)) {                                                                              \
            statement;                                                                                                 \
            refused_ = false;                                                                                          \
        }                                                                                                              \
        fake_refusal_expected = false;                                                                                 \
        refused_;                                                                                                      \
    })

/* The same sequence in every run. */
uint64_t fake_random(void);
