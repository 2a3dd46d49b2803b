/*
 * From one thread to another. Like `machine/context.h`, `machine/switch.h` supplies the inline functions for the architecture that
 * is built:
 *
 *   void hal_switch_thread(from, to)    leaves one thread for another: saves and loads what the entry path does not (floating
 *                                       point, TLS bases). Either may be the idle thread; called when cpu->current has changed
 *   void hal_switch_partner(from, to)   the same where `from` passes `to` a message, so that it may as well see what else
 *                                       `from` can leave in registers that are no part of a thread (the last selectors
 *                                       loaded; whom it passes messages to in turn sees them too); neither is idle
 *   void hal_activate_space(thread)     makes the thread's address space (struct thread, space) the current one; the idle thread
 *                                       takes any
 */
#pragma once

#include "machine/switch.h"
