/*
 * Random calls: numbers, selectors, flags, segments, and instructions that user code has no business with.
 */
#include "../support/random.h"
#include "call.h"
#include "trap.h"

#include <sel4/sel4.h>

/* Debug calls that stop the machine, or print. */
static bool is_left_out(int64_t number)
{
#ifdef CONFIG_PRINTING
    if (number == seL4_SysDebugPutChar || number == seL4_SysDebugDumpScheduler)
        return true;
#endif
#ifdef CONFIG_DEBUG_BUILD
    if (number == seL4_SysDebugHalt || number == seL4_SysDebugSnapshot || number == seL4_SysDebugNameThread)
        return true;
#endif
    (void)number;
    return false;
}

static int64_t call_number_random(uint64_t *random)
{
    int64_t number;

    do {
        switch (random_below(random, 8)) {
        case 0:
            number = (int64_t)number_random(random);
            break;
        case 1:
            number = -(int64_t)random_below(random, 140);
            break;
        case 2:
            number = seL4_SysNBSend;
            break;
        case 3:
        case 4:
            number = seL4_SysCall;
            break;
        default:
            number = seL4_SysYield + (int64_t)random_below(random, (uint64_t)(seL4_SysCall - seL4_SysYield) + 1);
        }
    } while (is_left_out(number));
    return number;
}

static void buffer_fill(uint64_t *random)
{
    seL4_IPCBuffer *buffer = (seL4_IPCBuffer *)BUFFER_ADDRESS;

    for (unsigned i = 0; i < 4; i++)
        buffer->msg[4 + random_below(random, 8)] = number_random(random);
    for (unsigned i = 0; i < 3; i++)
        buffer->caps_or_badges[i] = address_random(random);
    buffer->receiveCNode = address_random(random);
    buffer->receiveIndex = random_below(random, 1u << OWN_BITS);
    buffer->receiveDepth = random_one_in(random, 4) ? number_random(random) : seL4_WordBits;
}

static void system_call_prepare(uint64_t *random)
{
    struct registers *in = &attacker.in;
    uint64_t label = random_one_in(random, 8) ? number_random(random) : random_below(random, LABEL_COUNT + 4);

    in->rdx = (uint64_t)call_number_random(random);
    in->rdi = address_random(random);
    in->rsi = random_one_in(random, 8) ? random_next(random)
                                       : label << 12 | random_below(random, 4) << 7 |
                                             random_below(random, random_one_in(random, 8) ? 128 : 12);
    in->r12 = random_one_in(random, 2) ? OWN_REPLY : address_random(random);
    in->r13 = address_random(random);
    buffer_fill(random);
}

static void registers_fill(uint64_t *random)
{
    uint64_t *value = (uint64_t *)&attacker.in;

    for (unsigned i = 0; i < sizeof(attacker.in) / sizeof(uint64_t); i++)
        value[i] = number_random(random);
    attacker.in.flags = flags_random(random);
    for (unsigned i = 0; i < 8; i++)
        attacker.vectors[random_below(random, sizeof(attacker.vectors) / sizeof(uint64_t))] = number_random(random);
}

/* Selectors that exist or nearly do. */
static uint64_t selector_random(uint64_t *random)
{
    return random_one_in(random, 4) ? random_next(random) & 0xffff : random_below(random, 0x90);
}

void garbage_run(void)
{
    uint64_t *random = &attacker.random;
    uint64_t choice = random_below(random, 16);

    registers_fill(random);
    if (choice < 12) {
        system_call_prepare(random);
        attacker.kind = (uint64_t)trap_syscall;
    } else if (choice < 13) {
        attacker.kind = (uint64_t)trap_interrupts + TRAP_INTERRUPT_BYTES * random_below(random, 256);
    } else {
        if (random_one_in(random, 2))
            system_call_prepare(random);
        if (random_one_in(random, 2)) {
            attacker.in.rax = selector_random(random);
            attacker.in.rbx = selector_random(random);
            attacker.in.rcx = selector_random(random);
        }
        attacker.kind = trap_kinds[random_below(random, (uint64_t)(trap_kinds_end - trap_kinds))];
        if (is_left_out((int64_t)attacker.in.rdx))
            attacker.in.rdx = (uint64_t)seL4_SysNBSend;
    }
    attacker.garbage_calls++;
    attacker_about_to_run("garbage");
    trap_run();
}
