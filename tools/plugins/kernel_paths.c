/*
 * A QEMU plugin that says what the kernel does within each span of the benchmark root task (tests/bench): instructions,
 * those of them that serialise or run microcode, accesses to devices, and the 64-byte lines of code and data touched.
 *
 * A span lies between two readings of the time-stamp counter by user code. Right after a span the benchmark stores its
 * length in a table, one row for each operation; the address of that store tells which operation the span belongs to. The
 * last span of each operation is kept.
 *
 * Arguments: table=ADDRESS, rows=COUNT, row=BYTES of the benchmark's table; output=FILE for the result (README.md states it).
 */
#include <qemu-plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KERNEL_START 0xffffff8000000000u
#define LINE_SHIFT   6
#define MOST_LINES   2048 /* of code, and of data, in one span; more are not counted */
#define MOST_PATH    2048 /* instructions of a span whose addresses are kept, the first ones */
#define HASH_SLOTS   16384
#define MOST_ROWS    1024

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

enum kind {
    KIND_PLAIN,
    KIND_CR_WRITE,
    KIND_CR_READ,
    KIND_WRMSR,
    KIND_RDMSR,
    KIND_RDTSC,
    KIND_CPUID,
    KIND_SWAPGS,
    KIND_INVLPG,
    KIND_IRET,
    KIND_SYSRET,
    KIND_XSAVE,
    KIND_XRSTOR,
    KIND_BASE_WRITE,
    KIND_BASE_READ,
    KIND_SEGMENT,
    KIND_FENCE,
    KIND_PORT,
    KIND_STRING,
    KIND_LOCKED,
    KIND_DIVIDE,
    KIND_OTHER,
    KIND_DEVICE,
    KIND_COUNT
};

static const char *const kind_names[KIND_COUNT] = {
    [KIND_CR_WRITE] = "cr_write",   [KIND_CR_READ] = "cr_read", [KIND_WRMSR] = "wrmsr",
    [KIND_RDMSR] = "rdmsr",         [KIND_RDTSC] = "rdtsc",     [KIND_CPUID] = "cpuid",
    [KIND_SWAPGS] = "swapgs",       [KIND_INVLPG] = "invlpg",   [KIND_IRET] = "iret",
    [KIND_SYSRET] = "sysret",       [KIND_XSAVE] = "xsave",     [KIND_XRSTOR] = "xrstor",
    [KIND_SEGMENT] = "segment",     [KIND_FENCE] = "fence",     [KIND_BASE_WRITE] = "base_write",
    [KIND_BASE_READ] = "base_read", [KIND_PORT] = "port",       [KIND_STRING] = "string",
    [KIND_LOCKED] = "locked",       [KIND_DIVIDE] = "divide",   [KIND_OTHER] = "other",
    [KIND_DEVICE] = "device",
};

struct instruction {
    uint64_t address;
    enum kind kind;
};

struct lines {
    uint32_t count;
    uint64_t first[MOST_LINES]; /* the address in each line that was touched first */
};

struct span {
    uint64_t instructions;
    uint64_t kinds[KIND_COUNT];
    struct lines code, data;
    uint64_t path[MOST_PATH];
};

static uint64_t table_address, row_count, row_bytes;
static char output_name[4096];

static struct span spans[2];
static struct span *current = &spans[0], *finished = &spans[1];
static struct span *rows[MOST_ROWS];

/* Lines of the current span; what an older span left is told by its number. */
static struct {
    uint64_t span, line;
} seen[HASH_SLOTS];
static uint64_t span_number = 1;

/* --- what an instruction is ------------------------------------------------------------------------------------------- */

static enum kind kind_of_0f01(unsigned modrm)
{
    if (modrm == 0xf8)
        return KIND_SWAPGS;
    if (modrm < 0xc0 && (modrm >> 3 & 7) == 7)
        return KIND_INVLPG;
    return KIND_OTHER;
}

static enum kind kind_of_0fae(unsigned modrm, bool has_repeat)
{
    static const enum kind memory_forms[8] = {KIND_XSAVE, KIND_XRSTOR, KIND_OTHER, KIND_OTHER,
                                              KIND_XSAVE, KIND_XRSTOR, KIND_XSAVE, KIND_OTHER};
    unsigned operation = modrm >> 3 & 7;
    if (modrm < 0xc0)
        return memory_forms[operation];
    if (has_repeat)
        return operation < 2 ? KIND_BASE_READ : KIND_BASE_WRITE;
    return KIND_FENCE;
}

static enum kind kind_of_0f(unsigned opcode, unsigned modrm, bool has_repeat)
{
    switch (opcode) {
    case 0x00: /* descriptor tables, task register */
    case 0x06: /* clts */
    case 0x08: /* caches */
    case 0x09:
    case 0x21: /* debug registers */
    case 0x23:
        return KIND_OTHER;
    case 0x01:
        return kind_of_0f01(modrm);
    case 0x07:
        return KIND_SYSRET;
    case 0x20:
        return KIND_CR_READ;
    case 0x22:
        return KIND_CR_WRITE;
    case 0x30:
        return KIND_WRMSR;
    case 0x31:
        return KIND_RDTSC;
    case 0x32:
        return KIND_RDMSR;
    case 0xa2:
        return KIND_CPUID;
    case 0xae:
        return kind_of_0fae(modrm, has_repeat);
    case 0xc7: /* xsaves, xsavec, compare and exchange */
        return modrm < 0xc0 && (modrm >> 3 & 7) == 3   ? KIND_XRSTOR
               : modrm < 0xc0 && (modrm >> 3 & 7) >= 4 ? KIND_XSAVE
                                                       : KIND_PLAIN;
    default:
        return KIND_PLAIN;
    }
}

static enum kind kind_of(const unsigned char *bytes, size_t size)
{
    bool has_repeat = false, is_locked = false;
    size_t at = 0;
    for (; at < size; at++) {
        unsigned char byte = bytes[at];
        if (byte == 0xf2 || byte == 0xf3)
            has_repeat = true;
        else if (byte == 0xf0)
            is_locked = true;
        else if (byte != 0x66 && byte != 0x65 && byte != 0x64 && byte != 0x2e && byte != 0x3e && (byte & 0xf0) != 0x40)
            break;
    }
    if (is_locked)
        return KIND_LOCKED;
    if (at >= size)
        return KIND_PLAIN;
    unsigned opcode = bytes[at], next = at + 1 < size ? bytes[at + 1] : 0, after = at + 2 < size ? bytes[at + 2] : 0;
    if (opcode == 0x0f)
        return next == 0x38 && after == 0x82 ? KIND_INVLPG : kind_of_0f(next, after, has_repeat);
    if (opcode == 0xcf)
        return KIND_IRET;
    if (opcode == 0x8e || opcode == 0xcb)
        return KIND_SEGMENT;
    if ((opcode >= 0xe4 && opcode <= 0xe7) || (opcode >= 0xec && opcode <= 0xef))
        return KIND_PORT;
    if (opcode == 0xf4 || opcode == 0xfa || opcode == 0xfb || opcode == 0x9c || opcode == 0x9d)
        return KIND_OTHER; /* hlt, cli, sti, pushf, popf */
    if ((opcode == 0x86 || opcode == 0x87) && next < 0xc0)
        return KIND_LOCKED;
    if (has_repeat && opcode >= 0xa4 && opcode <= 0xaf)
        return KIND_STRING;
    if ((opcode == 0xf6 || opcode == 0xf7) && (next >> 3 & 7) >= 6)
        return KIND_DIVIDE;
    return KIND_PLAIN;
}

/* --- what happens ------------------------------------------------------------------------------------------------------- */

static void line_touch(struct lines *lines, uint64_t address)
{
    uint64_t line = address >> LINE_SHIFT;
    unsigned slot = (unsigned)(line * 0x9e3779b97f4a7c15u >> 50);
    while (seen[slot].span == span_number) {
        if (seen[slot].line == line)
            return;
        slot = (slot + 1) % HASH_SLOTS;
    }
    if (lines->count == MOST_LINES)
        return;
    seen[slot].span = span_number;
    seen[slot].line = line;
    lines->first[lines->count++] = address;
}

static void kernel_executed(unsigned int cpu, void *data)
{
    const struct instruction *instruction = data;
    (void)cpu;
    if (current->instructions < MOST_PATH)
        current->path[current->instructions] = instruction->address;
    current->instructions++;
    if (instruction->kind != KIND_PLAIN)
        current->kinds[instruction->kind]++;
    line_touch(&current->code, instruction->address);
}

static void kernel_accessed(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *unused)
{
    struct qemu_plugin_hwaddr *physical = qemu_plugin_get_hwaddr(info, address);
    (void)cpu;
    (void)unused;
    if (physical && qemu_plugin_hwaddr_is_io(physical))
        current->kinds[KIND_DEVICE]++;
    else if (address >= KERNEL_START)
        line_touch(&current->data, address);
}

static void counter_read(unsigned int cpu, void *unused)
{
    struct span *other = finished;
    (void)cpu;
    (void)unused;
    finished = current;
    current = other;
    current->instructions = 0;
    memset(current->kinds, 0, sizeof(current->kinds));
    current->code.count = current->data.count = 0;
    span_number++;
}

static void user_stored(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *unused)
{
    uint64_t row = (address - table_address) / row_bytes;
    (void)cpu;
    (void)unused;
    if (address < table_address || row >= row_count || !qemu_plugin_mem_is_store(info))
        return;
    if (!rows[row])
        rows[row] = malloc(sizeof(struct span));
    if (!rows[row])
        abort();
    *rows[row] = *finished;
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *translated = qemu_plugin_tb_get_insn(block, i);
        uint64_t address = qemu_plugin_insn_vaddr(translated);
        enum kind kind = kind_of(qemu_plugin_insn_data(translated), qemu_plugin_insn_size(translated));
        if (address < KERNEL_START) {
            if (kind == KIND_RDTSC)
                qemu_plugin_register_vcpu_insn_exec_cb(translated, counter_read, QEMU_PLUGIN_CB_NO_REGS, NULL);
            qemu_plugin_register_vcpu_mem_cb(translated, user_stored, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W, NULL);
            continue;
        }
        struct instruction *instruction = malloc(sizeof(*instruction));
        if (!instruction)
            abort();
        instruction->address = address;
        instruction->kind = kind;
        qemu_plugin_register_vcpu_insn_exec_cb(translated, kernel_executed, QEMU_PLUGIN_CB_NO_REGS, instruction);
        qemu_plugin_register_vcpu_mem_cb(translated, kernel_accessed, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
    }
}

/* --- the result ------------------------------------------------------------------------------------------------------------ */

static void addresses_write(FILE *file, const char *word, uint64_t row, const uint64_t *addresses, uint64_t count)
{
    fprintf(file, "%s %" PRIu64, word, row);
    for (uint64_t i = 0; i < count; i++)
        fprintf(file, " %#" PRIx64, addresses[i]);
    fprintf(file, "\n");
}

static void write_result(qemu_plugin_id_t id, void *unused)
{
    FILE *file = fopen(output_name, "w");
    (void)id;
    (void)unused;
    if (!file)
        return;
    for (uint64_t row = 0; row < row_count; row++) {
        if (!rows[row])
            continue;
        fprintf(file, "span %" PRIu64 " instructions %" PRIu64, row, rows[row]->instructions);
        for (unsigned kind = KIND_PLAIN + 1; kind < KIND_COUNT; kind++)
            if (rows[row]->kinds[kind])
                fprintf(file, " %s %" PRIu64, kind_names[kind], rows[row]->kinds[kind]);
        fprintf(file, "\n");
        addresses_write(file, "code", row, rows[row]->code.first, rows[row]->code.count);
        addresses_write(file, "data", row, rows[row]->data.first, rows[row]->data.count);
        addresses_write(file, "path", row, rows[row]->path,
                        rows[row]->instructions < MOST_PATH ? rows[row]->instructions : MOST_PATH);
    }
    fclose(file);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "table=", 6))
            table_address = strtoull(argv[i] + 6, NULL, 0);
        else if (!strncmp(argv[i], "rows=", 5))
            row_count = strtoull(argv[i] + 5, NULL, 0);
        else if (!strncmp(argv[i], "row=", 4))
            row_bytes = strtoull(argv[i] + 4, NULL, 0);
        else if (!strncmp(argv[i], "output=", 7))
            snprintf(output_name, sizeof(output_name), "%s", argv[i] + 7);
        else
            return -1;
    }
    if (!table_address || !row_bytes || !row_count || row_count > MOST_ROWS || !output_name[0])
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    qemu_plugin_register_atexit_cb(id, write_result, NULL);
    return 0;
}
