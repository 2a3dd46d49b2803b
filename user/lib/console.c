#include "lib/console.h"

#include "lib/machine.h"

#include <sel4/sel4.h>

static void kernel_console_put(char character)
{
#ifdef CONFIG_PRINTING
    seL4_DebugPutChar(character);
#else
    (void)character;
#endif
}

static console_output current_output = kernel_console_put;

seL4_Error console_open(seL4_CPtr slot)
{
#ifdef CONFIG_PRINTING
    (void)slot;
    return seL4_NoError;
#else
    seL4_Error error = machine_serial_open(slot);

    if (!error)
        console_set_output(machine_serial_put);
    return error;
#endif
}

void console_set_output(console_output output)
{
    current_output = output ? output : kernel_console_put;
}

void console_put(char character)
{
    if (character == '\n')
        current_output('\r');
    current_output(character);
}

void console_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        console_put(text[i]);
}
