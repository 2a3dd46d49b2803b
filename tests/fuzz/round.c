/*
 * A round of valid calls: with every label that can succeed, in an order in which it does.
 */
#include "../support/random.h"
#include "call.h"
#include "trap.h"

#include <sel4/sel4.h>

#define DEPTH seL4_WordBits

/* Arguments that are chosen anew for each call. */
#define CHOICE      0xc401ce0000000000ul
#define CHOICE_MASK 0xffffff0000000000ul
enum choice {
    ANY = CHOICE + 1, /* a random word */
    ANY_BIT,
    ANY_RIGHTS,
    ANY_PRIORITY,
    ANY_BUDGET, /* microseconds */
    ANY_PERIOD,
    ANY_PIN,
    ANY_VECTOR,
    ANY_PORT,
    ANY_DURATION,
    ANY_CACHING,
    ANY_PADDING, /* log2 of bytes: what comes behind it lies elsewhere in each round */
};

struct template
{
    uint8_t label;
    uint8_t length;
    uint64_t cap;
    uint64_t words[8];
    uint64_t caps[CALL_CAPS];
};

#define CALL(l, c, n, ...) .label = (l), .cap = (c), .length = (n), .words = {__VA_ARGS__}
#define CAPS(...)          .caps = {__VA_ARGS__}
#define RETYPE(type, bits, slot, count)                                                                                \
    {                                                                                                                  \
        CALL(UntypedRetype, OWN_UNTYPED, 6, (type), (bits), 0, 0, (slot), (count)), CAPS(OWN_CNODE)                    \
    }
#define DELETE(slot)                                                                                                   \
    {                                                                                                                  \
        CALL(CNodeDelete, OWN_CNODE, 2, (slot), DEPTH)                                                                 \
    }
#define SLOT(slot) (slot), DEPTH
#define MESSAGE(endpoint)                                                                                              \
    {                                                                                                                  \
        CALL(0, (endpoint), 2, ANY, ANY), CAPS(MADE_COPY)                                                              \
    }

static const struct template calls[] = {
    {CALL(CNodeRevoke, OWN_CNODE, 2, SLOT(OWN_UNTYPED))},
    DELETE(MADE_IRQ),
    DELETE(MADE_MSI),
    DELETE(MADE_PORTS),
    DELETE(MADE_LARGE),
    RETYPE(seL4_UntypedObject, ANY_PADDING, MADE_PADDING, 1),
    RETYPE(seL4_TCBObject, 0, MADE_TCB, 2),
    RETYPE(seL4_EndpointObject, 0, MADE_ENDPOINT, 1),
    RETYPE(seL4_NotificationObject, 0, MADE_NOTIFICATION, 1),
    RETYPE(seL4_CapTableObject, 4, MADE_CNODE, 1),
    RETYPE(seL4_SchedContextObject, 8, MADE_SCHEDCTX, 2),
    RETYPE(seL4_ReplyObject, 0, MADE_REPLY, 1),
    RETYPE(seL4_X86_4K, 0, MADE_FRAME, 2),
    RETYPE(seL4_X86_PageTableObject, 0, MADE_PAGE_TABLE, 1),
    RETYPE(seL4_X86_PageDirectoryObject, 0, MADE_DIRECTORY, 1),
    RETYPE(seL4_X86_PDPTObject, 0, MADE_PDPT, 1),
    RETYPE(seL4_X64_PML4Object, 0, MADE_PML4, 1),
    RETYPE(seL4_UntypedObject, seL4_PageBits, MADE_UNTYPED, 1),
    {CALL(UntypedRetype, OWN_DEVICE, 6, seL4_X86_LargePageObject, 0, 0, 0, MADE_LARGE, 1), CAPS(OWN_CNODE)},

    /* Capabilities. */
    {CALL(CNodeCopy, OWN_CNODE, 5, SLOT(MADE_COPY), SLOT(MADE_ENDPOINT), ANY_RIGHTS), CAPS(OWN_CNODE)},
    {CALL(CNodeMint, OWN_CNODE, 6, SLOT(MADE_BADGED), SLOT(MADE_ENDPOINT), ANY_RIGHTS, ANY), CAPS(OWN_CNODE)},
    {CALL(CNodeMove, OWN_CNODE, 4, SLOT(MADE_MOVED), SLOT(MADE_BADGED)), CAPS(OWN_CNODE)},
    {CALL(CNodeMutate, OWN_CNODE, 5, SLOT(MADE_ROTATED), SLOT(MADE_CNODE), 4), CAPS(OWN_CNODE)},
    {CALL(CNodeMutate, OWN_CNODE, 5, SLOT(MADE_CNODE), SLOT(MADE_ROTATED), 0), CAPS(OWN_CNODE)},
    {CALL(CNodeRotate, OWN_CNODE, 8, SLOT(MADE_ROTATED), ANY, SLOT(MADE_FRAME2), ANY, SLOT(MADE_FRAME)),
     CAPS(OWN_CNODE, OWN_CNODE)},
    {CALL(CNodeMove, OWN_CNODE, 4, SLOT(MADE_FRAME), SLOT(MADE_ROTATED)), CAPS(OWN_CNODE)},
    {CALL(CNodeCancelBadgedSends, OWN_CNODE, 2, SLOT(MADE_ENDPOINT))},
    DELETE(MADE_MOVED),

    /* Time. */
    {CALL(SchedControlConfigureFlags, LENT(LENT_SCHED_CONTROL), 5, ANY_BUDGET, ANY_PERIOD, 0, ANY, ANY_BIT),
     CAPS(MADE_SCHEDCTX)},
    {CALL(SchedControlConfigureFlags, LENT(LENT_SCHED_CONTROL), 5, ANY_BUDGET, ANY_PERIOD, 4, ANY, ANY_BIT),
     CAPS(MADE_SCHEDCTX2)},
    {CALL(SchedContextBind, MADE_SCHEDCTX, 0, 0), CAPS(MADE_TCB)},
    {CALL(SchedContextConsumed, MADE_SCHEDCTX, 0, 0)},
    {CALL(SchedContextYieldTo, MADE_SCHEDCTX, 0, 0)},
    {CALL(SchedContextUnbindObject, MADE_SCHEDCTX, 0, 0), CAPS(MADE_TCB)},
    {CALL(SchedContextBind, MADE_SCHEDCTX, 0, 0), CAPS(MADE_TCB)},
    {CALL(SchedContextUnbind, MADE_SCHEDCTX, 0, 0)},
    {CALL(SchedContextBind, MADE_SCHEDCTX2, 0, 0), CAPS(MADE_NOTIFICATION)},
    {CALL(SchedContextUnbindObject, MADE_SCHEDCTX2, 0, 0), CAPS(MADE_NOTIFICATION)},
    {CALL(DomainSetSet, LENT(LENT_DOMAIN), 1, 0), CAPS(MADE_TCB)},
    {CALL(DomainScheduleConfigure, LENT(LENT_DOMAIN), 3, 0, 0, ANY_DURATION)},
    {CALL(DomainScheduleSetStart, LENT(LENT_DOMAIN), 1, 0)},

    /* Memory. */
    {CALL(X86ASIDControlMakePool, LENT(LENT_ASID_CONTROL), 2, SLOT(MADE_ASID_POOL)), CAPS(MADE_UNTYPED, OWN_CNODE)},
    {CALL(X86ASIDPoolAssign, MADE_ASID_POOL, 0, 0), CAPS(MADE_PML4)},
    {CALL(X86PDPTMap, MADE_PDPT, 2, MAPPING_ADDRESS, ANY_CACHING), CAPS(MADE_PML4)},
    {CALL(X86PageDirectoryMap, MADE_DIRECTORY, 2, MAPPING_ADDRESS, ANY_CACHING), CAPS(MADE_PML4)},
    {CALL(X86PageMap, MADE_LARGE, 3, MAPPING_ADDRESS + 0x200000, ANY_RIGHTS, ANY_CACHING), CAPS(MADE_PML4)},
    {CALL(X86PageTableMap, MADE_PAGE_TABLE, 2, MAPPING_ADDRESS, ANY_CACHING), CAPS(MADE_PML4)},
    {CALL(X86PageMap, MADE_FRAME, 3, MAPPING_ADDRESS, ANY_RIGHTS, ANY_CACHING), CAPS(MADE_PML4)},
    {CALL(X86PageMap, MADE_FRAME, 3, MAPPING_ADDRESS, ANY_RIGHTS, ANY_CACHING), CAPS(MADE_PML4)},
    {CALL(X86PageGetAddress, MADE_FRAME, 0, 0)},
    {CALL(X86PageUnmap, MADE_FRAME, 0, 0)},
    {CALL(X86PageTableUnmap, MADE_PAGE_TABLE, 0, 0)},
    {CALL(X86PageDirectoryUnmap, MADE_DIRECTORY, 0, 0)},
    {CALL(X86PDPTUnmap, MADE_PDPT, 0, 0)},

    /* A thread that answers. */
    {CALL(TCBConfigure, MADE_TCB, 3, 0, 0, 0), CAPS(OWN_CNODE, OWN_VSPACE, MADE_FRAME2)},
    {CALL(TCBSetSpace, MADE_TCB, 2, 0, ANY), CAPS(MADE_ENDPOINT, OWN_CNODE, OWN_VSPACE)},
    {CALL(TCBSetIPCBuffer, MADE_TCB, 1, 0x400), CAPS(MADE_FRAME2)},
    {CALL(TCBSetPriority, MADE_TCB, 1, ANY_PRIORITY), CAPS(OWN_TCB)},
    {CALL(TCBSetMCPriority, MADE_TCB, 1, ANY_PRIORITY), CAPS(OWN_TCB)},
    {CALL(TCBSetTimeoutEndpoint, MADE_TCB, 0, 0), CAPS(MADE_ENDPOINT)},
    {CALL(TCBSetTLSBase, MADE_TCB, 1, ANY)},
    {CALL(TCBSetFlags, MADE_TCB, 2, ANY, 0)},
    {CALL(TCBBindNotification, MADE_TCB, 0, 0), CAPS(MADE_NOTIFICATION)},
    {CALL(TCBSetSchedParams, MADE_TCB, 2, ANY_PRIORITY, ANY_PRIORITY), CAPS(OWN_TCB, MADE_SCHEDCTX, MADE_ENDPOINT)},
    {CALL(TCBWriteRegisters, MADE_TCB, 22, 1, 20)}, /* the registers: write_puppet */
    {CALL(TCBReadRegisters, MADE_TCB, 2, 0, 20)},
    MESSAGE(MADE_ENDPOINT),
    {CALL(TCBCopyRegisters, MADE_TCB2, 1, 0xc), CAPS(MADE_TCB)},

    /* One that makes calls. */
    {CALL(TCBConfigure, MADE_TCB2, 3, 0, 0, 0x800), CAPS(OWN_CNODE, OWN_VSPACE, MADE_FRAME2)},
    {CALL(TCBSetSchedParams, MADE_TCB2, 2, ANY_PRIORITY, ANY_PRIORITY), CAPS(OWN_TCB, MADE_SCHEDCTX2, MADE_ENDPOINT)},
    {CALL(TCBWriteRegisters, MADE_TCB2, 22, 1, 20)},
    {CALL(SchedContextYieldTo, MADE_SCHEDCTX2, 0, 0)},
    MESSAGE(MADE_ENDPOINT),
    {CALL(SchedContextConsumed, MADE_SCHEDCTX2, 0, 0)},
    {CALL(TCBReadRegisters, MADE_TCB2, 2, 1, 20)},
    {CALL(TCBResume, MADE_TCB2, 0, 0)},
    {CALL(TCBUnbindNotification, MADE_TCB, 0, 0)},
    {CALL(TCBSuspend, MADE_TCB, 0, 0)},
    {CALL(TCBResume, MADE_TCB, 0, 0)},
    {CALL(TCBSetFlags, MADE_TCB2, 2, ANY, ANY)},
    {CALL(TCBSuspend, MADE_TCB2, 0, 0)},
    {CALL(TCBSuspend, MADE_TCB, 0, 0)},

    /* Interrupts. */
    {CALL(X86IRQIssueIRQHandlerIOAPIC, LENT(LENT_IRQ_CONTROL), 7, SLOT(MADE_IRQ), 0, ANY_PIN, ANY_BIT, ANY_BIT,
          ANY_VECTOR),
     CAPS(OWN_CNODE)},
    {CALL(IRQSetIRQHandler, MADE_IRQ, 0, 0), CAPS(MADE_NOTIFICATION)},
    {CALL(IRQAckIRQ, MADE_IRQ, 0, 0)},
    {CALL(IRQClearIRQHandler, MADE_IRQ, 0, 0)},
    {CALL(X86IRQIssueIRQHandlerMSI, LENT(LENT_IRQ_CONTROL), 7, SLOT(MADE_MSI), ANY_BIT, ANY_BIT, ANY_BIT, ANY,
          ANY_VECTOR),
     CAPS(OWN_CNODE)},
    {CALL(IRQIssueIRQHandler, LENT(LENT_IRQ_CONTROL), 3, ANY_VECTOR, SLOT(MADE_MOVED)), CAPS(OWN_CNODE)},

    /* Ports. */
    {CALL(X86IOPortControlIssue, SECRET(SECRET_PORT_CONTROL), 4, QUIET_PORT_FIRST,
          QUIET_PORT_FIRST + QUIET_PORT_COUNT - 1, SLOT(MADE_PORTS)),
     CAPS(OWN_CNODE)},
    {CALL(X86IOPortIn8, MADE_PORTS, 1, ANY_PORT)},
    {CALL(X86IOPortIn16, MADE_PORTS, 1, ANY_PORT)},
    {CALL(X86IOPortIn32, MADE_PORTS, 1, ANY_PORT)},
    {CALL(X86IOPortOut8, MADE_PORTS, 2, ANY_PORT, ANY)},
    {CALL(X86IOPortOut16, MADE_PORTS, 2, ANY_PORT, ANY)},
    {CALL(X86IOPortOut32, MADE_PORTS, 2, ANY_PORT, ANY)},

    /* Ties between what the next round's revocation takes away and what stays. */
    {CALL(IRQSetIRQHandler, MADE_IRQ, 0, 0), CAPS(MADE_NOTIFICATION)},
    {CALL(IRQAckIRQ, MADE_IRQ, 0, 0)},
    {CALL(TCBBindNotification, MADE_TCB2, 0, 0), CAPS(OWN_NOTIFICATION)},
    {CALL(SchedContextBind, MADE_SCHEDCTX2, 0, 0), CAPS(OWN_NOTIFICATION)},
    {CALL(X86PageMap, MADE_FRAME2, 3, BUFFER_ADDRESS + PAGE_BYTES, ANY_RIGHTS, ANY_CACHING), CAPS(OWN_VSPACE)},
    {CALL(TCBSetSpace, MADE_TCB2, 2, 0, 0), CAPS(OWN_ENDPOINT, OWN_CNODE, OWN_VSPACE)},
    {CALL(TCBResume, MADE_TCB2, 0, 0)},
    {CALL(TCBResume, MADE_TCB, 0, 0)},
    MESSAGE(OWN_NOTIFICATION),
};

const unsigned round_length = sizeof(calls) / sizeof(calls[0]);

static uint64_t word_of(uint64_t word, uint64_t *random)
{
    if ((word & CHOICE_MASK) != CHOICE)
        return word;
    switch (word) {
    case ANY_BIT:
        return random_below(random, 2);
    case ANY_RIGHTS:
        return random_below(random, 16);
    case ANY_PRIORITY:
        return random_below(random, ATTACKER_MCP + 1);
    case ANY_BUDGET:
        return 20 + random_below(random, 500);
    case ANY_PERIOD:
        return 520 + random_below(random, 2000);
    case ANY_PIN:
        return QUIET_PIN_FIRST + random_below(random, QUIET_PIN_COUNT);
    case ANY_VECTOR:
        return random_below(random, 108);
    case ANY_PORT:
        return QUIET_PORT_FIRST + random_below(random, QUIET_PORT_COUNT - 3);
    case ANY_DURATION:
        return 1 + (random_next(random) >> 8 >> random_below(random, 50));
    case ANY_PADDING:
        return seL4_MinUntypedBits + random_below(random, 12);
    case ANY_CACHING:
        return random_below(random, 5);
    default:
        return random_next(random);
    }
}

/* Start of a thread of the attacker's: which code it runs depends on the thread. */
static void write_puppet(struct call *call, uint64_t *random)
{
    for (unsigned i = 2; i < 22; i++)
        call->words[i] = random_next(random);
    call->words[2] = (uint64_t)(call->cap == MADE_TCB ? puppet_server : puppet_client);
    call->words[3] = (uint64_t)puppet_stack_top;
}

void round_call(unsigned index, struct call *call)
{
    const struct template *from = &calls[index];
    uint64_t *random = &attacker.random;

    *call = (struct call){.number = seL4_SysCall, .cap = from->cap, .label = from->label, .length = from->length};
    for (unsigned i = 0; i < sizeof(from->words) / sizeof(from->words[0]); i++)
        call->words[i] = word_of(from->words[i], random);
    for (unsigned i = 0; i < CALL_CAPS; i++) {
        call->caps[i] = from->caps[i];
        if (from->caps[i])
            call->extra_count = i + 1;
    }
    if (call->label == TCBWriteRegisters)
        write_puppet(call, random);
}

bool round_is_guarded(unsigned index)
{
    return calls[index].cap >> 62 == SECRET(0) >> 62;
}

/* Whatever comes out of it, no port but a quiet one is issued: the kernel keeps the low 16 bits of each. */
void round_vary_guarded(struct call *call)
{
    uint64_t *random = &attacker.random;

    call->words[0] = QUIET_PORT_FIRST + random_below(random, QUIET_PORT_COUNT) + (random_next(random) << 16);
    call->words[1] = QUIET_PORT_FIRST + random_below(random, QUIET_PORT_COUNT) + (random_next(random) << 16);
    call->words[2 + random_below(random, 2)] = number_random(random);
    call->caps[0] = address_random(random);
    call->length = random_below(random, 6);
    call->extra_count = random_below(random, 4);
    call->flags = flags_random(random);
}
