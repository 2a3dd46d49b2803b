/* Signals: what a process does on each, which ones are pending, and sending them. */
#pragma once

#include "personality/linux/abi/signal.h"
#include "personality/linux/support/list.h"
#include <stdbool.h>

struct process;
struct thread;
struct user_registers;

struct signal_action {
    uint64_t handler; /* SIG_DFL, SIG_IGN or an address */
    uint64_t restorer;
    uint64_t mask;
    uint32_t flags; /* SA_ */
};

/* What a handler is told about the reason. */
struct signal_info {
    int number;
    int code;
    int pid;                              /* sender, or child of SIGCHLD */
    int status;                           /* SIGCHLD */
    bool is_fault;                        /* raised by the program's own instruction */
    uint64_t address, vector, error_code; /* faults */
};

struct pending_signals {
    uint64_t set;
    struct list details; /* one for each signal in the set, when there was memory for it */
};

#define SIGNAL_BIT(number)  (1ull << ((number)-1))
#define SIGNALS_UNBLOCKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))
#define SIGNALS_STOPPING    (SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))

enum signal_default { SIGNAL_TERMINATES, SIGNAL_IGNORED, SIGNAL_STOPS, SIGNAL_CONTINUES };

enum signal_default signal_default(int number);
const char *signal_name(int number);

void pending_signals_initialise(struct pending_signals *pending);
void pending_signals_add(struct pending_signals *pending, const struct signal_info *info);
bool pending_signals_take(struct pending_signals *pending, uint64_t allowed, struct signal_info *info);
void pending_signals_drop(struct pending_signals *pending, uint64_t signals);

/* Sends to a process (any thread that does not block it) or to one thread. */
void signal_send(struct process *process, const struct signal_info *info);
void signal_send_thread(struct thread *thread, const struct signal_info *info);
void signal_send_group(int group, const struct signal_info *info);

/* A signal from the kernel itself: code SI_KERNEL, no sender. */
struct signal_info signal_from_kernel(int number);

/* A fault of the thread: delivered even if it is blocked or ignored (then it ends the process). */
void signal_fault(struct thread *thread, const struct signal_info *info);

bool signal_is_waiting(const struct thread *thread);
bool signal_is_ignored(const struct process *process, int number);

/*
 * Delivers all waiting signals to a thread whose registers are at hand: handlers get frames, defaults are done.
 * `restart`: the registers are those of a call that was cut short. False: the thread is gone or stopped.
 */
bool signal_deliver(struct thread *thread, struct user_registers *registers, bool restart);

/* For a new program: handlers become defaults. */
void signal_actions_reset(struct process *process);
