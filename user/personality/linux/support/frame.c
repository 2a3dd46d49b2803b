#include "personality/linux/support/frame.h"

#include "lib/string.h"

static uint32_t frame_allocate(void)
{
    uint32_t frame = machine_frame_allocate();
    if (!frame && frames_give_up())
        frame = machine_frame_allocate();
    if (frame)
        *machine_frame_references(frame) = 1;
    return frame;
}

uint32_t frame_allocate_reachable(void)
{
    uint32_t frame = machine_frame_allocate_reachable();
    if (!frame && frames_give_up())
        frame = machine_frame_allocate_reachable();
    if (frame)
        *machine_frame_references(frame) = 1;
    return frame;
}

uint32_t frame_allocate_zeroed(void)
{
    uint32_t frame = frame_allocate();
    if (frame)
        memset(frame_data(frame), 0, PAGE_SIZE);
    return frame;
}

uint32_t frame_copy(uint32_t source)
{
    uint32_t frame = frame_allocate();
    if (frame)
        memcpy(frame_data(frame), frame_data(source), PAGE_SIZE);
    return frame;
}

void frame_reference(uint32_t frame)
{
    ++*machine_frame_references(frame);
}

void frame_release(uint32_t frame)
{
    if (--*machine_frame_references(frame) == 0)
        machine_frame_free(frame);
}

bool frame_is_shared(uint32_t frame)
{
    return *machine_frame_references(frame) > 1;
}
