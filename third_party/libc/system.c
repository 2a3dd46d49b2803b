/*
 * The system calls that the C library makes: memory, output and time. Everything else there is not.
 */
#include "heap.h"

#include <component_libc.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

long component_syscall(long number, long a, long b, long c, long d, long e, long f);

/* Of the library that components are linked with (microkit.h, pecan/component.h). */
void microkit_dbg_putc(int c);
_Noreturn void pecan_give_up(const char *reason);

__attribute__((__weak__)) void component_output(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        microkit_dbg_putc(text[i]);
}

__attribute__((__weak__)) int component_clock(clockid_t clock, struct timespec *now)
{
    (void)clock;
    *now = (struct timespec){0, 0};
    return -ENOSYS;
}

/* A failure that cannot be handled. */
_Noreturn void abort(void)
{
    pecan_give_up("abort");
}

static size_t pages_of(size_t bytes)
{
    return bytes / HEAP_PAGE_BYTES + (bytes % HEAP_PAGE_BYTES != 0);
}

static long map_memory(size_t bytes, int flags)
{
    if (!(flags & MAP_ANONYMOUS) || flags & MAP_FIXED)
        return -ENOSYS;
    void *memory = heap_take(pages_of(bytes));
    return memory ? (long)memory : -ENOMEM;
}

static long unmap_memory(uintptr_t start, size_t bytes)
{
    return heap_give(start, pages_of(bytes)) ? 0 : -EINVAL;
}

static bool is_output(long descriptor)
{
    return descriptor == STDOUT_FILENO || descriptor == STDERR_FILENO;
}

static long write_pieces(long descriptor, const struct iovec *pieces, int count)
{
    long total = 0;

    if (!is_output(descriptor))
        return -EBADF;
    for (int i = 0; i < count; i++) {
        component_output(pieces[i].iov_base, pieces[i].iov_len);
        total += (long)pieces[i].iov_len;
    }
    return total;
}

long component_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    (void)e, (void)f;
    switch (number) {
    case SYS_mmap:
        return map_memory((size_t)b, (int)d);
    case SYS_munmap:
        return unmap_memory((uintptr_t)a, (size_t)b);
    case SYS_writev:
        return write_pieces(a, (const struct iovec *)b, (int)c);
    case SYS_write:
        return write_pieces(a, &(struct iovec){(void *)b, (size_t)c}, 1);
    case SYS_ioctl:
        /* Makes stdout pass on each line as it ends. */
        return is_output(a) && b == TIOCGWINSZ ? 0 : -ENOTTY;
    case SYS_clock_gettime:
        return component_clock((clockid_t)a, (struct timespec *)b);
    case SYS_exit:
    case SYS_exit_group:
        abort();
    default:
        return -ENOSYS;
    }
}
