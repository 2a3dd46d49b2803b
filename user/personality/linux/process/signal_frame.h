/* What a signal handler finds on its stack, and the way back from it (x86_64). */
#pragma once

#include "personality/linux/process/signal.h"
#include <stdint.h>

struct address_space;

/* Where every program finds the code that saves and restores its floating-point state around a handler. */
#define TRAMPOLINE_ADDRESS 0x7fffffffc000ull

/* The call that the trampoline makes when it has restored the state: no number of Linux's. */
#define CALL_SIGNAL_RETURN_END 0x50454341ull

/* Maps the trampoline into a new program's memory; false when memory is exhausted. */
bool trampoline_map(struct address_space *space);

/* Puts a frame on the program's stack and sets the registers to enter the handler; false if the stack is unusable. */
bool signal_frame_push(struct thread *thread, const struct signal_action *action, const struct signal_info *info,
                       uint64_t mask, struct user_registers *registers);

/* The calls at the end of a handler and at the end of the trampoline; results for the dispatcher. */
int64_t signal_frame_return(struct thread *thread);
int64_t signal_frame_return_end(struct thread *thread);
