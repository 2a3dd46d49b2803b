/*
 * Processes and their threads, and how a thread waits inside a system call.
 *
 * A system call is a function that either gives its result, or notes what it waits for and gives CALL_WAITS. When that
 * may have happened the function is simply called again, with the same arguments: it looks again. Nothing is on a stack
 * meanwhile. Work on other threads (waking them, delivering signals) is never done in the middle of a call but queued,
 * and done by process_settle when the event at hand is over.
 */
#pragma once

#include "personality/linux/abi/process.h"
#include "personality/linux/abi/signal.h"
#include "personality/linux/machine.h"
#include "personality/linux/process/signal.h"
#include "personality/linux/support/list.h"

struct address_space;
struct disk_call;
struct file_table;
struct inode;
struct open_file;

enum { INIT_PID = 1, SHELL_PID = 2, PROCESS_LIMIT = 1000, TASK_NAME_SIZE = 16 };

/* Results of a call that are not for the program; below every error number. */
#define CALL_WAITS    (-4096) /* thread_wait has noted for what */
#define CALL_NO_REPLY (-4097) /* the thread is gone, or was started with registers of its own */

enum thread_state {
    THREAD_RUNNING, /* in the program, or a report from it is on its way */
    THREAD_ENTERED, /* in the personality: its call, fault or stop is being handled */
    THREAD_WAITING, /* in a call that looks again when woken */
    THREAD_HELD,    /* done, but its process is stopped */
};

/* How the thread came here, which says how it goes back. */
enum thread_entry { ENTRY_CALL, ENTRY_FAULT, ENTRY_STOPPED };

struct thread {
    struct list in_process;
    struct list in_queue; /* of process_settle */
    struct process *process;
    struct machine_thread *machine;
    int id;
    enum thread_state state;
    enum thread_entry entry;

    struct system_call call;
    int64_t result;                  /* of the call, once there is one */
    struct user_registers registers; /* valid when entry is ENTRY_STOPPED */

    const void *wait_channel;
    uint64_t wait_deadline_ns;
    bool wait_begun;         /* the call was made before and looks again */
    bool wait_uninterrupted; /* only SIGKILL ends the wait */
    uint64_t progress;       /* for calls that do part of their work before they wait */

    uint64_t blocked_signals;
    uint64_t suspended_mask; /* to be set again after sigsuspend, if has_suspended_mask */
    bool has_suspended_mask;
    bool in_signal_return;                         /* on its way through the trampoline */
    struct user_registers signal_return_registers; /* to be set at its end */
    struct pending_signals pending;
    struct linux_stack signal_stack;
    uint64_t clear_tid_address;
    struct open_file *opening;   /* the end of a named pipe that waits for its partner; or null */
    uint64_t futex_address;      /* that it waits on; 0: none, or woken */
    struct disk_call *disk_call; /* what its call has asked of the file server (disk/changes.h); or null */
};

enum process_state { PROCESS_ALIVE, PROCESS_ZOMBIE };

struct process {
    struct list in_all;
    struct list in_parent;
    struct list children;
    struct list threads;
    struct process *parent; /* null for the first process only */
    int pid, group, session;
    enum process_state state;
    bool is_stopped;
    bool stop_is_news, continue_is_news; /* for wait4 */
    bool has_executed;                   /* setpgid by the parent is refused from then on */
    int stop_signal;
    int exit_status;             /* as wait4 gives it */
    int exit_signal;             /* to the parent; 0: none */
    struct thread *vfork_parent; /* waits until this process has memory of its own */

    struct address_space *space; /* null: the first process, and zombies */
    struct file_table *files;
    struct inode *working_directory;
    struct inode *executable;
    char *executable_path;
    char name[TASK_NAME_SIZE];
    uint32_t umask;

    struct signal_action actions[SIGNAL_MAX];
    struct pending_signals pending;
    uint64_t alarm_ns, alarm_interval_ns; /* moment of the next SIGALRM; 0: none */

    struct linux_rlimit limits[RLIMIT_COUNT];
    uint64_t start_ns;
    uint64_t threads_time_ns;  /* of threads that have ended */
    uint64_t children_time_ns; /* of children that were waited for */
};

extern struct list all_processes;

static inline struct process *process_of(struct list *in_all)
{
    return list_item(in_all, struct process, in_all);
}
static inline struct thread *thread_of(struct list *in_process)
{
    return list_item(in_process, struct thread, in_process);
}

/* Makes the process that adopts orphans and the first real one below it; false when memory is exhausted. */
bool process_start(void);
struct process *process_find(int pid);
struct thread *thread_find(int id);
struct thread *process_first_thread(const struct process *process); /* null for a zombie */
uint64_t process_time_ns(const struct process *process);
unsigned process_count(void);

/* A copy of a thread's process with one thread, as clone's flags ask. The new thread's id, or an error. */
int64_t process_clone(struct thread *thread, const struct linux_clone_arguments *arguments);

/* Ends. Status is as wait4 gives it. The thread that ends its own process must not be used afterwards. */
void thread_exit(struct thread *thread, int status);
void process_exit(struct process *process, int status);

/* Ends all threads but one, which goes on as the process's first. */
void process_keep_only(struct thread *thread);
void process_release_vfork_parent(struct process *process);

void process_stop(struct process *process, int signal);
void process_continue(struct process *process);

/* The file has become shorter: no process has what was behind its new size in its memory any more. */
void process_files_cut(const struct inode *file, uint64_t size);

/* No member of the group has a parent outside it in the same session: nobody could continue it after a stop. */
bool group_is_orphaned(int group, int session);

/* The zombie's last trace: adds up its times and frees it. */
void process_reap(struct process *process);

/* The thread whose call is being made, and its process; null between calls. */
struct thread *current_thread(void);
struct process *current_process(void);

/* Waits on a channel (any address) or until a moment (UINT64_MAX: none). Gives CALL_WAITS, or -ERESTART if a signal
 * wants to be delivered first. Calls return what it gives. */
int64_t thread_wait(struct thread *thread, const void *channel, uint64_t deadline_ns);

/* When the wait of a call that looks for `duration_ns` at most ends: the same moment each time the call looks again. */
uint64_t thread_deadline(const struct thread *thread, uint64_t duration_ns);

/* The threads that wait on this channel, or on any (poll), will look again. */
void wake(const void *channel);
void wake_for(const void *channel, unsigned poll_bits); /* tells watches that only these POLL bits may have come */
extern const char any_channel;

/* Is told of wakes on a channel. `woken` may wake other channels, but must not begin or end watches. */
struct channel_watch {
    struct list in_bucket;
    const void *channel;
    void (*woken)(struct channel_watch *watch, unsigned poll_bits);
};
void channel_watch_begin(struct channel_watch *watch, const void *channel);
void channel_watch_end(struct channel_watch *watch);

/* The thread will look for signals and, if it waits, look again. */
void thread_queue(struct thread *thread);

/* Makes or repeats the thread's call; lets a thread that is done go back to its program. */
void thread_run_call(struct thread *thread);
void thread_leave(struct thread *thread);

/* Does all queued work, sends what is for the network, and sets the timer for the next deadline. The end of every event. */
void process_settle(void);
void process_time_passed(void); /* wakes those whose deadline has come */
