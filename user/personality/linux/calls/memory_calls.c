/* Calls that change the memory of a process. */

#include "personality/linux/abi/errno.h"
#include "personality/linux/abi/memory.h"
#include "personality/linux/calls/arguments.h"
#include "personality/linux/calls/table.h"
#include "personality/linux/disk/disk.h"
#include "personality/linux/disk/pages.h"

/* Shared memory without a file is a file without a name: after fork both map the same pages. */
static int64_t map_shared_anonymous(struct thread *thread, struct mapping_request *request)
{
    struct inode *inode = inode_create(S_IFREG | 0600);
    if (!inode)
        return -ENOMEM;
    int64_t result = inode_set_size(inode, request->length);
    request->inode = inode;
    request->offset = 0;
    if (!result)
        result = address_space_map(memory_of(thread), request);
    inode_release(inode);
    return result;
}

int64_t call_mmap(struct thread *thread, const uint64_t *a)
{
    uint32_t type = (uint32_t)a[3] & MAP_TYPE;
    struct mapping_request request = {
        .address = a[0],
        .length = a[1],
        .protection = (uint32_t)a[2],
        .fixed = a[3] & (MAP_FIXED | MAP_FIXED_NOREPLACE),
        .keep_existing = a[3] & MAP_FIXED_NOREPLACE,
        .shared = type != MAP_PRIVATE,
        .offset = a[5],
    };
    if (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE)
        return -EINVAL;
    if (a[3] & MAP_ANONYMOUS) {
        request.offset = 0;
        return request.shared && request.length ? map_shared_anonymous(thread, &request)
                                                : address_space_map(memory_of(thread), &request);
    }

    const struct open_file *file = descriptor_file(thread, a[4]);
    if (!file)
        return -EBADF;
    if (!open_file_is_readable(file))
        return -EACCES;
    request.read_only = request.shared && !open_file_is_writable(file);
    if (request.read_only && request.protection & PROT_WRITE)
        return -EACCES;
    if (inode_is_regular(file->inode) && !file->inode->operations)
        request.inode = file->inode;
    else if (!(file->inode->mode == (S_IFCHR | 0666) && file->inode->device == linux_device(1, 5)))
        return -ENODEV; /* only /dev/zero is memory besides files */
    if (request.inode && request.inode->disk) {
        int64_t error = disk_pages_want(request.inode, request.offset, request.length);
        if (error)
            return error;
        request.inode->disk->is_mapped_writable |= request.shared && !request.read_only;
    }
    return address_space_map(memory_of(thread), &request);
}

int64_t call_munmap(struct thread *thread, const uint64_t *a)
{
    return address_space_unmap(memory_of(thread), a[0], a[1]);
}

int64_t call_mprotect(struct thread *thread, const uint64_t *a)
{
    return address_space_protect(memory_of(thread), a[0], a[1], (uint32_t)a[2]);
}

int64_t call_mremap(struct thread *thread, const uint64_t *a)
{
    if (a[3] & ~(uint64_t)(MREMAP_MAYMOVE | MREMAP_FIXED))
        return -EINVAL;
    if ((a[3] & MREMAP_FIXED) && (!(a[3] & MREMAP_MAYMOVE) || !a[4]))
        return -EINVAL;
    const struct region *region = region_find(&memory_of(thread)->regions, a[0]);
    if (region && region->inode && region->inode->disk) {
        int64_t error = disk_pages_want(region->inode, region->offset + (a[0] - region->start), a[2]);
        if (error)
            return error;
    }
    return address_space_move(memory_of(thread), a[0], a[1], a[2], a[3] & MREMAP_MAYMOVE,
                              a[3] & MREMAP_FIXED ? a[4] : 0);
}

int64_t call_madvise(struct thread *thread, const uint64_t *a)
{
    if (a[2] == MADV_DONTNEED || a[2] == MADV_FREE)
        return address_space_discard(memory_of(thread), a[0], a[1]);
    return 0;
}

int64_t call_msync(struct thread *thread, const uint64_t *a)
{
    if (a[0] % PAGE_SIZE)
        return -EINVAL;
    if (!region_range_is_covered(&memory_of(thread)->regions, a[0], a[0] + a[1]))
        return -ENOMEM;
    struct inode *file = NULL;
    bool are_several = false;
    for (uint64_t at = a[0]; at < a[0] + a[1];) {
        const struct region *region = region_find(&memory_of(thread)->regions, at);
        at = region->end;
        if (!region->shared || !region->inode || !region->inode->disk)
            continue;
        are_several |= file && file != region->inode;
        file = region->inode;
        if (!thread->wait_begun)
            disk_pages_mapped_changed(file);
    }
    return file && a[2] & MS_SYNC ? disk_sync(thread, are_several ? NULL : file) : 0;
}

int64_t call_brk(struct thread *thread, const uint64_t *a)
{
    return address_space_set_break(memory_of(thread), a[0]);
}
