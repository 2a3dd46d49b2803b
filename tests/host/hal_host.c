/* The host machine: every function of hal/hal.h and of hal/entry.h's boot part that is not about capabilities. */
#include "hal_host.h"

#include "abi/fault.h"
#include "abi/message.h"
#include "core/cpu.h"
#include "core/system.h"
#include "hal/entry.h"
#include "object/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t host_ram[HOST_RAM_BYTES + HOST_LOG_BYTES] ALIGNED(0x1000);
struct cpu host_cpu;
struct host host;
unsigned host_preempt_units = 16;

/* --- memory --------------------------------------------------------------------------------------------------------- */

bool hal_window_covers(uint64_t paddr, uint64_t size)
{
    return paddr >= HOST_RAM_START && size <= HOST_RAM_BYTES && paddr - HOST_RAM_START <= HOST_RAM_BYTES - size;
}

static void give_up(const char *why)
{
    fprintf(stderr, "the host machine: %s\n", why);
    hal_halt(1);
}

void hal_clear(void *pointer, size_t size)
{
    if (size > 2048)
        give_up("hal_clear of more than 2048 bytes");
    if (!hal_window_covers(hal_paddr(pointer), size))
        give_up("hal_clear outside of memory");
    memset(pointer, 0, size);
}

/* --- registers ------------------------------------------------------------------------------------------------------ */

/*
 * Words of fault messages that come from registers, as register numbers; the restart address stands for the pc.
 *   unknown syscall: cap, info, mr 0, mr 1, pc, flags      exception: pc, sp, flags      timeout reply: all in order
 */
static unsigned fault_register(unsigned type, unsigned index)
{
    static const uint8_t syscall_words[CONTEXT_SYSCALL_WORDS] = {4, 5, 8, 9, 0, 2};
    return type == ABI_FAULT_UNKNOWN_SYSCALL ? syscall_words[index] : index;
}

static uint64_t fault_word(const struct user_context *context, unsigned type, unsigned index)
{
    unsigned number = fault_register(type, index);
    return number == 0 ? context->restart_pc : context_user_register(context, number);
}

void context_put_syscall(struct user_context *context, struct user_context *receiver, uint64_t *message)
{
    for (unsigned i = 0; i < CONTEXT_SYSCALL_WORDS; i++) {
        uint64_t word = fault_word(context, ABI_FAULT_UNKNOWN_SYSCALL, i);
        if (i < ABI_MESSAGE_REGISTERS)
            context_set_mr(receiver, i, word);
        else if (message)
            message[i] = word;
    }
}

void context_put_exception(const struct user_context *context, struct user_context *receiver)
{
    for (unsigned i = 0; i < CONTEXT_EXCEPTION_WORDS; i++)
        context_set_mr(receiver, i, fault_word(context, ABI_FAULT_USER_EXCEPTION, i));
}

void context_take_fault_reply(struct user_context *context, unsigned type, const struct user_context *handler,
                              const volatile uint64_t *message, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        context_set_user_register(context, fault_register(type, i),
                                  i < ABI_MESSAGE_REGISTERS ? context_mr(handler, i) : message[i]);
}

/* --- processor ------------------------------------------------------------------------------------------------------ */

void hal_thread_space_changed(struct thread *thread UNUSED)
{
}
void hal_sync_context(struct thread *thread UNUSED)
{
}
void hal_context_changed(struct thread *thread UNUSED)
{
}
void hal_take_short_ways(bool may)
{
    host.takes_no_short_ways = !may;
}
void hal_flags_changed(struct thread *thread UNUSED)
{
}
void hal_forget_thread(struct thread *thread UNUSED)
{
    host.forgotten++;
}
void hal_fpu_init(struct fpu_state *state)
{
    memset(state->bytes, 0, sizeof(state->bytes));
}

/* --- time and interrupts -------------------------------------------------------------------------------------------- */

uint64_t host_time(void)
{
    return host.time;
}
uint64_t hal_ticks_per_us(void)
{
    return HOST_TICKS_PER_US;
}
void hal_timer_set(uint64_t deadline)
{
    host.deadline = deadline;
    host.is_armed = host.was_set = true;
}

bool hal_interrupt_is_pending(void)
{
    host.polls++;
    if (!host.interrupt_after)
        return false;
    if (host.polls_left == 0)
        return true;
    host.polls_left--;
    return false;
}

void host_interrupt_after(unsigned polls)
{
    host.interrupt_after = true;
    host.polls_left = polls;
}

void host_no_interrupt(void)
{
    host.interrupt_after = false;
}

void hal_irq_acknowledge(unsigned irq UNUSED)
{
}
void hal_irq_release(unsigned irq)
{
    host.irq_released[irq]++;
}

/* --- console and the end -------------------------------------------------------------------------------------------- */

void hal_console_put(char character)
{
    if (host.console_length == sizeof(host.console) - 1) {
        host.console_length /= 2;
        memmove(host.console, host.console + sizeof(host.console) / 2, host.console_length);
    }
    host.console[host.console_length++] = character;
    host.console[host.console_length] = 0;
    if (!host.is_quiet && character != '\r')
        putchar(character);
}
void hal_halt(int status)
{
    if (host.on_halt)
        host.on_halt(status);
    abort();
}
void hal_backtrace(void)
{
}
void hal_print_context(const struct thread *thread UNUSED)
{
}

bool hal_syscall(int64_t number, struct thread *thread)
{
    if (number != -33) /* SetTLSBase */
        return false;
    context_set_tls_base(&thread->context, context_cap(&thread->context));
    return true;
}

/* --- what tests do -------------------------------------------------------------------------------------------------- */

void host_reset(void)
{
    void (*on_halt)(int) = host.on_halt;
    bool is_quiet = host.is_quiet;
    memset(host_ram, 0, sizeof(host_ram));
    memset(&host_cpu, 0, sizeof(host_cpu));
    memset(&system_state, 0, sizeof(system_state));
    host = (struct host){.time = 1000, .on_halt = on_halt, .is_quiet = is_quiet};
    host_preempt_units = 16;
}

void host_boot(void)
{
    static struct boot_facts facts;
    facts = (struct boot_facts){
        .ram = {{HOST_RAM_START + 0x1000, HOST_RAM_START + HOST_RAM_BYTES}},
        .ram_count = 1,
        .reserved = {{HOST_RAM_START, HOST_RAM_START + 0x1000}},
        .reserved_count = 1,
        .device_top = UINT64_C(0x80000000),
        .user_top = HOST_USER_TOP,
        .root_task = {.memory = {HOST_RAM_START, HOST_RAM_START + 0x1000},
                      .virtual_start = HOST_IMAGE,
                      .entry = HOST_IMAGE},
    };
    host_reset();
    kernel_boot(&facts);
}

void host_call(void)
{
    struct user_context *context = &host_cpu.current->context;
    context->restart_pc = context->pc;
    context->pc += HOST_CALL_BYTES;
    kernel_syscall();
}
