/* One event, to both. */
#include "both.h"

#include "abi/boot.h"
#include "abi/syscall.h"
#include "core/cpu.h"
#include "core/preempt.h"
#include "core/system.h"
#include "hal/entry.h"
#include "hal_host.h"
#include "object/schedctx.h"

#include <string.h>

struct model model;

/* --- boot ----------------------------------------------------------------------------------------------------------- */

static struct model_object *object_for(enum model_kind kind, uint64_t paddr, unsigned size_bits)
{
    struct model_object *object = model_object_at(&model, kind, paddr);
    return object ? object : model_object_new(&model, kind, paddr, size_bits);
}

/* What a capability made by boot is to the model. */
static struct model_cap describe(struct cap cap)
{
    struct model_cap described = {.kind = (enum model_kind)cap_type(cap)};
    switch (cap_type(cap)) {
    case ABI_CAP_TYPE_UNTYPED:
        described.paddr = cap_paddr(cap);
        described.size_bits = cap_untyped_size_bits(cap);
        described.is_device = cap_untyped_is_device(cap);
        described.watermark = cap_untyped_watermark(cap);
        break;
    case ABI_CAP_TYPE_CNODE:
        described.object = object_for(KIND_CNODE, hal_paddr(cap_pointer(cap)), cap_cnode_radix(cap) + SLOT_BITS);
        described.guard = cap_cnode_guard(cap);
        described.guard_bits = cap_cnode_guard_size(cap);
        break;
    case ABI_CAP_TYPE_TCB:
        described.object = object_for(KIND_TCB, hal_paddr(cap_pointer(cap)), TCB_BITS);
        break;
    case ABI_CAP_TYPE_SCHED_CONTEXT:
        described.object = object_for(KIND_SCHED_CONTEXT, hal_paddr(cap_pointer(cap)), cap_schedctx_size_bits(cap));
        break;
    case ABI_CAP_TYPE_FRAME:
        described.rights = MAY_READ | MAY_WRITE;
        described.object = object_for(KIND_FRAME, cap_paddr(cap), ABI_PAGE_BITS);
        break;
    case ABI_CAP_TYPE_PAGE_TABLE:
    case ABI_CAP_TYPE_PML4:
        described.is_mapped = true;
        described.object = object_for(described.kind, cap_paddr(cap), ABI_PAGE_BITS);
        break;
    case ABI_CAP_TYPE_ASID_POOL:
        described.object = object_for(KIND_ASID_POOL, cap_paddr(cap), ABI_PAGE_BITS);
        break;
    default:
        break;
    }
    return described;
}

static void copy_frame_contents(void)
{
    for (unsigned i = 0; i < model.object_count; i++)
        if (model.object[i].kind == KIND_FRAME)
            memcpy(model.memory + (model.object[i].paddr - model.memory_start), hal_window(model.object[i].paddr),
                   BIT(ABI_PAGE_BITS));
}

void both_boot(bool is_traced)
{
    host_boot();
    if (is_traced)
        host_trace();
    model_reset(&model, HOST_RAM_START, HOST_RAM_BYTES, host.time);
    model.clock = host.time;
    struct thread *thread = host_cpu.current;
    const struct cap_slot *slots = cap_pointer(thread->slot[THREAD_SLOT_CSPACE].cap);
    struct model_object *root = object_for(KIND_CNODE, hal_paddr(slots), CONFIG_ROOT_CNODE_SIZE_BITS + SLOT_BITS);
    for (unsigned i = 0; i < root->slot_count; i++)
        if (!cap_is_null(slots[i].cap))
            model_slot_root(&root->slot[i], describe(slots[i].cap));
    struct model_thread *first = root->slot[ABI_INIT_SLOT_TCB].cap.object->thread;
    model_slot_copy(&root->slot[ABI_INIT_SLOT_CNODE], &first->object->slot[SLOT_CSPACE]);
    model_slot_copy(&root->slot[ABI_INIT_SLOT_VSPACE], &first->object->slot[SLOT_VSPACE]);
    model_slot_copy(&root->slot[ABI_INIT_SLOT_IPC_BUFFER], &first->object->slot[SLOT_BUFFER]);
    first->buffer_address = thread->ipc_buffer;
    for (unsigned i = 0; i < MODEL_REGISTERS; i++)
        first->registers.reg[i] = context_user_register(&thread->context, i);
    first->registers.restart_pc = context_restart_pc(&thread->context);
    model_start_first(&model, first, root->slot[ABI_INIT_SLOT_SCHED_CONTEXT].cap.object->schedctx,
                      ABI_INIT_THREAD_TIME_SLICE_MS * 1000 * MODEL_TICKS_PER_US);
    copy_frame_contents();
    both_compare();
}

/* --- time ----------------------------------------------------------------------------------------------------------- */

static void set_time(uint64_t time)
{
    host.time = time;
    model.clock = time;
}

/* An interrupt finds the thread between two instructions. */
static void stop_between_instructions(void)
{
    if (host_cpu.current != &host_cpu.idle)
        context_stop_here(&host_cpu.current->context);
}

/* Lets time pass; the timer that the kernel armed interrupts when it is due, or `late`. */
static void pass_time(uint64_t ticks, uint64_t late)
{
    uint64_t end = host.time + ticks;
    for (unsigned fired = 0; host.is_armed && host.deadline <= end; fired++) {
        if (fired > 10000)
            differ("the timer fires again and again at %lu, armed for %lu", host.time, host.deadline);
        uint64_t due = host.deadline + late;
        set_time(due > host.time ? due : host.time);
        if (host.time > end)
            end = host.time;
        host.is_armed = false;
        stop_between_instructions();
        kernel_timer_interrupt();
        model_tick(&model);
        both_compare();
    }
    set_time(end);
}

/* --- calls ---------------------------------------------------------------------------------------------------------- */

static void put_word(uint8_t *buffer, unsigned offset, uint64_t word)
{
    memcpy(buffer + offset, &word, sizeof(word));
}

/* The program writes its message: to registers and its IPC buffer, in both memories. */
static void prepare_buffer(const struct step *step, uint8_t *buffer)
{
    for (unsigned i = MESSAGE_REGISTERS; i < step->word_count; i++)
        put_word(buffer, BUFFER_MESSAGE + 8 * i, step->word[i]);
    for (unsigned i = 0; i < step->cap_count; i++)
        put_word(buffer, BUFFER_CAPS + 8 * i, step->extra[i]);
    for (unsigned i = 0; step->offers_slot && i < 3; i++)
        put_word(buffer, BUFFER_RECEIVE_CNODE + 8 * i, step->offer[i]);
}

static void prepare_call(const struct step *step)
{
    const struct model_thread *t = model.current;
    uint64_t *reg = model.current->registers.reg;
    struct model_cap frame = t->object->slot[SLOT_BUFFER].cap;
    if (t->buffer_address && frame.kind == KIND_FRAME && !frame.is_device) {
        uint64_t paddr = frame.object->paddr + t->buffer_address % BIT(frame.object->size_bits);
        prepare_buffer(step, model.memory + (paddr - model.memory_start));
        prepare_buffer(step, hal_window(paddr));
    }
    reg[REG_NUMBER] = (uint64_t)step->number;
    reg[REG_CAP] = step->cap;
    reg[REG_INFO] = step->info;
    reg[REG_REPLY] = step->reply;
    reg[REG_DESTINATION] = step->destination;
    for (unsigned i = 0; i < MESSAGE_REGISTERS; i++)
        reg[REG_MR0 + i] = step->word[i];
    struct user_context *context = &host_cpu.current->context;
    context->number = (uint64_t)step->number;
    context->cap = step->cap;
    context->info = step->info;
    context->reply_cap = step->reply;
    context->destination = step->destination;
    for (unsigned i = 0; i < MESSAGE_REGISTERS; i++)
        context->mr[i] = step->word[i];
}

/* The call is stopped at every `every`th look and issued again until it is done. Nothing else may run in between. */
static void call_preempted(unsigned every, uint64_t call_pc)
{
    host_preempt_units = 1;
    for (unsigned tries = 0;; tries++) {
        host_interrupt_after(every - 1);
        host_call();
        host_no_interrupt();
        if (host_cpu.current == &host_cpu.idle || context_pc(&host_cpu.current->context) != call_pc)
            break;
        if (tries > 100000)
            differ("a long operation never ends");
        stop_between_instructions();
        kernel_spurious_interrupt();
    }
    host_preempt_units = 16;
}

/* Whether the model did nothing that another thread could have seen half done, or that stops the caller. */
static bool may_be_preempted(const struct model_thread *caller, const struct model_slot *invoked, uint64_t call_pc)
{
    return model.current == caller && model.wake_count == 0 && caller->registers.reg[REG_PC] != call_pc &&
           model_find(caller, host_cpu.current->context.cap) == invoked && invoked && invoked->cap.kind != KIND_NULL;
}

static void call(unsigned preempt)
{
    struct model_thread *caller = model.current;
    uint64_t call_pc = caller->registers.reg[REG_PC];
    const struct model_slot *invoked = model_find(caller, caller->registers.reg[REG_CAP]);
    caller->last_call = call_pc + 1;
    bool is_call = (int64_t)caller->registers.reg[REG_NUMBER] == CALL_CALL && !(caller->flags >> 32);
    bool is_long =
        preempt && is_call && invoked &&
        (invoked->cap.kind == KIND_CNODE || invoked->cap.kind == KIND_UNTYPED || invoked->cap.kind == KIND_TCB);
    model_syscall(&model);
    if (model.is_ambiguous)
        return;
    if (is_long && may_be_preempted(caller, invoked, call_pc))
        call_preempted(preempt, call_pc);
    else
        host_call();
}

/* --- steps ---------------------------------------------------------------------------------------------------------- */

static void act(const struct step *step)
{
    struct model_thread *t = model.current;
    if (step->kind == STEP_INTERRUPT) {
        stop_between_instructions();
        model_interrupt(&model, (unsigned)(step->word[0] % MODEL_IRQS));
        kernel_interrupt((unsigned)(step->word[0] % MODEL_IRQS));
    } else if (step->kind == STEP_SPURIOUS || !t) {
        stop_between_instructions();
        model_tick(&model);
        kernel_spurious_interrupt();
    } else if (t->last_call == t->registers.reg[REG_PC] + 1) {
        call(step->preempt); /* the kernel made it issue its call again */
    } else if (step->kind == STEP_EXCEPTION) {
        stop_between_instructions();
        model_exception(&model, step->word[0], step->word[1]);
        kernel_user_exception(step->word[0], step->word[1]);
    } else if (step->kind == STEP_VM_FAULT) {
        stop_between_instructions();
        model_vm_fault(&model, step->word[0], step->word[1], step->word[2] & 1);
        kernel_vm_fault(step->word[0], step->word[1], step->word[2] & 1);
    } else {
        prepare_call(step);
        call(step->preempt);
    }
}

void both_pass_time(const struct step *step)
{
    pass_time(step->passes, step->late);
}

void both_act(const struct step *step)
{
    if (step->kind == STEP_PASS || model.is_ambiguous)
        return;
    uint64_t traced = host_cpu.trace.written;
    act(step);
    /* Why, and who runs then; debug calls are no entries of the trace. */
    bool is_entry = step->kind != STEP_CALL || step->number >= ABI_SYSCALL_YIELD;
    if (host_cpu.trace.capacity && is_entry && host_cpu.trace.written < traced + 2)
        differ("an entry left no trace");
    if (!model.is_ambiguous)
        both_compare();
}
