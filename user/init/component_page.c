#include "init/component_page.h"

#include "init/window.h"

void *private_frame_open(const struct domain_record *domain, seL4_CPtr frame)
{
    seL4_CPtr probe = domain_slot(domain, PLAN_SLOT_PROBE);
    if (cap_give(seL4_CapInitThreadCNode, probe, seL4_WordBits, frame, seL4_ReadWrite, 0))
        return NULL;
    void *page = window_open(probe, SMALL_PAGE_BITS);
    if (!page)
        private_frame_close(domain);
    return page;
}

void private_frame_close(const struct domain_record *domain)
{
    seL4_CNode_Delete(seL4_CapInitThreadCNode, domain_slot(domain, PLAN_SLOT_PROBE), seL4_WordBits);
}

volatile struct pecan_component_page *component_page_open(const struct domain_record *domain)
{
    return private_frame_open(domain, domain->slots + PLAN_SLOTS_FIXED + domain->plan.frames - 1);
}
