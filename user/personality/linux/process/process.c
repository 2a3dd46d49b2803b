#include "personality/linux/process/process.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/disk/changes.h"
#include "personality/linux/disk/pages.h"
#include "personality/linux/file/directory.h"
#include "personality/linux/file/file_table.h"
#include "personality/linux/memory/address_space.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/process/futex.h"
#include "personality/linux/support/assert.h"
#include "personality/linux/support/frame.h"
#include "personality/linux/support/heap.h"
#include "personality/linux/tty/tty.h"

_Static_assert(sizeof(struct process) + sizeof(uint32_t) <= PAGE_SIZE, "a process lies in one frame");

struct list all_processes = LIST_INITIAL(all_processes);

static struct process *init_process;
static int last_id = INIT_PID;

/* Each process lies in a frame of its own, whose number is at the end of it. */
static struct process *process_allocate(void)
{
    uint32_t frame = frame_allocate_zeroed();
    if (!frame)
        return NULL;
    struct process *process = frame_data(frame);
    ((uint32_t *)(void *)process)[PAGE_SIZE / sizeof(uint32_t) - 1] = frame;
    list_initialise(&process->in_all);
    list_initialise(&process->in_parent);
    list_initialise(&process->children);
    list_initialise(&process->threads);
    pending_signals_initialise(&process->pending);
    process->start_ns = machine_time_ns();
    return process;
}

static void process_free(struct process *process)
{
    list_remove(&process->in_all);
    list_remove(&process->in_parent);
    pending_signals_drop(&process->pending, ~0ull);
    frame_release(((uint32_t *)(void *)process)[PAGE_SIZE / sizeof(uint32_t) - 1]);
}

struct process *process_find(int pid)
{
    list_each (entry, &all_processes) {
        if (process_of(entry)->pid == pid)
            return process_of(entry);
    }
    return NULL;
}

struct thread *thread_find(int id)
{
    list_each (entry, &all_processes) {
        list_each (thread_entry, &process_of(entry)->threads) {
            if (thread_of(thread_entry)->id == id)
                return thread_of(thread_entry);
        }
    }
    return NULL;
}

struct thread *process_first_thread(const struct process *process)
{
    return list_is_empty(&process->threads) ? NULL : thread_of(process->threads.next);
}

unsigned process_count(void)
{
    unsigned count = 0;
    list_each (entry, &all_processes)
        count++;
    return count;
}

/* A number that no process, thread, group or session has. */
static int id_allocate(void)
{
    for (;;) {
        last_id = last_id < 32767 ? last_id + 1 : INIT_PID + 1;
        bool taken = thread_find(last_id) != NULL;
        list_each (entry, &all_processes) {
            const struct process *process = process_of(entry);
            taken |= process->pid == last_id || process->group == last_id || process->session == last_id;
        }
        if (!taken)
            return last_id;
    }
}

uint64_t process_time_ns(const struct process *process)
{
    uint64_t time = process->threads_time_ns;
    list_each (entry, &process->threads)
        time += machine_thread_time_ns(thread_of(entry)->machine);
    return time;
}

static struct thread *thread_create(struct process *process, struct address_space *space, int id)
{
    struct thread *thread = heap_allocate(sizeof *thread);
    if (!thread)
        return NULL;
    thread->machine = machine_thread_create(space->machine, thread, id);
    if (!thread->machine) {
        heap_free(thread);
        return NULL;
    }
    thread->id = id;
    thread->process = process;
    thread->state = THREAD_ENTERED;
    thread->signal_stack.flags = SS_DISABLE;
    list_initialise(&thread->in_queue);
    pending_signals_initialise(&thread->pending);
    list_append(&process->threads, &thread->in_process);
    return thread;
}

/* The memory word that pthread_join waits for, and the waiters on it. */
static void thread_clear_tid(struct thread *thread)
{
    uint32_t zero = 0;
    if (!thread->clear_tid_address)
        return;
    if (user_write_object(thread->process->space, thread->clear_tid_address, &zero) == 0)
        futex_wake(thread->process->space, thread->clear_tid_address, 1);
}

static void thread_destroy(struct thread *thread)
{
    thread->process->threads_time_ns += machine_thread_time_ns(thread->machine);
    list_remove(&thread->in_queue);
    list_remove(&thread->in_process);
    machine_thread_destroy(thread->machine);
    pending_signals_drop(&thread->pending, ~0ull);
    if (thread->opening)
        open_file_release(thread->opening);
    disk_call_forget(thread);
    heap_free(thread);
}

bool process_start(void)
{
    struct process *init = process_allocate();
    struct process *shell = process_allocate();
    if (!init || !shell)
        return false;
    init->pid = init->group = init->session = INIT_PID;
    memcpy(init->name, "init", sizeof "init");
    list_append(&all_processes, &init->in_all);
    init_process = init;

    shell->pid = shell->group = shell->session = id_allocate();
    shell->parent = init;
    shell->exit_signal = SIGCHLD;
    shell->umask = 022;
    shell->working_directory = root_directory;
    inode_reference(root_directory);
    for (unsigned i = 0; i < RLIMIT_COUNT; i++)
        shell->limits[i] = (struct linux_rlimit){RLIM_INFINITY, RLIM_INFINITY};
    shell->limits[RLIMIT_STACK].current = 8u << 20;
    shell->limits[RLIMIT_CORE].current = 0;
    shell->limits[RLIMIT_NOFILE] = (struct linux_rlimit){DESCRIPTOR_LIMIT, DESCRIPTOR_LIMIT};
    shell->limits[RLIMIT_NPROC] = (struct linux_rlimit){PROCESS_LIMIT, PROCESS_LIMIT};
    shell->files = file_table_create();
    shell->space = address_space_create();
    list_append(&all_processes, &shell->in_all);
    list_append(&init->children, &shell->in_parent);
    return shell->files && shell->space && thread_create(shell, shell->space, shell->pid);
}

/* Cloning */

static bool process_inherit(struct process *child, struct process *parent)
{
    child->group = parent->group;
    child->session = parent->session;
    child->umask = parent->umask;
    memcpy(child->name, parent->name, sizeof child->name);
    memcpy(child->actions, parent->actions, sizeof child->actions);
    memcpy(child->limits, parent->limits, sizeof child->limits);
    child->working_directory = parent->working_directory;
    inode_reference(child->working_directory);
    child->executable = parent->executable;
    if (child->executable)
        inode_reference(child->executable);
    if (parent->executable_path)
        child->executable_path = heap_string(parent->executable_path, strlen(parent->executable_path));
    child->files = file_table_copy(parent->files);
    return child->files != NULL;
}

static void process_give_up_resources(struct process *process)
{
    if (process->files)
        file_table_release(process->files);
    if (process->space)
        address_space_release(process->space);
    if (process->working_directory)
        inode_release(process->working_directory);
    if (process->executable)
        inode_release(process->executable);
    heap_free(process->executable_path);
    process->files = NULL;
    process->space = NULL;
    process->working_directory = process->executable = NULL;
    process->executable_path = NULL;
}

static struct thread *clone_process(struct thread *thread, const struct linux_clone_arguments *arguments)
{
    struct process *parent = thread->process;
    struct process *child = process_allocate();
    if (!child)
        return NULL;
    child->pid = id_allocate();
    struct thread *child_thread = NULL;
    if (process_inherit(child, parent)) {
        if (arguments->flags & CLONE_VM) {
            child->space = parent->space;
            address_space_reference(child->space);
        } else {
            child->space = address_space_fork(parent->space);
        }
        if (child->space)
            child_thread = thread_create(child, child->space, child->pid);
    }
    if (!child_thread) {
        process_give_up_resources(child);
        process_free(child);
        return NULL;
    }
    child->exit_signal = (int)arguments->exit_signal;
    child->parent = arguments->flags & CLONE_PARENT && parent->parent ? parent->parent : parent;
    list_append(&child->parent->children, &child->in_parent);
    list_append(&all_processes, &child->in_all);
    if (!(arguments->flags & CLONE_VM))
        child_thread->signal_stack = thread->signal_stack;
    return child_thread;
}

int64_t process_clone(struct thread *thread, const struct linux_clone_arguments *arguments)
{
    uint64_t flags = arguments->flags;
    bool same_process = flags & CLONE_THREAD;
    if (same_process && (~flags & (CLONE_VM | CLONE_SIGHAND)))
        return -EINVAL;
    if (flags & CLONE_NEW_ANYTHING || arguments->exit_signal > SIGNAL_MAX)
        return -EINVAL;
    if (process_count() >= PROCESS_LIMIT)
        return -EAGAIN;

    struct thread *child = same_process ? thread_create(thread->process, thread->process->space, id_allocate())
                                        : clone_process(thread, arguments);
    if (!child)
        return -ENOMEM;
    child->blocked_signals = thread->blocked_signals;

    machine_thread_read(thread->machine, &child->registers);
    child->entry = ENTRY_STOPPED;
    child->registers.rax = 0;
    if (arguments->stack)
        child->registers.rsp = arguments->stack + arguments->stack_size;
    if (flags & CLONE_SETTLS)
        child->registers.fs_base = arguments->tls;

    /* A bad address for an id is the program's loss, as in Linux. */
    uint32_t id = (uint32_t)child->id;
    if (flags & CLONE_PARENT_SETTID)
        user_write_object(thread->process->space, arguments->parent_tid, &id);
    if (flags & CLONE_CHILD_SETTID)
        user_write_object(child->process->space, arguments->child_tid, &id);
    if (flags & CLONE_CHILD_CLEARTID)
        child->clear_tid_address = arguments->child_tid;
    if (flags & CLONE_VFORK)
        child->process->vfork_parent = thread;

    child->state = THREAD_HELD;
    thread_queue(child);
    return (int64_t)id;
}

/* Ending */

void process_release_vfork_parent(struct process *process)
{
    if (!process->vfork_parent)
        return;
    process->vfork_parent = NULL;
    wake(process);
}

void thread_exit(struct thread *thread, int status)
{
    struct process *process = thread->process;
    if (process->threads.next->next == &process->threads) {
        process_exit(process, status);
        return;
    }
    thread_clear_tid(thread);
    thread_destroy(thread);
}

void process_keep_only(struct thread *thread)
{
    struct process *process = thread->process;
    list_each (entry, &process->threads) {
        if (thread_of(entry) != thread)
            thread_destroy(thread_of(entry));
    }
    thread->id = process->pid;
}

void process_files_cut(const struct inode *file, uint64_t size)
{
    list_each (entry, &all_processes) {
        if (process_of(entry)->space)
            address_space_cut(process_of(entry)->space, file, size);
    }
}

bool group_is_orphaned(int group, int session)
{
    list_each (entry, &all_processes) {
        const struct process *process = process_of(entry);
        const struct process *parent = process->parent;
        if (process->group == group && process->state != PROCESS_ZOMBIE && parent && parent->group != group &&
            parent->session == session)
            return false;
    }
    return true;
}

/* If a group has lost its last parent in the session and is stopped, it is told so and continued. */
static void group_check_orphaned(int group, int session)
{
    bool is_stopped = false;
    list_each (entry, &all_processes)
        is_stopped |= process_of(entry)->group == group && process_of(entry)->is_stopped;
    if (!is_stopped || !group_is_orphaned(group, session))
        return;
    struct signal_info hang_up = signal_from_kernel(SIGHUP), go_on = signal_from_kernel(SIGCONT);
    signal_send_group(group, &hang_up);
    signal_send_group(group, &go_on);
}

static void children_give_to_init(struct process *process)
{
    list_each (entry, &process->children) {
        struct process *child = list_item(entry, struct process, in_parent);
        list_remove(&child->in_parent);
        child->parent = init_process;
        child->exit_signal = SIGCHLD;
        list_append(&init_process->children, &child->in_parent);
        if (child->state == PROCESS_ZOMBIE)
            process_reap(child);
        else if (child->group != process->group)
            group_check_orphaned(child->group, child->session);
    }
}

static void parent_tell_of_end(struct process *process)
{
    struct process *parent = process->parent;
    const struct signal_action *action = &parent->actions[SIGCHLD - 1];
    bool nobody_waits = parent == init_process || (process->exit_signal == SIGCHLD &&
                                                   (action->handler == SIG_IGN || (action->flags & SA_NOCLDWAIT)));
    if (process->exit_signal && parent != init_process) {
        bool killed = process->exit_status & 0x7f;
        struct signal_info info = {
            .number = process->exit_signal,
            .code = killed ? CLD_KILLED : CLD_EXITED,
            .pid = process->pid,
            .status = killed ? process->exit_status & 0x7f : process->exit_status >> 8,
        };
        signal_send(parent, &info);
    }
    wake(parent);
    if (nobody_waits)
        process_reap(process);
}

void process_exit(struct process *process, int status)
{
    if (process->pid == SHELL_PID) {
        int signal = status & 0x7f;
        tty_flush();
        disk_finish();
        machine_power_off(signal ? 128 + signal : status >> 8);
    }

    list_each (entry, &process->threads)
        thread_destroy(thread_of(entry));
    if (process->session == process->pid)
        tty_session_ended(process->session);
    process_give_up_resources(process);
    process->state = PROCESS_ZOMBIE;
    process->exit_status = status;
    process->is_stopped = false;
    process->alarm_ns = 0;
    pending_signals_drop(&process->pending, ~0ull);
    process_release_vfork_parent(process);
    children_give_to_init(process);
    group_check_orphaned(process->group, process->session);
    parent_tell_of_end(process);
}

void process_reap(struct process *process)
{
    process->parent->children_time_ns += process->threads_time_ns + process->children_time_ns;
    process_free(process);
}

static void parent_tell_of_stop(struct process *process, int code, int signal)
{
    struct process *parent = process->parent;
    if (!(parent->actions[SIGCHLD - 1].flags & SA_NOCLDSTOP) && parent != init_process) {
        struct signal_info info = {.number = SIGCHLD, .code = code, .pid = process->pid, .status = signal};
        signal_send(parent, &info);
    }
    wake(parent);
}

void process_stop(struct process *process, int signal)
{
    if (process->is_stopped)
        return;
    process->is_stopped = true;
    process->stop_signal = signal;
    process->stop_is_news = true;
    process->continue_is_news = false;
    list_each (entry, &process->threads)
        thread_queue(thread_of(entry));
    parent_tell_of_stop(process, CLD_STOPPED, signal);
}

void process_continue(struct process *process)
{
    if (!process->is_stopped)
        return;
    process->is_stopped = false;
    process->stop_is_news = false;
    process->continue_is_news = true;
    list_each (entry, &process->threads)
        thread_queue(thread_of(entry));
    parent_tell_of_stop(process, CLD_CONTINUED, SIGCONT);
}
