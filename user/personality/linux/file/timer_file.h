/* What timerfd_create makes: a file that can be read when a moment has come. */
#pragma once

#include "personality/linux/abi/epoll.h"
#include "personality/linux/file/open_file.h"

bool timer_file_clock_exists(uint32_t clock);
struct open_file *timer_file_create(uint32_t clock, uint32_t flags); /* null when memory is exhausted */
bool open_file_is_timer(const struct open_file *file);

/* 0, or -EINVAL for times that are out of range. The date may be set meanwhile: a moment of the date is not moved then. */
int64_t timer_file_set(struct open_file *file, bool is_moment, const struct linux_itimerspec *wanted);
void timer_file_get(const struct open_file *file, struct linux_itimerspec *now);
