"""Writes the headers of the programs' include tree that contain numbers, and copies the hand-written ones beside them.

The tree has the names that source written for upstream's libsel4 includes.
"""

import bitfields
import config_files
import stubs
from statement import PREFIX, ROOT
from writer import Header, write_if_changed

# Headers that programs include by name and whose contents are in another one.
FORWARDED = {
    "sel4/arch/functions.h": "sel4/functions.h",
    "sel4/arch/faults.h": "sel4/faults.h",
    "sel4/arch/simple_types.h": "sel4/simple_types.h",
    "sel4/sel4_arch/functions.h": "sel4/functions.h",
    "sel4/sel4_arch/simple_types.h": "sel4/simple_types.h",
    "sel4/mode/types.h": "sel4/types.h",
    "sel4/messages.h": "sel4/shared_types.h",
}

HAND_WRITTEN = ("user/lib/include", "user/lib/{arch}/include")


def syscall_header(cfg):
    out = Header("System call numbers of this configuration.")
    calls = [call for call in cfg.syscalls if cfg.has(call)]
    out.line("#include <autoconf.h>")
    out.c_only(enum_lines("seL4_Syscall_ID", [(f"seL4_Sys{c['name']}", c["number"]) for c in calls],
                          "SEL4_FORCE_LONG_ENUM(seL4_Syscall_ID)", ["#include <sel4/macros.h>"]))
    out.line()
    out.comment("For assembly, and to ask with #ifdef whether a call exists.")
    for call in calls:
        out.define(f"SEL4_SYS_{call['kernel']}", call["number"])
    return out


def enum_lines(name, entries, last=None, before=()):
    """Lines of a typedef'd enum."""
    lines = [*before, f"typedef enum {name} {{"]
    lines += [f"    {entry} = {value}," if value is not None else f"    {entry}," for entry, value in entries]
    if last:
        lines.append(f"    {last}")
    return lines + [f"}} {name};"]


LABEL_ENUMS = (
    ("common", "sel4/invocation.h", "invocation_label", "nInvocationLabels"),
    ("sel4_arch", "sel4/sel4_arch/invocation.h", "sel4_arch_invocation_label", "nSeL4ArchInvocationLabels"),
    ("arch", "sel4/arch/invocation.h", "arch_invocation_label", "nArchInvocationLabels"),
)


def label_headers(cfg):
    """The three headers of invocation labels, by path."""
    result = {}
    for position, (group, path, name, count) in enumerate(LABEL_ENUMS):
        out = Header("Invocation labels of this configuration.")
        if position:
            out.line(f"#include <{LABEL_ENUMS[position - 1][1]}>")
        entries = [(i["label"], i["number"]) for i in cfg.invocations if i["group"] == group]
        after = max((i["number"] for i in cfg.invocations
                     if i["group"] in [g for g, *_ in LABEL_ENUMS[:position + 1]]), default=-1) + 1
        out.enum(name, entries + [(count, after)])
        result[path] = out
    return result


def errors_header(cfg):
    out = Header("Error codes of invocations.")
    names = [f"{PREFIX}{e['name']}" for e in cfg.errors["error"]]
    out.line("#include <sel4/macros.h>")
    out.lines += enum_lines("seL4_Error", [*((n, i) for i, n in enumerate(names)), ("seL4_NumErrors", len(names))],
                            "SEL4_FORCE_LONG_ENUM(seL4_Error)")
    return out


def type_headers(cfg):
    """The three headers of object types, by path."""
    result = {}
    common = [(t["name"], t["number"]) for t in cfg.types if "group" not in t]
    mode = [(t["name"], t["number"]) for t in cfg.types if t.get("group") == "sel4_arch"]
    arch = [(t["name"], t["number"]) for t in cfg.types if t.get("group") == "arch"]

    out = Header("Object types that every architecture has.")
    out.lines += ["#include <sel4/simple_types.h>", "#include <sel4/sel4_arch/objecttype.h>",
                  "#include <sel4/arch/objecttype.h>", ""]
    out.enum("api_object", common + [("seL4_NonArchObjectTypeCount", len(common))])
    out.lines += ["", "typedef seL4_Word api_object_t;", "typedef seL4_Word seL4_ObjectType;"]
    result["sel4/objecttype.h"] = out

    out = Header("Object types of the 64-bit mode.")
    out.enum("_mode_object", mode + [("seL4_ModeObjectTypeCount", len(common) + len(mode))])
    result["sel4/sel4_arch/objecttype.h"] = out

    out = Header("Object types of the architecture.")
    out.line("#include <sel4/simple_types.h>")
    out.enum("_object", arch + [("seL4_ObjectTypeCount", len(cfg.types))], "seL4_ArchObjectType")
    out.line("typedef seL4_Word object_t;")
    result["sel4/arch/objecttype.h"] = out
    for entry in cfg.absent_types:
        header = result[f"sel4/{entry['group']}/objecttype.h"]
        header.define(entry["name"], entry["number"], "not in this configuration: no kernel accepts it")
    return result


def constants_header(cfg):
    out = Header("Limits and enumerations that every architecture has.")
    messages = cfg.messages
    limits = messages["limits"]
    width = {field["name"]: field["width"] for field in messages["info"]}
    out.lines += ["#include <autoconf.h>", "#include <sel4/macros.h>", "#include <sel4/sel4_arch/constants.h>",
                  "#include <sel4/arch/constants.h>", "#include <sel4/plat/api/constants.h>", ""]
    out.define("seL4_MsgMaxExtraCaps", limits["max_extra_caps"])
    out.define("seL4_FastMessageRegisters", limits["message_registers"])
    out.define("seL4_UntypedRetypeMaxObjects", cfg.options["RETYPE_FAN_OUT_LIMIT"])
    out.define("seL4_GuardSizeBits", messages["cnode_data"]["guard_size_bits"])
    out.define("seL4_GuardBits", messages["cnode_data"]["guard_bits"])
    out.define("seL4_BadgeBits", 64)
    out.define("seL4_CapRightsBits", len(messages["right"]))
    out.define("seL4_CoreSchedContextBytes", cfg.sizes["SCHED_CONTEXT_CORE_BYTES"])
    out.define("seL4_RefillSizeBytes", cfg.sizes["REFILL_BYTES"])
    out.define("MIN_REFILLS", 2)
    out.line()
    flags = cfg.threads["flag"]
    own = [f for f in flags if not f.get("ours")]
    priorities = cfg.value(cfg.threads["limits"]["priorities"])
    lines = []
    lines += ["enum priorityConstants {", "    seL4_InvalidPrio = -1,", "    seL4_MinPrio = 0,",
              f"    seL4_MaxPrio = {priorities - 1},", "};", ""]
    lines += ["enum seL4_MsgLimits {", f"    seL4_MsgLengthBits = {width['length']},",
              f"    seL4_MsgExtraCapBits = {width['extraCaps']},", f"    seL4_MsgMaxLength = {limits['max_length']},",
              "};", ""]
    lines += enum_lines("seL4_LookupFailureType", [(f"{PREFIX}{e['name']}", i) for i, e in enumerate(cfg.errors["lookup"])],
                        "SEL4_FORCE_LONG_ENUM(seL4_LookupFailureType)") + [""]
    lines += enum_lines("seL4_SchedContextFlag", [("seL4_SchedContext_NoFlag", 0)] + [
        (f"seL4_SchedContext_{f['name']}", 1 << f["bit"]) for f in cfg.threads["schedcontext_flag"]],
        "SEL4_FORCE_LONG_ENUM(seL4_SchedContextFlag)") + [""]
    lines += enum_lines("seL4_TCBFlag", [("seL4_TCBFlag_NoFlag", 0)] + [
        (f"seL4_TCBFlag_{f['name']}", 1 << f["bit"]) for f in own] + [
        ("seL4_TCBFlag_MASK", sum(1 << f["bit"] for f in own))],
        "SEL4_FORCE_LONG_ENUM(seL4_TCBFlag)") + [""]
    lines += ["/* Refills that a scheduling context of 2^size_bits bytes can have beyond the two that every one has. */",
              "static inline unsigned long seL4_MaxExtraRefills(unsigned long size_bits)", "{",
              "    return ((1ul << size_bits) - seL4_CoreSchedContextBytes) / seL4_RefillSizeBytes;", "}", ""]
    lines += ["#ifdef CONFIG_HARDWARE_DEBUG_API",
              "typedef enum seL4_BreakpointType {", "    seL4_DataBreakpoint = 0,", "    seL4_InstructionBreakpoint = 1,",
              "    seL4_SingleStep = 2,", "    seL4_SoftwareBreakRequest = 3,", "} seL4_BreakpointType;", "",
              "typedef enum seL4_BreakpointAccess {", "    seL4_BreakOnRead = 0,", "    seL4_BreakOnWrite = 1,",
              "    seL4_BreakOnReadWrite = 2,", "} seL4_BreakpointAccess;", "#endif"]
    out.c_only(lines)
    return out


def sel4_arch_constants(cfg):
    """Sizes of objects; the same names on every architecture where the thing exists."""
    size = cfg.sizes
    out = Header("Object sizes (log2 bytes), address limits.")
    values = [
        ("seL4_WordBits", 64), ("seL4_WordSizeBits", 3), ("seL4_SlotBits", size["SLOT"]), ("seL4_TCBBits", size["TCB"]),
        ("seL4_EndpointBits", size["ENDPOINT"]), ("seL4_NotificationBits", size["NOTIFICATION"]),
        ("seL4_ReplyBits", size["REPLY"]), ("seL4_MinSchedContextBits", size["MIN_SCHED_CONTEXT"]),
        ("seL4_MinUntypedBits", size["MIN_UNTYPED"]), ("seL4_MaxUntypedBits", size["MAX_UNTYPED"]),
        ("seL4_IPCBufferSizeBits", cfg.messages["limits"]["ipc_buffer_bits"]),
        ("seL4_PageBits", size["PAGE"]), ("seL4_LargePageBits", size["LARGE_PAGE"]), ("seL4_HugePageBits", size["HUGE_PAGE"]),
        ("seL4_PageTableBits", size["PAGE"]), ("seL4_PageTableEntryBits", 3), ("seL4_PageTableIndexBits", size["TABLE_INDEX"]),
        ("seL4_VSpaceBits", size["VSPACE"]), ("seL4_VSpaceEntryBits", 3), ("seL4_VSpaceIndexBits", size["VSPACE_INDEX"]),
        ("seL4_ASIDPoolBits", size["ASID_POOL"]), ("seL4_ASIDPoolIndexBits", size["ASID_POOL_INDEX"]),
        ("seL4_NumASIDPoolsBits", size["NUM_ASID_POOLS_LOG2"]),
    ]
    if cfg.arch == "x86_64":
        for name in ("PageDir", "PDPT", "PML4", "IOPageTable"):
            values += [(f"seL4_{name}Bits", size["PAGE"])]
            if name != "IOPageTable":
                values += [(f"seL4_{name}EntryBits", 3), (f"seL4_{name}IndexBits", size["TABLE_INDEX"])]
        for name in ("EPTPML4", "EPTPDPT", "EPTPD", "EPTPT"):
            values += [(f"seL4_X86_{name}Bits", size["PAGE"]), (f"seL4_X86_{name}EntryBits", 3),
                       (f"seL4_X86_{name}IndexBits", size["TABLE_INDEX"])]
        values += [("seL4_X86_VCPUBits", size["VCPU"])]
    elif cfg.arch == "aarch64":
        values += [("seL4_ARM_VCPUBits", size["VCPU"]), ("seL4_VCPUBits", size["VCPU"])]
    for name, value in values:
        out.define(name, value)
    out.line()
    out.define("seL4_UserTop", f"{size['USER_TOP']:#x}")
    out.define("seL4_UserVSpaceTop", f"{user_vspace_top(cfg):#x}")
    if cfg.arch == "x86_64":
        out.line()
        out.comment("What seL4_MappingFailedLookupLevel() says: the table that is missing.")
        out.define("SEL4_MAPPING_LOOKUP_LEVEL", 2)
        out.define("SEL4_MAPPING_LOOKUP_NO_PT", size["BITS_LEFT_PAGE_DIRECTORY"])
        out.define("SEL4_MAPPING_LOOKUP_NO_PD", size["BITS_LEFT_PDPT"])
        out.define("SEL4_MAPPING_LOOKUP_NO_PDPT", size["BITS_LEFT_PML4"])
        out.define("SEL4_MAPPING_LOOKUP_NO_EPTPT", size["BITS_LEFT_PAGE_DIRECTORY"])
        out.define("SEL4_MAPPING_LOOKUP_NO_EPTPD", size["BITS_LEFT_PDPT"])
        out.define("SEL4_MAPPING_LOOKUP_NO_EPTPDPT", size["BITS_LEFT_PML4"])
    return out


def user_vspace_top(cfg):
    """Last address of the user part that the headers state."""
    return {"x86_64": 0x7fffffffefff, "riscv64": 0x3fffffefff}.get(cfg.arch, cfg.sizes["USER_TOP"])


def bootinfo_types(cfg):
    out = Header("The boot information: initial capabilities, the frame's layout, the chunks behind it.")
    out.lines += ["#include <autoconf.h>", "#include <sel4/types.h>", "#include <sel4/constants.h>", ""]
    out.enum("seL4_RootCNodeCapSlots", [(s["name"], i) for i, s in enumerate(cfg.boot["slot"])] +
             [("seL4_NumInitialCaps", len(cfg.boot["slot"]))])
    out.lines += ["", "/* Older names. */", "#define seL4_CapInitThreadPD seL4_CapInitThreadVSpace",
                  "#define seL4_CapIOPort seL4_CapIOPortControl", "",
                  "typedef seL4_Word seL4_SlotPos;", "",
                  "/* Slots from start up to but not including end. */",
                  "typedef struct seL4_SlotRegion {", "    seL4_SlotPos start;", "    seL4_SlotPos end;", "} seL4_SlotRegion;", "",
                  "typedef struct seL4_UntypedDesc {", "    seL4_Word paddr;", "    seL4_Uint8 sizeBits;",
                  "    seL4_Uint8 isDevice;", "    seL4_Uint8 padding[sizeof(seL4_Word) - 2 * sizeof(seL4_Uint8)];",
                  "} seL4_UntypedDesc;", "", "typedef struct seL4_BootInfo {"]
    special = {"ipcBuffer": "seL4_IPCBuffer *", "nodeID": "seL4_NodeId ", "initThreadDomain": "seL4_Domain "}
    for field in cfg.boot["info"]["fields"]:
        kind = "seL4_SlotRegion " if field.get("region") else special.get(field["name"], "seL4_Word ")
        out.line(f"    {kind}{field['name']};")
    out.lines += ["    seL4_UntypedDesc untypedList[CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS];", "} seL4_BootInfo;", "",
                  "/* Begins every chunk behind the boot information; len is in bytes and counts the header. */",
                  "typedef struct seL4_BootInfoHeader {", "    seL4_Word id;", "    seL4_Word len;", "} seL4_BootInfoHeader;", ""]
    chunks = [c for c in cfg.boot["extra"] if not c.get("ours")]
    out.lines += enum_lines("seL4_BootInfoID", [(c["name"], c["id"]) for c in chunks] +
                            [("SEL4_BOOTINFO_HEADER_NUM", max(c["id"] for c in chunks) + 1)],
                            "SEL4_FORCE_LONG_ENUM(seL4_BootInfoID)")
    out.lines += ["", "#define seL4_BootInfoFrameBits seL4_PageBits",
                  "#define seL4_BootInfoFrameSize (1ul << seL4_BootInfoFrameBits)",
                  "#define SEL4_MULTIBOOT_MAX_MMAP_ENTRIES " + str(cfg.boot["thread"]["multiboot_map_entries"]), "",
                  "#include <sel4/arch/bootinfo_types.h>", ""]
    offset = 0
    for field in cfg.boot["info"]["fields"]:
        out.line(f"SEL4_COMPILE_ASSERT(seL4_BootInfo_{field['name']}, SEL4_OFFSETOF(seL4_BootInfo, {field['name']}) == {offset})")
        offset += 16 if field.get("region") else 8
    out.line(f"SEL4_COMPILE_ASSERT(seL4_BootInfo_untypedList, SEL4_OFFSETOF(seL4_BootInfo, untypedList) == {offset})")
    return out


def shared_types(cfg):
    out = Header("The IPC buffer, and the packed words of messages.")
    out.lines += ["#include <sel4/simple_types.h>", "#include <sel4/constants.h>", "#include <sel4/shared_types_gen.h>", "",
                  "typedef struct seL4_IPCBuffer_ {"]
    kinds = {"tag": "seL4_MessageInfo_t tag;", "msg": "seL4_Word msg[seL4_MsgMaxLength];",
             "caps_or_badges": "seL4_Word caps_or_badges[seL4_MsgMaxExtraCaps];"}
    for field in cfg.messages["buffer"]:
        out.line(f"    {kinds.get(field['name'], 'seL4_Word ' + field['name'] + ';')}")
    out.lines += [f"}} seL4_IPCBuffer __attribute__((aligned({1 << cfg.messages['limits']['ipc_buffer_bits']})));", "",
                  "SEL4_COMPILE_ASSERT(seL4_IPCBuffer_size, sizeof(seL4_IPCBuffer) == 1ul << seL4_IPCBufferSizeBits)"]
    return out


def thread_types(cfg):
    out = Header("Registers of a thread, in the order of seL4_TCB_ReadRegisters and WriteRegisters.")
    out.lines += ["#include <sel4/simple_types.h>", "", "typedef struct seL4_UserContext_ {"]
    out.lines += [f"    seL4_Word {register};" for register in cfg.context]
    out.lines += ["} seL4_UserContext;", "",
                  f"SEL4_COMPILE_ASSERT(seL4_UserContext_size, sizeof(seL4_UserContext) == {len(cfg.context)} * sizeof(seL4_Word))"]
    return out


def pecan_features(cfg):
    out = Header("Additions of this kernel. Ask the boot information whether they are there before use.")
    out.line("#include <sel4/bootinfo_types.h>")
    for chunk in cfg.boot["extra"]:
        if chunk.get("ours"):
            out.define(chunk["name"], chunk["id"])
    for feature in cfg.boot["feature"]:
        out.define(f"PECAN_FEATURE_{feature['name']}", f"{1 << feature['bit']:#x}ul", feature["text"])
    for flag in cfg.threads["flag"]:
        if flag.get("ours"):
            out.define(f"PECAN_TCB_FLAG_{flag['kernel']}", f"{1 << flag['bit']:#x}ul", flag["text"])
    out.lines += ["", "/* The chunk of extra boot information that announces them. */", "typedef struct pecan_boot_features {",
                  "    seL4_BootInfoHeader header;", "    seL4_Word features;", "} pecan_boot_features;", "",
                  "/* The chunk `id` of extra boot information, or null. */",
                  "const seL4_BootInfoHeader *pecan_boot_chunk(const seL4_BootInfo *info, seL4_Word id);", "",
                  "/* Feature bits of the running kernel; 0 when it announces none. */",
                  "seL4_Word pecan_features(const seL4_BootInfo *info);"]
    return out


def pecan_kernel_trace(cfg):
    out = Header("The trace that the kernel writes where PECAN_FEATURE_TRACE announces it: pecan_DomainSet_Trace hands it a frame.")
    out.line("#include <sel4/sel4.h>")
    for entry in cfg.own_invocations:
        out.define(entry["label"], entry["number"])
    out.line()
    for event in cfg.trace["event"]:
        out.define(f"PECAN_KERNEL_{event['name']}", event["kind"], event["text"])
    thread_id = cfg.trace["thread_id"]
    out.line()
    out.define("PECAN_TCB_TRACE_ID_SHIFT", thread_id["shift"], "how the trace calls a thread: these bits of its flags")
    out.define("PECAN_TRACE_ID_IDLE", f"{thread_id['idle']:#x}", "no thread runs")
    out.line()
    for entry in cfg.own_invocations:
        out.lines += stubs.stub(entry, cfg)
    return out


def plat_constants(cfg):
    out = Header("Constants of the platform.")
    if cfg.arch == "x86_64":
        out.define("IRQ_OFFSET", "0x30", "a handler's vector + IRQ_OFFSET is the CPU's vector")
        out.define("VECTOR_MIN", 0)
        out.define("VECTOR_MAX", 109, f"0 to {cfg.sizes['IRQ_VECTOR_MAX']} are accepted")
        out.define("MSI_MIN", 0)
        out.define("MSI_MAX", 109)
    return out


def arch_constants(cfg):
    out = Header("Constants of the architecture.")
    if cfg.arch == "x86_64":
        out.define("TLS_GDT_ENTRY", 7)
        out.define("TLS_GDT_SELECTOR", "((TLS_GDT_ENTRY << 3) | 3)")
        out.define("IPCBUF_GDT_ENTRY", 8)
        out.define("IPCBUF_GDT_SELECTOR", "((IPCBUF_GDT_ENTRY << 3) | 3)")
        out.line("#ifdef CONFIG_HARDWARE_DEBUG_API")
        for name, value in (("seL4_NumHWBreakpoints", 4), ("seL4_FirstBreakpoint", 0), ("seL4_NumExclusiveBreakpoints", 0),
                            ("seL4_NumExclusiveWatchpoints", 0), ("seL4_NumDualFunctionMonitors", 4),
                            ("seL4_FirstDualFunctionMonitor", 0), ("seL4_FirstWatchpoint", "-1")):
            out.define(name, value)
        out.line("#endif")
    return out


def forwarding_header(target):
    out = Header(f"Its contents are in {target}.")
    out.line(f"#include <{target}>")
    return out


def headers(cfg):
    """All generated headers by path below the include folder."""
    result = {
        "sel4/syscall.h": syscall_header(cfg),
        "sel4/errors.h": errors_header(cfg),
        "sel4/constants.h": constants_header(cfg),
        "sel4/sel4_arch/constants.h": sel4_arch_constants(cfg),
        "sel4/arch/constants.h": arch_constants(cfg),
        "sel4/plat/api/constants.h": plat_constants(cfg),
        "sel4/bootinfo_types.h": bootinfo_types(cfg),
        "sel4/shared_types.h": shared_types(cfg),
        "sel4/sel4_arch/types.h": thread_types(cfg),
        "pecan/features.h": pecan_features(cfg),
        "pecan/kernel_trace.h": pecan_kernel_trace(cfg),
    }
    result.update(label_headers(cfg))
    result.update(type_headers(cfg))
    result.update(bitfields.headers(cfg))
    result["interfaces/sel4_client.h"] = stubs.client_header(cfg)
    result.update({path: forwarding_header(target) for path, target in FORWARDED.items()})
    return {path: header.text() for path, header in result.items()}


def write(cfg, directory):
    """Writes the whole include tree into `directory`."""
    for path, text in {**headers(cfg), **config_files.files(cfg)}.items():
        write_if_changed(directory / path, text)
    for folder in HAND_WRITTEN:
        source = ROOT / folder.format(arch=cfg.arch)
        for file in sorted(source.rglob("*.h")) if source.is_dir() else []:
            write_if_changed(directory / file.relative_to(source), file.read_text())
