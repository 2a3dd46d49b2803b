/*
 * The boot information and the thread-local pointer to the IPC buffer.
 */
#include <pecan/features.h>
#include <sel4/sel4.h>

#ifdef CONFIG_LIB_SEL4_USE_THREAD_LOCALS
__thread seL4_IPCBuffer *__sel4_ipc_buffer;
#else
seL4_IPCBuffer *__sel4_ipc_buffer;
#endif

static seL4_BootInfo *boot_info;

void seL4_InitBootInfo(seL4_BootInfo *bi)
{
    boot_info = bi;
}

seL4_BootInfo *seL4_GetBootInfo(void)
{
    return boot_info;
}

const seL4_BootInfoHeader *pecan_boot_chunk(const seL4_BootInfo *info, seL4_Word id)
{
    const char *chunk = (const char *)info + seL4_BootInfoFrameSize;
    const char *end = chunk + info->extraLen;

    while (chunk + sizeof(seL4_BootInfoHeader) <= end) {
        const seL4_BootInfoHeader *header = (const seL4_BootInfoHeader *)chunk;

        if (header->id == id)
            return header;
        if (header->len < sizeof(*header))
            break;
        chunk += header->len;
    }
    return seL4_Null;
}

seL4_Word pecan_features(const seL4_BootInfo *info)
{
    const seL4_BootInfoHeader *header = pecan_boot_chunk(info, PECAN_BOOTINFO_HEADER_FEATURES);

    return header && header->len >= sizeof(pecan_boot_features) ? ((const pecan_boot_features *)header)->features : 0;
}
