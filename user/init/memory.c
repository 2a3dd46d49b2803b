#include "init/memory.h"

#include "init/plan.h"
#include "lib/object.h"

enum { SLOT_MARGIN_BITS = 10, SIZE_BITS_MAX = 47 };

struct piece {
    seL4_CPtr capability;
    uint64_t address, bytes, used;
    bool is_device;
};

static struct piece pieces[CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS];
static size_t piece_count;
static seL4_CPtr next_slot, end_slot;
static seL4_Word cspace_bits;

void memory_initialise(const seL4_BootInfo *info)
{
    for (seL4_Word i = 0; i < info->untyped.end - info->untyped.start; i++) {
        const seL4_UntypedDesc *description = &info->untypedList[i];
        pieces[piece_count++] = (struct piece){.capability = info->untyped.start + i,
                                               .address = description->paddr,
                                               .bytes = 1ul << description->sizeBits,
                                               .is_device = description->isDevice};
    }
    next_slot = info->empty.start;
    end_slot = info->empty.end;
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) & ~(unit - 1);
}

/* The smallest piece of RAM with room for an object: large ones are kept for large objects. */
static struct piece *piece_for(uint64_t bytes)
{
    struct piece *best = NULL;
    for (size_t i = 0; i < piece_count; i++) {
        struct piece *piece = &pieces[i];
        if (!piece->is_device && round_up(piece->used, bytes) + bytes <= piece->bytes &&
            (!best || piece->bytes < best->bytes))
            best = piece;
    }
    return best;
}

bool memory_make(seL4_Word type, seL4_Word size_bits, seL4_CPtr slot, size_t count)
{
    uint64_t bytes = object_bytes(type, size_bits);
    while (count > 0) {
        struct piece *piece = piece_for(bytes);
        if (!piece)
            return false;
        uint64_t start = round_up(piece->used, bytes);
        uint64_t batch = (piece->bytes - start) / bytes;
        if (batch > count)
            batch = count;
        if (batch > CONFIG_RETYPE_FAN_OUT_LIMIT)
            batch = CONFIG_RETYPE_FAN_OUT_LIMIT;
        if (seL4_Untyped_Retype(piece->capability, type, size_bits, seL4_CapInitThreadCNode, 0, 0, slot, batch))
            return false;
        piece->used = start + batch * bytes;
        slot += batch;
        count -= batch;
    }
    return true;
}

bool memory_make_piece(seL4_Word size_bits, seL4_CPtr slot, struct memory_piece *made)
{
    struct piece *piece = piece_for(1ul << size_bits);
    if (!piece ||
        seL4_Untyped_Retype(piece->capability, seL4_UntypedObject, size_bits, seL4_CapInitThreadCNode, 0, 0, slot, 1))
        return false;
    uint64_t start = round_up(piece->used, 1ul << size_bits);
    *made = (struct memory_piece){piece->address + start, size_bits};
    piece->used = start + (1ul << size_bits);
    return true;
}

/* The next part of what is left of a piece: as large as its place allows. False: nothing is left. */
static bool next_part(const struct piece *piece, uint64_t *offset, struct memory_piece *part)
{
    if (piece->is_device || *offset >= piece->bytes)
        return false;
    uint64_t bytes = *offset ? *offset & -*offset : piece->bytes;
    *part = (struct memory_piece){piece->address + *offset, bits_for(bytes)};
    *offset += bytes;
    return true;
}

static uint32_t count_parts(uint64_t least_bytes)
{
    uint32_t count = 0;
    for (size_t i = 0; i < piece_count; i++) {
        struct memory_piece part;
        for (uint64_t offset = round_up(pieces[i].used, least_bytes); next_part(&pieces[i], &offset, &part);)
            count += 1ul << part.size_bits >= least_bytes;
    }
    return count;
}

uint32_t memory_make_rest(seL4_CPtr slot, uint32_t most, struct memory_piece *made)
{
    uint64_t least_bytes = 1ul << seL4_PageBits;
    while (count_parts(least_bytes) > most)
        least_bytes *= 2;
    /* Sorted by size first: a piece of RAM can only be cut from its start to its end. */
    uint32_t count = 0;
    for (size_t i = 0; i < piece_count; i++) {
        struct memory_piece part;
        for (uint64_t offset = round_up(pieces[i].used, least_bytes); next_part(&pieces[i], &offset, &part);) {
            uint32_t place = count;
            if (1ul << part.size_bits < least_bytes)
                continue;
            for (; place > 0 && made[place - 1].size_bits < part.size_bits; place--)
                made[place] = made[place - 1];
            made[place] = part;
            count++;
        }
    }
    for (size_t i = 0; i < piece_count; i++) {
        struct memory_piece part;
        for (uint64_t offset = round_up(pieces[i].used, least_bytes); next_part(&pieces[i], &offset, &part);) {
            uint32_t place = 0;
            while (place < count && made[place].address != part.address)
                place++;
            if (place < count && seL4_Untyped_Retype(pieces[i].capability, seL4_UntypedObject, part.size_bits,
                                                     seL4_CapInitThreadCNode, 0, 0, slot + place, 1))
                return 0;
        }
        if (!pieces[i].is_device)
            pieces[i].used = pieces[i].bytes;
    }
    return count;
}

/* Uses memory up so that the next object of the piece lies at `address`. */
static bool skip_to(struct piece *piece, uint64_t address)
{
    while (piece->address + piece->used < address) {
        uint64_t here = piece->address + piece->used, bytes = 1ul << seL4_MinUntypedBits;
        seL4_Word bits = seL4_MinUntypedBits;
        while (here % (bytes * 2) == 0 && bytes * 2 <= address - here && bits < SIZE_BITS_MAX) {
            bytes *= 2;
            bits++;
        }
        seL4_CPtr slot = slots_take(1);
        if (!slot ||
            seL4_Untyped_Retype(piece->capability, seL4_UntypedObject, bits, seL4_CapInitThreadCNode, 0, 0, slot, 1))
            return false;
        piece->used += bytes;
    }
    return true;
}

/* The piece in which memory at the address is free. */
static struct piece *piece_at(uint64_t address, uint64_t bytes)
{
    for (size_t i = 0; i < piece_count; i++) {
        struct piece *piece = &pieces[i];
        if (address >= piece->address + piece->used && address - piece->address < piece->bytes &&
            bytes <= piece->bytes - (address - piece->address))
            return piece;
    }
    return NULL;
}

bool memory_is_device_at(uint64_t address, seL4_Word size_bits)
{
    const struct piece *piece = piece_at(address, 1ul << size_bits);
    return piece && piece->is_device;
}

bool memory_make_at(uint64_t address, seL4_Word size_bits, seL4_CPtr slot)
{
    struct piece *piece = piece_at(address, 1ul << size_bits);
    if (!piece || !skip_to(piece, address) ||
        seL4_Untyped_Retype(piece->capability, seL4_UntypedObject, size_bits, seL4_CapInitThreadCNode, 0, 0, slot, 1))
        return false;
    piece->used += 1ul << size_bits;
    return true;
}

uint64_t untyped_bytes_left(seL4_CPtr untyped)
{
    /* No memory is as large as this object: the refusal says how much there is. */
    seL4_Error error = seL4_Untyped_Retype(untyped, seL4_UntypedObject, seL4_MaxUntypedBits, seL4_CapInitThreadCNode, 0,
                                           0, next_slot, 1);
    return error == seL4_NotEnoughMemory ? seL4_GetMR(0) : 0;
}

uint64_t memory_bytes_left(void)
{
    uint64_t left = 0;
    for (size_t i = 0; i < piece_count; i++)
        if (!pieces[i].is_device)
            left += untyped_bytes_left(pieces[i].capability);
    return left;
}

bool slots_initialise(const seL4_BootInfo *info, uint64_t slot_count)
{
    seL4_Word bits = bits_for(next_slot + slot_count + (1ul << SLOT_MARGIN_BITS));
    if (bits < info->initThreadCNodeSizeBits)
        bits = info->initThreadCNodeSizeBits;
    seL4_CPtr plain = slots_take(1), guarded = slots_take(1);
    if (!memory_make(seL4_CapTableObject, bits, plain, 1) ||
        seL4_CNode_Mint(seL4_CapInitThreadCNode, guarded, seL4_WordBits, seL4_CapInitThreadCNode, plain, seL4_WordBits,
                        seL4_AllRights, seL4_WordBits - bits))
        return false;
    /* The new root is in the new space where the old one was in the old. The thread's own capabilities are copied: they
       are used below, by their address in the old space. */
    const seL4_CPtr copied[] = {seL4_CapInitThreadTCB, seL4_CapInitThreadVSpace};
    if (seL4_CNode_Copy(guarded, seL4_CapInitThreadCNode, seL4_WordBits, seL4_CapInitThreadCNode, guarded,
                        seL4_WordBits, seL4_AllRights))
        return false;
    for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
        if (seL4_CNode_Copy(guarded, copied[i], seL4_WordBits, seL4_CapInitThreadCNode, copied[i], seL4_WordBits,
                            seL4_AllRights))
            return false;
    for (seL4_CPtr slot = seL4_CapIRQControl; slot < plain; slot++)
        seL4_CNode_Move(guarded, slot, seL4_WordBits, seL4_CapInitThreadCNode, slot, seL4_WordBits);
    if (seL4_TCB_SetSpace(seL4_CapInitThreadTCB, 0, guarded, 0, seL4_CapInitThreadVSpace, 0))
        return false;
    cspace_bits = bits;
    end_slot = 1ul << bits;
    return true;
}

seL4_CPtr slots_take(size_t count)
{
    if (end_slot - next_slot < count)
        return 0;
    seL4_CPtr first = next_slot;
    next_slot += count;
    return first;
}

uint64_t slots_occupied(void)
{
    uint64_t count = 0;
    for (seL4_CPtr slot = 1; slot < 1ul << cspace_bits; slot++)
        /* The copy of a slot onto itself never succeeds; the refusal says whether something is there. */
        count += seL4_CNode_Copy(seL4_CapInitThreadCNode, slot, seL4_WordBits, seL4_CapInitThreadCNode, slot,
                                 seL4_WordBits, seL4_AllRights) == seL4_DeleteFirst;
    return count;
}
