#include "personality/linux/file/inode.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/disk/disk.h"
#include "personality/linux/disk/pages.h"
#include "personality/linux/file/directory.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/assert.h"
#include "personality/linux/support/clock.h"
#include "personality/linux/support/frame.h"
#include "personality/linux/support/heap.h"

_Static_assert(INODE_TABLE_ENTRIES == PAGE_SIZE / sizeof(uint32_t), "a table fills a frame");

static uint64_t last_number;

struct linux_timespec inode_now(void)
{
    return clock_date();
}

void inode_touch_modified(struct inode *inode)
{
    inode->modified = inode->changed = inode_now();
}

struct inode *inode_create(uint32_t mode)
{
    struct inode *inode = heap_allocate(sizeof *inode);
    if (!inode)
        return NULL;
    inode->references = 1;
    inode->mode = mode;
    inode->links = inode_is_directory(inode) ? 2 : 1;
    inode->number = ++last_number;
    inode->accessed = inode->modified = inode->changed = inode_now();
    if (inode_is_directory(inode))
        list_initialise(&inode->directory.entries);
    return inode;
}

void inode_reference(struct inode *inode)
{
    inode->references++;
}

uint32_t *inode_page_place(struct inode *file, uint64_t page, bool make)
{
    struct file_pages *pages = &file->pages;
    if (page < INODE_DIRECT_PAGES)
        return &pages->direct[page];
    page -= INODE_DIRECT_PAGES;
    if (page >= (uint64_t)INODE_TABLE_ENTRIES * INODE_TABLE_ENTRIES)
        return NULL;
    if (!pages->table && (!make || !(pages->table = frame_allocate_zeroed())))
        return NULL;
    uint32_t *table = (uint32_t *)frame_data(pages->table) + page / INODE_TABLE_ENTRIES;
    if (!*table && (!make || !(*table = frame_allocate_zeroed())))
        return NULL;
    return (uint32_t *)frame_data(*table) + page % INODE_TABLE_ENTRIES;
}

static uint32_t page_allocate_reachable(void)
{
    uint32_t frame = frame_allocate_reachable();
    if (frame)
        memset(frame_data(frame), 0, PAGE_SIZE);
    return frame;
}

uint32_t inode_frame(struct inode *file, uint64_t page, bool make)
{
    uint32_t *place = inode_page_place(file, page, make);
    if (place && !*place && make)
        *place = file->disk ? page_allocate_reachable() : frame_allocate_zeroed();
    return place && !(*place & PAGE_READING) ? *place & PAGE_FRAME : 0;
}

static void page_place_clear(uint32_t *place)
{
    if (*place)
        frame_release(*place & PAGE_FRAME);
    *place = 0;
}

/* Gives up the frames of all pages from `first` on. */
static void pages_truncate(struct file_pages *pages, uint64_t first)
{
    for (uint64_t page = first; page < INODE_DIRECT_PAGES; page++)
        page_place_clear(&pages->direct[page]);
    if (!pages->table)
        return;

    uint64_t keep = first > INODE_DIRECT_PAGES ? first - INODE_DIRECT_PAGES : 0;
    uint32_t *tables = frame_data(pages->table);
    for (uint64_t i = keep / INODE_TABLE_ENTRIES; i < INODE_TABLE_ENTRIES; i++) {
        if (!tables[i])
            continue;
        uint64_t from = i * INODE_TABLE_ENTRIES < keep ? keep % INODE_TABLE_ENTRIES : 0;
        uint32_t *places = frame_data(tables[i]);
        for (uint64_t j = from; j < INODE_TABLE_ENTRIES; j++)
            page_place_clear(&places[j]);
        if (from == 0)
            page_place_clear(&tables[i]);
    }
    if (keep == 0)
        page_place_clear(&pages->table);
}

void inode_release(struct inode *inode)
{
    assert(inode->references > 0);
    if (--inode->references || (inode->disk && disk_inode_is_needed(inode)))
        return;
    if (inode->operations) {
        if (inode->pseudo.parent)
            inode_release(inode->pseudo.parent);
    } else if (inode_is_regular(inode)) {
        if (inode->disk)
            disk_pages_cut(inode, 0);
        pages_truncate(&inode->pages, 0);
    } else if (inode_is_directory(inode)) {
        directory_clear(inode);
    } else if (inode_is_link(inode)) {
        heap_free(inode->link_target);
    }
    if (inode->disk)
        disk_inode_forget(inode);
    heap_free(inode);
}

uint64_t inode_mappable_bytes(const struct inode *file)
{
    if (!inode_is_regular(file) || file->operations)
        return 0;
    return (file->size + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

int64_t inode_set_size(struct inode *file, uint64_t size)
{
    if (size > INODE_MOST_BYTES)
        return -EFBIG;
    if (size < file->size) {
        if (file->disk) {
            disk_pages_cut(file, (size + PAGE_SIZE - 1) / PAGE_SIZE);
            disk_pages_forget_written(file, size);
        }
        pages_truncate(&file->pages, (size + PAGE_SIZE - 1) / PAGE_SIZE);
        if (file->mappings)
            process_files_cut(file, size);
        uint32_t last = size % PAGE_SIZE ? inode_frame(file, size / PAGE_SIZE, false) : 0;
        if (last)
            memset((char *)frame_data(last) + size % PAGE_SIZE, 0, PAGE_SIZE - size % PAGE_SIZE);
    }
    file->size = size;
    inode_touch_modified(file);
    return 0;
}

int64_t inode_read(struct inode *file, uint64_t offset, void *to, size_t bytes)
{
    if (offset >= file->size)
        return 0;
    if (bytes > file->size - offset)
        bytes = file->size - offset;
    for (size_t done = 0; done < bytes;) {
        size_t in_page = (offset + done) % PAGE_SIZE;
        size_t piece = PAGE_SIZE - in_page < bytes - done ? PAGE_SIZE - in_page : bytes - done;
        uint32_t frame = inode_frame(file, (offset + done) / PAGE_SIZE, false);
        if (frame)
            memcpy((char *)to + done, (char *)frame_data(frame) + in_page, piece);
        else
            memset((char *)to + done, 0, piece);
        done += piece;
    }
    return (int64_t)bytes;
}

int64_t inode_write(struct inode *file, uint64_t offset, const void *from, size_t bytes)
{
    if (offset > INODE_MOST_BYTES || bytes > INODE_MOST_BYTES - offset)
        return -EFBIG;
    size_t done = 0;
    while (done < bytes) {
        size_t in_page = (offset + done) % PAGE_SIZE;
        size_t piece = PAGE_SIZE - in_page < bytes - done ? PAGE_SIZE - in_page : bytes - done;
        uint32_t frame = inode_frame(file, (offset + done) / PAGE_SIZE, true);
        if (!frame)
            break;
        memcpy((char *)frame_data(frame) + in_page, (const char *)from + done, piece);
        if (file->disk)
            disk_page_changed(file, (offset + done) / PAGE_SIZE);
        done += piece;
    }
    if (offset + done > file->size)
        file->size = offset + done;
    if (done)
        inode_touch_modified(file);
    return done || !bytes ? (int64_t)done : -ENOSPC;
}

uint64_t inode_pages_used(const struct inode *file)
{
    return (file->size + PAGE_SIZE - 1) / PAGE_SIZE;
}

void inode_stat(const struct inode *inode, struct linux_stat *stat)
{
    bool is_device = (inode->mode & S_IFMT) == S_IFCHR && !inode->operations;
    *stat = (struct linux_stat){
        .device = inode->disk         ? linux_device(8, 1)
                  : inode->operations ? 5
                                      : 1,
        .inode = inode->number,
        .links = inode->links,
        .mode = inode->mode,
        .uid = inode->uid,
        .gid = inode->gid,
        .special_device = is_device ? inode->device : 0,
        .size = (int64_t)inode->size,
        .block_size = PAGE_SIZE,
        .blocks = inode_is_regular(inode) && !inode->operations ? (int64_t)(inode_pages_used(inode) * 8) : 0,
        .accessed = inode->accessed,
        .modified = inode->modified,
        .changed = inode->changed,
    };
}
