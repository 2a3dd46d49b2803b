/*
 * The connections of a domain: objects that outlive it, and the capabilities to them in its capability space.
 */
#include "init/cspace.h"
#include "init/domain.h"
#include "init/memory.h"
#include "init/supervise.h"

#define CALL_RIGHTS seL4_CapRights_new(true, false, false, true)

seL4_Error cap_give(seL4_CPtr node, seL4_Word index, seL4_Word depth, seL4_CPtr source, seL4_CapRights_t rights,
                    seL4_Word badge)
{
    if (badge)
        return seL4_CNode_Mint(node, index, (seL4_Uint8)depth, seL4_CapInitThreadCNode, source, seL4_WordBits, rights,
                               badge);
    return seL4_CNode_Copy(node, index, (seL4_Uint8)depth, seL4_CapInitThreadCNode, source, seL4_WordBits, rights);
}

static struct domain_record *record_at(uint32_t index)
{
    return &the_system.domains[index];
}

static seL4_Error issue_irq(const struct description_irq *irq, seL4_CPtr slot)
{
    if (irq->kind == IRQ_MSI)
        return seL4_IRQControl_GetMSI(seL4_CapIRQControl, seL4_CapInitThreadCNode, slot, seL4_WordBits, irq->bus,
                                      irq->device, irq->function, irq->handle, irq->vector);
    return seL4_IRQControl_GetIOAPIC(seL4_CapIRQControl, seL4_CapInitThreadCNode, slot, seL4_WordBits, irq->ioapic,
                                     irq->pin, irq->is_level, irq->is_low, irq->vector);
}

/* An interrupt signals the domain's notification with the bit of its id. */
static void make_irq(const struct domain_record *domain, const struct description_irq *irq, seL4_CPtr slot,
                     seL4_CPtr scratch)
{
    seL4_Error error = issue_irq(irq, slot);
    if (!error)
        error = cap_give(seL4_CapInitThreadCNode, scratch, seL4_WordBits, domain_slot(domain, PLAN_SLOT_NOTIFICATION),
                         seL4_CanWrite, 1ul << irq->id);
    if (!error)
        error = seL4_IRQHandler_SetNotification(slot, scratch);
    if (error)
        init_fail("%s: interrupt %u, vector %u: refused with error %u", domain->description->name, irq->id, irq->vector,
                  (unsigned)error);
    seL4_CNode_Delete(seL4_CapInitThreadCNode, scratch, seL4_WordBits);
}

static void make_fault_caps(const struct domain_record *domain, uint32_t index)
{
    const struct description_domain *description = domain->description;
    seL4_CPtr handler = the_system.endpoint;
    seL4_Word badge = BADGE_FAULT | index;
    if (description->parent != DOMAIN_NONE) {
        handler = domain_slot(record_at(description->parent), PLAN_SLOT_ENDPOINT);
        badge = BADGE_CHILD | description->child_id;
    }
    if (cap_give(seL4_CapInitThreadCNode, domain_slot(domain, PLAN_SLOT_FAULT), seL4_WordBits, handler, CALL_RIGHTS,
                 badge) ||
        cap_give(seL4_CapInitThreadCNode, domain_slot(domain, PLAN_SLOT_TIMEOUT), seL4_WordBits, the_system.endpoint,
                 CALL_RIGHTS, BADGE_TIMEOUT | index))
        init_fail("no fault handler for %s", description->name);
}

/* A pool of address-space identifiers for each that the description grants; the first slots of those for grants. */
static void make_pools(const struct domain_record *domain)
{
    const struct description_domain *description = domain->description;
    seL4_CPtr pool = domain->pools;
    for (uint32_t i = 0; i < description->grants.count; i++) {
        if (ROW(grants, grant, description->grants.first + i)->kind != GRANT_ASID_POOL)
            continue;
        seL4_CPtr memory = slots_take(1);
        if (!memory || !memory_make(seL4_UntypedObject, seL4_ASIDPoolBits, memory, 1) ||
            seL4_X86_ASIDControl_MakePool(seL4_CapASIDControl, memory, seL4_CapInitThreadCNode, pool++, seL4_WordBits))
            init_fail("no pool of identifiers of address spaces for %s", description->name);
    }
}

void domain_make_connections(struct domain_record *domain)
{
    const struct description_domain *description = domain->description;
    uint32_t index = (uint32_t)(domain - the_system.domains);
    seL4_CPtr scratch = slots_take(1);

    if (!scratch || !memory_make(seL4_NotificationObject, 0, domain_slot(domain, PLAN_SLOT_NOTIFICATION), 1) ||
        !memory_make(seL4_ReplyObject, 0, domain_slot(domain, PLAN_SLOT_REPLY), 1) ||
        !memory_make(seL4_EndpointObject, 0, domain_slot(domain, PLAN_SLOT_ENDPOINT), 1))
        init_fail("no memory for the connections of %s", description->name);
    make_fault_caps(domain, index);
    make_pools(domain);
    for (uint32_t i = 0; i < description->irqs.count; i++)
        make_irq(domain, ROW(irqs, irq, description->irqs.first + i), domain->irqs + i, scratch);
    for (uint32_t i = 0; i < description->ports.count; i++) {
        const struct description_port *port = ROW(ports, port, description->ports.first + i);
        if (seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, port->first, port->last, seL4_CapInitThreadCNode,
                                         domain->ports + i, seL4_WordBits))
            init_fail("%s: ports 0x%x to 0x%x are taken", description->name, port->first, port->last);
    }
}

/* Puts a capability into the domain's 512 slots. */
static bool give(const struct domain_record *domain, seL4_Word slot, seL4_CPtr source, seL4_CapRights_t rights,
                 seL4_Word badge)
{
    return !cap_give(domain_slot(domain, PLAN_SLOT_CSPACE), slot, CSPACE_BITS, source, rights, badge);
}

/* The right to call a domain. While it is stopped, init answers in its place. */
static bool give_call(const struct domain_record *domain, const struct description_channel *channel)
{
    const struct domain_record *peer = record_at(channel->peer);
    if (peer->state == DOMAIN_STOPPED)
        return give(domain, CSPACE_ENDPOINTS + channel->id, the_system.endpoint, CALL_RIGHTS,
                    BADGE_DEAD | channel->peer);
    return give(domain, CSPACE_ENDPOINTS + channel->id, domain_slot(peer, PLAN_SLOT_ENDPOINT), CALL_RIGHTS,
                BADGE_CALL | channel->peer_id);
}

static bool give_channel(const struct domain_record *domain, const struct description_channel *channel)
{
    const struct domain_record *peer = record_at(channel->peer);
    if (channel->flags & CHANNEL_NOTIFY &&
        !give(domain, CSPACE_NOTIFICATIONS + channel->id, domain_slot(peer, PLAN_SLOT_NOTIFICATION), seL4_CanWrite,
              1ul << channel->peer_id))
        return false;
    return !(channel->flags & CHANNEL_CALL) || give_call(domain, channel);
}

/* Answers all who wait at the endpoint of a domain that will not. */
static void answer_callers(const struct domain_record *domain)
{
    seL4_Word badge;
    do {
        seL4_NBRecv(domain_slot(domain, PLAN_SLOT_ENDPOINT), &badge, the_system.other_reply);
        if (badge & BADGE_CALL)
            seL4_Send(the_system.other_reply, seL4_MessageInfo_new(ANSWER_PEER_RESTARTED, 0, 0, 0));
    } while (badge);
}

void domain_reconnect_callers(struct domain_record *domain)
{
    uint32_t index = (uint32_t)(domain - the_system.domains);
    for (uint32_t i = 0; i < the_system.description->domains.count; i++) {
        const struct domain_record *caller = record_at(i);
        for (uint32_t k = 0; caller->state == DOMAIN_RUNS && k < caller->description->channels.count; k++) {
            const struct description_channel *channel = ROW(channels, channel, caller->description->channels.first + k);
            if (channel->peer != index || !(channel->flags & CHANNEL_CALL))
                continue;
            seL4_CNode_Delete(domain_slot(caller, PLAN_SLOT_CSPACE), CSPACE_ENDPOINTS + channel->id, CSPACE_BITS);
            if (!give_call(caller, channel))
                init_fail("%s loses its channel %u", caller->description->name, channel->id);
        }
    }
    if (domain->state == DOMAIN_STOPPED)
        answer_callers(domain);
}

bool domain_connect(struct domain_record *domain, uint32_t index)
{
    const struct description_domain *description = domain->description;
    seL4_CPtr input =
        domain_slot(domain, description->flags & DOMAIN_RECEIVES ? PLAN_SLOT_ENDPOINT : PLAN_SLOT_NOTIFICATION);
    /* The inner node's guard takes the bits between the two levels. */
    bool is_done =
        !cap_give(domain_slot(domain, PLAN_SLOT_CSPACE_ROOT), 0, CSPACE_ROOT_BITS,
                  domain_slot(domain, PLAN_SLOT_CSPACE), seL4_AllRights, WORD_BITS - CSPACE_ROOT_BITS - CSPACE_BITS) &&
        give(domain, CSPACE_INPUT, input, seL4_CanRead, 0) &&
        give(domain, CSPACE_OWN_NOTIFICATION, domain_slot(domain, PLAN_SLOT_NOTIFICATION), seL4_CanRead, 0) &&
        give(domain, CSPACE_VSPACE, domain_slot(domain, PLAN_SLOT_VSPACE), seL4_AllRights, 0) &&
        give(domain, CSPACE_REPLY, domain_slot(domain, PLAN_SLOT_REPLY), seL4_AllRights, 0);
    if (is_done && description->flags & DOMAIN_PASSIVE)
        is_done = give(domain, CSPACE_MONITOR, the_system.endpoint, seL4_CanWrite, BADGE_FAULT | index);
    if (is_done && description->flags & (DOMAIN_SUPERVISOR | DOMAIN_OBSERVER))
        is_done = give(domain, CSPACE_SUPERVISOR, the_system.endpoint, CALL_RIGHTS, BADGE_SUPERVISOR | index);
    for (uint32_t i = 0; is_done && i < description->channels.count; i++)
        is_done = give_channel(domain, ROW(channels, channel, description->channels.first + i));
    for (uint32_t i = 0; is_done && i < description->irqs.count; i++)
        is_done = give(domain, CSPACE_IRQS + ROW(irqs, irq, description->irqs.first + i)->id, domain->irqs + i,
                       seL4_AllRights, 0);
    for (uint32_t i = 0; is_done && i < description->ports.count; i++)
        is_done = give(domain, CSPACE_PORTS + ROW(ports, port, description->ports.first + i)->id, domain->ports + i,
                       seL4_AllRights, 0);
    return is_done;
}

static seL4_CPtr granted_cap(const struct description_grant *grant)
{
    const struct domain_record *of = record_at(grant->of);
    switch (grant->kind) {
    case GRANT_TCB:
    case GRANT_OWN_TCB:
        return domain_slot(of, PLAN_SLOT_TCB);
    case GRANT_SCHEDCTX:
        return domain_slot(of, PLAN_SLOT_SCHEDCTX);
    case GRANT_OWN_CSPACE:
        return domain_slot(of, PLAN_SLOT_CSPACE_ROOT);
    case GRANT_FAULT_HANDLER:
        return domain_slot(of, PLAN_SLOT_FAULT);
    case GRANT_SCHED_CONTROL:
        return the_system.boot->schedcontrol.start;
    default:
        return domain_slot(of, PLAN_SLOT_VSPACE);
    }
}

void domain_connect_parts(struct domain_record *domain)
{
    const struct description_domain *description = domain->description;
    uint32_t index = (uint32_t)(domain - the_system.domains);

    /* A slot that still holds its capability refuses the copy, which is as good. */
    for (uint32_t i = 0; i < the_system.description->domains.count; i++)
        if (record_at(i)->description->parent == index)
            give(domain, CSPACE_CHILDREN + record_at(i)->description->child_id,
                 domain_slot(record_at(i), PLAN_SLOT_TCB), seL4_AllRights, 0);
    seL4_CPtr pool = domain->pools;
    for (uint32_t i = 0; i < description->grants.count; i++) {
        const struct description_grant *grant = ROW(grants, grant, description->grants.first + i);
        seL4_CPtr cap = grant->kind == GRANT_ASID_POOL ? pool++ : granted_cap(grant);
        if (grant->kind >= GRANT_OWN)
            give(domain, CSPACE_OWN + grant->slot, cap, seL4_AllRights, 0);
        else
            cap_give(domain_slot(domain, PLAN_SLOT_CSPACE_ROOT), grant->slot, CSPACE_ROOT_BITS, cap, seL4_AllRights, 0);
    }
}
