#include "arch/x86_64/vspace.h"

#include "arch/x86_64/machine/instructions.h"
#include "core/cpu.h"
#include "lib/assert.h"
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
    space->word = vspace_word(root);
    *space->word = space_word_of(space->root);
    this_cpu()->machine.loaded_space = *space->word;
}

void hal_thread_space_changed(struct thread *thread)
{
    struct cap cap = thread->slot[THREAD_SLOT_VSPACE].cap;
    thread->space = vspace_root_word(cap) ? vspace_word(cap_paddr(cap)) : machine_state.kernel_space.word;
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

/* The processor forgets what it has cached of a process context that is not the loaded one. */
static void drop_context(uint64_t root)
{
    if (!machine_state.kernel_space.has_contexts)
        return;
    cr3_write(root & ~ROOT_KEEPS_CONTEXT);
    cr3_write(space_word_root(this_cpu()->machine.loaded_space));
}

void vspace_assign(unsigned asid, uint64_t paddr)
{
    uint64_t root = paddr | (machine_state.kernel_space.has_contexts ? asid | ROOT_KEEPS_CONTEXT : 0);
    *asid_root_word(asid) = root;
    *vspace_word(paddr) = space_word_of(root);
    drop_context(root); /* it may have been another space's before */
}

void vspace_forget(uint64_t root)
{
    *vspace_word(page_entry_address(root)) = *machine_state.kernel_space.word;
    if (space_word_of(root) == this_cpu()->machine.loaded_space)
        space_load(*machine_state.kernel_space.word);
}

void vspace_destroy(struct cap pml4)
{
    uint64_t *word = vspace_root_word(pml4);
    if (!word)
        return;
    vspace_forget(*word);
    *word = 0;
}

void vspace_drop_page(unsigned asid, uint64_t address)
{
    uint64_t root = asid_root(asid);
    assert(root);
    if (space_word_of(root) == this_cpu()->machine.loaded_space)
        invlpg(address);
    else
        drop_context(root);
}

void vspace_drop_all(unsigned asid)
{
    uint64_t root = asid_root(asid);
    assert(root);
    if (space_word_of(root) == this_cpu()->machine.loaded_space)
        cr3_write(root & ~ROOT_KEEPS_CONTEXT);
    else
        drop_context(root);
}
