/*
 * The event loop of a component: it waits, and calls what the component defines.
 */
#include <microkit.h>
#include <pecan/component.h>

#define BADGE_CALL       (1ul << 63)
#define BADGE_CHILD      (1ul << 62)
#define BADGE_CHILD_MASK 0xfful
#define BADGE_ID_MASK    0x3ful

/* The IPC buffer lies in the last page of the address space. */
seL4_IPCBuffer *__sel4_ipc_buffer = (seL4_IPCBuffer *)PECAN_BUFFER_ADDRESS;

/* The tool writes these into the program. They are here, in initialised memory, and not in .bss. */
#define PATCHED __attribute__((section(".data.patched")))
PATCHED char microkit_name[MICROKIT_PD_NAME_LENGTH] = "";
PATCHED seL4_Bool microkit_passive = seL4_False;
PATCHED seL4_Word microkit_irqs = 0;
PATCHED seL4_Word microkit_notifications = 0;
PATCHED seL4_Word microkit_pps = 0;
PATCHED seL4_Word microkit_ioports = 0;

seL4_Bool microkit_have_signal;
seL4_CPtr microkit_signal_cap;
seL4_MessageInfo_t microkit_signal_msg;

typedef void (*constructor)(void);
extern const constructor __init_array_start[], __init_array_end[];

_Noreturn void microkit_main(void);

static _Noreturn void missing(const char *function)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(" does not define ");
    microkit_dbg_puts(function);
    microkit_dbg_puts("\n");
    for (;;)
        microkit_internal_crash(seL4_NoError);
}

__attribute__((weak)) microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch, (void)msginfo;
    missing("protected()");
}

__attribute__((weak)) seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    (void)child, (void)msginfo, (void)reply_msginfo;
    missing("fault()");
}

/* Notifications that notified() is about to be called for, and those that came while pecan_wait did not want them. */
static seL4_Word due_notifications, kept_notifications;

static void notify_each(seL4_Word badge)
{
    due_notifications = badge;
    for (unsigned int id = 0; due_notifications; id++) {
        if (!(due_notifications >> id & 1))
            continue;
        due_notifications &= ~(1ul << id);
        pecan_trace(PECAN_TRACE_NOTIFIED, id);
        notified(id);
        pecan_trace(PECAN_TRACE_NOTIFIED_END, id);
    }
}

/* Without a badge it was init (the task) that woke the domain, to see that it lives. */
static void note_wake(seL4_Word badge)
{
    if (badge)
        pecan_component_page->counts.wakes++;
    else
        pecan_check();
}

seL4_Word pecan_wait(seL4_Word wanted)
{
    while (!((due_notifications | kept_notifications) & wanted)) {
        seL4_Word badge;

        pecan_component_page->rounds++;
        pecan_trace(PECAN_TRACE_WAIT, 0);
        seL4_Wait(PECAN_NOTIFICATION_CAP, &badge);
        pecan_trace(PECAN_TRACE_WAIT_END, 0);
        note_wake(badge);
        kept_notifications |= badge;
    }
    seL4_Word found = (due_notifications | kept_notifications) & wanted;
    due_notifications &= ~wanted;
    kept_notifications &= ~wanted;
    return found;
}

/* What was kept is older than what is to come. */
static void notify_kept(void)
{
    while (kept_notifications) {
        seL4_Word badge = kept_notifications;
        kept_notifications = 0;
        notify_each(badge);
    }
}

/* The deferred operation, for the cases where the wait itself cannot do it. */
static void send_deferred(void)
{
    if (microkit_have_signal) {
        microkit_have_signal = seL4_False;
        seL4_Send(microkit_signal_cap, microkit_signal_msg);
    }
}

static seL4_MessageInfo_t wait_for_next(seL4_Bool have_reply, seL4_MessageInfo_t reply, seL4_Word *badge)
{
    pecan_component_page->rounds++;
    if (have_reply) {
        send_deferred();
        return seL4_ReplyRecv(INPUT_CAP, reply, badge, REPLY_CAP);
    }
    if (microkit_have_signal) {
        microkit_have_signal = seL4_False;
        return seL4_NBSendRecv(microkit_signal_cap, microkit_signal_msg, INPUT_CAP, badge, REPLY_CAP);
    }
    return seL4_Recv(INPUT_CAP, badge, REPLY_CAP);
}

static _Noreturn void event_loop(void)
{
    seL4_Bool have_reply = seL4_False, has_handled = seL4_False;
    seL4_MessageInfo_t reply = seL4_MessageInfo_new(0, 0, 0, 0);

    /* An interrupt that a predecessor of this program did not acknowledge would never come again. */
    for (unsigned int id = 0; id <= MICROKIT_MAX_CHANNEL_ID; id++)
        if (microkit_irqs >> id & 1)
            seL4_IRQHandler_Ack(BASE_IRQ_CAP + id);
    pecan_component_page->waits_since = pecan_counter();
    for (;;) {
        seL4_Word badge;

        if (kept_notifications) {
            if (have_reply)
                seL4_Send(REPLY_CAP, reply);
            have_reply = seL4_False;
            notify_kept();
        }
        seL4_MessageInfo_t info = wait_for_next(have_reply, reply, &badge);

        have_reply = seL4_False;
        if (badge & BADGE_CHILD) {
            pecan_trace(PECAN_TRACE_FAULT, badge & BADGE_CHILD_MASK);
            have_reply = fault(badge & BADGE_CHILD_MASK, info, &reply);
            pecan_trace(PECAN_TRACE_FAULT_END, badge & BADGE_CHILD_MASK);
        } else if (badge & BADGE_CALL) {
            pecan_component_page->counts.calls_served++;
            pecan_trace(PECAN_TRACE_PROTECTED, badge & BADGE_ID_MASK);
            reply = protected(badge & BADGE_ID_MASK, info);
            pecan_trace(PECAN_TRACE_PROTECTED_END, badge & BADGE_ID_MASK);
            have_reply = seL4_True;
        } else {
            note_wake(badge);
            notify_each(badge);
        }
        if (badge && !has_handled) {
            pecan_component_page->handled_since = pecan_counter();
            has_handled = seL4_True;
        }
    }
}

_Noreturn void microkit_main(void)
{
    pecan_trace(PECAN_TRACE_START, 0);
    for (const constructor *c = __init_array_start; c < __init_array_end; c++)
        (*c)();
    init();
    pecan_trace(PECAN_TRACE_READY, 0);
    if (microkit_passive) {
        /* What init() deferred goes out first: the wait itself tells init (the task) that this domain is passive now. */
        send_deferred();
        microkit_have_signal = seL4_True;
        microkit_signal_msg = seL4_MessageInfo_new(0, 0, 0, 0);
        microkit_signal_cap = MONITOR_EP;
    }
    event_loop();
}
