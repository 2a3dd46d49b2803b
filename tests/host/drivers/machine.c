#include "machine.h"

#include "test.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_RANGES = 16, PAGE = 4096 };

struct range {
    char *start;
    size_t bytes;
    struct machine_registers registers;
};

struct ports {
    uint16_t first, last;
    struct machine_registers registers;
};

struct memory {
    char *start;
    uint64_t physical, bytes;
};

static struct range ranges[MOST_RANGES];
static struct ports ports[MOST_RANGES];
static struct memory memories[MOST_RANGES];
static unsigned range_count, ports_count, memory_count;
static uint64_t random_state;

void machine_reset(void)
{
    while (range_count)
        free(ranges[--range_count].start);
    while (memory_count)
        free(memories[--memory_count].start);
    ports_count = 0;
    random_state = 88172645463325252u;
}

volatile void *machine_add_registers(size_t bytes, struct machine_registers registers)
{
    expect(range_count < MOST_RANGES);
    /* Never accessed: only its addresses count. */
    char *start = malloc(bytes);
    ranges[range_count++] = (struct range){start, bytes, registers};
    return start;
}

void machine_add_ports(uint16_t first, uint16_t last, struct machine_registers registers)
{
    expect(ports_count < MOST_RANGES);
    ports[ports_count++] = (struct ports){first, last, registers};
}

void *machine_add_memory(size_t bytes, uint64_t *physical)
{
    expect(memory_count < MOST_RANGES);
    char *start = aligned_alloc(PAGE, (bytes + PAGE - 1) / PAGE * PAGE);
    memset(start, 0, bytes);
    *physical = 0x100000000u + 0x10000000u * memory_count;
    memories[memory_count++] = (struct memory){start, *physical, bytes};
    return start;
}

static char *find_memory(uint64_t physical, uint64_t bytes)
{
    for (unsigned i = 0; i < memory_count; i++) {
        uint64_t offset = physical - memories[i].physical;
        if (physical >= memories[i].physical && offset <= memories[i].bytes && bytes <= memories[i].bytes - offset)
            return memories[i].start + offset;
    }
    return NULL;
}

void *machine_memory(uint64_t physical, size_t bytes)
{
    expect(find_memory(physical, bytes));
    return find_memory(physical, bytes);
}

bool machine_has_memory(uint64_t physical, uint64_t bytes)
{
    return find_memory(physical, bytes);
}

uint32_t machine_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16);
}

/* The registers at an address, and the offset there. The driver's range must hold all of the access. */
static struct machine_registers find_registers(const volatile void *base, size_t range_bytes, size_t *offset,
                                               unsigned bytes)
{
    expect(*offset % bytes == 0 && *offset + bytes <= range_bytes);
    const volatile char *address = (const volatile char *)base + *offset;
    for (unsigned i = 0; i < range_count; i++) {
        if (address >= ranges[i].start && address + bytes <= ranges[i].start + ranges[i].bytes) {
            *offset = (size_t)(address - ranges[i].start);
            return ranges[i].registers;
        }
    }
    test_fail(__FILE__, __LINE__, "no registers at %p", (const void *)address);
}

static struct machine_registers find_ports(uint64_t capability, uint16_t port, unsigned bytes, size_t *offset)
{
    expect(capability == MACHINE_PORTS_CAPABILITY);
    for (unsigned i = 0; i < ports_count; i++) {
        if (port >= ports[i].first && port + bytes - 1 <= ports[i].last) {
            *offset = port - ports[i].first;
            return ports[i].registers;
        }
    }
    test_fail(__FILE__, __LINE__, "no port %x", port);
}

uint32_t machine_read(const volatile void *base, size_t range_bytes, size_t offset, unsigned bytes)
{
    struct machine_registers registers = find_registers(base, range_bytes, &offset, bytes);
    return registers.read(registers.device, offset, bytes);
}

void machine_write(const volatile void *base, size_t range_bytes, size_t offset, unsigned bytes, uint32_t value)
{
    struct machine_registers registers = find_registers(base, range_bytes, &offset, bytes);
    registers.write(registers.device, offset, bytes, value);
}

uint32_t machine_port_read(uint64_t capability, uint16_t port, unsigned bytes)
{
    size_t offset;
    struct machine_registers registers = find_ports(capability, port, bytes, &offset);
    return registers.read(registers.device, offset, bytes);
}

void machine_port_write(uint64_t capability, uint16_t port, unsigned bytes, uint32_t value)
{
    size_t offset;
    struct machine_registers registers = find_ports(capability, port, bytes, &offset);
    registers.write(registers.device, offset, bytes, value);
}
