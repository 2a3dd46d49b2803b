/*
 * In place of musl's file of this name: a component has one thread and no thread pointer, so the thread is a variable.
 */
#pragma once

extern struct __pthread component_thread;

static inline uintptr_t __get_tp(void)
{
    return (uintptr_t)&component_thread;
}

#define MC_PC gregs[REG_RIP]
