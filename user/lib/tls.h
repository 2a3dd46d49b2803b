/*
 * Thread-local storage: each thread has a copy of the program's TLS image, ended by a word that points to itself; the
 * TLS register holds that word's address.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Bytes of memory that a thread's storage takes. */
size_t tls_size(void);

/*
 * Makes the storage of one thread in `memory` (tls_size() bytes) and returns the value for its TLS register.
 * For another thread, pass the result to seL4_TCB_SetTLSBase before it runs.
 */
uintptr_t tls_init(void *memory);

/* Sets the calling thread's TLS register. */
void tls_set_base(uintptr_t base);
