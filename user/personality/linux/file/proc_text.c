#include "personality/linux/file/proc_text.h"
#include "personality/linux/disk/disk.h"

#include "personality/linux/abi/memory.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/clock.h"
#include "personality/linux/support/system_name.h"
#include "personality/linux/support/text.h"
#include "personality/linux/tty/tty.h"

#define NS_PER_TICK 10000000ull /* of the 100 per second in which Linux counts for programs */

static char state_letter(const struct process *process)
{
    const struct thread *thread = process_first_thread(process);
    if (process->state == PROCESS_ZOMBIE)
        return 'Z';
    if (process->is_stopped)
        return 'T';
    return !thread || thread->state == THREAD_WAITING ? 'S' : 'R';
}

static uint64_t virtual_bytes(const struct process *process)
{
    uint64_t bytes = 0;
    if (!process->space)
        return 0;
    list_each (entry, &process->space->regions.regions) {
        const struct region *region = list_item(entry, struct region, in_space);
        bytes += region->end - region->start;
    }
    return bytes;
}

static unsigned thread_count(const struct process *process)
{
    unsigned count = 0;
    list_each (entry, &process->threads)
        count++;
    return count;
}

void proc_text_stat(const struct process *process, struct text *text)
{
    bool has_tty = tty_session() && process->session == tty_session();
    unsigned long ticks = process_time_ns(process) / NS_PER_TICK;
    unsigned long child_ticks = process->children_time_ns / NS_PER_TICK;
    text_add(text, "%d (%s) %c %d %d %d %d %d 0 0 0 0 0 ", process->pid, process->name, state_letter(process),
             process->parent ? process->parent->pid : 0, process->group, process->session, has_tty ? 0x440 : 0,
             has_tty ? tty_foreground_group() : -1);
    text_add(text, "%lu 0 %lu 0 20 0 %u 0 %lu %lu %lu ", ticks, child_ticks, thread_count(process),
             (unsigned long)(process->start_ns / NS_PER_TICK), (unsigned long)virtual_bytes(process),
             (unsigned long)(process->space ? process->space->resident_pages : 0));
    text_add(text, "18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 %d\n",
             process->state == PROCESS_ZOMBIE ? process->exit_status : 0);
}

void proc_text_status(const struct process *process, struct text *text)
{
    static const struct {
        char letter;
        const char *name;
    } states[] = {{'R', "running"}, {'S', "sleeping"}, {'T', "stopped"}, {'Z', "zombie"}};
    char letter = state_letter(process);
    const char *state = "";
    for (unsigned i = 0; i < sizeof states / sizeof states[0]; i++)
        state = states[i].letter == letter ? states[i].name : state;
    text_add(text, "Name:\t%s\nUmask:\t%04o\nState:\t%c (%s)\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
             process->name, process->umask, letter, state, process->pid, process->pid,
             process->parent ? process->parent->pid : 0);
    text_add(text, "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t64\nGroups:\t0\n");
    if (process->space)
        text_add(text, "VmSize:\t%8lu kB\nVmRSS:\t%8lu kB\n", (unsigned long)(virtual_bytes(process) / 1024),
                 (unsigned long)(process->space->resident_pages * (PAGE_SIZE / 1024)));
    uint64_t ignored = 0, caught = 0;
    for (int i = 0; i < SIGNAL_MAX; i++) {
        ignored |= process->actions[i].handler == SIG_IGN ? 1ull << i : 0;
        caught |= process->actions[i].handler > SIG_IGN ? 1ull << i : 0;
    }
    const struct thread *thread = process_first_thread(process);
    text_add(text, "Threads:\t%u\n", thread_count(process));
    text_add(text, "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n",
             thread ? thread->pending.set : 0ul, process->pending.set, thread ? thread->blocked_signals : 0ul, ignored,
             caught);
}

/* A piece of the program's memory, as it is; at most what the text has room for. */
static void add_memory(const struct process *process, uint64_t start, uint64_t end, struct text *text)
{
    size_t count = end > start ? (size_t)(end - start) : 0;
    if (!process->space || text->length + 1 >= text->room)
        return;
    if (count > text->room - text->length - 1)
        count = text->room - text->length - 1;
    if (user_read(process->space, text->bytes + text->length, start, count) == 0)
        text->length += count;
    text->bytes[text->length] = 0;
}

void proc_text_command_line(const struct process *process, struct text *text)
{
    if (process->space)
        add_memory(process, process->space->arguments_start, process->space->arguments_end, text);
}

void proc_text_environment(const struct process *process, struct text *text)
{
    if (process->space)
        add_memory(process, process->space->arguments_end, process->space->environment_end, text);
}

void proc_text_name(const struct process *process, struct text *text)
{
    text_add(text, "%s\n", process->name);
}

void proc_text_memory(const struct process *process, struct text *text)
{
    text_add(text, "%lu %lu 0 0 0 0 0\n", (unsigned long)(virtual_bytes(process) / PAGE_SIZE),
             (unsigned long)(process->space ? process->space->resident_pages : 0));
}

void proc_text_maps(const struct process *process, struct text *text)
{
    if (!process->space)
        return;
    list_each (entry, &process->space->regions.regions) {
        const struct region *region = list_item(entry, struct region, in_space);
        text_add(text, "%08lx-%08lx %c%c%c%c %08lx 00:01 %lu%s\n", region->start, region->end,
                 region->protection & PROT_READ ? 'r' : '-', region->protection & PROT_WRITE ? 'w' : '-',
                 region->protection & PROT_EXEC ? 'x' : '-', region->shared ? 's' : 'p', region->offset,
                 region->inode ? (unsigned long)region->inode->number : 0ul,
                 region->start <= process->space->stack_start && process->space->stack_start < region->end ? " [stack]"
                                                                                                           : "");
    }
}

void proc_text_process_mounts(const struct process *process, struct text *text)
{
    (void)process;
    proc_text_mounts(text);
}

void proc_text_meminfo(struct text *text)
{
    unsigned long total = machine_frames_total() * (PAGE_SIZE / 1024),
                  free = machine_frames_free() * (PAGE_SIZE / 1024);
    text_add(text, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\nMemAvailable:   %8lu kB\n", total, free, free);
    text_add(text, "Buffers:        %8u kB\nCached:         %8u kB\nSwapCached:     %8u kB\n", 0u, 0u, 0u);
    text_add(text, "SwapTotal:      %8u kB\nSwapFree:       %8u kB\nShmem:          %8u kB\n", 0u, 0u, 0u);
    text_add(text, "SReclaimable:   %8u kB\nPageTables:     %8u kB\nCapSlots:       %8lu\n", 0u, 0u,
             (unsigned long)machine_slots_used());
}

void proc_text_uptime(struct text *text)
{
    unsigned long hundredths = machine_time_ns() / NS_PER_TICK;
    text_add(text, "%lu.%02lu 0.00\n", hundredths / 100, hundredths % 100);
}

void proc_text_system_stat(struct text *text)
{
    uint64_t busy = 0;
    unsigned running = 0;
    list_each (entry, &all_processes) {
        const struct process *process = process_of(entry);
        busy += process_time_ns(process) + process->children_time_ns;
        running += state_letter(process) == 'R';
    }
    unsigned long used = busy / NS_PER_TICK, all = machine_time_ns() / NS_PER_TICK;
    unsigned long idle = all > used ? all - used : 0;
    text_add(text, "cpu  %lu 0 0 %lu 0 0 0 0 0 0\ncpu0 %lu 0 0 %lu 0 0 0 0 0 0\n", used, idle, used, idle);
    text_add(text, "intr 0\nctxt 0\nbtime %lu\nprocesses %u\nprocs_running %u\nprocs_blocked 0\n",
             (unsigned long)((clock_date_ns() - machine_time_ns()) / NS_PER_SECOND), process_count(), running);
}

void proc_text_loadavg(struct text *text)
{
    text_add(text, "0.00 0.00 0.00 1/%u %d\n", process_count(), INIT_PID);
}

void proc_text_cpuinfo(struct text *text)
{
    text_add(
        text,
        "processor\t: 0\nvendor_id\t: unknown\nmodel name\t: x86_64\nflags\t\t: fpu tsc cx8 cmov fxsr sse sse2\n\n");
}

void proc_text_mounts(struct text *text)
{
    text_add(text, "tmpfs / tmpfs rw 0 0\nproc /proc proc ro 0 0\n");
    if (disk_is_there())
        text_add(text, "/dev/vda1 /data ext4 rw 0 0\n");
}

void proc_text_version(struct text *text)
{
    text_add(text, "%s version %s (%s)\n", SYSTEM_NAME, SYSTEM_RELEASE, SYSTEM_VERSION);
}

void proc_text_filesystems(struct text *text)
{
    text_add(text, "nodev\ttmpfs\nnodev\tproc\n\text4\n");
}
