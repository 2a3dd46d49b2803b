"""Writes the kernel's side of the interface: headers included as "abi/<name>.h" with ABI_ and CONFIG_ constants."""

from writer import Header, c_string, write_if_changed


def syscall_header(cfg):
    out = Header("System call numbers. _PRESENT is 1 for the calls of this configuration.")
    for call in cfg.syscalls:
        out.define(f"ABI_SYSCALL_{call['kernel']}", call["number"])
    out.define("ABI_SYSCALL_FIRST", min(call["number"] for call in cfg.syscalls), "smallest number")
    out.define("ABI_SYSCALL_LAST", max(call["number"] for call in cfg.syscalls), "largest number")
    out.line()
    for call in cfg.syscalls:
        always = call.get("mandatory", False) or cfg.arch in call.get("kernel_always", [])
        out.define(f"ABI_SYSCALL_{call['kernel']}_PRESENT", always or cfg.has(call))
    return out


def invocation_header(cfg):
    out = Header("Invocation labels. Labels of other configurations have values that no message can hold.")
    for entry in cfg.invocations:
        out.define(f"ABI_LABEL_{entry['kernel']}", entry["number"])
    out.define("ABI_LABEL_COUNT", len(cfg.invocations), "first unused label")
    out.line()
    for entry in cfg.absent_invocations + cfg.own_invocations:
        out.define(f"ABI_LABEL_{entry['kernel']}", f"{entry['number']:#x}")
    out.line()
    out.comment("Message words and extra capabilities that each invocation needs at least.")
    for entry in cfg.invocations + cfg.absent_invocations + cfg.own_invocations:
        if "stub" in entry:
            words, caps = minimum_message(entry)
            out.define(f"ABI_LABEL_{entry['kernel']}_WORDS", words)
            out.define(f"ABI_LABEL_{entry['kernel']}_CAPS", caps)
    return out


def minimum_message(entry):
    """Words and extra capabilities of an invocation's message, structures not counted."""
    words = caps = 0
    in_shared_word = False
    for argument in entry["args"]:
        place = argument.split(": ", 1)[1].split(" ", 1)[1:]
        place = place[0] if place else ""
        if place == "cap":
            caps += 1
        elif place.startswith("bits"):
            words += 0 if in_shared_word else 1
        elif not place:
            words += 1
        in_shared_word = place.startswith("bits")
    return words, caps


def object_header(cfg):
    out = Header("Object types of Untyped_Retype and object sizes (log2 bytes unless the name says otherwise).")
    for entry in cfg.types:
        out.define(f"ABI_OBJECT_{entry['kernel']}", entry["number"])
    out.define("ABI_OBJECT_COUNT", len(cfg.types))
    for entry in cfg.absent_types:
        out.define(f"ABI_OBJECT_{entry['kernel']}", entry["number"], "not in this configuration")
    out.line()
    for name, value in cfg.sizes.items():
        if name.endswith(("_BYTES", "_LOG2")) or name.startswith(("BITS_LEFT", "USER_", "MAPPING_", "IRQ_")):
            out.define(f"ABI_{name}", value)
        else:
            out.define(f"ABI_{name}_BITS", value)
    out.define("ABI_NUM_ASID_POOLS", 1 << cfg.sizes["NUM_ASID_POOLS_LOG2"])
    out.define("ABI_RETYPE_FAN_OUT_LIMIT", cfg.options["RETYPE_FAN_OUT_LIMIT"])
    return out


def error_header(cfg):
    out = Header("Error codes of invocations and failures of address resolutions.")
    for number, entry in enumerate(cfg.errors["error"]):
        out.define(f"ABI_ERROR_{entry['kernel']}", number)
    out.define("ABI_ERROR_COUNT", len(cfg.errors["error"]))
    out.line()
    for number, entry in enumerate(cfg.errors["lookup"]):
        out.define(f"ABI_LOOKUP_{entry['kernel']}", number)
    return out


def fault_header(cfg):
    out = Header("Fault labels, message word indices and lengths, and how many words a reply sets.")
    for fault in cfg.faults_file["fault"]:
        if cfg.arch in fault.get("arch", [cfg.arch]):
            out.define(f"ABI_FAULT_{fault['kernel']}", fault["label"])
    for fault in cfg.faults_file["fault"]:
        if cfg.arch not in fault.get("arch", [cfg.arch]) or not cfg.words_of_fault(fault):
            continue
        words = cfg.words_of_fault(fault)
        out.line()
        for index, word in enumerate(words):
            out.define(f"ABI_FAULT_{fault['kernel']}_{word}", index)
        out.define(f"ABI_FAULT_{fault['kernel']}_LENGTH", len(words))
        out.define(f"ABI_FAULT_{fault['kernel']}_REPLY_LENGTH", cfg.reply_words_of_fault(fault))
    out.line()
    for index, word in enumerate(cfg.faults_file["timeout_reply"][cfg.arch]):
        out.define(f"ABI_TIMEOUT_REPLY_{word}", index)
    out.define("ABI_TIMEOUT_REPLY_LENGTH", len(cfg.faults_file["timeout_reply"][cfg.arch]))
    return out


def message_header(cfg):
    out = Header("The message info word and the IPC buffer (offsets in bytes).")
    limits = cfg.messages["limits"]
    out.define("ABI_MESSAGE_REGISTERS", limits["message_registers"], "words that travel in CPU registers")
    out.define("ABI_MESSAGE_MAX_LENGTH", limits["max_length"])
    out.define("ABI_MESSAGE_MAX_EXTRA_CAPS", limits["max_extra_caps"])
    out.define("ABI_IPC_BUFFER_BYTES", 1 << limits["ipc_buffer_bits"])
    out.define("ABI_IPC_BUFFER_BITS", limits["ipc_buffer_bits"])
    out.line()
    for field in cfg.messages["info"]:
        out.define(f"ABI_MESSAGE_{field['kernel']}_SHIFT", field["shift"])
        out.define(f"ABI_MESSAGE_{field['kernel']}_BITS", field["width"])
        out.define(f"ABI_MESSAGE_{field['kernel']}_MASK", f"{(1 << field['width']) - 1:#x}", "after shifting")
    out.line()
    offset = 0
    for field in cfg.messages["buffer"]:
        out.define(f"ABI_IPC_BUFFER_{field['kernel']}_OFFSET", offset)
        offset += 8 * field["words"]
    members = []
    for field in cfg.messages["buffer"]:
        name = {"msg": "words", "userData": "user_data", "caps_or_badges": "caps", "receiveCNode": "receive_cnode",
                "receiveIndex": "receive_index", "receiveDepth": "receive_depth"}.get(field["name"], field["name"])
        members.append(f"    uint64_t {name}" + (f"[{field['words']}]" if field["words"] > 1 else "") + ";")
    out.line()
    out.c_only(["#include <stdint.h>", "struct abi_ipc_buffer {", *members, "};",
                '_Static_assert(sizeof(struct abi_ipc_buffer) == ABI_IPC_BUFFER_BYTES, "size of the IPC buffer");'])
    return out


def cap_header(cfg):
    out = Header("Rights, data words and the type numbers that DebugCapIdentify returns.")
    for bit, right in enumerate(cfg.messages["right"]):
        out.define(f"ABI_RIGHT_{right['kernel']}", 1 << bit)
    out.define("ABI_RIGHTS_ALL", (1 << len(cfg.messages["right"])) - 1)
    out.line()
    data = cfg.messages["cnode_data"]
    out.define("ABI_CNODE_DATA_GUARD_SIZE_BITS", data["guard_size_bits"], "guard size: the low bits")
    out.define("ABI_CNODE_DATA_GUARD_SIZE_MASK", (1 << data["guard_size_bits"]) - 1)
    out.define("ABI_CNODE_DATA_GUARD_SHIFT", data["guard_size_bits"])
    out.define("ABI_CNODE_DATA_GUARD_BITS", data["guard_bits"])
    out.line()
    for name, number in cfg.cap_types.items():
        out.define(f"ABI_CAP_TYPE_{name}", number)
    return out


def boot_header(cfg):
    out = Header("Initial capabilities, the boot information frame and its extra chunks (offsets in bytes).")
    for number, slot in enumerate(cfg.boot["slot"]):
        out.define(f"ABI_INIT_SLOT_{slot['kernel']}", number)
    out.define("ABI_INIT_SLOT_FIRST_DYNAMIC", len(cfg.boot["slot"]))
    out.line()
    offset = 0
    members = []
    for field in cfg.boot["info"]["fields"]:
        out.define(f"ABI_BOOT_INFO_{field['kernel']}", offset)
        offset += 16 if field.get("region") else 8
        kind = "struct abi_slot_region" if field.get("region") else "uint64_t"
        members.append(f"    {kind} {field['kernel'].lower()};")
    out.define("ABI_BOOT_INFO_UNTYPED_LIST", offset)
    count = cfg.value(cfg.boot["info"]["max_untypeds"])
    out.define("ABI_BOOT_INFO_UNTYPED_ENTRY_BYTES", cfg.boot["info"]["untyped_entry_bytes"])
    out.define("ABI_BOOT_INFO_MAX_UNTYPEDS", count)
    total = offset + count * cfg.boot["info"]["untyped_entry_bytes"]
    out.define("ABI_BOOT_INFO_BYTES", total)
    out.line()
    for chunk in cfg.boot["extra"]:
        out.define(f"ABI_BOOT_EXTRA_{chunk['kernel']}", chunk["id"])
        if "bytes" in chunk:
            out.define(f"ABI_BOOT_EXTRA_{chunk['kernel']}_BYTES", chunk["bytes"], "with the header")
    out.define("ABI_BOOT_EXTRA_HEADER_BYTES", 16)
    for feature in cfg.boot["feature"]:
        out.define(f"ABI_FEATURE_{feature['name']}", 1 << feature["bit"], feature["text"])
    out.line()
    thread = cfg.boot["thread"]
    out.define("ABI_INIT_THREAD_PRIORITY", thread["priority"])
    out.define("ABI_INIT_THREAD_MAX_PRIORITY", thread["max_priority"])
    out.define("ABI_INIT_THREAD_TIME_SLICE_MS", cfg.value(thread["time_slice_ms"]))
    out.define("ABI_INIT_THREAD_SCHED_CONTEXT_BITS", thread["sched_context_bits"])
    out.define("ABI_BOOT_MULTIBOOT_MAP_ENTRIES", thread["multiboot_map_entries"])
    out.line()
    out.c_only([
        "#include <stdint.h>",
        "/* Slots from start up to but not including end. */",
        "struct abi_slot_region {", "    uint64_t start;", "    uint64_t end;", "};",
        "struct abi_untyped_entry {", "    uint64_t paddr;", "    uint8_t size_bits;", "    uint8_t is_device;",
        "    uint8_t padding[6];", "};",
        "struct abi_boot_info {", *members,
        "    struct abi_untyped_entry untyped_list[ABI_BOOT_INFO_MAX_UNTYPEDS];", "};",
        "struct abi_boot_extra_header {", "    uint64_t id;", "    uint64_t length; /* with the header */", "};",
        '_Static_assert(sizeof(struct abi_boot_info) == ABI_BOOT_INFO_BYTES, "size of the boot information");',
        '_Static_assert(sizeof(struct abi_untyped_entry) == ABI_BOOT_INFO_UNTYPED_ENTRY_BYTES, "size of an entry");',
    ])
    return out


def thread_header(cfg):
    out = Header("Register order of a thread, thread flags, priorities, scheduling context flags.")
    for index, register in enumerate(cfg.context):
        out.define(f"ABI_USER_CONTEXT_{register.upper()}", index)
    out.define("ABI_USER_CONTEXT_COUNT", len(cfg.context))
    out.define("ABI_USER_CONTEXT_FRAME_COUNT", len(cfg.threads["context"][cfg.arch]["frame"]), "the frame group is first")
    out.line()
    for flag in cfg.threads["flag"]:
        out.define(f"ABI_TCB_FLAG_{flag['kernel']}", f"{1 << flag['bit']:#x}", flag["text"])
    flags = sum(1 << flag["bit"] for flag in cfg.threads["flag"])
    thread_id = cfg.trace["thread_id"]
    out.define("ABI_TCB_FLAG_MASK", f"{flags | ((1 << thread_id['bits']) - 1) << thread_id['shift']:#x}", "with the trace's id")
    for flag in cfg.threads["schedcontext_flag"]:
        out.define(f"ABI_SCHED_CONTEXT_FLAG_{flag['kernel']}", 1 << flag["bit"])
    for bit in cfg.threads["register_bit"]:
        out.define(f"ABI_{bit['kernel']}", 1 << bit["bit"])
    priorities = cfg.value(cfg.threads["limits"]["priorities"])
    out.define("ABI_NUM_PRIORITIES", priorities)
    out.define("ABI_MAX_PRIORITY", priorities - 1)
    return out


def trace_header(cfg):
    out = Header("The kernel's trace: kinds of events, how threads are called, and what the log's frame holds.")
    for event in cfg.trace["event"]:
        out.define(f"ABI_TRACE_{event['name']}", event["kind"], event["text"])
    out.line()
    out.define("ABI_TRACE_ID_SHIFT", cfg.trace["thread_id"]["shift"], "in the thread's flags")
    out.define("ABI_TRACE_ID_IDLE", cfg.trace["thread_id"]["idle"])
    out.line()
    out.c_only(["#include <stdint.h>", "struct abi_trace_event {", "    uint64_t time;", "    uint32_t kind, id;", "};",
                "struct abi_trace_log {", "    uint64_t written, unused;", "    struct abi_trace_event event[];", "};"])
    return out


def config_header(cfg):
    out = Header("Configuration. Options are always defined: booleans as 0 or 1.")
    for name, value in cfg.options.items():
        out.define(f"CONFIG_{name}", c_string(value) if isinstance(value, str) else value)
    return out


HEADERS = {
    "syscall": syscall_header,
    "invocation": invocation_header,
    "object": object_header,
    "error": error_header,
    "fault": fault_header,
    "message": message_header,
    "boot": boot_header,
    "cap": cap_header,
    "thread": thread_header,
    "trace": trace_header,
    "config": config_header,
}


def write(cfg, directory):
    """Writes all headers below directory/abi/."""
    for name, make in HEADERS.items():
        write_if_changed(directory / "abi" / f"{name}.h", make(cfg).text())
