#include "arch/x86_64/arch_object.h"
#include "arch/x86_64/machine/instructions.h"
#include "arch/x86_64/machine_state.h"
#include "core/captree.h"

/* The bits of word `word` of a bitmap that lie in first..last, some of which do. */
static uint64_t word_part(unsigned word, unsigned first, unsigned last)
{
    uint64_t part = UINT64_MAX;
    if (word == first / 64)
        part &= UINT64_MAX << first % 64;
    if (word == last / 64)
        part &= UINT64_MAX >> (63 - last % 64);
    return part;
}

static bool groups_any(const uint64_t *bitmap, unsigned first, unsigned last)
{
    uint64_t found = 0;
    for (unsigned word = first / 64; word <= last / 64; word++)
        found |= bitmap[word] & word_part(word, first, last);
    return found != 0;
}

static void groups_mark(uint64_t *bitmap, unsigned first, unsigned last, bool is_set)
{
    for (unsigned word = first / 64; word <= last / 64; word++) {
        uint64_t part = word_part(word, first, last);
        bitmap[word] = is_set ? bitmap[word] | part : bitmap[word] & ~part;
    }
}

/* One of the two groups in which a range begins and ends. */
static bool end_group_is_issued(const struct ioport_map *map, unsigned group, unsigned first, unsigned last)
{
    return (map->port[group] & word_part(group, first, last)) || groups_any(map->group_taken, group, group);
}

static void end_group_mark(struct ioport_map *map, unsigned group, unsigned first, unsigned last, bool is_issued)
{
    uint64_t part = word_part(group, first, last);
    map->port[group] = is_issued ? map->port[group] | part : map->port[group] & ~part;
    groups_mark(map->group_partial, group, group, map->port[group] != 0);
}

/* A range that is issued and reaches into the groups between the two ends does not stop there, or has an end there. */
static bool ioports_any_issued(const struct ioport_map *map, unsigned first, unsigned last)
{
    unsigned first_group = first / 64, last_group = last / 64;
    if (end_group_is_issued(map, first_group, first, last) || end_group_is_issued(map, last_group, first, last))
        return true;
    return last_group - first_group > 1 && groups_any(map->group_partial, first_group + 1, last_group - 1);
}

/* Marks a range that is issued or given back as a whole. */
static void ioports_mark(struct ioport_map *map, unsigned first, unsigned last, bool is_issued)
{
    unsigned first_group = first / 64, last_group = last / 64;
    end_group_mark(map, first_group, first, last, is_issued);
    end_group_mark(map, last_group, first, last, is_issued);
    if (last_group - first_group > 1)
        groups_mark(map->group_taken, first_group + 1, last_group - 1, is_issued);
}

/* Issue(first, last, index, depth), capability 1: root. Of the ports only the low 16 bits count, before any check. */
static struct refusal ioport_control_issue(struct invocation *invocation)
{
    if (invocation_is_truncated(invocation, ABI_LABEL_X86_IO_PORT_CONTROL_ISSUE_WORDS,
                                ABI_LABEL_X86_IO_PORT_CONTROL_ISSUE_CAPS))
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    uint16_t first = (uint16_t)invocation_word(invocation, 0), last = (uint16_t)invocation_word(invocation, 1);
    uint64_t index = invocation_word(invocation, 2), depth = invocation_word(invocation, 3);

    if (last < first)
        return refuse_number(ABI_ERROR_INVALID_ARGUMENT, 1);
    if (ioports_any_issued(&machine_state.ioports, first, last))
        return refuse(ABI_ERROR_REVOKE_FIRST);
    struct slot_lookup destination = slot_lookup_empty(invocation_extra_cap(invocation, 0), index, depth);
    if (refused(destination.refusal))
        return destination.refusal;

    ioports_mark(&machine_state.ioports, first, last, true);
    captree_insert_original(invocation->slot, destination.slot, cap_ioport_new(first, last));
    return NO_REFUSAL;
}

struct refusal ioport_control_invoke(struct invocation *invocation)
{
    if (invocation->label == ABI_LABEL_X86_IO_PORT_CONTROL_ISSUE)
        return ioport_control_issue(invocation);
    return refuse(ABI_ERROR_ILLEGAL_OPERATION);
}

void ioport_release(struct cap ioport)
{
    ioports_mark(&machine_state.ioports, cap_ioport_first(ioport), cap_ioport_last(ioport), false);
}

/* In(port): the value. `width` in bytes: 1, 2, 4. */
static struct refusal ioport_in(struct invocation *invocation, uint16_t port, unsigned width)
{
    uint32_t value = width == 1 ? port_in8(port) : width == 2 ? port_in16(port) : port_in32(port);
    invocation_result(invocation, 0, value);
    return NO_REFUSAL;
}

/* Out(port, value): of the value only `width` bytes count. */
static struct refusal ioport_out(struct invocation *invocation, uint16_t port, unsigned width)
{
    uint32_t value = (uint32_t)invocation_word(invocation, 1);
    if (width == 1)
        port_out8(port, (uint8_t)value);
    else if (width == 2)
        port_out16(port, (uint16_t)value);
    else
        port_out32(port, value);
    return NO_REFUSAL;
}

struct refusal ioport_invoke(struct invocation *invocation)
{
    static const struct ioport_access {
        uint8_t width, words;
        bool is_out;
    } accesses[] = {
        [0] = {1, ABI_LABEL_X86_IO_PORT_IN8_WORDS, false},  [1] = {2, ABI_LABEL_X86_IO_PORT_IN16_WORDS, false},
        [2] = {4, ABI_LABEL_X86_IO_PORT_IN32_WORDS, false}, [3] = {1, ABI_LABEL_X86_IO_PORT_OUT8_WORDS, true},
        [4] = {2, ABI_LABEL_X86_IO_PORT_OUT16_WORDS, true}, [5] = {4, ABI_LABEL_X86_IO_PORT_OUT32_WORDS, true},
    };
    static_assert(ABI_LABEL_X86_IO_PORT_OUT32 - ABI_LABEL_X86_IO_PORT_IN8 == 5, "the labels follow each other");

    uint64_t which = invocation->label - ABI_LABEL_X86_IO_PORT_IN8;
    if (which >= ARRAY_LENGTH(accesses))
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    struct ioport_access access = accesses[which];
    if (invocation_is_truncated(invocation, access.words, 0))
        return refuse(ABI_ERROR_TRUNCATED_MESSAGE);
    uint16_t port = (uint16_t)invocation_word(invocation, 0);
    if (port < cap_ioport_first(invocation->cap) || port + access.width - 1u > cap_ioport_last(invocation->cap))
        return refuse(ABI_ERROR_ILLEGAL_OPERATION);
    return access.is_out ? ioport_out(invocation, port, access.width) : ioport_in(invocation, port, access.width);
}
