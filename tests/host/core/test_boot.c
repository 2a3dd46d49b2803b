/*
 * What the first thread finds: its capabilities, the list of memory, the extra information. Each boot is a process of its own, for
 * the kernel boots once.
 */
#include "abi/boot.h"
#include "world.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static struct boot_facts facts;
static char console[400];

static void usual_facts(void)
{
    facts = (struct boot_facts){
        .ram = {{HOST_RAM_START + 2 * PAGE, HOST_RAM_START + HOST_RAM_BYTES}},
        .ram_count = 1,
        .reserved = {{HOST_RAM_START, HOST_RAM_START + 2 * PAGE}},
        .reserved_count = 1,
        .device_top = UINT64_C(0x40000000),
        .user_top = HOST_USER_TOP,
        .root_task = {{HOST_RAM_START, HOST_RAM_START + 2 * PAGE}, HOST_IMAGE, HOST_IMAGE + 16},
    };
}

/* --- in the process that boots -------------------------------------------------------------------------------------- */

static int report_pipe;

static void say(const char *what)
{
    if (write(report_pipe, what, strlen(what)) < 0)
        _exit(3);
}

static void stopped(int status)
{
    (void)status;
    say("stopped: ");
    say(host.console);
    _exit(1);
}

#define check(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            say("not so: " #condition);                                                                                \
            _exit(1);                                                                                                  \
        }                                                                                                              \
    } while (0)

typedef void checks(const struct abi_boot_info *info, const struct cap_slot *slots);

static void boot_and_check(checks *check_all)
{
    host.on_halt = stopped;
    host.is_quiet = true;
    host_reset();
    kernel_boot(&facts);
    const struct thread *first = host_cpu.current;
    const struct cap_slot *slots = cap_pointer(first->slot[THREAD_SLOT_CSPACE].cap);
    struct cap frame = slots[ABI_INIT_SLOT_BOOT_INFO_FRAME].cap;
    check(cap_type(frame) == ABI_CAP_TYPE_FRAME);
    check_all(hal_window(cap_paddr(frame)), slots);
    _exit(0);
}

/* Boots elsewhere; what went wrong there is in `console`. */
static bool boots(checks *check_all)
{
    int ends[2], status;
    if (pipe(ends) != 0)
        return false;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        report_pipe = ends[1];
        boot_and_check(check_all);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t more; (more = read(ends[0], console + length, sizeof(console) - 1 - length)) > 0;)
        length += (size_t)more;
    console[length] = 0;
    close(ends[0]);
    waitpid(child, &status, 0);
    if (status != 0)
        printf("  boot: %s\n", console);
    return status == 0;
}

/* --- checks --------------------------------------------------------------------------------------------------------- */

static void check_usual(const struct abi_boot_info *info, const struct cap_slot *slots)
{
    const struct thread *first = host_cpu.current;
    check(info->ipc_buffer == HOST_IMAGE + 2 * PAGE);
    check(first->ipc_buffer == info->ipc_buffer);
    check(first->priority == 255 && first->max_priority == 255 && first->state == THREAD_RUNNING);
    check(context_pc(&first->context) == HOST_IMAGE + 16);
    check(info->cnode_size_bits == CONFIG_ROOT_CNODE_SIZE_BITS && info->num_nodes == 1);
    check(info->user_image_frames.end - info->user_image_frames.start == 2);
    check(cap_paddr(slots[info->user_image_frames.start].cap) == HOST_RAM_START);
    check(info->sched_control.end - info->sched_control.start == 1);
    check(cap_type(slots[info->sched_control.start].cap) == ABI_CAP_TYPE_SCHED_CONTROL);
    check(info->extra_length == 0);
    check(info->empty.end == BIT(CONFIG_ROOT_CNODE_SIZE_BITS));
    for (uint64_t i = info->empty.start; i < info->empty.end; i++)
        check(cap_slot_is_empty(&slots[i]));
    static const uint8_t types[][2] = {{ABI_INIT_SLOT_TCB, ABI_CAP_TYPE_TCB},
                                       {ABI_INIT_SLOT_CNODE, ABI_CAP_TYPE_CNODE},
                                       {ABI_INIT_SLOT_VSPACE, ABI_CAP_TYPE_PML4},
                                       {ABI_INIT_SLOT_IRQ_CONTROL, ABI_CAP_TYPE_IRQ_CONTROL},
                                       {ABI_INIT_SLOT_ASID_POOL, ABI_CAP_TYPE_ASID_POOL},
                                       {ABI_INIT_SLOT_IPC_BUFFER, ABI_CAP_TYPE_FRAME},
                                       {ABI_INIT_SLOT_DOMAIN, ABI_CAP_TYPE_DOMAIN},
                                       {ABI_INIT_SLOT_SCHED_CONTEXT, ABI_CAP_TYPE_SCHED_CONTEXT}};
    for (unsigned i = 0; i < ARRAY_LENGTH(types); i++)
        check(cap_type(slots[types[i][0]].cap) == types[i][1]);
    check(cap_slot_is_empty(&slots[0]));
}

/* Untypeds: aligned, as in the list, full, disjoint; and all memory but what is reserved or used is there once. */
static void check_memory(const struct abi_boot_info *info, const struct cap_slot *slots)
{
    uint64_t count = info->untyped.end - info->untyped.start, ram = 0, device = 0;
    for (uint64_t i = 0; i < count; i++) {
        const struct abi_untyped_entry *entry = &info->untyped_list[i];
        struct cap cap = slots[info->untyped.start + i].cap;
        check(cap_type(cap) == ABI_CAP_TYPE_UNTYPED);
        check(cap_paddr(cap) == entry->paddr && cap_untyped_size_bits(cap) == entry->size_bits);
        check(cap_untyped_is_device(cap) == entry->is_device);
        check(cap_untyped_watermark(cap) == BIT(entry->size_bits));
        check(is_aligned(entry->paddr, entry->size_bits));
        *(entry->is_device ? &device : &ram) += BIT(entry->size_bits);
        for (uint64_t j = 0; j < i; j++) {
            const struct abi_untyped_entry *other = &info->untyped_list[j];
            check(other->paddr + BIT(other->size_bits) <= entry->paddr ||
                  entry->paddr + BIT(entry->size_bits) <= other->paddr);
        }
    }
    uint64_t all_ram = 0, all_reserved = 0;
    for (unsigned i = 0; i < facts.ram_count; i++)
        all_ram += facts.ram[i].end - facts.ram[i].start;
    for (unsigned i = 0; i < facts.reserved_count; i++)
        all_reserved += facts.reserved[i].end - facts.reserved[i].start;
    /* The first objects: root CNode, five pages and those of tables and extra information, thread, context. */
    uint64_t objects = BIT(CONFIG_ROOT_CNODE_SIZE_BITS + ABI_SLOT_BITS) + 5 * PAGE + BIT(ABI_TCB_BITS) +
                       BIT(ABI_INIT_THREAD_SCHED_CONTEXT_BITS) + align_up(info->extra_length, ABI_PAGE_BITS);
    check(ram <= all_ram - objects && ram + 4 * BIT(CONFIG_ROOT_CNODE_SIZE_BITS + ABI_SLOT_BITS) >= all_ram - objects);
    check(device == facts.device_top - all_ram - all_reserved);
}

TEST(boot, the_first_thread_has_what_the_interface_promises)
{
    usual_facts();
    expect(boots(check_usual));
}

TEST(boot, all_memory_is_given_once)
{
    usual_facts();
    expect(boots(check_memory));
    /* Two pieces of memory with a hole, and more reserved. */
    facts.ram_count = 2;
    facts.ram[0] = (struct boot_region){HOST_RAM_START + 2 * PAGE, HOST_RAM_START + 0x83000};
    facts.ram[1] = (struct boot_region){HOST_RAM_START + 0x95000, HOST_RAM_START + HOST_RAM_BYTES};
    facts.reserved_count = 2;
    facts.reserved[1] = (struct boot_region){HOST_RAM_START + 0x84000, HOST_RAM_START + 0x86000};
    expect(boots(check_memory));
}

static const char extra_text[] = "a command line";

static void check_extra(const struct abi_boot_info *info, const struct cap_slot *slots)
{
    check(info->extra_length == 2 * ABI_BOOT_EXTRA_HEADER_BYTES + sizeof(extra_text) + 8);
    check(info->extra_pages.end - info->extra_pages.start == 1);
    const uint8_t *chunk = hal_window(cap_paddr(slots[info->extra_pages.start].cap));
    struct abi_boot_extra_header header;
    memcpy(&header, chunk, sizeof(header));
    check(header.id == 0x1000 && header.length == ABI_BOOT_EXTRA_HEADER_BYTES + 8);
    chunk += header.length;
    memcpy(&header, chunk, sizeof(header));
    check(header.id == 2 && header.length == ABI_BOOT_EXTRA_HEADER_BYTES + sizeof(extra_text));
    check(memcmp(chunk + sizeof(header), extra_text, sizeof(extra_text)) == 0);
    check_memory(info, slots);
}

TEST(boot, extra_information_follows_the_boot_information)
{
    static const uint64_t features = 1;
    usual_facts();
    facts.extra_count = 2;
    facts.extra[0] = (struct boot_extra){0x1000, &features, sizeof(features)};
    facts.extra[1] = (struct boot_extra){2, extra_text, sizeof(extra_text)};
    expect(boots(check_extra));
}

static void check_nothing(const struct abi_boot_info *info UNUSED, const struct cap_slot *slots UNUSED)
{
}

TEST(boot, what_cannot_boot_says_why)
{
    usual_facts();
    facts.ram[0].end = facts.ram[0].start + 2 * PAGE;
    expect(!boots(check_nothing));
    expect(strstr(console, "no free memory region holds") != NULL);
    usual_facts();
    facts.root_task.virtual_start = HOST_USER_TOP + 1 - 3 * PAGE;
    expect(!boots(check_nothing));
    expect(strstr(console, "no room for its boot information") != NULL);
    usual_facts();
    facts.root_task.memory.end = HOST_RAM_START + (BIT(CONFIG_ROOT_CNODE_SIZE_BITS) + 1) * PAGE;
    facts.ram[0].start = facts.reserved[0].end = facts.root_task.memory.end;
    expect(!boots(check_nothing));
    expect(strstr(console, "more slots than the root CNode has") != NULL);
}
