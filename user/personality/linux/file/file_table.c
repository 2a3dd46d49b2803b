#include "personality/linux/file/file_table.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/support/frame.h"

struct file_table {
    uint32_t frame; /* that the table lies in */
    struct open_file *files[DESCRIPTOR_LIMIT];
    uint8_t close_on_execute[(DESCRIPTOR_LIMIT + 7) / 8];
};
_Static_assert(sizeof(struct file_table) <= 4096, "a table lies in one frame");

struct file_table *file_table_create(void)
{
    uint32_t frame = frame_allocate_zeroed();
    if (!frame)
        return NULL;
    struct file_table *table = frame_data(frame);
    table->frame = frame;
    return table;
}

struct file_table *file_table_copy(const struct file_table *table)
{
    struct file_table *copy = file_table_create();
    if (!copy)
        return NULL;
    memcpy(copy->files, table->files, sizeof copy->files);
    memcpy(copy->close_on_execute, table->close_on_execute, sizeof copy->close_on_execute);
    for (unsigned i = 0; i < DESCRIPTOR_LIMIT; i++) {
        if (copy->files[i])
            open_file_reference(copy->files[i]);
    }
    return copy;
}

void file_table_release(struct file_table *table)
{
    for (unsigned i = 0; i < DESCRIPTOR_LIMIT; i++)
        file_table_close(table, i);
    frame_release(table->frame);
}

void file_table_close_on_execute(struct file_table *table)
{
    for (unsigned i = 0; i < DESCRIPTOR_LIMIT; i++) {
        if (file_table_closes_on_execute(table, i))
            file_table_close(table, i);
    }
}

struct open_file *file_table_get(const struct file_table *table, uint64_t descriptor)
{
    return descriptor < DESCRIPTOR_LIMIT ? table->files[descriptor] : NULL;
}

int64_t file_table_add(struct file_table *table, struct open_file *file, uint64_t minimum, bool close_on_execute)
{
    for (uint64_t i = minimum; i < DESCRIPTOR_LIMIT; i++) {
        if (!table->files[i]) {
            table->files[i] = file;
            file_table_set_close_on_execute(table, i, close_on_execute);
            return (int64_t)i;
        }
    }
    return minimum < DESCRIPTOR_LIMIT ? -EMFILE : -EINVAL;
}

bool file_table_is_full(const struct file_table *table)
{
    for (uint64_t i = 0; i < DESCRIPTOR_LIMIT; i++) {
        if (!table->files[i])
            return false;
    }
    return true;
}

int64_t file_table_set(struct file_table *table, uint64_t descriptor, struct open_file *file, bool close_on_execute)
{
    if (descriptor >= DESCRIPTOR_LIMIT)
        return -EBADF;
    file_table_close(table, descriptor);
    table->files[descriptor] = file;
    file_table_set_close_on_execute(table, descriptor, close_on_execute);
    return (int64_t)descriptor;
}

int64_t file_table_close(struct file_table *table, uint64_t descriptor)
{
    struct open_file *file = file_table_get(table, descriptor);
    if (!file)
        return -EBADF;
    table->files[descriptor] = NULL;
    file_table_set_close_on_execute(table, descriptor, false);
    open_file_release(file);
    return 0;
}

bool file_table_closes_on_execute(const struct file_table *table, uint64_t descriptor)
{
    return table->close_on_execute[descriptor / 8] >> descriptor % 8 & 1;
}

void file_table_set_close_on_execute(struct file_table *table, uint64_t descriptor, bool close)
{
    uint8_t bit = (uint8_t)(1u << descriptor % 8);
    if (close)
        table->close_on_execute[descriptor / 8] |= bit;
    else
        table->close_on_execute[descriptor / 8] &= (uint8_t)~bit;
}
