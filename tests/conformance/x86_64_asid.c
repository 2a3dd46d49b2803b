/* ASID control and pools. */
#include "harness/invoke.h"
#include "harness/objects.h"

#define CONTROL   seL4_CapASIDControl
#define POOLS     8
#define POOL_SIZE 512

static struct answer make_pool(seL4_CPtr untyped, seL4_CPtr root, seL4_Word index, seL4_Word depth)
{
    return call(CONTROL, X86ASIDControlMakePool, CAPS(untyped, root), WORDS(index, depth));
}
static struct answer assign(seL4_CPtr pool, seL4_CPtr space)
{
    return call(pool, X86ASIDPoolAssign, CAPS(space), NONE);
}
static seL4_CPtr pool_new(void)
{
    seL4_CPtr slot = slot_new();

    expect_success(make_pool(untyped_new(12), ROOT, slot, ROOT_DEPTH));
    return slot;
}

/* row: asid.make_pool.label asid.make_pool.length asid.make_pool.caps */
TEST(x86_asid, make_pool_truncated)
{
    seL4_CPtr untyped = untyped_new(12), slot = slot_new();

    expect_answer(call(CONTROL, X86ASIDPoolAssign, CAPS(untyped, ROOT), WORDS(slot, 64)), seL4_IllegalOperation, NONE);
    expect_answer(call(CONTROL, X86ASIDControlMakePool, CAPS(untyped, ROOT), WORDS(slot)), seL4_TruncatedMessage, NONE);
    expect_answer(call(CONTROL, X86ASIDControlMakePool, CAPS(untyped), WORDS(slot, 64)), seL4_TruncatedMessage, NONE);
}

/* row: asid.make_pool.type asid.make_pool.size asid.make_pool.device asid.make_pool.children asid.make_pool.slot */
/* row: asid.make_pool.slot_empty */
TEST(x86_asid, make_pool_checks)
{
    seL4_CPtr page = untyped_new(12), slot = slot_new(), device = device_untyped(12), device_page = slot_new();

    expect_answer(make_pool(object_new(seL4_X86_4K, 0), page, slot, 0), seL4_InvalidCapability, WORDS(1));
    expect_answer(make_pool(0, page, slot, 0), seL4_InvalidCapability, WORDS(1));
    expect_answer(make_pool(untyped_new(11), page, slot, 0), seL4_InvalidCapability, WORDS(1));
    expect_answer(make_pool(untyped_new(13), page, slot, 0), seL4_InvalidCapability, WORDS(1));
    expect_no_error(seL4_Untyped_Retype(device, seL4_UntypedObject, 12, ROOT, 0, 0, device_page, 1));
    expect_answer(make_pool(device_page, page, slot, 0), seL4_InvalidCapability, WORDS(1));

    seL4_CPtr parent = untyped_new(12);
    expect_no_error(seL4_Untyped_Retype(parent, seL4_EndpointObject, 0, ROOT, 0, 0, slot_new(), 1));
    expect_answer(make_pool(parent, page, slot, 0), seL4_RevokeFirst, NONE);
    expect_lookup(make_pool(page, page, slot, 0), 0, seL4_InvalidRoot);
    expect_answer(make_pool(page, ROOT, slot, 0), seL4_RangeError, WORDS(1, 64));
    expect_answer(make_pool(page, ROOT, page, ROOT_DEPTH), seL4_DeleteFirst, NONE);
    expect_success(make_pool(page, ROOT, slot, ROOT_DEPTH));
}

/* row: asid.make_pool.used_up */
TEST(x86_asid, pool_takes_the_untyped)
{
    seL4_CPtr page = untyped_new(12), pool = slot_new(), endpoint = slot_new();

    expect_success(make_pool(page, ROOT, pool, ROOT_DEPTH));
    expect_answer(call(page, UntypedRetype, CAPS(ROOT), WORDS(seL4_EndpointObject, 0, 0, 0, endpoint, 1)),
                  seL4_NotEnoughMemory, WORDS(0));
    expect_answer(make_pool(page, ROOT, slot_new(), ROOT_DEPTH), seL4_RevokeFirst, NONE);
    cap_revoke(page);
    expect(slot_is_empty(pool));
    expect_success(call(page, UntypedRetype, CAPS(ROOT), WORDS(seL4_EndpointObject, 0, 0, 0, endpoint, 1)));
}

/* row: asid.make_pool.no_pool asid.make_pool.count */
TEST(x86_asid, eight_pools)
{
    seL4_CPtr pool = 0, page = untyped_new(12);

    for (unsigned i = 1; i < POOLS; i++)
        pool = pool_new();
    /* Said before anything is looked at. */
    expect_answer(make_pool(ROOT, page, 0, 0), seL4_DeleteFirst, NONE);
    cap_delete(pool);
    expect_success(make_pool(page, ROOT, pool, ROOT_DEPTH));
}

/* row: asid.assign.label asid.assign.no_cap asid.assign.type asid.assign.assigned */
TEST(x86_asid, assign_checks)
{
    seL4_CPtr pool = pool_new(), space = object_new(seL4_X64_PML4Object, 0);

    expect_answer(call(pool, X86ASIDControlMakePool, CAPS(space), NONE), seL4_IllegalOperation, NONE);
    expect_answer(call(pool, X86ASIDPoolAssign, NONE, NONE), seL4_TruncatedMessage, NONE);
    expect_answer(assign(pool, object_new(seL4_X86_PDPTObject, 0)), seL4_InvalidCapability, WORDS(1));
    expect_answer(assign(pool, 0), seL4_InvalidCapability, WORDS(1));
    expect_success(assign(pool, space));
    expect_answer(assign(pool, space), seL4_InvalidCapability, WORDS(1));
    expect_answer(assign(seL4_CapInitThreadASIDPool, space), seL4_InvalidCapability, WORDS(1));
    /* A copy has it too. */
    expect_answer(assign(pool, cap_copy(space, seL4_AllRights)), seL4_InvalidCapability, WORDS(1));
}

/* How many new address spaces the pool takes, and a slot of the first that it refused with DeleteFirst. */
static unsigned fill(seL4_CPtr pool, seL4_CPtr *refused)
{
    for (unsigned count = 0;; count++) {
        struct answer answer = assign(pool, *refused = object_new(seL4_X64_PML4Object, 0));
        test_is_alive();
        if (answer.label == seL4_NoError)
            continue;
        expect_answer(answer, seL4_DeleteFirst, NONE);
        return count;
    }
}

/* row: asid.assign.full asid.assign.capacity object.delete.vspace */
TEST(x86_asid, capacity_of_a_pool)
{
    seL4_CPtr pool = pool_new(), refused = 0, space = object_new(seL4_X64_PML4Object, 0);

    expect_success(assign(pool, space));
    expect_eq(fill(pool, &refused), POOL_SIZE - 1);
    cap_delete(space);
    expect_success(assign(pool, refused));
}

/* Of the first pool the initial thread has one, and 0 is nobody's. */
TEST(x86_asid, capacity_of_the_first_pool)
{
    seL4_CPtr refused = 0;

    expect_eq(fill(seL4_CapInitThreadASIDPool, &refused), POOL_SIZE - 2);
}
