#include "personality/linux/disk/pages.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/disk/disk.h"
#include "personality/linux/disk/request.h"
#include "personality/linux/disk/sums.h"
#include "personality/linux/machine.h"
#include "personality/linux/process/process.h"
#include "personality/linux/process/timer.h"
#include "personality/linux/support/clock.h"
#include "personality/linux/support/frame.h"
#include "personality/linux/support/text.h"

enum { AHEAD_PAGES = 64, UNWRITTEN_SHARE = 8, UNCOMMITTED_SHARE = 4, WANTED_MOST = 4 };
#define COMMIT_AFTER_NS (2 * NS_PER_SECOND)
#define FINISH_MOST_NS  (5 * NS_PER_SECOND)

/* Files with pages that are not certain. */
static struct list changed = LIST_INITIAL(changed);
static uint64_t unwritten, writing; /* pages that the server has not got, and those of them that are on their way */
static uint64_t uncommitted;        /* pages that it has got and may lose */

/* What the present call has found there, and must find there until it ends. A call wants no more ranges than these. */
static struct {
    const struct inode *file;
    uint64_t first, end;
} wanted[WANTED_MOST];
static unsigned wanted_count;

/*
 * Commits. A page that was written has the colour of the commit that will cover it: colours change with each one that is sent.
 * It is sent when no write is on its way; until then no other is begun, so that it will be.
 */
static uint64_t commit_sent, commit_done;
static unsigned colour;
static bool commit_is_wanted, commit_is_out, commit_is_void;
/* Changes of names and attributes that have been answered; how many of them the last commit that was sent covers, and how many are certain. */
static uint64_t changes, changes_covered, changes_certain;
static int64_t commit_error; /* to be told once */
static struct timer commit_timer;

static uint32_t colour_bit(unsigned which)
{
    return which ? PAGE_UNCOMMITTED_1 : PAGE_UNCOMMITTED_0;
}

/* The pages that can be here: a file on the disk may be larger, and on a damaged one it may be of any size. */
static uint64_t page_count(const struct inode *file)
{
    uint64_t count = file->size / PAGE_SIZE + (file->size % PAGE_SIZE != 0);
    return count < INODE_MOST_PAGES ? count : INODE_MOST_PAGES;
}

void disk_pages_let_go(void)
{
    wanted_count = 0;
}

static void want(const struct inode *file, uint64_t first, uint64_t end)
{
    if (wanted_count == WANTED_MOST)
        wanted_count--;
    wanted[wanted_count].file = file;
    wanted[wanted_count].first = first;
    wanted[wanted_count++].end = end;
}

static bool is_wanted(const struct inode *file, uint64_t page)
{
    for (unsigned i = 0; i < wanted_count; i++)
        if (wanted[i].file == file && wanted[i].first <= page && page < wanted[i].end)
            return true;
    return false;
}

/* --- what is not certain -------------------------------------------------------------------------------------------- */

static void changed_update(struct disk_file *disk)
{
    bool is_changed = disk->dirty || disk->writing || disk->uncommitted[0] || disk->uncommitted[1];
    if (!is_changed)
        list_remove(&disk->in_changed);
    else if (list_is_empty(&disk->in_changed))
        list_append(&changed, &disk->in_changed);
}

static void uncommitted_clear_one(struct disk_file *disk, uint32_t *place, unsigned which)
{
    if (!(*place & colour_bit(which)))
        return;
    *place &= ~colour_bit(which);
    disk->uncommitted[which]--;
    uncommitted--;
}

static void uncommitted_clear(struct disk_file *disk, uint32_t *place)
{
    uncommitted_clear_one(disk, place, 0);
    uncommitted_clear_one(disk, place, 1);
}

static void dirty_clear(struct disk_file *disk, uint32_t *place)
{
    if (!(*place & PAGE_DIRTY))
        return;
    *place &= ~PAGE_DIRTY;
    disk->dirty--;
    unwritten--;
}

static void dirty_set(struct disk_file *disk, uint32_t *place)
{
    if (*place & PAGE_DIRTY)
        return;
    *place |= PAGE_DIRTY;
    disk->dirty++;
    unwritten++;
}

static void writing_clear(struct disk_file *disk, uint32_t *place)
{
    if (!(*place & PAGE_WRITING))
        return;
    *place &= ~PAGE_WRITING;
    disk->writing--;
}

static void commit_time_passed(struct timer *timer);

static void commit_later(void)
{
    if (!commit_timer.passed)
        timer_initialise(&commit_timer, commit_time_passed);
    if (list_is_empty(&commit_timer.in_all))
        timer_set(&commit_timer, machine_time_ns() + COMMIT_AFTER_NS);
}

void disk_change_answered(void)
{
    changes++;
    commit_later();
}

static bool all_is_certain(void)
{
    return list_is_empty(&changed) && changes == changes_certain;
}

void disk_page_changed(struct inode *file, uint64_t page)
{
    uint32_t *place = inode_page_place(file, page, false);
    if (!place || !*place || *place & PAGE_READING)
        return;
    dirty_set(file->disk, place);
    changed_update(file->disk);
    commit_later();
}

void disk_page_forget_reading(struct inode *file, uint64_t page)
{
    uint32_t *place = inode_page_place(file, page, false);
    if (!place || !(*place & PAGE_READING))
        return;
    frame_release(*place & PAGE_FRAME);
    *place = 0;
}

void disk_pages_cut(struct inode *file, uint64_t first)
{
    for (uint64_t page = first; page < page_count(file); page++) {
        uint32_t *place = inode_page_place(file, page, false);
        if (!place || !(*place & PAGE_FLAGS))
            continue;
        dirty_clear(file->disk, place);
        writing_clear(file->disk, place);
        uncommitted_clear(file->disk, place);
    }
    changed_update(file->disk);
}

void disk_pages_forget_written(struct inode *file, uint64_t size)
{
    disk_page_forget_reading(file, size / PAGE_SIZE);
    disk_sums_forget(file->disk, size / PAGE_SIZE, page_count(file));
}

void disk_pages_mapped_changed(struct inode *file)
{
    if (!file->disk->is_mapped_writable)
        return;
    for (uint64_t page = 0; page < page_count(file); page++)
        disk_page_changed(file, page);
    file->disk->is_mapped_writable = file->mappings != 0;
}

/* --- transfers ------------------------------------------------------------------------------------------------------ */

/* Adds a page to a transfer; false: it has no room for one more. */
static bool transfer_add(struct disk_request *request, uint32_t frame)
{
    struct file_request *message = &request->message;
    struct file_range *last = message->range_count ? &message->ranges[message->range_count - 1] : NULL;
    uint64_t offset = machine_frame_reach(frame);
    if (request->page_count == FILE_MOST_PAGES)
        return false;
    if (last && last->offset + last->bytes == offset) {
        last->bytes += PAGE_SIZE;
    } else {
        if (message->range_count == FILE_MOST_RANGES)
            return false;
        message->ranges[message->range_count++] =
            (struct file_range){.offset = offset, .bytes = PAGE_SIZE, .buffer = machine_files()->buffer};
    }
    frame_reference(frame);
    request->frames[request->page_count++] = frame;
    return true;
}

static void transfer_submit(struct disk_request *request, uint64_t first)
{
    uint64_t offset = first * PAGE_SIZE, left = request->inode->size - offset;
    uint64_t bytes = (uint64_t)request->page_count * PAGE_SIZE;
    request->message.offset = offset;
    request->message.bytes = (uint32_t)(bytes < left ? bytes : left);
    disk_request_submit(request);
}

/* The place of a page of an answered transfer, if it is still the page that was meant. */
static uint32_t *transfer_place(const struct disk_request *request, uint32_t index, uint32_t state)
{
    uint64_t page = request->message.offset / PAGE_SIZE + index;
    uint32_t *place = inode_page_place(request->inode, page, false);
    return place && (*place & PAGE_FRAME) == request->frames[index] && *place & state ? place : NULL;
}

/* --- reading -------------------------------------------------------------------------------------------------------- */

/* What the server has not filled is zero. */
static void fill(const struct disk_request *request, const struct file_answer *answer, uint32_t index)
{
    uint64_t start = (uint64_t)index * PAGE_SIZE;
    size_t valid = answer->bytes <= start               ? 0
                   : answer->bytes - start >= PAGE_SIZE ? PAGE_SIZE
                                                        : (size_t)(answer->bytes - start);
    if (answer->holes >> index & 1)
        valid = 0;
    memset((char *)frame_data(request->frames[index]) + valid, 0, PAGE_SIZE - valid);
}

/* Pages that came back different from what was written are asked for again by whoever waits for them, once. */
static void note_wrong(struct disk_file *disk, bool is_wrong)
{
    if (is_wrong && disk->was_wrong)
        disk->error = -EIO;
    disk->was_wrong = is_wrong && !disk->was_wrong;
}

/* Nobody has asked for what is read ahead, so its errors are nobody's. */
static void was_read(struct disk_request *request, const struct file_answer *answer, const char *text)
{
    struct disk_file *disk = request->inode->disk;
    uint64_t first = request->message.offset / PAGE_SIZE;
    bool is_wrong = false;
    (void)text;
    for (uint32_t i = 0; i < request->page_count; i++) {
        uint32_t *place = transfer_place(request, i, PAGE_READING);
        bool is_right = false;
        if (!place)
            continue;
        if (answer->result == FILE_OK) {
            fill(request, answer, i);
            is_right = disk_sum_fits(disk, first + i, frame_data(request->frames[i]));
            is_wrong |= !is_right;
        }
        if (is_right) {
            *place &= ~PAGE_READING;
        } else {
            *place = 0;
            frame_release(request->frames[i]);
        }
    }
    if (!request->is_ahead && answer->result != FILE_OK)
        disk->error = disk_error(answer->result);
    else if (!request->is_ahead)
        note_wrong(disk, is_wrong);
    wake(disk);
}

/* Begins to read the pages that are not there; an error if that was not possible for the first of them. */
static int64_t read_begin(struct inode *file, uint64_t page, uint64_t end, bool is_ahead)
{
    while (page < end && !file->disk->size_is_asked) {
        uint32_t *place = inode_page_place(file, page, true);
        if (place && *place) {
            page++;
            continue;
        }
        struct disk_request *request = place ? disk_request_create(FILE_READ, file, was_read) : NULL;
        if (!request)
            return -ENOMEM;
        request->is_ahead = is_ahead;
        uint64_t first = page;
        for (; page < end && (place = inode_page_place(file, page, true)) && !*place; page++) {
            uint32_t frame = frame_allocate_reachable();
            if (!frame || !transfer_add(request, frame)) {
                if (frame)
                    frame_release(frame);
                break;
            }
            *place = frame | PAGE_READING;
        }
        if (!request->page_count) {
            disk_request_free(request);
            return -ENOMEM;
        }
        transfer_submit(request, first);
    }
    return 0;
}

static int64_t error_once(int64_t *error)
{
    int64_t told = *error;
    *error = 0;
    return told;
}

int64_t disk_pages_want(struct inode *file, uint64_t offset, uint64_t bytes)
{
    struct disk_file *disk = file->disk;
    if (offset >= file->size || bytes == 0)
        return 0;
    uint64_t stop = bytes < file->size - offset ? offset + bytes : file->size;
    uint64_t first = offset / PAGE_SIZE, end = (stop + PAGE_SIZE - 1) / PAGE_SIZE, ahead = end;
    bool is_absent = false, is_awaited = false;
    want(file, first, end);
    for (uint64_t page = first; page < end; page++) {
        const uint32_t *place = inode_page_place(file, page, false);
        is_absent |= !place || !*place;
        is_awaited |= place && *place & PAGE_READING;
    }
    if (is_absent || is_awaited) {
        if (disk->error)
            return error_once(&disk->error);
        int64_t error = read_begin(file, first, end, false);
        if (error)
            return unwritten || uncommitted ? disk_pages_wait_for_memory() : error;
    }
    if (first <= disk->expected_page && disk->expected_page <= end) {
        ahead = end + AHEAD_PAGES < page_count(file) ? end + AHEAD_PAGES : page_count(file);
        const uint32_t *middle = inode_page_place(file, end + AHEAD_PAGES / 2, false);
        if (end + AHEAD_PAGES / 2 < page_count(file) ? !middle || !*middle : is_absent)
            read_begin(file, end, ahead, true);
    }
    disk->expected_page = end;
    return is_absent || is_awaited ? disk_wait(disk) : 0;
}

/* --- writing -------------------------------------------------------------------------------------------------------- */

static void commit_if_possible(void);

static void was_written(struct disk_request *request, const struct file_answer *answer, const char *text)
{
    struct disk_file *disk = request->inode->disk;
    uint64_t first = request->message.offset / PAGE_SIZE;
    (void)text;
    for (uint32_t i = 0; i < request->page_count; i++) {
        uint32_t *place = transfer_place(request, i, PAGE_WRITING);
        if (!place)
            continue;
        writing_clear(disk, place);
        if (answer->result == FILE_OK) {
            *place |= colour_bit(colour);
            disk->uncommitted[colour]++;
            uncommitted++;
        } else {
            disk_sums_forget(disk, first + i, first + i + 1);
        }
    }
    writing -= request->page_count;
    unwritten -= request->page_count;
    if (answer->result != FILE_OK && !(answer->result == FILE_STALE && disk->is_gone))
        disk->write_error = disk_error(answer->result);
    changed_update(disk);
    commit_if_possible();
    wake(&unwritten);
}

/* Those that are on their way are excepted. */
static void write_changed(struct inode *file)
{
    struct disk_file *disk = file->disk;
    for (uint64_t page = 0; disk->dirty && page < page_count(file);) {
        uint32_t *place = inode_page_place(file, page, false);
        if (!place || (*place & (PAGE_DIRTY | PAGE_WRITING)) != PAGE_DIRTY) {
            page++;
            continue;
        }
        struct disk_request *request = disk_request_create(FILE_WRITE, file, was_written);
        if (!request)
            return;
        uint64_t first = page;
        for (; page < page_count(file) && (place = inode_page_place(file, page, false)) &&
               (*place & (PAGE_DIRTY | PAGE_WRITING)) == PAGE_DIRTY;
             page++) {
            if (!transfer_add(request, *place & PAGE_FRAME))
                break;
            dirty_clear(disk, place);
            uncommitted_clear(disk, place);
            *place |= PAGE_WRITING;
            disk->writing++;
        }
        uint64_t tail = file->size % PAGE_SIZE;
        if (tail && page == page_count(file))
            memset((char *)frame_data(request->frames[request->page_count - 1]) + tail, 0, PAGE_SIZE - tail);
        for (uint32_t i = 0; i < request->page_count; i++)
            disk_sum_keep(disk, first + i, frame_data(request->frames[i]));
        writing += request->page_count;
        unwritten += request->page_count;
        transfer_submit(request, first);
    }
}

void disk_pages_write(struct inode *file)
{
    if (!file->disk->size_is_asked)
        write_changed(file);
}

void disk_pages_size_answered(struct inode *file)
{
    file->disk->size_is_asked = false;
    wake(file->disk);
    wake(&unwritten);
}

static void flush_all(void)
{
    list_each (entry, &changed)
        disk_pages_write(list_item(entry, struct disk_file, in_changed)->inode);
}

int64_t disk_pages_prepare_write(struct inode *file, uint64_t offset, uint64_t bytes)
{
    uint64_t end = offset + bytes, head = offset / PAGE_SIZE, last = (end - 1) / PAGE_SIZE;
    int64_t error = error_once(&file->disk->write_error);
    if (error)
        return error;
    if (unwritten >= machine_frames_total() / UNWRITTEN_SHARE) {
        if (!commit_is_wanted)
            flush_all();
        return disk_wait(&unwritten);
    }
    if (uncommitted >= machine_frames_total() / UNCOMMITTED_SHARE) {
        commit_is_wanted = true;
        commit_if_possible();
        return disk_wait(&commit_done);
    }
    if (offset % PAGE_SIZE || (head == last && end % PAGE_SIZE && end < file->size))
        error = disk_pages_want(file, head * PAGE_SIZE, PAGE_SIZE);
    if (!error && end % PAGE_SIZE && end < file->size)
        error = disk_pages_want(file, last * PAGE_SIZE, PAGE_SIZE);
    for (uint64_t page = head; !error && page <= last && page < page_count(file); page++) {
        const uint32_t *place = inode_page_place(file, page, false);
        if (place && *place & PAGE_READING)
            error = disk_wait(file->disk);
    }
    return error;
}

/* --- making certain ------------------------------------------------------------------------------------------------- */

static void committed(struct disk_request *request, const struct file_answer *answer, const char *text)
{
    unsigned covered = 1 - colour;
    (void)request, (void)text;
    commit_is_out = false;
    if (commit_is_void) {
        commit_is_void = false;
        commit_is_wanted = true;
    } else {
        commit_done = commit_sent;
        changes_certain = changes_covered;
        if (answer->result != FILE_OK)
            commit_error = disk_error(answer->result);
        list_each (entry, &changed) {
            struct disk_file *disk = list_item(entry, struct disk_file, in_changed);
            struct inode *file = disk->inode;
            inode_reference(file);
            for (uint64_t page = 0; disk->uncommitted[covered] && page < page_count(disk->inode); page++) {
                uint32_t *place = inode_page_place(disk->inode, page, false);
                if (!place || !(*place & colour_bit(covered)))
                    continue;
                uncommitted_clear_one(disk, place, covered);
                if (answer->result != FILE_OK)
                    disk->write_error = disk_error(answer->result);
            }
            changed_update(disk);
            inode_release(file); /* for good, if it was kept for these pages */
        }
    }
    if (!all_is_certain())
        commit_later();
    commit_if_possible();
    wake(&commit_done);
}

static void commit_if_possible(void)
{
    if (!commit_is_wanted || commit_is_out || writing)
        return;
    struct disk_request *request = disk_request_create(FILE_COMMIT, NULL, committed);
    if (!request) {
        commit_later();
        return;
    }
    commit_is_wanted = false;
    commit_is_out = true;
    commit_sent++;
    changes_covered = changes;
    colour = 1 - colour;
    disk_request_submit(request);
}

static void commit_time_passed(struct timer *timer)
{
    (void)timer;
    if (!commit_is_wanted)
        flush_all();
    commit_is_wanted = true;
    commit_if_possible();
}

/* Whoever syncs one file hears of its own errors first. */
static int64_t sync_error(struct inode *file)
{
    int64_t error = file ? error_once(&file->disk->write_error) : 0;
    return error || !file ? error : error_once(&commit_error);
}

int64_t disk_sync(struct thread *thread, struct inode *file)
{
    if (!thread->wait_begun && file)
        disk_pages_mapped_changed(file);
    else if (!thread->wait_begun)
        disk_mapped_changed();
    if (!thread->progress) {
        bool is_certain =
            file ? list_is_empty(&file->disk->in_changed) && changes == changes_certain : all_is_certain();
        if (is_certain)
            return sync_error(file);
        if (commit_is_wanted)
            return disk_wait(&commit_done);
        if (file)
            disk_pages_write(file);
        else
            flush_all();
        /* What has changed again while it was on its way goes once it is there. */
        if (file ? file->disk->dirty : unwritten > writing)
            return disk_wait(&unwritten);
        commit_is_wanted = true;
        thread->progress = commit_sent + 1;
        commit_if_possible();
    }
    if (commit_done < thread->progress)
        return disk_wait(&commit_done);
    return sync_error(file);
}

void disk_finish(void)
{
    uint64_t stop = machine_time_ns() + FINISH_MOST_NS;
    disk_mapped_changed();
    while (!all_is_certain() && machine_time_ns() < stop) {
        if (!commit_is_wanted && !commit_is_out)
            commit_time_passed(&commit_timer);
        machine_files_let_run();
        disk_requests_serve();
    }
    if (!all_is_certain())
        log_line("not all that was written has reached the disk");
}

void disk_pages_write_again(void)
{
    commit_is_void = commit_is_out;
    list_each (entry, &changed) {
        struct disk_file *disk = list_item(entry, struct disk_file, in_changed);
        for (uint64_t page = 0; page < page_count(disk->inode); page++) {
            uint32_t *place = inode_page_place(disk->inode, page, false);
            if (!place || !(*place & (PAGE_UNCOMMITTED_0 | PAGE_UNCOMMITTED_1)))
                continue;
            uncommitted_clear(disk, place);
            dirty_set(disk, place);
        }
        changed_update(disk);
        /* A change of the size that is not answered comes after what programs had written before. */
        write_changed(disk->inode);
    }
    if (!all_is_certain())
        commit_later();
}

/* --- memory --------------------------------------------------------------------------------------------------------- */

bool disk_pages_give_up(struct inode *file)
{
    bool has_given = false;
    if (!inode_is_regular(file) || file->mappings)
        return false;
    for (uint64_t page = 0; page < page_count(file); page++) {
        uint32_t *place = inode_page_place(file, page, false);
        if (!place || !*place || *place & PAGE_FLAGS || frame_is_shared(*place) || is_wanted(file, page))
            continue;
        frame_release(*place);
        *place = 0;
        has_given = true;
    }
    return has_given;
}

int64_t disk_pages_wait_for_memory(void)
{
    if (!unwritten && !uncommitted)
        return -ENOSPC;
    if (!commit_is_wanted)
        flush_all();
    commit_is_wanted = true;
    commit_if_possible();
    return disk_wait(&commit_done);
}
