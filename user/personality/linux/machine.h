/*
 * What the personality needs from the system below it: frames, address spaces, threads, time and a console.
 *
 * The component (personality/component) supplies these with kernel capabilities; a test supplies them with a host's processes. All calls come
 * from the one thread of the personality, and none of them blocks. What happens below is reported by the functions at
 * the end of this file, which the supplier calls from its event loop, never from inside a machine_ call.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGE_SIZE = 4096, PAGE_BITS = 12 };

/* User addresses are below this one; the last page is left free. */
#define USER_ADDRESS_END 0x7fffffffe000ull

/* A thread's registers, in the order of seL4_UserContext. */
struct user_registers {
    uint64_t rip, rsp, rflags, rax, rbx, rcx, rdx, rsi, rdi, rbp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t fs_base, gs_base;
};

/* Physical memory in pages. Frame 0 does not exist. */
uint32_t machine_frame_allocate(void);           /* contents are undefined; 0 when memory is exhausted */
uint32_t machine_frame_allocate_reachable(void); /* the same, for one that the disk reaches */
uint64_t machine_frame_reach(uint32_t frame); /* where the disk reaches it: offset in its buffer, UINT64_MAX: nowhere */
void machine_frame_free(uint32_t frame);
void *machine_frame_data(uint32_t frame);           /* always readable and writable by the personality */
uint32_t *machine_frame_references(uint32_t frame); /* one word per frame that support/frame.c may use */
uint64_t machine_frames_total(void);
uint64_t machine_frames_free(void);
uint64_t machine_slots_used(void); /* capability slots in use, for the test that nothing leaks */

/* Address spaces. A mapping is named by a number below 2^31 that is not 0. */
struct machine_space;
struct machine_space *machine_space_create(void); /* null when memory is exhausted */
void machine_space_destroy(struct machine_space *space);
uint32_t machine_page_map(struct machine_space *space, uint64_t address, uint32_t frame,
                          bool writable); /* 0: no memory */
void machine_page_protect(struct machine_space *space, uint64_t address, uint32_t mapping, bool writable);
void machine_page_unmap(struct machine_space *space, uint64_t address, uint32_t mapping);

/*
 * Threads. One is stopped when made. Once started it runs until it makes a system call or faults; then it waits until
 * it is answered (system call: rax is set, nothing else changes), retried (the instruction is run again) or started
 * with other registers.
 */
struct machine_thread;
struct machine_thread *machine_thread_create(struct machine_space *space, void *owner,
                                             int id);       /* null when memory is exhausted; `id` is for who watches */
void machine_thread_destroy(struct machine_thread *thread); /* in any state */
void machine_thread_start(struct machine_thread *thread,
                          const struct user_registers *registers);                         /* stopped or waiting */
void machine_thread_answer(struct machine_thread *thread, uint64_t result);                /* waiting in a call */
void machine_thread_retry(struct machine_thread *thread);                                  /* waiting in a fault */
void machine_thread_read(struct machine_thread *thread, struct user_registers *registers); /* stopped or waiting */

/* Stops a running thread. False: it is not running any more, and the report of that is on its way. */
bool machine_thread_stop(struct machine_thread *thread);
uint64_t machine_thread_time_ns(struct machine_thread *thread); /* processor time used */

/* Time since the start, the date at the start, and a call of personality_time_passed at a moment (UINT64_MAX: never). */
uint64_t machine_time_ns(void);
uint64_t machine_boot_date_seconds(void);
void machine_timer_set(uint64_t moment_ns);

/* The console: takes as many bytes as there is room for; personality_console_drained says when there is more. */
size_t machine_console_write(const char *bytes, size_t count);
void machine_console_flush(void); /* waits until all that was taken has been sent */

/* The file server's regions (protocols/file.h). */
struct machine_files {
    void *own_rings;
    const void *server_rings;
    char *own_texts;
    const char *server_texts;
    uint32_t buffer; /* number of the buffer that holds the frames which the disk reaches */
};
const struct machine_files *machine_files(void); /* null: there is no file server */
void machine_files_notify(void);
void machine_files_let_run(void); /* for who waits for it in the middle of something: it may go on for a moment */

/* The log of the system below, one line without its end. */
void machine_log(const char *line);

/* How the processor's extended state is saved: bytes of an XSAVE image and its features, or 512 and 0 for FXSAVE. */
struct machine_float_state {
    uint32_t bytes;
    uint64_t features;
};
struct machine_float_state machine_float_state(void);
uint64_t machine_random(void);

/* What is shared with the network server (protocols/socket.h), if there is one. */
struct machine_network {
    void *rings;              /* the personality's region */
    const void *server_rings; /* the server's */
    void *send;               /* the personality writes, the server reads */
    size_t send_bytes;
    const void *packets; /* the server writes, the personality reads */
    size_t packet_bytes;
};
bool machine_network(struct machine_network *network); /* false: there is none */
void machine_network_notify(void);

/* What is shared with the supervisor (protocols/control.h), if there is one. */
struct machine_control {
    void *area; /* the personality's */
    const void *supervisor_area;
};
bool machine_control(struct machine_control *control); /* false: there is none */
void machine_control_notify(void);

/* The machine ends with this status, or starts again. Neither returns. */
_Noreturn void machine_power_off(int status);
_Noreturn void machine_restart(void);

/* Reports from below. */
struct system_call {
    uint64_t number;
    uint64_t arguments[6];
};
void personality_system_call(void *owner, const struct system_call *call);
void personality_page_fault(void *owner, uint64_t address, bool write, bool fetch);
void personality_exception(void *owner, uint32_t vector, uint64_t error_code);
void personality_console_receive(const char *bytes, size_t count);
void personality_console_drained(void);
void personality_console_resized(uint16_t columns, uint16_t lines); /* 0: its size is not known */
void personality_time_passed(void);
void personality_network_notified(void);
void personality_control_notified(void);
void personality_files_notified(void);
