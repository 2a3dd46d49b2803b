/* Parts of init: where memory lies that is known at boot only. */
#include "init/plan.h"
#include "test.h"

enum { PAGES = 16 };

static const struct description_region small = {.bytes = PAGES * 0x1000ul, .page_bits = SMALL_PAGE_BITS};
static const struct description_region large = {.bytes = PAGES * 0x200000ul, .page_bits = LARGE_PAGE_BITS};

TEST(init, pages_are_those_that_the_bytes_touch)
{
    uint64_t first, count;
    expect(plan_pages_at(&small, 0xfd000000, 0x1000, &first, &count));
    expect_eq(first, 0xfd000000);
    expect_eq(count, 1);
    expect(plan_pages_at(&small, 0xfd000fff, 2, &first, &count));
    expect_eq(first, 0xfd000000);
    expect_eq(count, 2);
    expect(plan_pages_at(&small, 0xfd000800, PAGES * 0x1000 - 0x800, &first, &count));
    expect_eq(count, PAGES);
    expect(plan_pages_at(&large, 0xfd000000, 800 * 600 * 4, &first, &count));
    expect_eq(first, 0xfd000000);
    expect_eq(count, 1);
    expect(plan_pages_at(&large, 0xfd100000, 800 * 600 * 4, &first, &count));
    expect_eq(count, 2);
}

TEST(init, pages_that_cannot_be_are_refused)
{
    uint64_t first, count;
    expect(!plan_pages_at(&small, 0xfd000000, 0, &first, &count));
    expect(!plan_pages_at(&small, 0xfd000000, PAGES * 0x1000 + 1, &first, &count));
    expect(!plan_pages_at(&small, 0xfd000800, PAGES * 0x1000, &first, &count));
    expect(!plan_pages_at(&small, 0xfd000000, UINT64_MAX, &first, &count));
    expect(!plan_pages_at(&small, UINT64_MAX, 2, &first, &count));
    expect(!plan_pages_at(&small, UINT64_MAX - 0xfff, 0x1000, &first, &count));
    expect(plan_pages_at(&small, (1ul << 52) - 0x1000, 0x1000, &first, &count));
    expect(!plan_pages_at(&small, (1ul << 52) - 0x1000, 0x1001, &first, &count));
}
