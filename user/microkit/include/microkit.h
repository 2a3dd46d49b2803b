/*
 * What a component (a protection domain) is written against. The interface is Microkit's: a component defines init and
 * notified, and protected and fault if it serves calls or has children; the library calls them from its event loop.
 *
 * A channel, interrupt, child or port id is the number that the system description gives it. A call with an id that
 * the domain does not have does nothing; in debug builds it says so.
 */
#pragma once

#include <pecan/component.h>
#include <sel4/sel4.h>

typedef unsigned int microkit_channel;
typedef unsigned int microkit_child;
typedef unsigned int microkit_ioport;
typedef seL4_MessageInfo_t microkit_msginfo;

/* Where the capabilities of a domain lie. Programs may use them with <sel4/sel4.h>. */
#define INPUT_CAP                    1
#define VSPACE_CAP                   3
#define REPLY_CAP                    4
#define MONITOR_EP                   5
#define TCB_CAP                      6
#define BASE_OUTPUT_NOTIFICATION_CAP 10
#define BASE_ENDPOINT_CAP            74
#define BASE_IRQ_CAP                 138
#define BASE_TCB_CAP                 202
#define BASE_VM_TCB_CAP              266
#define BASE_VCPU_CAP                330
#define BASE_IOPORT_CAP              394
#define BASE_USER_CAPS               458

#define MICROKIT_MAX_CHANNELS   62
#define MICROKIT_MAX_CHANNEL_ID (MICROKIT_MAX_CHANNELS - 1)
#define MICROKIT_MAX_IOPORT_ID  MICROKIT_MAX_CHANNEL_ID
#define MICROKIT_MAX_USER_CAPS  128
#define MICROKIT_PD_NAME_LENGTH 64

/* User capabilities lie in the root of the capability space, above the bits of its inner node. */
#define MICROKIT_USER_CAP_SHIFT 58
#define MICROKIT_USER_CAP_SLOTS 64

/* --- what a component defines --------------------------------------------------------------------------------------- */

/* Called once at the start, before anything is received. */
void init(void);

/* A channel's other end has notified, or an interrupt has come. */
void notified(microkit_channel ch);

/* A call has come through a channel; what it returns, and the message registers, are the answer. */
microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo);

/* A child has failed: the label says how, the message registers hold the kernel's fault message. True: answer the fault
   with *reply, so that the child goes on as the kind of fault says; false: the child stays stopped. */
seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo);

/* --- what the tool fills in ----------------------------------------------------------------------------------------- */

extern char microkit_name[MICROKIT_PD_NAME_LENGTH];
extern seL4_Bool microkit_passive;
extern seL4_Word microkit_irqs; /* a bit for each valid id, here and below */
extern seL4_Word microkit_notifications;
extern seL4_Word microkit_pps;
extern seL4_Word microkit_ioports;

/* --- the deferred operation ----------------------------------------------------------------------------------------- */

/* One operation that the next wait does in the same system call. A later one replaces it. */
extern seL4_Bool microkit_have_signal;
extern seL4_CPtr microkit_signal_cap;
extern seL4_MessageInfo_t microkit_signal_msg;

/* --- debug output: to the domain's log, if it has one, and in debug builds to the kernel's console ---------------- */

void microkit_dbg_putc(int c);
void microkit_dbg_puts(const char *s);
void microkit_dbg_put8(seL4_Uint8 x);
void microkit_dbg_put32(seL4_Uint32 x);

/* Fails on purpose, at the address `error`. */
void microkit_internal_crash(seL4_Error error);

/* Says that an id is not valid. */
void microkit_internal_refuse(const char *function, const char *what, unsigned int id);

static inline seL4_Bool microkit_internal_is_valid(seL4_Word valid, unsigned int id, const char *function,
                                                   const char *what)
{
    if (id <= MICROKIT_MAX_CHANNEL_ID && (valid >> id & 1))
        return seL4_True;
    microkit_internal_refuse(function, what, id);
    return seL4_False;
}

static inline void microkit_internal_check(seL4_Error error, const char *function)
{
    if (error != seL4_NoError) {
        microkit_dbg_puts(microkit_name);
        microkit_dbg_puts(": error in ");
        microkit_dbg_puts(function);
        microkit_dbg_puts("\n");
        microkit_internal_crash(error);
    }
}

/* --- channels and interrupts ---------------------------------------------------------------------------------------- */

static inline void microkit_notify(microkit_channel ch)
{
    if (!microkit_internal_is_valid(microkit_notifications, ch, "microkit_notify", "channel"))
        return;
    pecan_component_page->counts.notifications_sent++;
    pecan_trace(PECAN_TRACE_NOTIFY, ch);
    seL4_Signal(BASE_OUTPUT_NOTIFICATION_CAP + ch);
}

static inline void microkit_deferred_notify(microkit_channel ch)
{
    if (!microkit_internal_is_valid(microkit_notifications, ch, "microkit_deferred_notify", "channel"))
        return;
    pecan_component_page->counts.notifications_sent++;
    pecan_trace(PECAN_TRACE_NOTIFY, ch);
    microkit_have_signal = seL4_True;
    microkit_signal_msg = seL4_MessageInfo_new(0, 0, 0, 0);
    microkit_signal_cap = BASE_OUTPUT_NOTIFICATION_CAP + ch;
}

static inline void microkit_irq_ack(microkit_channel ch)
{
    if (microkit_internal_is_valid(microkit_irqs, ch, "microkit_irq_ack", "interrupt"))
        microkit_internal_check(seL4_IRQHandler_Ack(BASE_IRQ_CAP + ch), "microkit_irq_ack");
}

static inline void microkit_deferred_irq_ack(microkit_channel ch)
{
    if (!microkit_internal_is_valid(microkit_irqs, ch, "microkit_deferred_irq_ack", "interrupt"))
        return;
    microkit_have_signal = seL4_True;
    microkit_signal_msg = seL4_MessageInfo_new(IRQAckIRQ, 0, 0, 0);
    microkit_signal_cap = BASE_IRQ_CAP + ch;
}

/* The answer's label is the server's; PECAN_PEER_RESTARTED (pecan/component.h) if the server was restarted meanwhile. */
static inline microkit_msginfo microkit_ppcall(microkit_channel ch, microkit_msginfo msginfo)
{
    if (!microkit_internal_is_valid(microkit_pps, ch, "microkit_ppcall", "channel"))
        return seL4_MessageInfo_new(0, 0, 0, 0);
    pecan_component_page->counts.calls_made++;
    pecan_trace(PECAN_TRACE_CALL, ch);
    microkit_msginfo answer = seL4_Call(BASE_ENDPOINT_CAP + ch, msginfo);
    pecan_trace(PECAN_TRACE_CALL_END, ch);
    return answer;
}

static inline microkit_msginfo microkit_msginfo_new(seL4_Word label, seL4_Uint16 count)
{
    return seL4_MessageInfo_new(label, 0, 0, count);
}

static inline seL4_Word microkit_msginfo_get_label(microkit_msginfo msginfo)
{
    return seL4_MessageInfo_get_label(msginfo);
}

static inline seL4_Word microkit_msginfo_get_count(microkit_msginfo msginfo)
{
    return seL4_MessageInfo_get_length(msginfo);
}

static inline void microkit_mr_set(seL4_Uint8 mr, seL4_Word value)
{
    seL4_SetMR(mr, value);
}

static inline seL4_Word microkit_mr_get(seL4_Uint8 mr)
{
    return seL4_GetMR(mr);
}

/* --- children ------------------------------------------------------------------------------------------------------- */

/* Lets a child run from `entry`; its stack pointer and its memory stay as they are. */
static inline void microkit_pd_restart(microkit_child child, seL4_Word entry)
{
    seL4_UserContext registers = {0};

    registers.rip = entry;
    microkit_internal_check(seL4_TCB_WriteRegisters(BASE_TCB_CAP + child, seL4_True, 0, 1, &registers),
                            "microkit_pd_restart");
}

static inline void microkit_pd_stop(microkit_child child)
{
    microkit_internal_check(seL4_TCB_Suspend(BASE_TCB_CAP + child), "microkit_pd_stop");
}

static inline void microkit_pd_resume(microkit_child child)
{
    microkit_internal_check(seL4_TCB_Resume(BASE_TCB_CAP + child), "microkit_pd_resume");
}

/* The address of the user capability in `slot`; null for slots that there are not. */
static inline seL4_CPtr microkit_cspace_root_slot_to_cptr(seL4_Word slot)
{
    return slot < MICROKIT_USER_CAP_SLOTS ? slot << MICROKIT_USER_CAP_SHIFT : 0;
}

/* --- I/O ports: the address is the port's own, not one inside the range --------------------------------------------- */

static inline void microkit_x86_ioport_write_8(microkit_ioport ioport, seL4_Word address, seL4_Word data)
{
    if (microkit_internal_is_valid(microkit_ioports, ioport, "microkit_x86_ioport_write_8", "I/O port"))
        microkit_internal_check(seL4_X86_IOPort_Out8(BASE_IOPORT_CAP + ioport, address, data),
                                "microkit_x86_ioport_write_8");
}

static inline void microkit_x86_ioport_write_16(microkit_ioport ioport, seL4_Word address, seL4_Word data)
{
    if (microkit_internal_is_valid(microkit_ioports, ioport, "microkit_x86_ioport_write_16", "I/O port"))
        microkit_internal_check(seL4_X86_IOPort_Out16(BASE_IOPORT_CAP + ioport, address, data),
                                "microkit_x86_ioport_write_16");
}

static inline void microkit_x86_ioport_write_32(microkit_ioport ioport, seL4_Word address, seL4_Word data)
{
    if (microkit_internal_is_valid(microkit_ioports, ioport, "microkit_x86_ioport_write_32", "I/O port"))
        microkit_internal_check(seL4_X86_IOPort_Out32(BASE_IOPORT_CAP + ioport, address, data),
                                "microkit_x86_ioport_write_32");
}

static inline seL4_Uint8 microkit_x86_ioport_read_8(microkit_ioport ioport, seL4_Word address)
{
    if (!microkit_internal_is_valid(microkit_ioports, ioport, "microkit_x86_ioport_read_8", "I/O port"))
        return 0;
    seL4_X86_IOPort_In8_t result = seL4_X86_IOPort_In8(BASE_IOPORT_CAP + ioport, (seL4_Uint16)address);
    microkit_internal_check(result.error, "microkit_x86_ioport_read_8");
    return (seL4_Uint8)result.result;
}

static inline seL4_Uint16 microkit_x86_ioport_read_16(microkit_ioport ioport, seL4_Word address)
{
    if (!microkit_internal_is_valid(microkit_ioports, ioport, "microkit_x86_ioport_read_16", "I/O port"))
        return 0;
    seL4_X86_IOPort_In16_t result = seL4_X86_IOPort_In16(BASE_IOPORT_CAP + ioport, (seL4_Uint16)address);
    microkit_internal_check(result.error, "microkit_x86_ioport_read_16");
    return (seL4_Uint16)result.result;
}

static inline seL4_Uint32 microkit_x86_ioport_read_32(microkit_ioport ioport, seL4_Word address)
{
    if (!microkit_internal_is_valid(microkit_ioports, ioport, "microkit_x86_ioport_read_32", "I/O port"))
        return 0;
    seL4_X86_IOPort_In32_t result = seL4_X86_IOPort_In32(BASE_IOPORT_CAP + ioport, (seL4_Uint16)address);
    microkit_internal_check(result.error, "microkit_x86_ioport_read_32");
    return (seL4_Uint32)result.result;
}
