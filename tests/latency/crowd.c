#include "latency.h"

#define BATCH            250
#define HIGHEST_PRIORITY 250

void crowd_thread(void);

seL4_CPtr crowd_make(seL4_Word count)
{
    seL4_CPtr first = slots_take(count);

    for (seL4_Word made = 0; made < count; made += BATCH) {
        seL4_Word batch = count - made < BATCH ? count - made : BATCH;

        objects_make_at(seL4_TCBObject, 0, first + made, batch);
    }
    for (seL4_Word i = 0; i < count; i++)
        must(seL4_TCB_Configure(first + i, seL4_CapInitThreadCNode, 0, seL4_CapInitThreadVSpace, 0, 0, 0),
             "configure a thread of a crowd");
    return first;
}

void crowd_start(seL4_CPtr tcb, const struct crowd_call *call, seL4_Word index)
{
    seL4_UserContext registers = {.rip = (seL4_Word)crowd_thread,
                                  .rflags = 0x202,
                                  .rdx = call->number,
                                  .rdi = call->cap + index * call->cap_step,
                                  .rsi = call->info,
                                  .r12 = call->reply + index * call->reply_step};

    must(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof(registers) / sizeof(seL4_Word), &registers),
         "start a thread of a crowd");
}

struct crowd crowd_block(const struct crowd_call *call)
{
    struct crowd crowd = {.first_tcb = crowd_make(CROWD_SIZE), .shared = schedctx_make(7, 5000, 5000, 0, false)};

    for (seL4_Word i = 0; i < CROWD_SIZE; i++) {
        seL4_Word priority = CROWD_PRIORITY + i % (HIGHEST_PRIORITY - CROWD_PRIORITY + 1);

        must(seL4_TCB_SetPriority(crowd.first_tcb + i, seL4_CapInitThreadTCB, priority), "set a priority");
        must(seL4_SchedContext_Bind(crowd.shared, crowd.first_tcb + i), "bind the shared context");
        crowd_start(crowd.first_tcb + i, call, i);
        /* It has a higher priority: it has run by now, and blocked. */
        must(seL4_SchedContext_UnbindObject(crowd.shared, crowd.first_tcb + i), "take the shared context back");
    }
    return crowd;
}

void slots_must_be(seL4_CPtr first, seL4_Word count, bool full)
{
    seL4_CPtr probe = slots_take(1);

    for (seL4_Word i = 0; i < count; i++) {
        /* Moving on from an empty slot fails. */
        bool is_full = !seL4_CNode_Move(seL4_CapInitThreadCNode, probe, seL4_WordBits, seL4_CapInitThreadCNode,
                                        first + i, seL4_WordBits);

        if (is_full)
            must(seL4_CNode_Move(seL4_CapInitThreadCNode, first + i, seL4_WordBits, seL4_CapInitThreadCNode, probe,
                                 seL4_WordBits),
                 "move a capability back");
        if (is_full != full)
            give_up(full ? "an object is missing" : "a capability is still there");
    }
}
