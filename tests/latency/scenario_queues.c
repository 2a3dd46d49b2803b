/*
 * Many threads in one queue.
 */
#include "latency.h"

#define BADGES 4
#define SOME   40 /* operations of each kind */

/* Endpoints with badges 1 to BADGES, for one thread after the other. */
static seL4_CPtr badged_copies(seL4_CPtr endpoint)
{
    seL4_CPtr first = slots_take(BADGES);

    for (seL4_Word i = 0; i < BADGES; i++)
        must(seL4_CNode_Mint(seL4_CapInitThreadCNode, first + i, seL4_WordBits, seL4_CapInitThreadCNode, endpoint,
                             seL4_WordBits, seL4_AllRights, i + 1),
             "mint a badge");
    return first;
}

static struct crowd senders(seL4_CPtr cap)
{
    return crowd_block(&(struct crowd_call){.number = (seL4_Word)seL4_SysCall, .cap = cap, .info = 2});
}

static void shuffle(const struct crowd *crowd)
{
    for (seL4_Word i = 0; i < SOME; i++) {
        seL4_CPtr tcb = crowd->first_tcb + i * (CROWD_SIZE / SOME);

        must(seL4_TCB_SetPriority(tcb, seL4_CapInitThreadTCB, (i * 37) % 250), "change a priority in the queue");
        if (i % 2)
            must(seL4_TCB_Suspend(tcb), "suspend a thread in the queue");
        if (i % 4 == 1)
            must(seL4_TCB_Resume(tcb), "resume it");
    }
}

void scenario_senders(void)
{
    seL4_CPtr endpoint = object_make(seL4_EndpointObject, 0), reply = object_make(seL4_ReplyObject, 0);
    struct crowd crowd = senders(badged_copies(endpoint));
    seL4_Word badge;

    shuffle(&crowd);
    for (seL4_Word i = 0; i < SOME; i++) {
        seL4_NBRecv(endpoint, &badge, reply);
        if (!badge)
            give_up("no sender was there");
        seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    }
    must(seL4_CNode_CancelBadgedSends(seL4_CapInitThreadCNode, endpoint, seL4_WordBits), "cancel nothing");
    clock_wait(2);
}

void scenario_endpoint_deletion(void)
{
    seL4_CPtr endpoint = object_make(seL4_EndpointObject, 0), copies = badged_copies(endpoint);
    struct crowd crowd = senders(copies);

    shuffle(&crowd);
    must(seL4_CNode_CancelBadgedSends(seL4_CapInitThreadCNode, copies, seL4_WordBits), "cancel by badge");
    (void)senders(copies + 1);
    must(seL4_CNode_CancelBadgedSends(seL4_CapInitThreadCNode, copies + 1, seL4_WordBits), "cancel by badge");
    (void)senders(copies + 2);
    must(seL4_CNode_Revoke(seL4_CapInitThreadCNode, endpoint, seL4_WordBits), "revoke the endpoint");
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, endpoint, seL4_WordBits), "delete the endpoint");
    clock_wait(2);
}

void scenario_waiters(void)
{
    seL4_CPtr notification = object_make(seL4_NotificationObject, 0);
    struct crowd crowd = crowd_block(&(struct crowd_call){.number = (seL4_Word)seL4_SysWait, .cap = notification});

    shuffle(&crowd);
    for (seL4_Word i = 0; i < SOME; i++)
        seL4_Signal(notification);
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, notification, seL4_WordBits), "delete the notification");
    clock_wait(2);
}

/* Thread i receives on endpoint i and calls endpoint i + 1 while it answers: here each is called by the one before. */
void scenario_replies(void)
{
    seL4_CPtr endpoints = objects_make(seL4_EndpointObject, 0, CROWD_SIZE + 1);
    seL4_CPtr replies = objects_make(seL4_ReplyObject, 0, CROWD_SIZE + 1);
    seL4_CPtr threads = crowd_make(CROWD_SIZE);
    seL4_CPtr shared = schedctx_make(7, 50000, 50000, 0, false);

    /* Each waits without a scheduling context of its own, and is lent the one that is passed along. */
    for (seL4_Word i = 0; i < CROWD_SIZE; i++) {
        must(seL4_TCB_SetPriority(threads + i, seL4_CapInitThreadTCB, CROWD_PRIORITY + 1), "set a priority");
        must(seL4_SchedContext_Bind(shared, threads + i), "bind the shared context");
        crowd_start(threads + i,
                    &(struct crowd_call){.number = (seL4_Word)seL4_SysRecv, .cap = endpoints + i, .reply = replies + i},
                    0);
        must(seL4_SchedContext_UnbindObject(shared, threads + i), "take the shared context back");
    }
    seL4_CPtr caller = crowd_make(1);

    must(seL4_TCB_SetPriority(caller, seL4_CapInitThreadTCB, CROWD_PRIORITY), "set a priority");
    must(seL4_SchedContext_Bind(shared, caller), "bind the shared context");
    crowd_start(caller, &(struct crowd_call){.number = (seL4_Word)seL4_SysCall, .cap = endpoints}, 0);
    /* The one that was called, on the lent context, calls the next. */
    for (seL4_Word i = 0; i + 1 < CROWD_SIZE; i++)
        crowd_start(threads + i, &(struct crowd_call){.number = (seL4_Word)seL4_SysCall, .cap = endpoints + i + 1}, 0);
    must(seL4_TCB_Suspend(threads + CROWD_SIZE / 2), "suspend one in the middle");
    for (seL4_Word i = 0; i < SOME; i++)
        must(seL4_CNode_Delete(seL4_CapInitThreadCNode, replies + CROWD_SIZE - 1 - i * 20, seL4_WordBits),
             "delete a reply");
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, shared, seL4_WordBits), "delete the lent context");
    for (seL4_Word i = 0; i < CROWD_SIZE; i++)
        must(seL4_CNode_Delete(seL4_CapInitThreadCNode, threads + i, seL4_WordBits), "delete a thread");
    clock_wait(2);
}
