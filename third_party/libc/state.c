/*
 * The library's own state, in place of what musl's start-up code sets up: one thread, no locks, no auxiliary vector.
 */
#include "libc.h"
#include "pthread_impl.h"

static size_t no_auxiliary_vector[2];

struct __libc __libc = {.auxv = no_auxiliary_vector, .page_size = 4096};

extern struct __pthread component_thread;
struct __pthread component_thread = {.self = &component_thread, .locale = &__libc.global_locale};

size_t __hwcap;
extern const char __utc[];
const char __utc[] = "UTC";
