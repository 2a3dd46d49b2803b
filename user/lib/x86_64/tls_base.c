/*
 * Sets the calling thread's TLS register (FS base).
 */
#include "lib/tls.h"

#include <sel4/sel4.h>

void tls_set_base(uintptr_t base)
{
#ifdef CONFIG_SET_TLS_BASE_SELF
    seL4_SetTLSBase(base);
#else
    __asm__ volatile("wrfsbase %0" : : "r"(base));
#endif
}
