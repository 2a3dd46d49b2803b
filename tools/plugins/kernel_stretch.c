/*
 * A QEMU plugin that measures how long the kernel keeps interrupts waiting, in instructions.
 *
 * A stretch begins when the kernel is entered, or when it has just looked at the interrupt controller, and ends with the
 * next look, with the return to user code, or with the halt of the idle thread. A passage is all from entry to exit.
 * Boot does not count: the first return to user code begins the measurement.
 *
 * Arguments: look=ADDRESS of the function that looks at the controller; exempt=ADDRESS of a function whose stretches do not
 * count (optional); output=FILE for the result (README.md states it).
 * A repeated string instruction counts once for each repetition.
 */
#include <qemu-plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KERNEL_START      0xffffff8000000000u
#define HISTOGRAM_BUCKETS 40
#define MAX_ENTRIES       1024
#define MAX_PATH          (1u << 18)

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/* What the emulator's block callback needs to know; blocks that are translated again share none, and live for ever. */
struct block {
    uint64_t pc;
    uint32_t instructions;
    bool is_look;
    bool is_exempt;
    bool leaves; /* its last instruction returns to user code or halts */
};

struct entry {
    uint64_t pc;
    uint64_t count;
    uint64_t longest_stretch;
    uint64_t longest_passage;
};

struct path {
    uint64_t entry_pc;
    uint64_t instructions;
    bool after_look;
    uint32_t length;
    const struct block *blocks[MAX_PATH];
};

static uint64_t look_address, exempt_address;
static char output_name[4096];

static bool has_started, in_kernel;
static bool stretch_is_exempt;
static uint64_t stretch, passage, stretch_count, exempt_count;
static struct entry entries[MAX_ENTRIES];
static unsigned entry_count;
static struct entry *current_entry;
static uint64_t histogram[HISTOGRAM_BUCKETS];
static struct path paths[2];
static struct path *path = &paths[0], *longest_path = &paths[1];

static struct entry *entry_find(uint64_t pc)
{
    for (unsigned i = 0; i < entry_count; i++)
        if (entries[i].pc == pc)
            return &entries[i];
    if (entry_count == MAX_ENTRIES)
        return &entries[0];
    entries[entry_count].pc = pc;
    return &entries[entry_count++];
}

static void stretch_begin(bool after_look)
{
    stretch = 0;
    stretch_is_exempt = false;
    path->length = 0;
    path->after_look = after_look;
    path->entry_pc = current_entry->pc;
}

static void stretch_end(void)
{
    if (stretch_is_exempt) {
        exempt_count++;
        return;
    }

    unsigned bucket = stretch ? 64 - (unsigned)__builtin_clzll(stretch) : 0;

    histogram[bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1]++;
    stretch_count++;
    if (stretch > current_entry->longest_stretch)
        current_entry->longest_stretch = stretch;
    if (stretch > longest_path->instructions) {
        struct path *other = longest_path;

        path->instructions = stretch;
        longest_path = path;
        path = other;
    }
}

static void block_executed(unsigned int cpu, void *data)
{
    const struct block *block = data;

    (void)cpu;
    if (!has_started) {
        has_started = block->leaves;
        return;
    }
    if (!in_kernel) {
        in_kernel = true;
        passage = 0;
        current_entry = entry_find(block->pc);
        current_entry->count++;
        stretch_begin(false);
    } else if (block->is_look) {
        stretch_end();
        stretch_begin(true);
    }
    stretch_is_exempt |= block->is_exempt;
    stretch += block->instructions;
    passage += block->instructions;
    if (path->length < MAX_PATH)
        path->blocks[path->length++] = block;
    if (block->leaves) {
        in_kernel = false;
        stretch_end();
        if (passage > current_entry->longest_passage)
            current_entry->longest_passage = passage;
    }
}

/* iretq, sysretq, hlt */
static bool instruction_leaves(const struct qemu_plugin_insn *instruction)
{
    const unsigned char *bytes = qemu_plugin_insn_data(instruction);

    switch (qemu_plugin_insn_size(instruction)) {
    case 1:
        return bytes[0] == 0xf4;
    case 2:
        return bytes[0] == 0x48 && bytes[1] == 0xcf;
    case 3:
        return bytes[0] == 0x48 && bytes[1] == 0x0f && bytes[2] == 0x07;
    default:
        return false;
    }
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *translated)
{
    uint64_t pc = qemu_plugin_tb_vaddr(translated);
    size_t count = qemu_plugin_tb_n_insns(translated);

    (void)id;
    if (pc < KERNEL_START)
        return;
    struct block *block = calloc(1, sizeof(*block));
    if (!block)
        abort();
    block->pc = pc;
    block->instructions = (uint32_t)count;
    block->is_look = pc == look_address;
    block->is_exempt = pc == exempt_address;
    block->leaves = instruction_leaves(qemu_plugin_tb_get_insn(translated, count - 1));
    qemu_plugin_register_vcpu_tb_exec_cb(translated, block_executed, QEMU_PLUGIN_CB_NO_REGS, block);
}

static void write_result(qemu_plugin_id_t id, void *unused)
{
    FILE *file = fopen(output_name, "w");

    (void)id;
    (void)unused;
    if (!file)
        return;
    fprintf(file, "longest %" PRIu64 " entry %#" PRIx64 " after_look %d stretches %" PRIu64 " exempt %" PRIu64 "\n",
            longest_path->instructions, longest_path->entry_pc, longest_path->after_look, stretch_count, exempt_count);
    for (unsigned i = 0; i < entry_count; i++)
        fprintf(file, "entry %#" PRIx64 " count %" PRIu64 " stretch %" PRIu64 " passage %" PRIu64 "\n", entries[i].pc,
                entries[i].count, entries[i].longest_stretch, entries[i].longest_passage);
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        if (histogram[i])
            fprintf(file, "below %" PRIu64 " count %" PRIu64 "\n", (uint64_t)1 << i, histogram[i]);
    for (uint32_t i = 0; i < longest_path->length; i++)
        fprintf(file, "block %#" PRIx64 " instructions %" PRIu32 "\n", longest_path->blocks[i]->pc,
                longest_path->blocks[i]->instructions);
    fclose(file);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "look=", 5))
            look_address = strtoull(argv[i] + 5, NULL, 0);
        else if (!strncmp(argv[i], "exempt=", 7))
            exempt_address = strtoull(argv[i] + 7, NULL, 0);
        else if (!strncmp(argv[i], "output=", 7))
            snprintf(output_name, sizeof(output_name), "%s", argv[i] + 7);
        else
            return -1;
    }
    if (!look_address || !output_name[0])
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    qemu_plugin_register_atexit_cb(id, write_result, NULL);
    return 0;
}
