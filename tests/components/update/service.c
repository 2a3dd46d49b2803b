/*
 * A service that says which version of it runs. The second version is larger, and knows the address of its region.
 */
#include <microkit.h>

seL4_Word region_address; /* set by init */
static seL4_Word count;
#if VERSION == 2
static volatile char more_room[20000] = {1};
#endif

void init(void)
{
#if VERSION == 2
    more_room[sizeof(more_room) - 1] = 1;
#endif
}

void notified(microkit_channel ch)
{
    (void)ch;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch, (void)msginfo;
    microkit_mr_set(0, VERSION);
    microkit_mr_set(1, ++count);
    microkit_mr_set(2, region_address);
    return microkit_msginfo_new(0, 3);
}
