#include "personality/linux/process/exec.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/abi/memory.h"
#include "personality/linux/disk/pages.h"
#include "personality/linux/file/directory.h"
#include "personality/linux/file/file_table.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/process/elf_image.h"
#include "personality/linux/process/signal_frame.h"
#include "personality/linux/support/heap.h"
#include "personality/linux/support/text.h"

#define STACK_TOP                 0x7ffffffff000ull - 0x10000ull
#define STACK_BYTES               (8ull << 20)
#define POSITION_INDEPENDENT_BASE 0x555555554000ull
#define INTERPRETER_BASE          0x7ff100000000ull
enum { ARGUMENT_LIMIT = 4096, STRINGS_LIMIT = 1 << 20, STRING_LIMIT = 128 << 10, SCRIPT_DEPTH = 4, SCRIPT_LINE = 256 };

/* What is being put together while the old program is still there. */
struct execution {
    struct inode *file;
    char path[PATH_MAX];                     /* as it was named */
    char real_path[PATH_MAX];                /* without links */
    char name[TASK_NAME_SIZE];               /* of the process: that of the file or script that was asked for */
    char prefix[SCRIPT_DEPTH * SCRIPT_LINE]; /* interpreters and their arguments, one string after the other */
    size_t prefix_size;
    unsigned prefix_count;
    bool is_script; /* the first argument is replaced by the prefix and the script's path */
    struct elf_image image;
    uint64_t bias, entry, interpreter_base;
    struct address_space *space;
    uint64_t stack;
};

/* Too large for the stack, and only one is at work at a time. */
static struct execution execution_in_work;

/* The file itself, by whatever links it was named, is what /proc shows. Without a name it stays empty. */
static void real_path_note(struct execution *execution, const struct path_result *place)
{
    int64_t length = directory_path(place->parent, execution->real_path, sizeof execution->real_path);
    size_t at = length > 0 ? (size_t)length - 1 : 0;
    if (!at || at + 1 + place->name_length >= sizeof execution->real_path) {
        execution->real_path[0] = 0;
        return;
    }
    if (execution->real_path[at - 1] != '/')
        execution->real_path[at++] = '/';
    memcpy(execution->real_path + at, place->name, place->name_length);
    execution->real_path[at + place->name_length] = 0;
}

static int64_t file_open(struct execution *execution, struct inode *directory)
{
    struct path_result place;
    int64_t error = path_walk(directory, execution->path, PATH_FOLLOW, &place);
    if (error)
        return error;
    if (!place.inode)
        error = -ENOENT;
    else if (!inode_is_regular(place.inode) || place.inode->operations || !(place.inode->mode & 0111))
        error = -EACCES;
    if (!error) {
        real_path_note(execution, &place);
        execution->file = place.inode;
        inode_reference(execution->file);
        if (execution->file->disk)
            error = disk_pages_want(execution->file, 0, execution->file->size);
    }
    path_result_release(&place);
    return error;
}

/* "#!interpreter [argument]": both go in front of the arguments, and the interpreter is what is run. */
static int64_t script_resolve(struct execution *execution, char *line)
{
    line[text_until(line, "\n")] = 0;
    char *interpreter = line + 2 + text_span(line + 2, " \t");
    size_t length = text_until(interpreter, " \t");
    char *argument = interpreter + length + text_span(interpreter + length, " \t");
    interpreter[length] = 0;
    size_t argument_length = strlen(argument);
    while (argument_length && strchr(" \t\r", argument[argument_length - 1]))
        argument[--argument_length] = 0;
    if (!length)
        return -ENOEXEC;

    /* If the script is itself the interpreter of a script, its path is the first string that is there already. */
    if (!execution->is_script) {
        size_t script_length = strlen(execution->path) + 1;
        if (script_length > sizeof execution->prefix)
            return -E2BIG;
        memcpy(execution->prefix, execution->path, script_length);
        execution->prefix_size = script_length;
        execution->prefix_count = 1;
    }
    size_t needed = length + 1 + (argument_length ? argument_length + 1 : 0);
    if (needed + execution->prefix_size > sizeof execution->prefix)
        return -E2BIG;
    memmove(execution->prefix + needed, execution->prefix, execution->prefix_size);
    memcpy(execution->prefix, interpreter, length + 1);
    memcpy(execution->prefix + length + 1, argument, needed - length - 1);
    execution->prefix_size += needed;
    execution->prefix_count += argument_length ? 2 : 1;
    execution->is_script = true;
    memcpy(execution->path, interpreter, length + 1);
    return 0;
}

/* Follows scripts to a file that is not one. */
static int64_t program_find(struct execution *execution, struct inode *directory)
{
    for (int depth = 0; depth <= SCRIPT_DEPTH; depth++) {
        char line[SCRIPT_LINE] = {0};
        int64_t error = file_open(execution, directory);
        if (error)
            return error;
        int64_t count = inode_read(execution->file, 0, line, sizeof line - 1);
        if (count < 2 || line[0] != '#' || line[1] != '!')
            return 0;
        inode_release(execution->file);
        execution->file = NULL;
        error = script_resolve(execution, line);
        if (error)
            return error;
    }
    return -ELOOP;
}

static int64_t image_read(struct inode *file, struct elf_image *image, const char *path)
{
    static char head[PAGE_SIZE];
    int64_t count = inode_read(file, 0, head, sizeof head);
    const char *problem = elf_image_read(image, head, (size_t)count, file->size, USER_ADDRESS_END);
    if (!problem)
        return 0;
    /* A text file is for the shell to try; anything that claims to be a program is worth a word. */
    if (count >= 4 && memcmp(head, "\177ELF", 4) == 0)
        log_line("%s: not started: %s", path, problem);
    return -ENOEXEC;
}

static int64_t region_map(struct address_space *space, uint64_t start, uint64_t end, uint32_t protection,
                          struct inode *file, uint64_t offset)
{
    struct mapping_request request = {
        .address = start,
        .length = end - start,
        .protection = protection,
        .fixed = true,
        .keep_existing = true,
        .inode = file,
        .offset = offset,
    };
    return start < end ? address_space_map(space, &request) : 0;
}

static int64_t segment_map(struct address_space *space, struct inode *file, const struct elf_segment *segment,
                           uint64_t bias)
{
    uint64_t mask = PAGE_SIZE - 1;
    uint64_t start = (segment->address + bias) & ~mask;
    uint64_t file_end = segment->address + bias + segment->file_size;
    uint64_t file_pages_end = segment->file_size ? (file_end + mask) & ~mask : start;
    uint64_t end = (segment->address + bias + segment->memory_size + mask) & ~mask;
    uint32_t protection = (segment->readable ? PROT_READ : 0u) | (segment->writable ? PROT_WRITE : 0u) |
                          (segment->executable ? PROT_EXEC : 0u);

    int64_t result = region_map(space, start, file_pages_end, protection, file, segment->offset & ~mask);
    if (result < 0)
        return result;
    result = region_map(space, file_pages_end, end, protection, NULL, 0);
    if (result < 0)
        return result;
    /* What follows the file's bytes in their last page is zeroed memory of the program, if it may write there. */
    if (segment->memory_size > segment->file_size && file_end < file_pages_end && segment->writable)
        return user_clear(space, file_end, (size_t)(file_pages_end - file_end));
    return 0;
}

static int64_t image_map(struct address_space *space, struct inode *file, const struct elf_image *image, uint64_t bias)
{
    for (unsigned i = 0; i < image->segment_count; i++) {
        int64_t error = segment_map(space, file, &image->segments[i], bias);
        if (error < 0)
            return error;
    }
    return 0;
}

static int64_t interpreter_load(struct execution *execution)
{
    char name[ELF_INTERPRETER_LIMIT + 1] = {0};
    struct elf_image image;
    int64_t error;
    inode_read(execution->file, execution->image.interpreter_offset, name, execution->image.interpreter_size);
    struct inode *file = path_find(root_directory, name, PATH_FOLLOW, &error);
    if (!file)
        return error;
    error = inode_is_regular(file) && !file->operations ? 0 : -EACCES;
    if (!error && file->disk)
        error = disk_pages_want(file, 0, file->size);
    if (!error)
        error = image_read(file, &image, name);
    if (!error && image.start != 0)
        error = -ENOEXEC;
    if (!error)
        error = image_map(execution->space, file, &image, INTERPRETER_BASE);
    inode_release(file);
    execution->interpreter_base = INTERPRETER_BASE;
    execution->entry = INTERPRETER_BASE + image.entry;
    return error;
}

static int64_t program_load(struct execution *execution)
{
    int64_t error = image_read(execution->file, &execution->image, execution->path);
    if (error)
        return error;
    const struct elf_image *image = &execution->image;
    execution->space = address_space_create();
    if (!execution->space || !trampoline_map(execution->space))
        return -ENOMEM;
    execution->bias = image->is_position_independent ? POSITION_INDEPENDENT_BASE - image->start : 0;
    execution->entry = image->entry + execution->bias;
    error = image_map(execution->space, execution->file, image, execution->bias);
    if (!error && image->interpreter_size)
        error = interpreter_load(execution);
    if (error)
        return error == -EEXIST ? -ENOEXEC : error;

    execution->space->code_start = image->start + execution->bias;
    execution->space->break_start = execution->space->break_end = image->end + execution->bias;
    uint64_t top = STACK_TOP;
    return region_map(execution->space, top - STACK_BYTES, top, PROT_READ | PROT_WRITE, NULL, 0) < 0 ? -ENOMEM : 0;
}

/* The first stack, from its top down: strings, then the arrays that point to them */

static int64_t push_bytes(struct execution *execution, const void *bytes, size_t size)
{
    execution->stack -= size;
    return user_write(execution->space, execution->stack, bytes, size);
}

static int64_t push_user_string(struct execution *execution, struct address_space *from, uint64_t address)
{
    int64_t length = user_string_length(from, address, STRING_LIMIT);
    if (length < 0)
        return length;
    size_t left = (size_t)length + 1;
    execution->stack -= left;
    for (uint64_t to = execution->stack; left;) {
        size_t piece = left;
        int64_t error;
        const void *bytes = user_piece(from, address, &piece, ACCESS_READ, &error);
        if (!bytes)
            return error;
        error = user_write(execution->space, to, bytes, piece);
        if (error)
            return error;
        address += piece;
        to += piece;
        left -= piece;
    }
    return 0;
}

/* How many strings an array has, at most `limit`; or an error. */
static int64_t strings_count(const struct exec_arguments *arguments, uint64_t array, const char *const *strings,
                             unsigned limit)
{
    for (unsigned count = 0; count <= limit; count++) {
        uint64_t address = 0;
        int64_t error = 0;
        if (arguments->space && array)
            error = user_read_object(arguments->space, &address, array + count * sizeof address);
        if (error)
            return error;
        if (arguments->space ? !address : !strings[count])
            return count;
    }
    return -E2BIG;
}

/* Pushes the strings from number `first` on, the last one first, so that they lie in their order; gives their count. */
static int64_t push_strings(struct execution *execution, const struct exec_arguments *arguments, uint64_t array,
                            const char *const *strings, unsigned first, uint64_t *pointers, unsigned limit)
{
    int64_t count = strings_count(arguments, array, strings, limit);
    if (count < 0)
        return count;
    for (int64_t i = count - 1; i >= first; i--) {
        uint64_t address;
        int64_t error;
        if (arguments->space) {
            error = user_read_object(arguments->space, &address, array + (uint64_t)i * sizeof address);
            if (!error)
                error = push_user_string(execution, arguments->space, address);
        } else {
            error = push_bytes(execution, strings[i], strlen(strings[i]) + 1);
        }
        if (error)
            return error;
        pointers[i - first] = execution->stack;
        if (STACK_TOP - execution->stack > STRINGS_LIMIT)
            return -E2BIG;
    }
    return count > first ? count - first : 0;
}

static int64_t push_prefix(struct execution *execution, uint64_t *pointers)
{
    if (!execution->prefix_count)
        return 0;
    int64_t error = push_bytes(execution, execution->prefix, execution->prefix_size);
    uint64_t address = execution->stack;
    const char *string = execution->prefix;
    for (unsigned i = 0; i < execution->prefix_count; i++) {
        pointers[i] = address + (uint64_t)(string - execution->prefix);
        string += strlen(string) + 1;
    }
    return error;
}

struct auxiliary {
    uint64_t type, value;
};

static int64_t stack_build(struct execution *execution, const struct exec_arguments *arguments)
{
    static uint64_t pointers[ARGUMENT_LIMIT];
    struct elf_image *image = &execution->image;
    struct address_space *space = execution->space;
    execution->stack = STACK_TOP;

    uint64_t random[2] = {machine_random(), machine_random()};
    int64_t error = push_bytes(execution, execution->path, strlen(execution->path) + 1);
    uint64_t path_address = execution->stack;
    if (error)
        return error;
    space->environment_end = execution->stack;
    int64_t environment_count = push_strings(execution, arguments, arguments->environment_array,
                                             arguments->environment_strings, 0, pointers, ARGUMENT_LIMIT / 2);
    if (environment_count < 0)
        return environment_count;
    space->arguments_end = execution->stack;
    uint64_t *argument_pointers = pointers + environment_count;
    unsigned prefix_count = execution->prefix_count;
    int64_t argument_count = push_strings(execution, arguments, arguments->argument_array, arguments->argument_strings,
                                          execution->is_script ? 1 : 0, argument_pointers + prefix_count,
                                          (unsigned)(ARGUMENT_LIMIT - environment_count - prefix_count));
    if (argument_count < 0)
        return argument_count;
    error = push_prefix(execution, argument_pointers);
    if (error)
        return error;
    argument_count += prefix_count;
    space->arguments_start = execution->stack;

    execution->stack &= ~15ull;
    error = push_bytes(execution, random, sizeof random);
    if (error)
        return error;

    const struct auxiliary vector[] = {
        {AT_PHDR, image->program_headers_address ? image->program_headers_address + execution->bias : 0},
        {AT_PHENT, ELF_PROGRAM_HEADER_BYTES},
        {AT_PHNUM, image->program_header_count},
        {AT_PAGESZ, PAGE_SIZE},
        {AT_BASE, execution->interpreter_base},
        {AT_FLAGS, 0},
        {AT_ENTRY, image->entry + execution->bias},
        {AT_UID, 0},
        {AT_EUID, 0},
        {AT_GID, 0},
        {AT_EGID, 0},
        {AT_CLKTCK, 100},
        {AT_SECURE, 0},
        {AT_RANDOM, execution->stack},
        {AT_EXECFN, path_address},
        {AT_MINSIGSTKSZ, machine_float_state().bytes + 1024},
        {AT_NULL, 0},
    };
    uint64_t words = 1 + (uint64_t)argument_count + 1 + (uint64_t)environment_count + 1;
    execution->stack = (execution->stack - sizeof vector - words * sizeof(uint64_t)) & ~15ull;
    space->stack_start = execution->stack;

    uint64_t at = execution->stack, zero = 0, count = (uint64_t)argument_count;
    const struct {
        const void *bytes;
        size_t size;
    } pieces[] = {
        {&count, sizeof count}, {argument_pointers, (size_t)argument_count * sizeof *pointers},
        {&zero, sizeof zero},   {pointers, (size_t)environment_count * sizeof *pointers},
        {&zero, sizeof zero},   {vector, sizeof vector},
    };
    for (unsigned i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        error = user_write(space, at, pieces[i].bytes, pieces[i].size);
        if (error)
            return error;
        at += pieces[i].size;
    }
    return 0;
}

/* From here on nothing can fail: the new program takes the old one's place. */
static void process_become(struct thread *thread, struct execution *execution, struct machine_thread *machine)
{
    struct process *process = thread->process;
    process_keep_only(thread);
    process->threads_time_ns += machine_thread_time_ns(thread->machine);
    machine_thread_destroy(thread->machine);
    thread->machine = machine;
    address_space_release(process->space);
    process->space = execution->space;
    process_release_vfork_parent(process);
    process->has_executed = true;

    if (process->executable)
        inode_release(process->executable);
    process->executable = execution->file;
    heap_free(process->executable_path);
    process->executable_path = heap_string(execution->real_path, strlen(execution->real_path));
    memcpy(process->name, execution->name, sizeof process->name);

    file_table_close_on_execute(process->files);
    signal_actions_reset(process);
    thread->signal_stack = (struct linux_stack){.flags = SS_DISABLE};
    thread->clear_tid_address = 0;
    thread->in_signal_return = false;
    thread->registers = (struct user_registers){.rip = execution->entry, .rsp = execution->stack, .rflags = 0x202};
    thread->entry = ENTRY_STOPPED;
    thread->state = THREAD_HELD;
    thread_queue(thread);
}

int64_t process_execute(struct thread *thread, struct inode *directory, const char *path,
                        const struct exec_arguments *arguments)
{
    struct execution *execution = &execution_in_work;
    *execution = (struct execution){0};
    size_t length = strlen(path);
    if (length >= PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(execution->path, path, length + 1);
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    memcpy(execution->name, name, strnlen(name, sizeof execution->name - 1));

    int64_t error = program_find(execution, directory);
    if (!error)
        error = program_load(execution);
    if (!error)
        error = stack_build(execution, arguments);
    struct machine_thread *machine =
        error ? NULL : machine_thread_create(execution->space->machine, thread, thread->id);
    if (machine) {
        process_become(thread, execution, machine);
        return 0;
    }
    if (execution->space)
        address_space_release(execution->space);
    if (execution->file)
        inode_release(execution->file);
    return error ? error : -ENOMEM;
}
