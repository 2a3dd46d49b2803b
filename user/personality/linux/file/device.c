/* The character devices that are not terminals. */

#include "personality/linux/abi/errno.h"
#include "personality/linux/file/control.h"
#include "personality/linux/file/open_file.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/support/random.h"
#include "personality/linux/tty/tty.h"

static int64_t write_nowhere(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    (void)thread, (void)file;
    return (int64_t)buffer->length;
}

static int64_t read_nothing(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    (void)thread, (void)file, (void)buffer;
    return 0;
}

static int64_t write_full(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    (void)thread, (void)file, (void)buffer;
    return -ENOSPC;
}

/* One call hands out this much at most, so that no program keeps the personality to itself. */
enum { TRANSFER_LIMIT = 1 << 20 };

static int64_t read_zeros(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    (void)thread, (void)file;
    size_t count = buffer->length < TRANSFER_LIMIT ? buffer->length : TRANSFER_LIMIT;
    int64_t error = user_clear(buffer->space, buffer->address, count);
    return error ? error : (int64_t)count;
}

static int64_t read_random(struct thread *thread, struct open_file *file, struct user_buffer *buffer)
{
    (void)thread, (void)file;
    size_t count = buffer->length < TRANSFER_LIMIT ? buffer->length : TRANSFER_LIMIT;
    int64_t error = random_fill(buffer->space, buffer->address, count);
    return error ? error : (int64_t)count;
}

static const struct file_operations null_operations = {.read = read_nothing, .write = write_nowhere};
static const struct file_operations zero_operations = {.read = read_zeros, .write = write_nowhere};
static const struct file_operations full_operations = {.read = read_zeros, .write = write_full};
static const struct file_operations random_operations = {.read = read_random, .write = write_nowhere};

const struct file_operations *device_operations(uint64_t device)
{
    static const struct {
        uint16_t major, minor;
        const struct file_operations *operations;
    } devices[] = {
        {1, 3, &null_operations},   {1, 5, &zero_operations},   {1, 7, &full_operations},
        {1, 8, &random_operations}, {1, 9, &random_operations}, {5, 0, &tty_operations},
        {5, 1, &tty_operations},    {4, 64, &tty_operations},   {10, 240, &control_operations},
    };
    for (unsigned i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        if (device == linux_device(devices[i].major, devices[i].minor))
            return devices[i].operations;
    }
    return NULL;
}
