/* The end of the road, and where printed characters go. */
#include "core/cpu.h"
#include "hal/hal.h"
#include "lib/assert.h"
#include "lib/print.h"

void print_character(char character)
{
    if (character == '\n')
        hal_console_put('\r');
    hal_console_put(character);
}

void panic(const char *format, ...)
{
    static bool is_panicking;
    va_list arguments;

    print_always("\nKernel panic: ");
    va_start(arguments, format);
    print_always_list(format, arguments);
    va_end(arguments);
    print_always("\n");
    /* A second panic comes from the report itself: leave it at the message. */
    if (!is_panicking) {
        is_panicking = true;
        struct cpu *cpu = this_cpu();
        if (cpu && cpu->current) {
            print_always("Current thread %p", (const void *)cpu->current);
#if CONFIG_DEBUG_BUILD
            print_always(" \"%s\"", cpu->current->name);
#endif
            print_always("\n");
            hal_print_context(cpu->current);
        }
        hal_backtrace();
    }
    hal_halt(1);
}
