#include "fake_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 4096, MAPPINGS = 4096 };

static _Alignas(4096) char memory[FRAMES][PAGE_SIZE];
static uint32_t references[FRAMES];
static bool is_used[FRAMES];
static uint32_t used, left;

static struct mapping {
    const struct machine_space *space; /* null: free */
    uint64_t address;
    uint32_t frame;
    bool writable;
} mappings[MAPPINGS];

struct machine_space {
    int unused;
};

char fake_console[4096];
size_t fake_console_length;

static void broken(const char *what)
{
    printf("the machine was used wrongly: %s\n", what);
    abort();
}

void fake_machine_reset(void)
{
    fake_log_lines = 0;
    left = FRAMES;
    fake_console_length = 0;
}

void fake_frames_limit(uint32_t frames)
{
    left = frames;
}

uint32_t fake_frames_used(void)
{
    return used;
}

uint32_t fake_mappings(void)
{
    uint32_t count = 0;
    for (unsigned i = 1; i < MAPPINGS; i++)
        count += mappings[i].space != NULL;
    return count;
}

uint32_t machine_frame_allocate_reachable(void)
{
    return machine_frame_allocate();
}

uint64_t machine_frame_reach(uint32_t frame)
{
    return (uint64_t)frame * PAGE_SIZE;
}

const struct machine_files *machine_files(void)
{
    return NULL;
}

void machine_files_let_run(void)
{
}

void machine_files_notify(void)
{
}

uint32_t machine_frame_allocate(void)
{
    for (uint32_t i = 1; i < FRAMES && left; i++) {
        if (!is_used[i]) {
            is_used[i] = true;
            memset(memory[i], 0xa5, PAGE_SIZE);
            used++;
            left--;
            return i;
        }
    }
    return 0;
}

void machine_frame_free(uint32_t frame)
{
    if (!frame || frame >= FRAMES || !is_used[frame])
        broken("a frame is freed that is not in use");
    is_used[frame] = false;
    used--;
    left++;
}

void *machine_frame_data(uint32_t frame)
{
    if (!frame || frame >= FRAMES || !is_used[frame])
        broken("a frame is looked at that is not in use");
    return memory[frame];
}

uint32_t *machine_frame_references(uint32_t frame)
{
    return &references[frame];
}

uint64_t machine_frames_total(void)
{
    return FRAMES - 1;
}

uint64_t machine_frames_free(void)
{
    return left;
}

uint64_t machine_slots_used(void)
{
    return 0;
}

struct machine_space *machine_space_create(void)
{
    return calloc(1, sizeof(struct machine_space));
}

void machine_space_destroy(struct machine_space *space)
{
    for (unsigned i = 1; i < MAPPINGS; i++) {
        if (mappings[i].space == space)
            broken("a space goes with pages mapped");
    }
    free(space);
}

uint32_t machine_page_map(struct machine_space *space, uint64_t address, uint32_t frame, bool writable)
{
    for (uint32_t i = 1; i < MAPPINGS; i++) {
        if (!mappings[i].space) {
            mappings[i] = (struct mapping){space, address, frame, writable};
            return i;
        }
    }
    return 0;
}

static struct mapping *mapping_of(struct machine_space *space, uint64_t address, uint32_t mapping)
{
    if (!mapping || mapping >= MAPPINGS || mappings[mapping].space != space || mappings[mapping].address != address)
        broken("a mapping is named that is not there");
    return &mappings[mapping];
}

void machine_page_protect(struct machine_space *space, uint64_t address, uint32_t mapping, bool writable)
{
    mapping_of(space, address, mapping)->writable = writable;
}

void machine_page_unmap(struct machine_space *space, uint64_t address, uint32_t mapping)
{
    *mapping_of(space, address, mapping) = (struct mapping){0};
}

bool fake_mapping(const struct machine_space *space, uint64_t address, uint32_t *frame, bool *writable)
{
    for (unsigned i = 1; i < MAPPINGS; i++) {
        if (mappings[i].space == space && mappings[i].address == address) {
            *frame = mappings[i].frame;
            *writable = mappings[i].writable;
            return true;
        }
    }
    return false;
}

size_t machine_console_write(const char *bytes, size_t count)
{
    size_t room = sizeof fake_console - fake_console_length;
    count = count < room ? count : room;
    memcpy(fake_console + fake_console_length, bytes, count);
    fake_console_length += count;
    return count;
}

void machine_console_flush(void)
{
}

char fake_log[240];
unsigned fake_log_lines;

void machine_log(const char *line)
{
    fake_log_lines++;
    strncpy(fake_log, line, sizeof fake_log - 1);
}

uint64_t machine_time_ns(void)
{
    return 0;
}

uint64_t machine_boot_date_seconds(void)
{
    return 1000000000;
}

void machine_timer_set(uint64_t moment_ns)
{
    (void)moment_ns;
}

struct machine_float_state machine_float_state(void)
{
    return (struct machine_float_state){512, 0};
}

/* A test that wants a supervisor supplies it. */
bool (*fake_control)(struct machine_control *control);

bool machine_control(struct machine_control *control)
{
    return fake_control && fake_control(control);
}

void machine_control_notify(void)
{
}

uint64_t machine_random(void)
{
    return 4;
}

void machine_power_off(int status)
{
    printf("the machine was switched off with status %d\n", status);
    abort();
}

void machine_restart(void)
{
    broken("restart");
    abort();
}

/* There are no threads here. */

struct machine_thread *machine_thread_create(struct machine_space *space, void *owner, int id)
{
    (void)space, (void)owner, (void)id;
    return NULL;
}

void machine_thread_destroy(struct machine_thread *thread)
{
    (void)thread;
}

void machine_thread_start(struct machine_thread *thread, const struct user_registers *registers)
{
    (void)thread, (void)registers;
}

void machine_thread_answer(struct machine_thread *thread, uint64_t result)
{
    (void)thread, (void)result;
}

void machine_thread_retry(struct machine_thread *thread)
{
    (void)thread;
}

void machine_thread_read(struct machine_thread *thread, struct user_registers *registers)
{
    (void)thread, (void)registers;
}

bool machine_thread_stop(struct machine_thread *thread)
{
    (void)thread;
    return false;
}

uint64_t machine_thread_time_ns(struct machine_thread *thread)
{
    (void)thread;
    return 0;
}

/* A test that wants a network supplies it. */
bool (*fake_network)(struct machine_network *network);
bool fake_network_is_notified;

bool machine_network(struct machine_network *network)
{
    return fake_network && fake_network(network);
}

void machine_network_notify(void)
{
    fake_network_is_notified = true;
}
