/*
 * Finds that something writes at random into a component: memory that nobody writes is the rest of the last page of the program's data and
 * that of the component page, which stay zero, and what the component has sealed.
 */
#include <pecan/component.h>

enum { PAGE_BYTES = 4096, SEALS_MOST = 4, STEP_WORDS = 8 };
/* FNV-1a. */
#define SUM_START  0xcbf29ce484222325ul
#define SUM_FACTOR 0x100000001b3ul

/* Of microkit.ld; a program with a layout of its own need not have it. */
extern char _bss_end[] __attribute__((weak));

static struct {
    const unsigned char *start;
    seL4_Word bytes, sum;
} seals[SEALS_MOST];
static unsigned int seal_count;

static seL4_Word sum_of(const unsigned char *start, seL4_Word bytes)
{
    seL4_Word sum = SUM_START;
    while (bytes-- > 0)
        sum = (sum ^ *start++) * SUM_FACTOR;
    return sum;
}

/* From an address to the end of its page. */
static seL4_Bool is_zero_from(seL4_Word address)
{
    seL4_Word found = 0;
    for (; address % sizeof(seL4_Word); address++)
        found |= *(volatile const unsigned char *)address;
    for (; address % (STEP_WORDS * sizeof(seL4_Word)); address += sizeof(seL4_Word))
        found |= *(volatile const seL4_Word *)address;
    for (; address % PAGE_BYTES; address += STEP_WORDS * sizeof(seL4_Word)) {
        volatile const seL4_Word *words = (volatile const seL4_Word *)address;
        found |= words[0] | words[1] | words[2] | words[3] | words[4] | words[5] | words[6] | words[7];
    }
    return found == 0;
}

void pecan_seal(const void *start, seL4_Word bytes)
{
    if (seal_count >= SEALS_MOST)
        return;
    seals[seal_count].start = start;
    seals[seal_count].bytes = bytes;
    seals[seal_count++].sum = sum_of(start, bytes);
}

void pecan_check(void)
{
    if (!is_zero_from((seL4_Word)(pecan_component_page + 1)) || !is_zero_from((seL4_Word)_bss_end))
        pecan_give_up("something has written to unused memory");
    for (unsigned int i = 0; i < seal_count && i < SEALS_MOST; i++)
        if (sum_of(seals[i].start, seals[i].bytes) != seals[i].sum)
            pecan_give_up("something has written to sealed memory");
}
