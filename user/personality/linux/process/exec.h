/* Starting a program in a process: loading its file and building its first stack. */
#pragma once

#include "personality/linux/process/process.h"

/*
 * Where the arguments of a new program come from: another program's memory (addresses of arrays that end with 0), or,
 * for the first program, the personality's own strings.
 */
struct exec_arguments {
    struct address_space *space; /* null: strings are used */
    uint64_t argument_array, environment_array;
    const char *const *argument_strings, *const *environment_strings; /* end with null */
};

/* Replaces the program of the thread's process. 0: the thread is queued to run it. An error: nothing has changed. */
int64_t process_execute(struct thread *thread, struct inode *directory, const char *path,
                        const struct exec_arguments *arguments);
