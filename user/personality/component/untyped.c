#include "personality/component/untyped.h"

#include "lib/object.h"
#include "personality/component/slots.h"

#include <pecan/component.h>
#include <stddef.h>

enum { PAGE_BITS_HERE = 12 };

/* A piece of memory: what the kernel will use next is known here as well as there. */
struct piece {
    seL4_CPtr capability;
    uint64_t size, used; /* bytes */
};

static struct piece pieces[PECAN_BUDGET_PIECES_MOST]; /* the largest first */
static unsigned piece_count;
static uint64_t total_bytes;

void untyped_initialise(void)
{
    const volatile struct pecan_memory_budget *budget = &pecan_component_page->budget;
    for (seL4_Word i = 0; i < budget->count && i < PECAN_BUDGET_PIECES_MOST; i++) {
        pieces[piece_count++] =
            (struct piece){.capability = PECAN_BUDGET_CAP + i, .size = 1ul << budget->pieces[i].size_bits};
        total_bytes += pieces[i].size;
    }
}

/* Objects lie at multiples of their size. */
static uint64_t first_place(const struct piece *piece, uint64_t bytes)
{
    return (piece->used + bytes - 1) & ~(bytes - 1);
}

static unsigned make(seL4_Word type, seL4_Word size_bits, seL4_CPtr root, struct slot_place place, unsigned wanted,
                     uint64_t *reach)
{
    uint64_t bytes = object_bytes(type, size_bits);
    for (unsigned i = 0; i < piece_count; i++) {
        struct piece *piece = &pieces[type == seL4_X86_4K ? i : piece_count - 1 - i];
        uint64_t start = first_place(piece, bytes);
        if (start >= piece->size || piece->size - start < bytes)
            continue;
        uint64_t room = (piece->size - start) / bytes;
        unsigned count = room < wanted ? (unsigned)room : wanted;
        if (seL4_Untyped_Retype(piece->capability, type, size_bits, root, place.node_index, place.node_depth,
                                place.offset, count))
            continue;
        piece->used = start + count * bytes;
        if (reach)
            *reach = piece == pieces ? start : UINT64_MAX;
        return count;
    }
    return 0;
}

bool untyped_make(seL4_Word type, seL4_Word size_bits, seL4_CPtr slot)
{
    return make(type, size_bits, slots_root(), slot_place(slot), 1, NULL) == 1;
}

seL4_CPtr untyped_make_new(seL4_Word type, seL4_Word size_bits)
{
    seL4_CPtr slot = slot_allocate();
    return slot && untyped_make(type, size_bits, slot) ? slot : 0;
}

unsigned untyped_make_pages(seL4_Word type, seL4_CPtr first_slot, unsigned wanted, uint64_t *reach)
{
    return make(type, PAGE_BITS_HERE, slots_root(), slot_place(first_slot), wanted, reach);
}

bool untyped_make_node(seL4_Word size_bits, seL4_CPtr top, struct slot_place place)
{
    return make(seL4_CapTableObject, size_bits, top, place, 1, NULL) == 1;
}

uint64_t untyped_pages_total(void)
{
    return total_bytes >> PAGE_BITS_HERE;
}

uint64_t untyped_pages_left(void)
{
    uint64_t pages = 0;
    for (unsigned i = 0; i < piece_count; i++)
        pages += (pieces[i].size - pieces[i].used) >> PAGE_BITS_HERE;
    return pages;
}
