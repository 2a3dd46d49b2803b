/*
 * The contents of the file server's files: pages are read when they are wanted, and kept until the memory is needed for something else.
 * What programs write is kept here until the server has it (after some seconds, or when there is much), and until it is certain
 * (FILE_COMMIT): a server that was restarted gets again what was not. What comes back different from what was written is asked for once
 * more, and then an error (sums.h).
 *
 * A page's state is in the upper bits of its place in struct file_pages.
 */
#pragma once

#include "personality/linux/file/inode.h"

struct thread;

/* Sees to it that all pages that a read wants are there, and stay there until the call ends. 0, an error, or CALL_WAITS. */
int64_t disk_pages_want(struct inode *file, uint64_t offset, uint64_t bytes);

/* The same for what a write does not overwrite as a whole; waits while too much is not certain yet. */
int64_t disk_pages_prepare_write(struct inode *file, uint64_t offset, uint64_t bytes);

/* Memory is exhausted: makes certain what is not, to give it up then. CALL_WAITS, or -ENOSPC if there is nothing of the kind. */
int64_t disk_pages_wait_for_memory(void);

/* A call has ended: what it wanted may be given up again. */
void disk_pages_let_go(void);

/* The page has other contents now. */
void disk_page_changed(struct inode *file, uint64_t page);

/* What the server is about to give for the page is not used: it is another now. */
void disk_page_forget_reading(struct inode *file, uint64_t page);

/* Pages from this one on are about to be given up. */
void disk_pages_cut(struct inode *file, uint64_t first);

/* The file is about to become so short, or to go for good: what was written behind that does not matter any more. */
void disk_pages_forget_written(struct inode *file, uint64_t size);

/* A mapping through which the file could be written has gone, or its contents are to be certain now. */
void disk_pages_mapped_changed(struct inode *file);

/* The server has answered whether the size is another now: what waited for that goes on. */
void disk_pages_size_answered(struct inode *file);

/* Begins to write what has changed, without making it certain. */
void disk_pages_write(struct inode *file);

/* A change of names or attributes has been answered: it outlives restarts of the server, and is certain after a commit. */
void disk_change_answered(void);

/* Makes certain what was written to a file (null: to all), through memory too, and all changes of names and attributes. 0, an error, or CALL_WAITS. */
int64_t disk_sync(struct thread *thread, struct inode *file);

/* The machine is about to end: waits until all that was written is certain, or for too long. */
void disk_finish(void);

/* The server was restarted: submits the writes that are not certain. */
void disk_pages_write_again(void);

/* Gives up pages of the file that are not needed; false: there are none. */
bool disk_pages_give_up(struct inode *file);
