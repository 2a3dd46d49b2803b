/*
 * Where the library's printf writes to (lib/console.h): the component's own debug output and log.
 */
#include "lib/console.h"
#include <microkit.h>

void console_put(char character)
{
    microkit_dbg_putc(character);
}
