#include "personality/linux/personality.h"

#include "personality/linux/abi/errno.h"
#include "personality/linux/calls/table.h"
#include "personality/linux/disk/disk.h"
#include "personality/linux/disk/request.h"
#include "personality/linux/file/directory.h"
#include "personality/linux/file/file_table.h"
#include "personality/linux/file/initrd.h"
#include "personality/linux/file/proc.h"
#include "personality/linux/memory/address_space.h"
#include "personality/linux/net/client.h"
#include "personality/linux/process/exec.h"
#include "personality/linux/support/heap.h"
#include "personality/linux/support/text.h"
#include "personality/linux/tty/tty.h"

#include "lib/string.h"

/* Reports from below */

void personality_system_call(void *owner, const struct system_call *call)
{
    struct thread *thread = owner;
    thread->call = *call;
    thread->entry = ENTRY_CALL;
    thread->wait_begun = false;
    thread->wait_uninterrupted = false;
    thread->progress = 0;
    thread_run_call(thread);
    process_settle();
}

static void thread_fault(struct thread *thread, const struct signal_info *info)
{
    signal_fault(thread, info);
    thread->entry = ENTRY_FAULT;
    thread_leave(thread);
    process_settle();
}

void personality_page_fault(void *owner, uint64_t address, bool write, bool fetch)
{
    enum { VECTOR_PAGE_FAULT = 14, CODE_WRITE = 2, CODE_USER = 4, CODE_FETCH = 16 };
    struct thread *thread = owner;
    struct signal_info info = {
        .number = SIGSEGV,
        .code = SEGV_MAPERR,
        .is_fault = true,
        .address = address,
        .vector = VECTOR_PAGE_FAULT,
        .error_code = CODE_USER | (write ? CODE_WRITE : 0u) | (fetch ? CODE_FETCH : 0u),
    };
    thread->entry = ENTRY_FAULT;
    thread->state = THREAD_ENTERED;
    switch (address_space_fault(thread->process->space, address, write ? ACCESS_WRITE : ACCESS_READ)) {
    case ACCESS_GRANTED:
        thread_leave(thread);
        process_settle();
        return;
    case ACCESS_UNMAPPED:
        break;
    case ACCESS_FORBIDDEN:
        info.code = SEGV_ACCERR;
        break;
    case ACCESS_BEYOND_FILE:
        info.number = SIGBUS;
        info.code = BUS_ADRERR;
        break;
    case ACCESS_NO_MEMORY:
        log_line("%s[%d] is ended: there is no memory left", thread->process->name, thread->process->pid);
        process_exit(thread->process, SIGKILL);
        process_settle();
        return;
    }
    thread_fault(thread, &info);
}

void personality_exception(void *owner, uint32_t vector, uint64_t error_code)
{
    static const struct {
        uint8_t vector, number, code;
    } signals[] = {
        {0, SIGFPE, FPE_INTDIV},  {1, SIGTRAP, TRAP_TRACE}, {3, SIGTRAP, TRAP_BRKPT}, {6, SIGILL, ILL_ILLOPN},
        {16, SIGFPE, FPE_FLTINV}, {17, SIGBUS, BUS_ADRALN}, {19, SIGFPE, FPE_FLTINV},
    };
    struct thread *thread = owner;
    struct signal_info info = {
        .number = SIGSEGV, .code = SI_KERNEL, .is_fault = true, .vector = vector, .error_code = error_code};
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        if (signals[i].vector == vector) {
            info.number = signals[i].number;
            info.code = signals[i].code;
        }
    }
    thread->state = THREAD_ENTERED;
    if (info.number == SIGFPE || info.number == SIGILL) {
        struct user_registers registers;
        machine_thread_read(thread->machine, &registers);
        info.address = registers.rip;
    }
    thread_fault(thread, &info);
}

void personality_console_receive(const char *bytes, size_t count)
{
    tty_receive(bytes, count);
    process_settle();
}

void personality_console_drained(void)
{
    tty_drained();
    process_settle();
}

void personality_console_resized(uint16_t columns, uint16_t lines)
{
    tty_resized(columns, lines);
    process_settle();
}

void personality_time_passed(void)
{
    process_time_passed();
    process_settle();
}

void personality_network_notified(void)
{
    net_client_notified();
    process_settle();
}

void personality_files_notified(void)
{
    disk_requests_serve();
    process_settle();
}

/* Start */

static bool directory_at_root(const char *name)
{
    int64_t error;
    struct inode *inode = directory_make(root_directory, name, strlen(name), S_IFDIR | 0755, &error);
    if (inode)
        inode_release(inode);
    return inode != NULL;
}

static bool devices_make(void)
{
    static const struct {
        const char *name;
        uint16_t major, minor;
    } devices[] = {
        {"null", 1, 3}, {"zero", 1, 5},    {"full", 1, 7},   {"random", 1, 8},   {"urandom", 1, 9},
        {"tty", 5, 0},  {"console", 5, 1}, {"ttyS0", 4, 64}, {"pecan", 10, 240},
    };
    static const char *const links[][2] = {
        {"fd", "/proc/self/fd"}, {"stdin", "fd/0"}, {"stdout", "fd/1"}, {"stderr", "fd/2"}};
    int64_t error;
    struct inode *directory = path_find(root_directory, "/dev", PATH_FOLLOW, &error);
    if (!directory)
        return false;
    for (unsigned i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        struct inode *device =
            directory_make(directory, devices[i].name, strlen(devices[i].name), S_IFCHR | 0666, &error);
        if (!device)
            break;
        device->device = linux_device(devices[i].major, devices[i].minor);
        inode_release(device);
    }
    for (unsigned i = 0; i < sizeof links / sizeof links[0] && !error; i++) {
        struct inode *link = directory_make(directory, links[i][0], strlen(links[i][0]), S_IFLNK | 0777, &error);
        if (!link)
            break;
        link->size = strlen(links[i][1]);
        link->link_target = heap_string(links[i][1], link->size);
        error = link->link_target ? 0 : -ENOSPC;
        inode_release(link);
    }
    inode_release(directory);
    return error == 0;
}

static bool file_system_make(const struct personality_start *start)
{
    root_directory = inode_create(S_IFDIR | 0755);
    if (!root_directory)
        return false;
    root_directory->directory.parent = root_directory;
    struct inode *proc = proc_create();
    if (!proc || directory_add(root_directory, "proc", 4, proc) != 0)
        return false;
    inode_release(proc);
    struct inode *data = disk_start();
    if (data && directory_add(root_directory, "data", 4, data) != 0)
        return false;
    return directory_at_root("dev") && devices_make() && initrd_unpack(start->initrd, start->initrd_size);
}

bool personality_past_is_over(void)
{
    return !disk_requests_start() || disk_requests_are_accepted();
}

static bool console_open(struct thread *thread)
{
    int64_t error;
    struct inode *console = path_find(root_directory, "/dev/console", PATH_FOLLOW, &error);
    struct open_file *file = console ? inode_open(thread, console, O_RDWR, &error) : NULL;
    if (console)
        inode_release(console);
    for (uint64_t i = 0; file && i < 3; i++) {
        if (i > 0)
            open_file_reference(file);
        file_table_add(thread->process->files, file, i, false);
    }
    return file != NULL;
}

bool personality_start(const struct personality_start *start)
{
    if (!file_system_make(start)) {
        log_line("the file system could not be made");
        return false;
    }
    tty_initialise();
    net_client_start();
    if (!process_start()) {
        log_line("there is not enough memory for the first process");
        return false;
    }
    struct process *shell = process_find(SHELL_PID);
    struct thread *thread = process_first_thread(shell);
    tty_attach(shell->session, shell->group);
    const struct exec_arguments arguments = {.argument_strings = start->arguments,
                                             .environment_strings = start->environment};
    int64_t error =
        console_open(thread) ? process_execute(thread, root_directory, start->program, &arguments) : -ENOMEM;
    if (error) {
        log_line("%s could not be started: error %d", start->program, (int)-error);
        return false;
    }
    process_settle();
    return true;
}
