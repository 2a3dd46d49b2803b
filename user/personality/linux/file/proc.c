#include "personality/linux/file/proc.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/file/directory.h"
#include "personality/linux/file/file_table.h"
#include "personality/linux/file/proc_text.h"
#include "personality/linux/memory/address_space.h"
#include "personality/linux/net/proc_net.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/clock.h"
#include "personality/linux/support/text.h"

/* A pseudo file's key: the process it is about (0: the system) and the row of its table. */
#define KEY(pid, row) ((uint64_t)(pid) << 8 | (row))
#define KEY_PID(key)  ((int)((key) >> 8))
#define KEY_ROW(key)  ((unsigned)((key)&0xff))

/* Inode numbers of /proc do not meet those of files: they begin here. */
#define NUMBER_BASE (1ull << 40)

static int64_t no_link(struct inode *link, char *target, size_t room)
{
    (void)link, (void)target, (void)room;
    return -EINVAL;
}

static struct inode *pseudo_create(struct inode *parent, uint32_t mode, const struct inode_operations *operations,
                                   uint64_t key)
{
    struct inode *inode = inode_create(mode);
    if (!inode)
        return NULL;
    inode->operations = operations;
    inode->number = NUMBER_BASE + key;
    inode->pseudo.key = key;
    inode->pseudo.parent = parent;
    if (parent)
        inode_reference(parent);
    return inode;
}

static bool name_is(const char *expected, const char *name, size_t length)
{
    return strlen(expected) == length && memcmp(expected, name, length) == 0;
}

/* The files of one process */

struct process_file {
    const char *name;
    void (*generate)(const struct process *process, struct text *text);
};
static const struct process_file process_files[] = {
    {"stat", proc_text_stat},           {"status", proc_text_status},         {"cmdline", proc_text_command_line},
    {"comm", proc_text_name},           {"statm", proc_text_memory},          {"maps", proc_text_maps},
    {"environ", proc_text_environment}, {"mounts", proc_text_process_mounts},
};
enum {
    PROCESS_FILE_COUNT = sizeof process_files / sizeof process_files[0],
    ROW_EXE = 100,
    ROW_CWD,
    ROW_ROOT,
    ROW_FD,
    ROW_DIRECTORY
};

static void process_file_generate(struct inode *file, struct text *text)
{
    const struct process *process = process_find(KEY_PID(file->pseudo.key));
    if (process)
        process_files[KEY_ROW(file->pseudo.key)].generate(process, text);
}

static int64_t process_link_read(struct inode *link, char *target, size_t room)
{
    const struct process *process = process_find(KEY_PID(link->pseudo.key));
    if (!process || !process->working_directory)
        return -ENOENT;
    switch (KEY_ROW(link->pseudo.key)) {
    case ROW_EXE: {
        size_t length = process->executable_path ? strlen(process->executable_path) : 0;
        if (!length || length >= room)
            return -ENOENT;
        memcpy(target, process->executable_path, length);
        return (int64_t)length;
    }
    case ROW_CWD: {
        int64_t length = directory_path(process->working_directory, target, room);
        return length > 0 ? length - 1 : length;
    }
    default:
        target[0] = '/';
        return 1;
    }
}

static const struct inode_operations process_file_operations = {.generate = process_file_generate,
                                                                .read_link = no_link};
static const struct inode_operations process_link_operations = {.read_link = process_link_read};

/* /proc/N/fd: a link for each descriptor; the key's row is unused, the number is the descriptor */

static int64_t descriptor_link_read(struct inode *link, char *target, size_t room)
{
    const struct process *process = process_find(KEY_PID(link->pseudo.key));
    const struct open_file *file = process && process->files ? file_table_get(process->files, link->size) : NULL;
    if (!file)
        return -ENOENT;
    struct text text = {.bytes = target, .room = room};
    switch (file->inode->mode & S_IFMT) {
    case S_IFDIR: {
        int64_t length = directory_path(file->inode, target, room);
        return length > 0 ? length - 1 : length;
    }
    case S_IFIFO:
        text_add(&text, "pipe:[%lu]", (unsigned long)file->inode->number);
        break;
    case S_IFSOCK:
        text_add(&text, "socket:[%lu]", (unsigned long)file->inode->number);
        break;
    case S_IFCHR:
        text_add(&text, file->inode->device >> 8 == 1 ? "/dev/null" : "/dev/console");
        break;
    default:
        text_add(&text, "file:[%lu]", (unsigned long)file->inode->number);
    }
    return (int64_t)text.length;
}

static struct inode *descriptor_link_follow(struct inode *link)
{
    const struct process *process = process_find(KEY_PID(link->pseudo.key));
    const struct open_file *file = process && process->files ? file_table_get(process->files, link->size) : NULL;
    if (!file)
        return NULL;
    inode_reference(file->inode);
    return file->inode;
}

static const struct inode_operations descriptor_link_operations = {.read_link = descriptor_link_read,
                                                                   .follow = descriptor_link_follow};

static struct inode *descriptors_lookup(struct inode *directory, const char *name, size_t length)
{
    const struct process *process = process_find(KEY_PID(directory->pseudo.key));
    uint64_t descriptor = 0;
    for (size_t i = 0; i < length; i++) {
        if (name[i] < '0' || name[i] > '9' || descriptor > DESCRIPTOR_LIMIT)
            return NULL;
        descriptor = descriptor * 10 + (uint64_t)(name[i] - '0');
    }
    if (!process || !process->files || !file_table_get(process->files, descriptor))
        return NULL;
    struct inode *link =
        pseudo_create(directory, S_IFLNK | 0700, &descriptor_link_operations, KEY(process->pid, ROW_FD));
    if (link)
        link->size = descriptor;
    return link;
}

static void descriptors_list(struct inode *directory, uint64_t position, directory_visitor *visit, void *context)
{
    const struct process *process = process_find(KEY_PID(directory->pseudo.key));
    for (uint64_t i = position - 2; process && process->files && i < DESCRIPTOR_LIMIT; i++) {
        char name[16];
        struct text text = TEXT_IN(name);
        text_add(&text, "%lu", (unsigned long)i);
        if (file_table_get(process->files, i) &&
            !visit(context, name, NUMBER_BASE + KEY(process->pid, ROW_FD), S_IFLNK, i + 3))
            return;
    }
}

static const struct inode_operations descriptors_operations = {.lookup = descriptors_lookup, .list = descriptors_list};

/* /proc/N */

static const struct {
    const char *name;
    uint32_t mode;
    unsigned row;
    const struct inode_operations *operations;
} process_others[] = {
    {"exe", S_IFLNK | 0777, ROW_EXE, &process_link_operations},
    {"cwd", S_IFLNK | 0777, ROW_CWD, &process_link_operations},
    {"root", S_IFLNK | 0777, ROW_ROOT, &process_link_operations},
    {"fd", S_IFDIR | 0500, ROW_FD, &descriptors_operations},
};
enum { PROCESS_OTHER_COUNT = sizeof process_others / sizeof process_others[0] };

static struct inode *process_lookup(struct inode *directory, const char *name, size_t length)
{
    int pid = KEY_PID(directory->pseudo.key);
    for (unsigned i = 0; i < PROCESS_FILE_COUNT; i++) {
        if (name_is(process_files[i].name, name, length))
            return pseudo_create(directory, S_IFREG | 0444, &process_file_operations, KEY(pid, i));
    }
    for (unsigned i = 0; i < PROCESS_OTHER_COUNT; i++) {
        if (name_is(process_others[i].name, name, length))
            return pseudo_create(directory, process_others[i].mode, process_others[i].operations,
                                 KEY(pid, process_others[i].row));
    }
    return NULL;
}

static void process_list(struct inode *directory, uint64_t position, directory_visitor *visit, void *context)
{
    int pid = KEY_PID(directory->pseudo.key);
    for (uint64_t i = position - 2; i < PROCESS_FILE_COUNT + PROCESS_OTHER_COUNT; i++) {
        bool is_file = i < PROCESS_FILE_COUNT;
        const char *name = is_file ? process_files[i].name : process_others[i - PROCESS_FILE_COUNT].name;
        uint64_t row = is_file ? i : process_others[i - PROCESS_FILE_COUNT].row;
        uint32_t mode = is_file ? S_IFREG : process_others[i - PROCESS_FILE_COUNT].mode;
        if (!visit(context, name, NUMBER_BASE + KEY(pid, row), mode, i + 3))
            return;
    }
}

static const struct inode_operations process_operations = {.lookup = process_lookup, .list = process_list};

/* /proc itself */

static const struct {
    const char *name;
    void (*generate)(struct text *text);
} system_files[] = {
    {"meminfo", proc_text_meminfo}, {"uptime", proc_text_uptime},           {"stat", proc_text_system_stat},
    {"loadavg", proc_text_loadavg}, {"cpuinfo", proc_text_cpuinfo},         {"mounts", proc_text_mounts},
    {"version", proc_text_version}, {"filesystems", proc_text_filesystems},
};
enum {
    SYSTEM_FILE_COUNT = sizeof system_files / sizeof system_files[0],
    ROW_SELF = SYSTEM_FILE_COUNT,
    ROW_NET,
    ROW_NET_FILES = 128, /* and what follows */
    FIRST_PROCESS_POSITION = 2 + SYSTEM_FILE_COUNT + 2
};
_Static_assert((int)ROW_NET<(int)ROW_DIRECTORY && (int)ROW_NET_FILES>(int) ROW_DIRECTORY, "rows are different");

static void system_file_generate(struct inode *file, struct text *text)
{
    system_files[KEY_ROW(file->pseudo.key)].generate(text);
}

static const struct inode_operations system_file_operations = {.generate = system_file_generate, .read_link = no_link};

static int64_t self_read(struct inode *link, char *target, size_t room)
{
    struct text text = {.bytes = target, .room = room};
    (void)link;
    text_add(&text, "%d", current_process() ? current_process()->pid : INIT_PID);
    return (int64_t)text.length;
}

static const struct inode_operations self_operations = {.read_link = self_read};

/* /proc/net */

static void net_file_generate(struct inode *file, struct text *text)
{
    proc_net_files[KEY_ROW(file->pseudo.key) - ROW_NET_FILES].generate(text);
}

static const struct inode_operations net_file_operations = {.generate = net_file_generate, .read_link = no_link};

static struct inode *net_lookup(struct inode *directory, const char *name, size_t length)
{
    for (unsigned i = 0; i < PROC_NET_FILES; i++) {
        if (name_is(proc_net_files[i].name, name, length))
            return pseudo_create(directory, S_IFREG | 0444, &net_file_operations, KEY(0, ROW_NET_FILES + i));
    }
    return NULL;
}

static void net_list(struct inode *directory, uint64_t position, directory_visitor *visit, void *context)
{
    (void)directory;
    for (uint64_t i = position - 2; i < PROC_NET_FILES; i++) {
        if (!visit(context, proc_net_files[i].name, NUMBER_BASE + KEY(0, ROW_NET_FILES + i), S_IFREG, i + 3))
            return;
    }
}

static const struct inode_operations net_operations = {.lookup = net_lookup, .list = net_list};

static struct inode *proc_lookup(struct inode *directory, const char *name, size_t length)
{
    if (name_is("self", name, length))
        return pseudo_create(directory, S_IFLNK | 0777, &self_operations, KEY(0, ROW_SELF));
    if (name_is("net", name, length))
        return pseudo_create(directory, S_IFDIR | 0555, &net_operations, KEY(0, ROW_NET));
    for (unsigned i = 0; i < SYSTEM_FILE_COUNT; i++) {
        if (name_is(system_files[i].name, name, length))
            return pseudo_create(directory, S_IFREG | 0444, &system_file_operations, KEY(0, i));
    }
    int pid = 0;
    for (size_t i = 0; i < length; i++) {
        if (name[i] < '0' || name[i] > '9' || pid > 99999)
            return NULL;
        pid = pid * 10 + (name[i] - '0');
    }
    if (!process_find(pid))
        return NULL;
    return pseudo_create(directory, S_IFDIR | 0555, &process_operations, KEY(pid, ROW_DIRECTORY));
}

/* Processes are listed in the order of their numbers: the position is the number plus a base. */
static const struct process *process_from(int pid)
{
    const struct process *best = NULL;
    list_each (entry, &all_processes) {
        const struct process *process = process_of(entry);
        if (process->pid >= pid && (!best || process->pid < best->pid))
            best = process;
    }
    return best;
}

static void proc_list(struct inode *directory, uint64_t position, directory_visitor *visit, void *context)
{
    (void)directory;
    for (uint64_t i = position - 2; i < SYSTEM_FILE_COUNT; i++) {
        if (!visit(context, system_files[i].name, NUMBER_BASE + KEY(0, i), S_IFREG, i + 3))
            return;
    }
    if (position < FIRST_PROCESS_POSITION - 1 &&
        !visit(context, "self", NUMBER_BASE + KEY(0, ROW_SELF), S_IFLNK, FIRST_PROCESS_POSITION - 1))
        return;
    if (position < FIRST_PROCESS_POSITION &&
        !visit(context, "net", NUMBER_BASE + KEY(0, ROW_NET), S_IFDIR, FIRST_PROCESS_POSITION))
        return;
    int next = position > FIRST_PROCESS_POSITION ? (int)(position - FIRST_PROCESS_POSITION) : 0;
    const struct process *process;
    for (; (process = process_from(next)); next = process->pid + 1) {
        char name[16];
        struct text text = TEXT_IN(name);
        text_add(&text, "%d", process->pid);
        if (!visit(context, name, NUMBER_BASE + KEY(process->pid, ROW_DIRECTORY), S_IFDIR,
                   FIRST_PROCESS_POSITION + (uint64_t)process->pid + 1))
            return;
    }
}

static const struct inode_operations proc_operations = {.lookup = proc_lookup, .list = proc_list};

struct inode *proc_create(void)
{
    return pseudo_create(root_directory, S_IFDIR | 0555, &proc_operations, KEY(0, ROW_DIRECTORY));
}
