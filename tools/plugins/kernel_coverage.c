/*
 * A QEMU plugin that writes down which instructions of the kernel have run: those at kernel addresses, and those in the low
 * megabytes where the kernel boots and nothing else of it is.
 *
 * Argument: output=PREFIX. When QEMU ends, PREFIX.PID gets a line "argument TEXT" for each of QEMU's arguments, by which
 * the reader knows what was booted, and a line "ran ADDRESS BYTES" for each instruction, BYTES being its code in
 * hexadecimal: at low addresses a loader may have run before.
 */
#include <qemu-plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KERNEL_START 0xffffff8000000000u
#define LOW_START    0x100000u
#define LOW_END      0x400000u
#define LONGEST      15

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

struct instruction {
    uint64_t address;
    uint8_t length;
    uint8_t code[LONGEST];
};

struct block {
    struct block *next;
    uint64_t executed;
    size_t count;
    struct instruction instructions[];
};

static char output_prefix[4096];
static struct block *blocks;

static bool is_kernel(uint64_t address)
{
    return address >= KERNEL_START || (address >= LOW_START && address < LOW_END);
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *translated)
{
    size_t count = qemu_plugin_tb_n_insns(translated);

    (void)id;
    if (!is_kernel(qemu_plugin_tb_vaddr(translated)))
        return;
    struct block *block = calloc(1, sizeof(*block) + count * sizeof(block->instructions[0]));
    if (!block)
        abort();
    block->count = count;
    for (size_t i = 0; i < count; i++) {
        const struct qemu_plugin_insn *from = qemu_plugin_tb_get_insn(translated, i);
        struct instruction *to = &block->instructions[i];
        size_t length = qemu_plugin_insn_size(from);

        to->address = qemu_plugin_insn_vaddr(from);
        to->length = (uint8_t)(length < LONGEST ? length : LONGEST);
        memcpy(to->code, qemu_plugin_insn_data(from), to->length);
    }
    block->next = blocks;
    blocks = block;
    qemu_plugin_register_vcpu_tb_exec_inline(translated, QEMU_PLUGIN_INLINE_ADD_U64, &block->executed, 1);
}

static void write_arguments(FILE *file)
{
    FILE *arguments = fopen("/proc/self/cmdline", "r");
    char *text = NULL;
    size_t capacity = 0;

    if (!arguments)
        return;
    while (getdelim(&text, &capacity, '\0', arguments) > 0)
        fprintf(file, "argument %s\n", text);
    free(text);
    fclose(arguments);
}

static void write_instruction(FILE *file, const struct instruction *instruction)
{
    fprintf(file, "ran %#" PRIx64 " ", instruction->address);
    for (unsigned i = 0; i < instruction->length; i++)
        fprintf(file, "%02x", instruction->code[i]);
    fputc('\n', file);
}

static void write_result(qemu_plugin_id_t id, void *unused)
{
    char name[sizeof(output_prefix) + 32];
    FILE *file;

    (void)id;
    (void)unused;
    snprintf(name, sizeof(name), "%s.%ld", output_prefix, (long)getpid());
    file = fopen(name, "w");
    if (!file)
        return;
    write_arguments(file);
    for (const struct block *block = blocks; block; block = block->next)
        for (size_t i = 0; block->executed && i < block->count; i++)
            write_instruction(file, &block->instructions[i]);
    fclose(file);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "output=", 7) != 0)
            return -1;
        snprintf(output_prefix, sizeof(output_prefix), "%s", argv[i] + 7);
    }
    if (!output_prefix[0])
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    qemu_plugin_register_atexit_cb(id, write_result, NULL);
    return 0;
}
