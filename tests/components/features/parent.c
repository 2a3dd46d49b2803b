/*
 * Takes its children's faults: starts one again and again, mends another's registers, sees a third refused the FPU. Stops
 * and resumes a fourth, which counts notifications in a region.
 */
#include "check.h"

#include "steps.h"

enum { STARTS = 4, PROGRAM_START = 0x200000, SKIPPED_BYTES = 2, FPU_EXCEPTION = 7, STEADY = 1 };

seL4_Word wild_id, mended_id, plain_id, steady_id;
volatile seL4_Word *steady;
static unsigned starts, done;

static void finish(void)
{
    if (++done == 3)
        check_end();
}

static seL4_Bool wild_failed(microkit_msginfo msginfo)
{
    check(microkit_msginfo_get_label(msginfo) == seL4_Fault_VMFault, "a child's wild write");
    check(microkit_mr_get(seL4_VMFault_Addr) == WILD_ADDRESS, "its address");
    if (++starts < STARTS) {
        microkit_pd_restart(wild_id, PROGRAM_START);
        return seL4_False;
    }
    microkit_pd_stop(wild_id);
    finish();
    return seL4_False;
}

/* The child executes an instruction that there is not, and goes on behind it. */
static seL4_Bool mended_failed(microkit_msginfo msginfo, microkit_msginfo *reply)
{
    if (microkit_msginfo_get_label(msginfo) == seL4_Fault_VMFault) {
        check(microkit_mr_get(seL4_VMFault_Addr) == MENDED_ADDRESS, "a child goes on with the answer to its fault");
        finish();
        return seL4_False;
    }
    check(microkit_msginfo_get_label(msginfo) == seL4_Fault_UserException, "a child's exception");
    microkit_mr_set(seL4_UserException_FaultIP, microkit_mr_get(seL4_UserException_FaultIP) + SKIPPED_BYTES);
    *reply = microkit_msginfo_new(0, 1);
    return seL4_True;
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    if (child == wild_id)
        return wild_failed(msginfo);
    if (child == mended_id)
        return mended_failed(msginfo, reply_msginfo);
    check(child == plain_id && microkit_msginfo_get_label(msginfo) == seL4_Fault_UserException &&
              microkit_mr_get(seL4_UserException_Number) == FPU_EXCEPTION,
          "a domain without FPU");
    finish();
    return seL4_False;
}

void init(void)
{
    check(wild_id == 0 && mended_id == 7 && plain_id == 61 && steady_id == 1, "variables of children");
    microkit_pd_stop(steady_id);
    microkit_notify(STEADY);
    check(steady[2] == 0, "a stopped child does nothing");
    microkit_pd_resume(steady_id);
    check(steady[2] == 1, "a resumed child takes its notification");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
