/*
 * An address space: its regions, the frames of its pages, and the hardware's mapping of them.
 *
 * Pages get frames when they are first touched. Private pages are shared after fork, and with the files they come
 * from, until somebody writes (copy on write). Errors are negative Linux error numbers.
 */
#pragma once

#include "personality/linux/memory/page_map.h"
#include "personality/linux/memory/region.h"

struct address_space {
    unsigned references; /* threads of one process, and a child between vfork and exec */
    struct machine_space *machine;
    struct region_set regions;
    struct page_map pages;
    uint64_t break_start, break_end; /* the heap that brk moves */
    uint64_t resident_pages;
    uint64_t code_start, stack_start, arguments_start, arguments_end, environment_end; /* for /proc */
};

enum access { ACCESS_READ, ACCESS_WRITE };

/* Why a page cannot be had. */
enum access_result { ACCESS_GRANTED, ACCESS_UNMAPPED, ACCESS_FORBIDDEN, ACCESS_BEYOND_FILE, ACCESS_NO_MEMORY };

struct address_space *address_space_create(void); /* null when memory is exhausted */
struct address_space *address_space_fork(struct address_space *parent);
void address_space_reference(struct address_space *space);
void address_space_release(struct address_space *space);

/* Sees to it that the page has a frame that may be read, or written, by this space alone. Null entry on refusal. */
enum access_result address_space_touch(struct address_space *space, uint64_t address, enum access access,
                                       struct page_entry **entry);

/* The same, and the hardware maps the page: what a page fault needs. */
enum access_result address_space_fault(struct address_space *space, uint64_t address, enum access access);

struct mapping_request {
    uint64_t address; /* wish, or demand if fixed; 0: anywhere */
    uint64_t length;
    uint32_t protection;
    bool fixed, keep_existing, shared, read_only; /* the last two as in struct region */
    struct inode *inode;                          /* null: zeroed memory */
    uint64_t offset;
};

/* The address of the new mapping, or a negative error. */
int64_t address_space_map(struct address_space *space, const struct mapping_request *request);
int64_t address_space_unmap(struct address_space *space, uint64_t address, uint64_t length);
int64_t address_space_protect(struct address_space *space, uint64_t address, uint64_t length, uint32_t protection);
int64_t address_space_move(struct address_space *space, uint64_t old_address, uint64_t old_length, uint64_t new_length,
                           bool may_move, uint64_t fixed_address);
int64_t address_space_set_break(struct address_space *space, uint64_t address); /* the break afterwards */

/* The frames of the pages are given up; what is touched next is read from the origin again. */
int64_t address_space_discard(struct address_space *space, uint64_t address, uint64_t length);

/* The file has become shorter: what lies wholly behind its new size is given up, copies that the program has changed too. */
void address_space_cut(struct address_space *space, const struct inode *file, uint64_t size);
