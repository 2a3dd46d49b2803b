#include "log.h"

#include <microkit.h>
#include <pecan/component.h>

enum { DECIMAL = 10, DIGITS_MOST = 10 };

/* Where a log is read, the kernel's console may be somebody's terminal. */
void microkit_dbg_putc(int c)
{
#ifdef CONFIG_PRINTING
    if (!log_put((char)c))
        seL4_DebugPutChar((char)c);
#else
    log_put((char)c);
#endif
}

void microkit_dbg_puts(const char *s)
{
    while (*s)
        microkit_dbg_putc(*s++);
}

void microkit_dbg_put32(seL4_Uint32 x)
{
    char digits[DIGITS_MOST];
    int count = 0;

    do
        digits[count++] = (char)('0' + x % DECIMAL);
    while (x /= DECIMAL);
    while (count > 0)
        microkit_dbg_putc(digits[--count]);
}

void microkit_dbg_put8(seL4_Uint8 x)
{
    microkit_dbg_put32(x);
}

void microkit_internal_crash(seL4_Error error)
{
    *(volatile int *)(seL4_Word)error = 0;
}

_Noreturn void pecan_give_up(const char *reason)
{
    for (int i = 0; i < PECAN_REASON_BYTES; i++) {
        pecan_component_page->reason[i] = *reason;
        reason += *reason != 0;
    }
    for (;;)
        *(volatile int *)PECAN_GIVE_UP_ADDRESS = 0;
}

void microkit_internal_refuse(const char *function, const char *what, unsigned int id)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(": ");
    microkit_dbg_puts(function);
    microkit_dbg_puts(": invalid ");
    microkit_dbg_puts(what);
    microkit_dbg_puts(" ");
    microkit_dbg_put32(id);
    microkit_dbg_puts("\n");
}

_Noreturn void __assert_fail(const char *str, const char *file, int line, const char *function);

__attribute__((weak)) _Noreturn void __assert_fail(const char *str, const char *file, int line, const char *function)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(": assertion failed: ");
    microkit_dbg_puts(str);
    microkit_dbg_puts(", ");
    microkit_dbg_puts(file);
    microkit_dbg_puts(":");
    microkit_dbg_put32((seL4_Uint32)line);
    microkit_dbg_puts(", ");
    microkit_dbg_puts(function);
    microkit_dbg_puts("\n");
    pecan_give_up("an assertion failed");
}
