/* /proc: what runs, and how much memory there is, as files that are made when they are opened. */
#pragma once

#include "personality/linux/file/inode.h"

/* The directory, to be named in the root; null when memory is exhausted. */
struct inode *proc_create(void);
