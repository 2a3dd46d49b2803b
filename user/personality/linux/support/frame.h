/*
 * Frames with a count of their users: an address space, a file, a pipe. A page that several share is copied before one
 * of them writes to it.
 */
#pragma once

#include "personality/linux/machine.h"

uint32_t frame_allocate_zeroed(void);    /* one user; 0 when memory is exhausted */
uint32_t frame_allocate_reachable(void); /* one user; contents undefined; a frame that the disk reaches, or 0 */
uint32_t frame_copy(uint32_t frame); /* a new frame with the same contents and one user; 0 when memory is exhausted */
void frame_reference(uint32_t frame);
void frame_release(uint32_t frame); /* the last user gives the frame back */
bool frame_is_shared(uint32_t frame);

/* Gives up frames that can be had again; false: there are none. For the allocation of others (disk/disk.c). */
bool frames_give_up(void);
static inline void *frame_data(uint32_t frame)
{
    return machine_frame_data(frame);
}
