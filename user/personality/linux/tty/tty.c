#include "personality/linux/tty/tty.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/process/process.h"
#include "personality/linux/tty/line_discipline.h"

enum { OUTPUT_SIZE = 4096, ECHO_RESERVE = 64 };

/* Of a serial line. */
static const struct linux_winsize USUAL_SIZE = {.rows = 24, .columns = 80};

static struct tty {
    struct line_discipline line;
    int session, foreground_group; /* 0: none */
    struct linux_winsize size;
    char output[OUTPUT_SIZE]; /* a ring, on its way to the console */
    uint64_t output_written, output_sent;
    bool output_is_stopped; /* Ctrl-S */
} tty;

static size_t output_room(void)
{
    return OUTPUT_SIZE - (size_t)(tty.output_written - tty.output_sent);
}

static void output_pump(void)
{
    while (tty.output_sent < tty.output_written && !tty.output_is_stopped) {
        size_t at = tty.output_sent % OUTPUT_SIZE;
        size_t count = (size_t)(tty.output_written - tty.output_sent);
        if (count > OUTPUT_SIZE - at)
            count = OUTPUT_SIZE - at;
        size_t taken = machine_console_write(tty.output + at, count);
        if (!taken)
            return;
        tty.output_sent += taken;
    }
}

static void output_put(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tty.output[tty.output_written++ % OUTPUT_SIZE] = bytes[i];
}

static void tty_echo(void *context, const char *bytes, size_t count)
{
    (void)context;
    if (output_room() >= count)
        output_put(bytes, count);
}

void tty_initialise(void)
{
    line_discipline_initialise(&tty.line, tty_echo, NULL);
    tty.size = USUAL_SIZE;
}

void tty_attach(int session, int group)
{
    tty.session = session;
    tty.foreground_group = group;
}

void tty_session_ended(int session)
{
    if (tty.session != session)
        return;
    struct signal_info hang_up = signal_from_kernel(SIGHUP), go_on = signal_from_kernel(SIGCONT);
    int group = tty.foreground_group;
    tty.session = tty.foreground_group = 0;
    signal_send_group(group, &hang_up);
    signal_send_group(group, &go_on);
}

int tty_session(void)
{
    return tty.session;
}

int tty_foreground_group(void)
{
    return tty.foreground_group;
}

int64_t tty_open(struct thread *thread, uint64_t device, uint32_t flags)
{
    const struct process *process = thread->process;
    if (device == linux_device(TTY_MAJOR_CURRENT, 0))
        return tty.session && tty.session == process->session ? 0 : -ENXIO;
    if (!tty.session && process->session == process->pid && !(flags & O_NOCTTY))
        tty_attach(process->session, process->group);
    return 0;
}

/* A background process that wants the terminal is stopped, or refused if it would not notice. 0: it may go on. */
static int64_t background_check(struct thread *thread, int signal)
{
    const struct process *process = thread->process;
    if (process->session != tty.session || process->group == tty.foreground_group)
        return 0;
    bool unnoticed = (thread->blocked_signals & SIGNAL_BIT(signal)) || process->actions[signal - 1].handler == SIG_IGN;
    if (unnoticed)
        return signal == SIGTTIN ? -EIO : 0;
    if (group_is_orphaned(process->group, process->session))
        return -EIO;
    struct signal_info info = signal_from_kernel(signal);
    signal_send_group(process->group, &info);
    return -ERESTART;
}

static int64_t read_available(struct user_buffer *buffer)
{
    char bytes[256];
    int64_t done = 0;
    bool canonical = tty.line.termios.local_flags & ICANON;
    while (buffer->length && line_discipline_is_ready(&tty.line)) {
        size_t room = buffer->length < sizeof bytes ? buffer->length : sizeof bytes;
        size_t count = line_discipline_read(&tty.line, bytes, room);
        int64_t error = user_buffer_put(buffer, bytes, count);
        if (error)
            return done ? done : error;
        done += (int64_t)count;
        if (canonical && (count < room || (count && bytes[count - 1] == '\n')))
            break;
    }
    return done;
}

static int64_t tty_read(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    int64_t error = background_check(thread, SIGTTIN);
    if (error)
        return error;
    const struct linux_termios *termios = &tty.line.termios;
    bool canonical = termios->local_flags & ICANON;
    size_t minimum = canonical ? 1 : termios->control[VMIN];
    uint64_t tenths = canonical ? 0 : termios->control[VTIME];
    if (minimum > buffer->length)
        minimum = buffer->length;

    if (canonical ? line_discipline_is_ready(&tty.line) : line_discipline_readable(&tty.line) >= minimum && minimum)
        return read_available(buffer);
    if (!canonical && !minimum && (line_discipline_is_ready(&tty.line) || !tenths || !buffer->length))
        return read_available(buffer);
    if (file->flags & O_NONBLOCK)
        return -EAGAIN;

    /* With a minimum the time between bytes counts; without, the time until the first. */
    uint64_t deadline = UINT64_MAX;
    if (tenths && (!minimum || line_discipline_is_ready(&tty.line)))
        deadline = thread_deadline(thread, tenths * 100000000);
    if (deadline != UINT64_MAX && machine_time_ns() >= deadline)
        return read_available(buffer);
    return thread_wait(thread, &tty, deadline);
}

/* Puts as much of what a thread writes into the output as it has room for. */
static int64_t output_fill(struct thread *thread, struct user_buffer *buffer)
{
    while (buffer->length && output_room() > ECHO_RESERVE) {
        char bytes[256], out[2];
        size_t count = buffer->length < sizeof bytes ? buffer->length : sizeof bytes;
        if (count > (output_room() - ECHO_RESERVE) / 2 + 1)
            count = (output_room() - ECHO_RESERVE) / 2 + 1;
        int64_t error = user_buffer_take(buffer, bytes, count);
        if (error)
            return error;
        for (size_t i = 0; i < count; i++)
            output_put(out, line_discipline_output(&tty.line, bytes[i], out));
        thread->progress += count;
    }
    return 0;
}

static int64_t tty_write(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    if (tty.line.termios.local_flags & TOSTOP) {
        int64_t error = background_check(thread, SIGTTOU);
        if (error)
            return error;
    }
    buffer->address += thread->progress;
    buffer->length -= thread->progress;
    /* Who waits has filled the output after the console took its last bytes: it wakes when it takes more. */
    while (buffer->length && output_room() > ECHO_RESERVE) {
        int64_t error = output_fill(thread, buffer);
        output_pump();
        if (error)
            return thread->progress ? (int64_t)thread->progress : error;
    }
    if (!buffer->length)
        return (int64_t)thread->progress;
    if (file->flags & O_NONBLOCK)
        return thread->progress ? (int64_t)thread->progress : -EAGAIN;
    int64_t result = thread_wait(thread, &tty, UINT64_MAX);
    return result == -ERESTART && thread->progress ? (int64_t)thread->progress : result;
}

static unsigned tty_poll(struct open_file *file)
{
    (void)file;
    return (line_discipline_is_ready(&tty.line) ? POLL_READABLE : 0u) |
           (output_room() > ECHO_RESERVE ? POLL_WRITABLE : 0u);
}

static const void *tty_channel(const struct open_file *file)
{
    (void)file;
    return &tty;
}

static int64_t set_termios(struct thread *thread, uint64_t request, uint64_t argument)
{
    struct linux_termios termios;
    int64_t error = background_check(thread, SIGTTOU);
    if (!error)
        error = user_read_object(thread->process->space, &termios, argument);
    if (error)
        return error;
    if (request == TCSETSF)
        line_discipline_flush(&tty.line);
    line_discipline_set(&tty.line, &termios);
    return 0;
}

static int64_t set_foreground(struct thread *thread, uint64_t argument)
{
    int32_t group;
    if (thread->process->session != tty.session)
        return -ENOTTY;
    int64_t error = background_check(thread, SIGTTOU);
    if (!error)
        error = user_read_object(thread->process->space, &group, argument);
    if (error)
        return error;
    list_each (entry, &all_processes) {
        if (process_of(entry)->group == group && process_of(entry)->session == tty.session) {
            tty.foreground_group = group;
            return 0;
        }
    }
    return group > 0 ? -EPERM : -EINVAL;
}

static void resize(struct linux_winsize size)
{
    if (memcmp(&size, &tty.size, sizeof size) == 0)
        return;
    tty.size = size;
    struct signal_info info = signal_from_kernel(SIGWINCH);
    signal_send_group(tty.foreground_group, &info);
}

void tty_resized(uint16_t columns, uint16_t lines)
{
    resize(columns && lines ? (struct linux_winsize){.rows = lines, .columns = columns} : USUAL_SIZE);
}

static int64_t set_size(struct thread *thread, uint64_t argument)
{
    struct linux_winsize size;
    int64_t error = user_read_object(thread->process->space, &size, argument);
    if (!error)
        resize(size);
    return error;
}

static int64_t tty_control(struct thread *thread, struct open_file *file, uint64_t request, uint64_t argument)
{
    struct process *process = thread->process;
    struct address_space *space = process->space;
    int32_t number;
    (void)file;
    switch (request) {
    case TCGETS:
        return user_write_object(space, argument, &tty.line.termios);
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return set_termios(thread, request, argument);
    case TIOCGWINSZ:
        return user_write_object(space, argument, &tty.size);
    case TIOCSWINSZ:
        return set_size(thread, argument);
    case TIOCGPGRP:
        number = tty.foreground_group;
        return process->session == tty.session ? user_write_object(space, argument, &number) : -ENOTTY;
    case TIOCSPGRP:
        return set_foreground(thread, argument);
    case TIOCGSID:
        number = tty.session;
        return process->session == tty.session ? user_write_object(space, argument, &number) : -ENOTTY;
    case TIOCSCTTY:
        if (process->session != process->pid || (tty.session && tty.session != process->session))
            return -EPERM;
        tty_attach(process->session, process->group);
        return 0;
    case TIOCNOTTY:
        if (process->session != tty.session)
            return -ENOTTY;
        if (process->session == process->pid)
            tty_session_ended(process->session);
        return 0;
    case FIONREAD:
        number = (int32_t)line_discipline_readable(&tty.line);
        return user_write_object(space, argument, &number);
    case TIOCOUTQ:
        number = (int32_t)(tty.output_written - tty.output_sent);
        return user_write_object(space, argument, &number);
    case TCFLSH:
        if (argument == 0 || argument == 2)
            line_discipline_flush(&tty.line);
        return argument <= 2 ? 0 : -EINVAL;
    case TCSBRK:
        return 0;
    default:
        return -ENOTTY;
    }
}

const struct file_operations tty_operations = {
    .read = tty_read, .write = tty_write, .poll = tty_poll, .channel = tty_channel, .control = tty_control};

/* Ctrl-S and Ctrl-Q hold and release the output. */
static bool flow_control(unsigned char byte)
{
    const struct linux_termios *termios = &tty.line.termios;
    if (!(termios->input_flags & IXON))
        return false;
    if (byte == termios->control[VSTOP])
        tty.output_is_stopped = true;
    else if (byte == termios->control[VSTART])
        tty.output_is_stopped = false;
    else
        return false;
    return true;
}

void tty_receive(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (flow_control((unsigned char)bytes[i]))
            continue;
        int signal = line_discipline_input(&tty.line, (unsigned char)bytes[i]);
        if (signal) {
            tty.output_is_stopped = false;
            struct signal_info info = signal_from_kernel(signal);
            signal_send_group(tty.foreground_group, &info);
        }
    }
    output_pump();
    wake_for(&tty, POLL_READABLE);
}

void tty_drained(void)
{
    output_pump();
    if (output_room() > ECHO_RESERVE)
        wake_for(&tty, POLL_WRITABLE);
}

void tty_flush(void)
{
    tty.output_is_stopped = false;
    while (tty.output_sent < tty.output_written) {
        output_pump();
        machine_console_flush();
    }
}
