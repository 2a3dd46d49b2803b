#include "personality/linux/process/signal.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/disk/pages.h"
#include "personality/linux/memory/address_space.h"
#include "personality/linux/process/process.h"
#include "personality/linux/process/signal_frame.h"
#include "personality/linux/support/heap.h"
#include "personality/linux/support/text.h"
#include "personality/linux/tty/tty.h"

struct signal_detail {
    struct list in_pending;
    struct signal_info info;
};

static const char *const signal_names[] = {
    "signal 0",  "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
    "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
    "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
    "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS",
};

const char *signal_name(int number)
{
    return number >= 0 && number < (int)(sizeof signal_names / sizeof signal_names[0]) ? signal_names[number]
                                                                                       : "a real-time signal";
}

enum signal_default signal_default(int number)
{
    switch (number) {
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:
        return SIGNAL_IGNORED;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
        return SIGNAL_STOPS;
    case SIGCONT:
        return SIGNAL_CONTINUES;
    default:
        return SIGNAL_TERMINATES;
    }
}

void pending_signals_initialise(struct pending_signals *pending)
{
    pending->set = 0;
    list_initialise(&pending->details);
}

void pending_signals_add(struct pending_signals *pending, const struct signal_info *info)
{
    bool is_queued = info->number > SIGSYS; /* real-time signals count, the others only say that they came */
    if ((pending->set & SIGNAL_BIT(info->number)) && !is_queued)
        return;
    pending->set |= SIGNAL_BIT(info->number);
    struct signal_detail *detail = heap_allocate(sizeof *detail);
    if (!detail)
        return;
    detail->info = *info;
    list_append(&pending->details, &detail->in_pending);
}

bool pending_signals_take(struct pending_signals *pending, uint64_t allowed, struct signal_info *info)
{
    uint64_t set = pending->set & allowed;
    if (!set)
        return false;
    int number = set & SIGNAL_BIT(SIGKILL) ? SIGKILL : __builtin_ctzll(set) + 1;
    *info = signal_from_kernel(number);
    bool found = false;
    pending->set &= ~SIGNAL_BIT(number);
    list_each (entry, &pending->details) {
        struct signal_detail *detail = list_item(entry, struct signal_detail, in_pending);
        if (detail->info.number != number)
            continue;
        if (found) {
            pending->set |= SIGNAL_BIT(number);
            break;
        }
        found = true;
        *info = detail->info;
        list_remove(entry);
        heap_free(detail);
    }
    return true;
}

void pending_signals_drop(struct pending_signals *pending, uint64_t signals)
{
    pending->set &= ~signals;
    list_each (entry, &pending->details) {
        struct signal_detail *detail = list_item(entry, struct signal_detail, in_pending);
        if (signals & SIGNAL_BIT(detail->info.number)) {
            list_remove(entry);
            heap_free(detail);
        }
    }
}

struct signal_info signal_from_kernel(int number)
{
    return (struct signal_info){.number = number, .code = SI_KERNEL};
}

bool signal_is_ignored(const struct process *process, int number)
{
    uint64_t handler = process->actions[number - 1].handler;
    return handler == SIG_IGN || (handler == SIG_DFL && signal_default(number) == SIGNAL_IGNORED);
}

bool signal_is_waiting(const struct thread *thread)
{
    uint64_t pending = thread->pending.set | thread->process->pending.set;
    if (thread->in_signal_return)
        return pending & SIGNAL_BIT(SIGKILL);
    return pending & ~thread->blocked_signals;
}

static void drop_everywhere(struct process *process, uint64_t signals)
{
    pending_signals_drop(&process->pending, signals);
    list_each (entry, &process->threads)
        pending_signals_drop(&thread_of(entry)->pending, signals);
}

/* The first process has no program; these signals are how `poweroff`, `halt` and `reboot` ask it. */
static void init_signalled(int number)
{
    if (number != SIGUSR1 && number != SIGUSR2 && number != SIGTERM)
        return;
    tty_flush();
    disk_finish();
    if (number == SIGTERM)
        machine_restart();
    machine_power_off(0);
}

/* What sending does at once, whether or not the signal is blocked. False: there is nothing more to do. */
static bool signal_prepare(struct process *process, int number)
{
    if (process->state == PROCESS_ZOMBIE)
        return false;
    if (process->pid == INIT_PID) {
        init_signalled(number);
        return false;
    }
    if (number == SIGCONT) {
        drop_everywhere(process, SIGNALS_STOPPING);
        process_continue(process);
    } else if (SIGNALS_STOPPING & SIGNAL_BIT(number)) {
        drop_everywhere(process, SIGNAL_BIT(SIGCONT));
    }
    return true;
}

void signal_send(struct process *process, const struct signal_info *info)
{
    uint64_t bit = SIGNAL_BIT(info->number);
    struct thread *first = process_first_thread(process);
    if (!signal_prepare(process, info->number) || !first)
        return;
    if (signal_is_ignored(process, info->number) && !(first->blocked_signals & bit))
        return;

    pending_signals_add(&process->pending, info);
    list_each (entry, &process->threads) {
        struct thread *thread = thread_of(entry);
        if (thread->blocked_signals & bit)
            continue;
        thread_queue(thread);
        if (info->number != SIGKILL)
            break;
    }
}

void signal_send_thread(struct thread *thread, const struct signal_info *info)
{
    uint64_t bit = SIGNAL_BIT(info->number);
    if (!signal_prepare(thread->process, info->number))
        return;
    if (signal_is_ignored(thread->process, info->number) && !(thread->blocked_signals & bit))
        return;
    pending_signals_add(info->number == SIGKILL ? &thread->process->pending : &thread->pending, info);
    if (!(thread->blocked_signals & bit))
        thread_queue(thread);
}

void signal_send_group(int group, const struct signal_info *info)
{
    list_each (entry, &all_processes) {
        if (process_of(entry)->group == group)
            signal_send(process_of(entry), info);
    }
}

void signal_fault(struct thread *thread, const struct signal_info *info)
{
    uint64_t bit = SIGNAL_BIT(info->number);
    struct signal_action *action = &thread->process->actions[info->number - 1];
    if ((thread->blocked_signals & bit) || action->handler == SIG_IGN || thread->in_signal_return) {
        *action = (struct signal_action){.handler = SIG_DFL};
        thread->blocked_signals &= ~bit;
        thread->in_signal_return = false;
    }
    pending_signals_add(&thread->pending, info);
}

void signal_actions_reset(struct process *process)
{
    for (unsigned i = 0; i < SIGNAL_MAX; i++) {
        if (process->actions[i].handler != SIG_IGN)
            process->actions[i].handler = SIG_DFL;
        process->actions[i].flags = 0;
        process->actions[i].mask = 0;
    }
}

static void crash_report(const struct thread *thread, const struct signal_info *info, const struct user_registers *r)
{
    const struct process *process = thread->process;
    log_line("%s[%d] crashed: %s at rip %016lx, address %016lx, vector %lu, code %lx", process->name, process->pid,
             signal_name(info->number), r->rip, info->address, info->vector, info->error_code);
    log_line("  rax %016lx rbx %016lx rcx %016lx rdx %016lx", r->rax, r->rbx, r->rcx, r->rdx);
    log_line("  rsi %016lx rdi %016lx rbp %016lx rsp %016lx", r->rsi, r->rdi, r->rbp, r->rsp);
    log_line("  r8  %016lx r9  %016lx r10 %016lx r11 %016lx", r->r8, r->r9, r->r10, r->r11);
    log_line("  r12 %016lx r13 %016lx r14 %016lx r15 %016lx", r->r12, r->r13, r->r14, r->r15);
    log_line("  rflags %08lx fs %016lx gs %016lx", r->rflags, r->fs_base, r->gs_base);
}

/* The call is made again when the thread goes on: the instruction is two bytes long. */
static void call_rewind(const struct thread *thread, struct user_registers *registers)
{
    registers->rip -= 2;
    registers->rax = thread->call.number;
}

static bool handler_enter(struct thread *thread, const struct signal_info *info, struct user_registers *registers)
{
    struct signal_action *action = &thread->process->actions[info->number - 1];
    uint64_t mask = thread->has_suspended_mask ? thread->suspended_mask : thread->blocked_signals;
    thread->has_suspended_mask = false;
    if (!signal_frame_push(thread, action, info, mask, registers)) {
        log_line("%s[%d]: no stack for the handler of %s", thread->process->name, thread->process->pid,
                 signal_name(info->number));
        process_exit(thread->process, SIGSEGV);
        return false;
    }
    thread->blocked_signals |= action->mask;
    if (!(action->flags & SA_NODEFER))
        thread->blocked_signals |= SIGNAL_BIT(info->number);
    thread->blocked_signals &= ~SIGNALS_UNBLOCKABLE;
    if (action->flags & SA_RESETHAND)
        action->handler = SIG_DFL;
    return true;
}

bool signal_deliver(struct thread *thread, struct user_registers *registers, bool restart)
{
    struct process *process = thread->process;
    struct signal_info info;
    while (signal_is_waiting(thread)) {
        uint64_t allowed = thread->in_signal_return ? SIGNAL_BIT(SIGKILL) : ~thread->blocked_signals;
        if (!pending_signals_take(&thread->pending, allowed, &info) &&
            !pending_signals_take(&process->pending, allowed, &info))
            break;

        const struct signal_action *action = &process->actions[info.number - 1];
        if (action->handler != SIG_DFL && action->handler != SIG_IGN) {
            if (restart && (action->flags & SA_RESTART))
                call_rewind(thread, registers);
            else if (restart)
                registers->rax = (uint64_t)-EINTR;
            restart = false;
            if (!handler_enter(thread, &info, registers))
                return false;
            continue;
        }
        if (signal_is_ignored(process, info.number))
            continue;
        switch (signal_default(info.number)) {
        case SIGNAL_TERMINATES:
            if (info.is_fault)
                crash_report(thread, &info, registers);
            process_exit(process, info.number);
            return false;
        case SIGNAL_STOPS:
            if (info.number != SIGSTOP && group_is_orphaned(process->group, process->session))
                break;
            process_stop(process, info.number);
            break;
        case SIGNAL_IGNORED:
        case SIGNAL_CONTINUES:
            break;
        }
        if (process->is_stopped)
            break;
    }
    if (restart)
        call_rewind(thread, registers);
    if (thread->has_suspended_mask) {
        thread->blocked_signals = thread->suspended_mask;
        thread->has_suspended_mask = false;
    }
    if (process->is_stopped) {
        thread->state = THREAD_HELD;
        return false;
    }
    return true;
}
