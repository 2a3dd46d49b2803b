#include "personality/linux/process/signal_frame.h"

#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/abi/memory.h"
#include "personality/linux/memory/user_memory.h"
#include "personality/linux/process/process.h"
#include "personality/linux/support/frame.h"
#include <stddef.h>

extern const char trampoline_start[], trampoline_save_fx[], trampoline_save_x[], trampoline_restore_fx[],
    trampoline_restore_x[], trampoline_end[];

enum { RED_ZONE = 128, FXSAVE_BYTES = 512, FX_SOFTWARE_OFFSET = 464, XSAVE_HEADER_BYTES = 64 };
enum { FLAG_TRAP = 1 << 8, FLAG_DIRECTION = 1 << 10, USER_CODE_SELECTOR = 0x33, USER_STACK_SELECTOR = 0x2b };

static uint64_t trampoline_at(const char *code)
{
    return TRAMPOLINE_ADDRESS + (uint64_t)(code - trampoline_start);
}

bool trampoline_map(struct address_space *space)
{
    static uint32_t frame; /* the same for all programs */
    if (!frame) {
        frame = frame_allocate_zeroed();
        if (!frame)
            return false;
        memcpy(frame_data(frame), trampoline_start, (size_t)(trampoline_end - trampoline_start));
    }
    struct region region = {
        .start = TRAMPOLINE_ADDRESS, .end = TRAMPOLINE_ADDRESS + PAGE_SIZE, .protection = PROT_READ | PROT_EXEC};
    struct page_entry *entry = page_map_make(&space->pages, TRAMPOLINE_ADDRESS);
    if (!entry || !region_add(&space->regions, &region))
        return false;
    frame_reference(frame);
    *entry = (struct page_entry){.frame = frame};
    space->resident_pages++;
    return true;
}

static bool is_on_signal_stack(const struct thread *thread, uint64_t rsp)
{
    const struct linux_stack *stack = &thread->signal_stack;
    return !(stack->flags & SS_DISABLE) && rsp > stack->base && rsp - stack->base <= stack->size;
}

static void machine_context_fill(struct linux_machine_context *machine, const struct user_registers *r)
{
    *machine = (struct linux_machine_context){
        .r8 = r->r8,
        .r9 = r->r9,
        .r10 = r->r10,
        .r11 = r->r11,
        .r12 = r->r12,
        .r13 = r->r13,
        .r14 = r->r14,
        .r15 = r->r15,
        .rdi = r->rdi,
        .rsi = r->rsi,
        .rbp = r->rbp,
        .rbx = r->rbx,
        .rdx = r->rdx,
        .rax = r->rax,
        .rcx = r->rcx,
        .rsp = r->rsp,
        .rip = r->rip,
        .rflags = r->rflags,
        .cs = USER_CODE_SELECTOR,
        .ss = USER_STACK_SELECTOR,
    };
}

static void siginfo_fill(struct linux_siginfo *out, const struct signal_info *info)
{
    *out = (struct linux_siginfo){.number = info->number, .code = info->code};
    if (info->is_fault) {
        out->fault.address = info->address;
    } else {
        out->sender.pid = info->pid;
        out->sender.status = info->status;
    }
}

/* The parts of the state's image that the processor does not write itself. */
static bool float_state_prepare(struct address_space *space, uint64_t address, const struct machine_float_state *state)
{
    struct linux_float_extension extension = {0};
    if (state->features) {
        uint32_t magic2 = FLOAT_MAGIC2;
        extension = (struct linux_float_extension){
            .magic1 = FLOAT_MAGIC1,
            .extended_size = state->bytes + (uint32_t)sizeof magic2,
            .features = state->features,
            .state_size = state->bytes,
        };
        if (user_clear(space, address + FXSAVE_BYTES, XSAVE_HEADER_BYTES) != 0 ||
            user_write_object(space, address + state->bytes, &magic2) != 0)
            return false;
    }
    return user_write_object(space, address + FX_SOFTWARE_OFFSET, &extension) == 0;
}

bool signal_frame_push(struct thread *thread, const struct signal_action *action, const struct signal_info *info,
                       uint64_t mask, struct user_registers *registers)
{
    struct address_space *space = thread->process->space;
    struct machine_float_state state = machine_float_state();
    bool changes_stack = (action->flags & SA_ONSTACK) && !(thread->signal_stack.flags & SS_DISABLE) &&
                         !is_on_signal_stack(thread, registers->rsp);

    uint64_t top = changes_stack ? thread->signal_stack.base + thread->signal_stack.size : registers->rsp - RED_ZONE;
    uint64_t float_address = (top - state.bytes - sizeof(uint32_t)) & ~63ull;
    uint64_t address = ((float_address - sizeof(struct linux_signal_frame)) & ~15ull) - 8;

    struct linux_signal_frame frame = {
        .return_address = action->restorer,
        .context =
            {
                .flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS | (state.features ? UC_FP_XSTATE : 0),
                .stack = thread->signal_stack,
                .mask = mask,
            },
    };
    if (is_on_signal_stack(thread, registers->rsp))
        frame.context.stack.flags |= SS_ONSTACK;
    machine_context_fill(&frame.context.machine, registers);
    frame.context.machine.float_state = float_address;
    frame.context.machine.fault_address = info->address;
    frame.context.machine.vector = info->vector;
    frame.context.machine.error_code = info->error_code;
    frame.context.machine.old_mask = mask;
    siginfo_fill(&frame.info, info);
    if (!float_state_prepare(space, float_address, &state) || user_write_object(space, address, &frame) != 0)
        return false;

    registers->rip = trampoline_at(state.features ? trampoline_save_x : trampoline_save_fx);
    registers->rsp = address;
    registers->rdi = (uint64_t)info->number;
    registers->rsi = address + offsetof(struct linux_signal_frame, info);
    registers->r10 = address + offsetof(struct linux_signal_frame, context);
    registers->rcx = float_address;
    registers->r11 = action->handler;
    registers->rax = (uint32_t)state.features;
    registers->rdx = state.features >> 32;
    registers->rflags &= ~(uint64_t)(FLAG_TRAP | FLAG_DIRECTION);
    return true;
}

/* Frames are the program's own memory: what they say is no more trusted than any argument. */
int64_t signal_frame_return(struct thread *thread)
{
    struct user_registers registers;
    struct linux_user_context context;
    machine_thread_read(thread->machine, &registers);
    uint64_t address = registers.rsp - 8 + offsetof(struct linux_signal_frame, context);
    if (user_read_object(thread->process->space, &context, address) != 0) {
        process_exit(thread->process, SIGSEGV);
        return CALL_NO_REPLY;
    }

    const struct linux_machine_context *machine = &context.machine;
    struct user_registers *back = &thread->signal_return_registers;
    *back = (struct user_registers){
        .r8 = machine->r8,
        .r9 = machine->r9,
        .r10 = machine->r10,
        .r11 = machine->r11,
        .r12 = machine->r12,
        .r13 = machine->r13,
        .r14 = machine->r14,
        .r15 = machine->r15,
        .rdi = machine->rdi,
        .rsi = machine->rsi,
        .rbp = machine->rbp,
        .rbx = machine->rbx,
        .rdx = machine->rdx,
        .rax = machine->rax,
        .rcx = machine->rcx,
        .rsp = machine->rsp,
        .rip = machine->rip,
        .rflags = machine->rflags,
        .fs_base = registers.fs_base,
        .gs_base = registers.gs_base,
    };
    thread->blocked_signals = context.mask & ~SIGNALS_UNBLOCKABLE;
    thread->entry = ENTRY_STOPPED;
    if (!machine->float_state) {
        thread->registers = *back;
        thread_leave(thread);
        return CALL_NO_REPLY;
    }

    struct machine_float_state state = machine_float_state();
    struct linux_float_extension extension;
    bool is_extended =
        state.features &&
        user_read_object(thread->process->space, &extension, machine->float_state + FX_SOFTWARE_OFFSET) == 0 &&
        extension.magic1 == FLOAT_MAGIC1;
    thread->in_signal_return = true;
    thread->registers = registers;
    thread->registers.rip = trampoline_at(is_extended ? trampoline_restore_x : trampoline_restore_fx);
    thread->registers.rcx = machine->float_state;
    thread->registers.rax = (uint32_t)state.features;
    thread->registers.rdx = state.features >> 32;
    thread_leave(thread);
    return CALL_NO_REPLY;
}

int64_t signal_frame_return_end(struct thread *thread)
{
    if (!thread->in_signal_return)
        return -ENOSYS;
    thread->in_signal_return = false;
    thread->registers = thread->signal_return_registers;
    thread->entry = ENTRY_STOPPED;
    thread_leave(thread);
    return CALL_NO_REPLY;
}
