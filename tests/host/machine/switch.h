/* The host has no registers beside those of the context; it notes whose address space is in use. */
#pragma once

#include "hal_host.h"

static inline void hal_activate_space(struct thread *thread)
{
    host.space_of = thread;
}
static inline void hal_switch_thread(struct thread *from UNUSED, struct thread *to UNUSED)
{
}
static inline void hal_switch_partner(struct thread *from UNUSED, struct thread *to UNUSED)
{
}
