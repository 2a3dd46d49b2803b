#include "core/debug.h"

#include "abi/error.h"
#include "abi/object.h"
#include "abi/syscall.h"
#include "core/lookup.h"
#include "core/system.h"
#include "hal/hal.h"
#include "lib/print.h"
#include "object/invocation.h"
#include "object/thread.h"

#if CONFIG_DEBUG_BUILD
static const char *state_name(unsigned state)
{
    static const char *const names[] = {
        [THREAD_INACTIVE] = "inactive",
        [THREAD_RUNNING] = "running",
        [THREAD_RESTART] = "restart",
        [THREAD_BLOCKED_SEND] = "blocked sending",
        [THREAD_BLOCKED_RECEIVE] = "blocked receiving",
        [THREAD_BLOCKED_REPLY] = "blocked for a reply",
        [THREAD_BLOCKED_NOTIFICATION] = "blocked on a notification",
        [THREAD_IDLE] = "idle",
    };
    return state < ARRAY_LENGTH(names) ? names[state] : "?";
}

static void print_threads(void)
{
    print("thread                           state                      prio  pc\n");
    for (const struct thread *thread = system_state.debug_threads; thread; thread = thread->debug_next)
        print("%p %s %s %u %lx\n", (const void *)thread, thread->name[0] ? thread->name : "-",
              state_name(thread->state), thread->priority, context_restart_pc(&thread->context));
}

/* The name stands in the caller's buffer from message word 0 on, and ends there in any case. */
static void name_thread(struct thread *caller)
{
    struct cap_lookup found = lookup_cap(caller, context_cap(&caller->context));
    const uint64_t *buffer = thread_ipc_buffer(caller, false);
    if (found.failure.type != ABI_LOOKUP_NONE || cap_type(found.slot->cap) != ABI_CAP_TYPE_TCB || !buffer) {
        print("DebugNameThread: no such thread, or no IPC buffer\n");
        hal_halt(0);
    }
    char name[THREAD_NAME_LENGTH];
    const volatile char *text = (const char *)buffer + ABI_IPC_BUFFER_MSG_OFFSET;
    size_t i = 0;
    for (; i < THREAD_NAME_LENGTH - 1 && text[i]; i++)
        name[i] = text[i];
    name[i] = '\0';
    thread_set_name(cap_pointer(found.slot->cap), name);
}

static void identify_cap(struct thread *caller)
{
    struct cap_lookup found = lookup_cap(caller, context_cap(&caller->context));
    unsigned type = found.failure.type == ABI_LOOKUP_NONE ? cap_type(found.slot->cap) : ABI_CAP_TYPE_NULL;
    context_set_badge(&caller->context, type);
}
#elif CONFIG_PRINTING
static void print_threads(void)
{
    print("only debug builds keep a list of threads\n");
}
#endif

#if CONFIG_ENABLE_BENCHMARKS
static_assert(!CONFIG_BENCHMARK_TRACK_UTILISATION && !CONFIG_BENCHMARK_TRACK_KERNEL_ENTRIES &&
                  !CONFIG_BENCHMARK_TRACEPOINTS,
              "this kernel keeps no account of itself: the only option for benchmarks is BENCHMARK_GENERIC");

/* The log's memory is a large page that the caller may write. */
static unsigned log_buffer_error(struct thread *caller)
{
    struct cap_lookup found = lookup_cap(caller, context_cap(&caller->context));
    if (found.failure.type != ABI_LOOKUP_NONE || !hal_cap_is_buffer_frame(found.slot->cap) ||
        hal_frame_size_bits(found.slot->cap) != ABI_LARGE_PAGE_BITS ||
        !hal_buffer_window(found.slot->cap, 0, RIGHT_READ | RIGHT_WRITE))
        return ABI_ERROR_INVALID_CAPABILITY;
    return ABI_ERROR_NONE;
}
#endif

bool debug_syscall(int64_t number, struct thread *caller)
{
    (void)caller;
    switch (number) {
#if CONFIG_PRINTING
    case ABI_SYSCALL_DEBUG_PUT_CHAR:
        hal_console_put((char)context_cap(&caller->context));
        return true;
    case ABI_SYSCALL_DEBUG_DUMP_SCHEDULER:
        print_threads();
        return true;
#endif
#if CONFIG_DEBUG_BUILD
    case ABI_SYSCALL_DEBUG_HALT:
        print("halted by a user program\n");
        hal_halt(0);
    case ABI_SYSCALL_DEBUG_CAP_IDENTIFY:
        identify_cap(caller);
        return true;
    case ABI_SYSCALL_DEBUG_SNAPSHOT:
        print_threads();
        return true;
    case ABI_SYSCALL_DEBUG_NAME_THREAD:
        name_thread(caller);
        return true;
#endif
#if CONFIG_ENABLE_BENCHMARKS
    case ABI_SYSCALL_BENCHMARK_NULL_SYSCALL:
        return true;
    case ABI_SYSCALL_BENCHMARK_RESET_LOG:
        context_set_badge(&caller->context, ABI_ERROR_NONE);
        return true;
    case ABI_SYSCALL_BENCHMARK_FINALIZE_LOG:
        context_set_badge(&caller->context, 0); /* entries: there are no trace points */
        return true;
    case ABI_SYSCALL_BENCHMARK_SET_LOG_BUFFER:
        context_set_badge(&caller->context, log_buffer_error(caller));
        return true;
#endif
    default:
        return false;
    }
}
