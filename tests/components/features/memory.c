/*
 * Regions, variables that the tool sets, ports, capabilities to another domain: all as features.system says.
 */
#include "check.h"

#include <pecan/component.h>

enum {
    PEER = 5,
    PEER_AGAIN = 7,
    CLOCK_PORTS = 9,
    PCI_PORTS = 61,
    PEER_TCB_SLOT = 3,
    PEER_VSPACE_SLOT = 4,
    OWN_CNODE_SLOT = 5,
    FRAME_SLOT = 6,
    OWN_SC_SLOT = 63
};
enum { PCI_ADDRESS = 0xcf8, PCI_DATA = 0xcfc, PCI_ENABLE = 1u << 31, PCI_VENDOR_INTEL = 0x8086 };
enum { LARGE_PAGE = 0x200000, TEXT_BYTES = 5000, HPET_VENDOR_SHIFT = 16 };
/* Behind the peer's program, where it has page tables. */
enum { PEER_PAGE = 0x3ff000 };

struct chunk {
    seL4_BootInfoHeader header;
    seL4_Uint32 mhz;
} __attribute__((packed));

/* In .bss, in .data, and with a name that only the tool uses. */
volatile char *text;
seL4_Word text_bytes, text_room = 1, large_bytes, channel_id, clock_ports, clock_first_port, large_address, own_address;
volatile struct chunk *clock_chunk;
const seL4_X86_BootInfo_mmap_t *map_chunk;
const char *rsdp_chunk, *screen_chunk, *tree_chunk;
/* The Makefile fills it in the linked program. */
__attribute__((section(".parameters"))) char parameters[32];
volatile seL4_Word *large, *timer;
static int constructed;

__attribute__((constructor)) static void construct(void)
{
    constructed++;
}

static seL4_Bool is_zero(const char *page)
{
    for (int i = 0; i < 4096; i++)
        if (page[i])
            return seL4_False;
    return seL4_True;
}

static void check_boot_information(void)
{
    check(clock_chunk->header.id == SEL4_BOOTINFO_HEADER_X86_TSC_FREQ && clock_chunk->mhz > 0, "the processor's clock");
    check(map_chunk->header.id == SEL4_BOOTINFO_HEADER_X86_MBMMAP && map_chunk->header.len == sizeof(*map_chunk) &&
              map_chunk->mmap_length >= sizeof(map_chunk->mmap[0]) && map_chunk->mmap[0].base_addr == 0 &&
              map_chunk->mmap[0].length > 0,
          "the map of the memory, which begins at 0");
    check(((const seL4_BootInfoHeader *)rsdp_chunk)->id == SEL4_BOOTINFO_HEADER_X86_ACPI_RSDP &&
              !__builtin_memcmp(rsdp_chunk + sizeof(seL4_BootInfoHeader), "RSD PTR ", 8),
          "ACPI's root");
    check(is_zero(screen_chunk) && is_zero(tree_chunk), "what is not there is zero");
}

static void check_regions(void)
{
    check(text_bytes == TEXT_BYTES && text_room == 2 * 4096, "sizes of a prefilled region");
    check(text[0] == 'a' && text[TEXT_BYTES - 1] == 'z' && text[TEXT_BYTES] == 0 && text[text_room - 1] == 0,
          "a prefilled region is followed by zeros");
    check(large_bytes == 2 * LARGE_PAGE && large[0] == 0 && large[large_bytes / sizeof(seL4_Word) - 1] == 0,
          "a region of large pages is zero");
    check(large_address % LARGE_PAGE == 0 && large_address != 0, "the address of a region of large pages");
    check(own_address % 4096 == 0 && own_address != 0 && own_address != large_address,
          "the address of a region in one piece");
    check((timer[0] >> HPET_VENDOR_SHIFT & 0xffff) == 0x8086, "a device's registers");
    large[1] = 0x1234;
}

static void check_ports(void)
{
    check(clock_ports == CLOCK_PORTS && clock_first_port == 0x70, "variables of ports");
    microkit_x86_ioport_write_8(CLOCK_PORTS, 0x70, 0x0d);
    check(microkit_x86_ioport_read_8(CLOCK_PORTS, 0x71) & 0x80, "the clock's battery is good");
    check(microkit_x86_ioport_read_8(CLOCK_PORTS + 1, 0x71) == 0, "a port range that is not ours does nothing");
    microkit_x86_ioport_write_32(PCI_PORTS, PCI_ADDRESS, PCI_ENABLE);
    check(microkit_x86_ioport_read_32(PCI_PORTS, PCI_ADDRESS) == PCI_ENABLE, "32 bits to a port and back");
    check(microkit_x86_ioport_read_16(PCI_PORTS, PCI_DATA) == PCI_VENDOR_INTEL, "16 bits from a port");
    check((microkit_x86_ioport_read_32(PCI_PORTS, PCI_DATA) & 0xffff) == PCI_VENDOR_INTEL, "32 bits from a port");
    microkit_x86_ioport_write_16(PCI_PORTS, PCI_DATA, 0);
}

/* The peer counts in the shared region whenever it is notified. */
static void check_capabilities(void)
{
    seL4_CPtr peer = microkit_cspace_root_slot_to_cptr(PEER_TCB_SLOT);
    check(!seL4_TCB_Suspend(peer), "suspend by a user capability");
    check(!seL4_Untyped_Retype(PECAN_BUDGET_CAP, seL4_X86_4K, 0, PECAN_OWN_CAP(OWN_CNODE_SLOT), 0, 0, FRAME_SLOT, 1) &&
              !seL4_X86_Page_Map(microkit_cspace_root_slot_to_cptr(FRAME_SLOT),
                                 microkit_cspace_root_slot_to_cptr(PEER_VSPACE_SLOT), PEER_PAGE, seL4_ReadWrite,
                                 seL4_X86_Default_VMAttributes),
          "a page for another domain, by a user capability");
    large[4] = PEER_PAGE;
    microkit_notify(PEER);
    check(large[2] == 0, "a suspended domain does nothing");
    check(!seL4_TCB_Resume(peer), "resume by a user capability");
    check(large[2] == 1 && large[3] == 0x1234, "a resumed domain takes its notification");
    check(large[5] == 1, "it finds the page");
    seL4_SchedContext_Consumed_t consumed = seL4_SchedContext_Consumed(microkit_cspace_root_slot_to_cptr(OWN_SC_SLOT));
    check(!consumed.error, "a capability to one's own time");
    check(microkit_cspace_root_slot_to_cptr(0) == 0 && microkit_cspace_root_slot_to_cptr(64) == 0,
          "slots that are none");
}

/* Ids that the domain does not have. */
static void check_refusals(void)
{
    microkit_notify(PEER + 1);
    microkit_notify(62);
    microkit_irq_ack(PEER);
    check(microkit_msginfo_get_count(microkit_ppcall(PEER, microkit_msginfo_new(1, 4))) == 0,
          "a call without the right");
    check(large[2] == 1, "nothing came of it");
}

static void check_deferred(void)
{
    microkit_deferred_notify(PEER_AGAIN);
    microkit_deferred_notify(PEER);
    check(large[2] == 1, "a deferred notification waits");
}

void init(void)
{
    check(constructed == 1, "constructors run once");
    check(channel_id == PEER, "the variable of a channel");
    check(parameters[0] == 'f' && parameters[sizeof(parameters) - 1] == '\n', "a section that objcopy has filled");
    check_regions();
    check_boot_information();
    check_ports();
    check_capabilities();
    check_refusals();
    check_deferred();
}

/* The peer answers the deferred notification. */
void notified(microkit_channel ch)
{
    check(ch == PEER && large[2] == 2, "the last deferred notification goes out with the wait, and no other");
    check_end();
}
