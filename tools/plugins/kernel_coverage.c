/*
 * A QEMU plugin that writes down which instructions of the kernel have run: those at kernel addresses, and those of a
 * low range where the kernel boots.
 *
 * Arguments: low=START and top=END of the low range; output=FILE, to which a line "ADDRESS COUNT" is written for each
 * instruction that ran, COUNT being how often.
 */
#include <qemu-plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KERNEL_START 0xffffff8000000000u

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

struct block {
    struct block *next;
    uint64_t executed;
    uint32_t instructions;
    uint64_t addresses[];
};

static uint64_t low_start, low_end;
static char output_name[4096];
static struct block *blocks;

static bool is_kernel(uint64_t address)
{
    return address >= KERNEL_START || (address >= low_start && address < low_end);
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *translated)
{
    size_t count = qemu_plugin_tb_n_insns(translated);

    (void)id;
    if (!is_kernel(qemu_plugin_tb_vaddr(translated)))
        return;
    struct block *block = calloc(1, sizeof(*block) + count * sizeof(block->addresses[0]));
    if (!block)
        abort();
    block->instructions = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        block->addresses[i] = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(translated, i));
    block->next = blocks;
    blocks = block;
    qemu_plugin_register_vcpu_tb_exec_inline(translated, QEMU_PLUGIN_INLINE_ADD_U64, &block->executed, 1);
}

static void write_result(qemu_plugin_id_t id, void *unused)
{
    FILE *file = fopen(output_name, "w");

    (void)id;
    (void)unused;
    if (!file)
        return;
    for (const struct block *block = blocks; block; block = block->next)
        for (uint32_t i = 0; block->executed && i < block->instructions; i++)
            fprintf(file, "%#" PRIx64 " %" PRIu64 "\n", block->addresses[i], block->executed);
    fclose(file);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "low=", 4))
            low_start = strtoull(argv[i] + 4, NULL, 0);
        else if (!strncmp(argv[i], "top=", 4))
            low_end = strtoull(argv[i] + 4, NULL, 0);
        else if (!strncmp(argv[i], "output=", 7))
            snprintf(output_name, sizeof(output_name), "%s", argv[i] + 7);
        else
            return -1;
    }
    if (!output_name[0])
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    qemu_plugin_register_atexit_cb(id, write_result, NULL);
    return 0;
}
