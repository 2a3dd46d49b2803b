/* Calls about the system as a whole. */

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/calls/arguments.h"
#include "personality/linux/calls/table.h"
#include "personality/linux/support/clock.h"
#include "personality/linux/support/random.h"
#include "personality/linux/support/system_name.h"
#include "personality/linux/support/text.h"
#include "personality/linux/tty/tty.h"

static char host_name[65] = SYSTEM_HOST;

int64_t call_uname(struct thread *thread, const uint64_t *a)
{
    struct linux_utsname name = {
        .system = SYSTEM_NAME,
        .release = SYSTEM_RELEASE,
        .version = SYSTEM_VERSION,
        .machine = SYSTEM_MACHINE,
        .domain = "(none)",
    };
    memcpy(name.node, host_name, sizeof name.node);
    return user_write_object(memory_of(thread), a[0], &name);
}

int64_t call_sethostname(struct thread *thread, const uint64_t *a)
{
    char name[sizeof host_name] = {0};
    if (a[1] >= sizeof name)
        return -EINVAL;
    int64_t error = user_read(memory_of(thread), name, a[0], a[1]);
    if (!error)
        memcpy(host_name, name, sizeof host_name);
    return error;
}

int64_t call_sysinfo(struct thread *thread, const uint64_t *a)
{
    struct linux_sysinfo info = {
        .uptime = (int64_t)(machine_time_ns() / NS_PER_SECOND),
        .total_memory = machine_frames_total() * PAGE_SIZE,
        .free_memory = machine_frames_free() * PAGE_SIZE,
        .processes = (uint16_t)process_count(),
        .memory_unit = 1,
    };
    return user_write_object(memory_of(thread), a[0], &info);
}

int64_t call_getrandom(struct thread *thread, const uint64_t *a)
{
    enum { GETRANDOM_LIMIT = 1 << 20 };
    size_t count = a[1] < GETRANDOM_LIMIT ? a[1] : GETRANDOM_LIMIT;
    int64_t error = random_fill(memory_of(thread), a[0], count);
    return error ? error : (int64_t)count;
}

/* The log, for dmesg: reading all of it, and asking for its size. */
int64_t call_syslog(struct thread *thread, const uint64_t *a)
{
    enum { READ = 2, READ_ALL = 3, READ_CLEAR = 4, SIZE_UNREAD = 9, SIZE_BUFFER = 10 };
    switch ((uint32_t)a[0]) {
    case READ:
    case READ_ALL:
    case READ_CLEAR: {
        size_t room = (uint32_t)a[2] < log_size() ? (uint32_t)a[2] : log_size();
        size_t skip = log_size() - room, done = 0;
        char piece[256];
        while (done < room) {
            size_t count = log_read(skip + done, piece, sizeof piece < room - done ? sizeof piece : room - done);
            int64_t error = user_write(memory_of(thread), a[1] + done, piece, count);
            if (error)
                return error;
            done += count;
        }
        return (int64_t)done;
    }
    case SIZE_UNREAD:
    case SIZE_BUFFER:
        return (int64_t)log_size();
    default:
        return 0;
    }
}

int64_t call_reboot(struct thread *thread, const uint64_t *a)
{
    (void)thread;
    if ((uint32_t)a[0] != REBOOT_MAGIC1)
        return -EINVAL;
    switch ((uint32_t)a[2]) {
    case REBOOT_POWER_OFF:
    case REBOOT_HALT:
        tty_flush();
        machine_power_off(0);
    case REBOOT_RESTART:
        tty_flush();
        machine_restart();
    case REBOOT_CAD_ON:
    case REBOOT_CAD_OFF:
        return 0;
    default:
        return -EINVAL;
    }
}
