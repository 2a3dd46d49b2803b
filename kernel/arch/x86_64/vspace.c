#include "arch/x86_64/vspace.h"

#include "arch/x86_64/machine/instructions.h"
#include "core/cpu.h"
#include "machine/registers.h"
#include "object/thread.h"

struct machine_state machine_state;

BOOT_CODE void vspace_init(void)
{
    struct kernel_space *space = &machine_state.kernel_space;
    uint64_t root = page_entry_address(cr3_read());
    space->has_contexts = cr4_read() & CR4_PCID;
    space->root = root | (space->has_contexts ? ROOT_KEEPS_CONTEXT : 0);
    space->top_entry = ((const uint64_t *)hal_window(root))[PML4_KERNEL_INDEX];
    this_cpu()->machine.loaded_root = space->root;
}

static void load_kernel_space(void)
{
    cr3_write(machine_state.kernel_space.root);
    this_cpu()->machine.loaded_root = machine_state.kernel_space.root;
}

/* Loads the space whose root word is kept at `word`; what was stale of it is forgotten. */
static void load_space(uint64_t *word)
{
    uint64_t root = *word;
    cr3_write(root);
    if (machine_state.kernel_space.has_contexts)
        *word = root |= ROOT_KEEPS_CONTEXT;
    this_cpu()->machine.loaded_root = root;
}

void hal_activate_space(struct thread *thread)
{
    uint64_t *word = vspace_root_word(thread->slot[THREAD_SLOT_VSPACE].cap);
    uint64_t loaded = this_cpu()->machine.loaded_root;
    if (LIKELY(word != NULL)) {
        if (*word != loaded)
            load_space(word);
    } else if (thread->state != THREAD_IDLE && loaded != machine_state.kernel_space.root) {
        /* The idle thread runs in whatever is loaded: often the next thread needs it again. */
        load_kernel_space();
    }
}

struct refusal vspace_check(struct cap cap)
{
    uint64_t root = asid_root(cap_mapped_asid(cap));
    if (!root)
        return refuse_lookup(false, lookup_invalid_root());
    if (page_entry_address(root) != cap_paddr(cap))
        return refuse_number(ABI_ERROR_INVALID_CAPABILITY, 1);
    return NO_REFUSAL;
}

void vspace_assign(unsigned asid, uint64_t paddr)
{
    /* Without bit 63: the context may have been another space's before. */
    *asid_root_word(asid) = paddr | (machine_state.kernel_space.has_contexts ? asid : 0);
}

void vspace_destroy(struct cap pml4)
{
    uint64_t *word = vspace_root_word(pml4);
    if (!word)
        return;
    if (*word == this_cpu()->machine.loaded_root)
        load_kernel_space();
    *word = 0;
}

void vspace_leave(void)
{
    load_kernel_space();
    hal_activate_space(this_cpu()->current);
}

void vspace_drop_page(unsigned asid, uint64_t address)
{
    uint64_t *word = asid_root_word(asid);
    if (*word == this_cpu()->machine.loaded_root)
        invlpg(address);
    else
        *word &= ~ROOT_KEEPS_CONTEXT;
}

void vspace_drop_all(unsigned asid)
{
    uint64_t *word = asid_root_word(asid);
    if (*word == this_cpu()->machine.loaded_root)
        cr3_write(*word & ~ROOT_KEEPS_CONTEXT);
    else
        *word &= ~ROOT_KEEPS_CONTEXT;
}
