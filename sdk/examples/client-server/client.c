/*
 * The client calls the server a few times, and then tells it that it is done.
 */
#include <microkit.h>

enum { SERVER = 1, CALLS = 3 };

void init(void)
{
    for (seL4_Word i = 1; i <= CALLS; i++) {
        microkit_mr_set(0, i);
        microkit_msginfo answer = microkit_ppcall(SERVER, microkit_msginfo_new(0, 1));

        microkit_dbg_puts("client: sum ");
        microkit_dbg_put32((seL4_Uint32)microkit_mr_get(0));
        microkit_dbg_puts(", words ");
        microkit_dbg_put32((seL4_Uint32)microkit_msginfo_get_count(answer));
        microkit_dbg_puts("\n");
    }
    microkit_notify(SERVER);
}

void notified(microkit_channel ch)
{
    (void)ch;
    microkit_dbg_puts("client: the server says goodbye\n");
}
