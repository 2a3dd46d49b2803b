#include "lib/start.h"

#include "lib/machine.h"
#include "lib/tls.h"

#include <sel4/sel4.h>

#define FIRST_THREAD_TLS_BYTES 4096

static _Alignas(64) char first_thread_tls[FIRST_THREAD_TLS_BYTES];

_Noreturn void program_start(seL4_BootInfo *info);

seL4_BootInfo *pecan_boot_info(void)
{
    return seL4_GetBootInfo();
}

__attribute__((weak)) _Noreturn void program_exit(int status)
{
    machine_stop(status);
}

/* Called by the entry with the address that the kernel passed. */
_Noreturn void program_start(seL4_BootInfo *info)
{
    /* Too large a TLS image would overwrite what follows: nothing can be printed yet. */
    if (tls_size() > sizeof(first_thread_tls))
        __builtin_trap();
    tls_set_base(tls_init(first_thread_tls));
    seL4_InitBootInfo(info);
    seL4_SetIPCBuffer(info->ipcBuffer);
    program_exit(main());
}
