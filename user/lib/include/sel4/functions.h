/*
 * Access to the thread's IPC buffer: message registers, capabilities to send and where to receive them.
 *
 * The pointer to the buffer is thread-local. A thread sets it before it makes a call that uses the buffer.
 */
#pragma once

#include <sel4/config.h>
#include <sel4/constants.h>
#include <sel4/macros.h>
#include <sel4/types.h>

#ifdef CONFIG_LIB_SEL4_USE_THREAD_LOCALS
extern __thread seL4_IPCBuffer *__sel4_ipc_buffer;
#else
extern seL4_IPCBuffer *__sel4_ipc_buffer;
#endif

LIBSEL4_INLINE_FUNC seL4_IPCBuffer *seL4_GetIPCBuffer(void)
{
    return __sel4_ipc_buffer;
}

LIBSEL4_INLINE_FUNC void seL4_SetIPCBuffer(seL4_IPCBuffer *buffer)
{
    __sel4_ipc_buffer = buffer;
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_GetTag(void)
{
    return seL4_GetIPCBuffer()->tag;
}

LIBSEL4_INLINE_FUNC void seL4_SetTag(seL4_MessageInfo_t tag)
{
    seL4_GetIPCBuffer()->tag = tag;
}

LIBSEL4_INLINE_FUNC seL4_Word seL4_GetMR(int index)
{
    return seL4_GetIPCBuffer()->msg[index];
}

LIBSEL4_INLINE_FUNC void seL4_SetMR(int index, seL4_Word value)
{
    seL4_GetIPCBuffer()->msg[index] = value;
}

LIBSEL4_INLINE_FUNC seL4_Word seL4_GetUserData(void)
{
    return seL4_GetIPCBuffer()->userData;
}

LIBSEL4_INLINE_FUNC void seL4_SetUserData(seL4_Word data)
{
    seL4_GetIPCBuffer()->userData = data;
}

/* Badge of the capability `index` of the last message, where the kernel unwrapped it. */
LIBSEL4_INLINE_FUNC seL4_Word seL4_GetBadge(int index)
{
    return seL4_GetIPCBuffer()->caps_or_badges[index];
}

LIBSEL4_INLINE_FUNC seL4_CPtr seL4_GetCap(int index)
{
    return (seL4_CPtr)seL4_GetIPCBuffer()->caps_or_badges[index];
}

/* Makes `cap` the extra capability `index` of the next message. */
LIBSEL4_INLINE_FUNC void seL4_SetCap(int index, seL4_CPtr cap)
{
    seL4_GetIPCBuffer()->caps_or_badges[index] = (seL4_Word)cap;
}

LIBSEL4_INLINE_FUNC void seL4_GetCapReceivePath(seL4_CPtr *receiveCNode, seL4_CPtr *receiveIndex,
                                                seL4_Word *receiveDepth)
{
    const seL4_IPCBuffer *buffer = seL4_GetIPCBuffer();

    if (receiveCNode)
        *receiveCNode = buffer->receiveCNode;
    if (receiveIndex)
        *receiveIndex = buffer->receiveIndex;
    if (receiveDepth)
        *receiveDepth = buffer->receiveDepth;
}

/* The slot that takes a capability from the next message. */
LIBSEL4_INLINE_FUNC void seL4_SetCapReceivePath(seL4_CPtr receiveCNode, seL4_CPtr receiveIndex, seL4_Word receiveDepth)
{
    seL4_IPCBuffer *buffer = seL4_GetIPCBuffer();

    buffer->receiveCNode = receiveCNode;
    buffer->receiveIndex = receiveIndex;
    buffer->receiveDepth = receiveDepth;
}
