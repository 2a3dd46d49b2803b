"""Writes accessors of packed words: message info, rights, CNode data, and of faults.

The stack pointer of a UserException has two names among programs, SP and Stack: it gets both.
"""

from writer import Header


class Packed:
    """A type of `count` words whose fields are (name, word, shift, width), in the order in which _new takes them."""

    def __init__(self, name, count, fields):
        self.name = name
        self.type = f"{name}_t"
        self.count = count
        self.fields = fields

    def definition(self):
        return [f"struct {self.name} {{", f"    seL4_Uint64 words[{self.count}];", "};",
                f"typedef struct {self.name} {self.type};", ""]

    def constructor(self):
        parameters = ", ".join(f"seL4_Uint64 {name}" for name, *_ in self.fields)
        lines = [f"LIBSEL4_INLINE_FUNC CONST {self.type} {self.name}_new({parameters})", "{",
                 f"    {self.type} value = {{{{0}}}};", ""]
        for name, word, shift, width in self.fields:
            lines.append(f"    value.words[{word}] |= {place(name, shift, width)};")
        return lines + ["    return value;", "}", ""]

    def accessors(self, prefix=None):
        """Getters and setters, by value and by pointer."""
        lines = []
        base = prefix or self.name
        for name, word, shift, width in self.fields:
            mask = (1 << width) - 1
            get = f"words[{word}]" if (shift, width) == (0, 64) else f"words[{word}] >> {shift} & {mask:#x}ull"
            keep = "0" if width == 64 else f"->words[{word}] & ~({mask:#x}ull << {shift})"
            stored = place("value", shift, width)
            lines += [
                f"LIBSEL4_INLINE_FUNC CONST seL4_Uint64 {base}_get_{name}({self.type} holder)", "{",
                f"    return holder.{get};", "}", "",
                f"LIBSEL4_INLINE_FUNC CONST {self.type} {base}_set_{name}({self.type} holder, seL4_Uint64 value)", "{",
                f"    holder.words[{word}] = " + (stored if width == 64 else
                                                 f"(holder{keep.replace('->', '.', 1)}) | {stored}") + ";",
                "    return holder;", "}", "",
                f"LIBSEL4_INLINE_FUNC PURE seL4_Uint64 {base}_ptr_get_{name}(const {self.type} *holder)", "{",
                f"    return holder->{get};", "}", "",
                f"LIBSEL4_INLINE_FUNC void {base}_ptr_set_{name}({self.type} *holder, seL4_Uint64 value)", "{",
                f"    *holder = {base}_set_{name}(*holder, value);", "}", "",
            ]
        return lines


def place(name, shift, width):
    """C expression that puts the variable `name` into its bits."""
    if width == 64:
        return name
    masked = f"({name} & {(1 << width) - 1:#x}ull)"
    return masked if shift == 0 else f"{masked} << {shift}"


def message_types(cfg):
    out = Header("The message info word, rights and CNode data.")
    out.lines += ["#include <sel4/simple_types.h>", "#include <sel4/macros.h>", ""]
    info = [(f["name"], 0, f["shift"], f["width"]) for f in reversed(cfg.messages["info"])]
    rights = [(f"cap{r['name']}", 0, bit, 1) for bit, r in enumerate(cfg.messages["right"])][::-1]
    size_bits = cfg.messages["cnode_data"]["guard_size_bits"]
    guard = [("guard", 0, size_bits, cfg.messages["cnode_data"]["guard_bits"]), ("guardSize", 0, 0, size_bits)]
    for name, fields in (("seL4_MessageInfo", info), ("seL4_CapRights", rights), ("seL4_CNode_CapData", guard)):
        packed = Packed(name, 1, fields)
        out.lines += packed.definition() + packed.constructor() + packed.accessors()
    return out


# Names of fault words: the statement's name to the one in accessors and in enumerators, where the plain rule
# (CamelCase of the words) does not give the name that programs use.
FIELD_NAMES = {
    "ADDR": "Addr", "IN_RECV_PHASE": "InRecvPhase", "LOOKUP_FAILURE_TYPE": "LookupFailureType", "BITS_LEFT": "MR4",
    "GUARD_FOUND": "MR5", "GUARD_SIZE": "MR6", "FAULT_IP": "FaultIP", "SYSCALL": "Syscall", "NUMBER": "Number", "CODE": "Code",
    "REASON": "ExceptionReason", "TRIGGER_ADDRESS": "TriggerAddress", "BREAKPOINT_NUMBER": "BreakpointNumber",
    "DATA": "data", "CONSUMED": "consumed", "PREFETCH_FAULT": "PrefetchFault",
}
# CapFault words as enumerators; the last three depend on the failure type.
CAP_FAULT_ENUM = (
    ("IP", 0), ("Addr", 1), ("InRecvPhase", 2), ("LookupFailureType", 3), ("BitsLeft", 4),
    ("DepthMismatch_BitsFound", 5), ("GuardMismatch_GuardFound", 5), ("GuardMismatch_BitsFound", 6), ("Length", 7),
)


def enum_word(fault, word):
    """Enumerator suffix of a fault's message word."""
    if fault["name"] == "Timeout":
        return word.capitalize()
    return FIELD_NAMES.get(word, word)


def fault_types(cfg):
    """The type seL4_Fault_t: word 0 holds the fault's label, the message words follow."""
    out = Header("Faults: labels, message word indices, and a value that holds any fault.")
    out.lines += ["#include <autoconf.h>", "#include <sel4/simple_types.h>", "#include <sel4/macros.h>", ""]
    faults = cfg.faults
    longest = max(len(cfg.words_of_fault(f)) for f in faults)
    holder = Packed("seL4_Fault", longest + 1, [])
    out.lines += holder.definition()
    out.lines.append("enum seL4_Fault_tag {")
    out.lines += [f"    seL4_Fault_{f['name']} = {f['label']}," for f in faults]
    out.lines += ["};", "typedef enum seL4_Fault_tag seL4_Fault_tag_t;", "",
                  "LIBSEL4_INLINE_FUNC CONST seL4_Uint64 seL4_Fault_get_seL4_FaultType(seL4_Fault_t fault)", "{",
                  "    return fault.words[0];", "}", "",
                  "LIBSEL4_INLINE_FUNC PURE seL4_Uint64 seL4_Fault_ptr_get_seL4_FaultType(const seL4_Fault_t *fault)", "{",
                  "    return fault->words[0];", "}", ""]
    for fault in faults:
        words = cfg.words_of_fault(fault)
        fields = [(FIELD_NAMES.get(word, word), index + 1, 0, 64) for index, word in enumerate(words)]
        name = f"seL4_Fault_{fault['name']}"
        packed = Packed("seL4_Fault", longest + 1, fields)
        parameters = ", ".join(f"seL4_Uint64 {field}" for field, *_ in fields) or "void"
        out.lines += [f"LIBSEL4_INLINE_FUNC CONST seL4_Fault_t {name}_new({parameters})", "{",
                      "    seL4_Fault_t fault = {{" + str(fault["label"]) + "}};", ""]
        out.lines += [f"    fault.words[{word}] = {field};" for field, word, *_ in fields]
        out.lines += ["    return fault;", "}", ""] + packed.accessors(name)
        if fault["name"] == "UserException":
            stack = [("Stack", words.index("SP") + 1, 0, 64)]
            out.lines += Packed("seL4_Fault", longest + 1, stack).accessors(name)
    return out


def fault_enums(cfg):
    """Indices of message words, as programs name them."""
    out = Header("Indices of fault message words.")
    out.lines += ["#include <autoconf.h>", "#include <sel4/macros.h>", ""]
    for fault in cfg.faults:
        words = cfg.words_of_fault(fault)
        if not words:
            continue
        name = f"seL4_{fault['name']}"
        if fault["name"] == "CapFault":
            entries = list(CAP_FAULT_ENUM)
        else:
            entries = [(enum_word(fault, word), index) for index, word in enumerate(words)] + [("Length", len(words))]
        out.lines.append(f"typedef enum {name}_Msg {{")
        out.lines += [f"    {name}_{entry} = {value}," for entry, value in entries]
        out.lines += [f"    SEL4_FORCE_LONG_ENUM({name}_Msg)", f"}} {name}_Msg;", ""]
    reply = cfg.faults_file["timeout_reply"][cfg.arch]
    out.lines.append("typedef enum seL4_TimeoutReply_Msg {")
    out.lines += [f"    seL4_TimeoutReply_{FIELD_NAMES.get(word, word)} = {index}," for index, word in enumerate(reply)]
    if cfg.arch == "x86_64":
        out.lines.append(f"    seL4_TimeoutReply_TLS_BASE = {reply.index('FS_BASE')},")
    out.lines += [f"    seL4_TimeoutReply_Length = {len(reply)},", "    SEL4_FORCE_LONG_ENUM(seL4_TimeoutReply_Msg)",
                  "} seL4_TimeoutReply_Msg;"]
    return out


def fault_readers(cfg):
    """seL4_getFault and the reply of a timeout, which know each fault's words."""
    out = Header("Reading a fault from the message registers, and answering a timeout.")
    out.lines += ["#include <sel4/functions.h>", "#include <sel4/sel4_arch/types.h>", "#include <sel4/sel4_arch/types_gen.h>", "",
                  "/* The fault that a message with the info word `tag` carries; a null fault when it carries none. */",
                  "LIBSEL4_INLINE_FUNC seL4_Fault_t seL4_getFault(seL4_MessageInfo_t tag)", "{",
                  "    seL4_Fault_t fault = {{0}};", "", "    switch (seL4_MessageInfo_get_label(tag)) {"]
    for fault in cfg.faults:
        words = cfg.words_of_fault(fault)
        if words:
            out.lines += [f"    case seL4_Fault_{fault['name']}:",
                          f"        fault.words[0] = seL4_Fault_{fault['name']};",
                          f"        for (int i = 0; i < {len(words)}; i++)",
                          "            fault.words[i + 1] = seL4_GetMR(i);", "        break;"]
    out.lines += ["    default:", "        break;", "    }", "    return fault;", "}", ""]
    for fault in cfg.faults:
        name = {"Timeout": "TimeoutFault"}.get(fault["name"], fault["name"])
        out.lines += [f"LIBSEL4_INLINE_FUNC seL4_Bool seL4_is{name}_tag(seL4_MessageInfo_t tag)", "{",
                      f"    return seL4_MessageInfo_get_label(tag) == seL4_Fault_{fault['name']};", "}", ""]
    reply = cfg.faults_file["timeout_reply"][cfg.arch]
    member = {"FAULT_IP": cfg.context[0], "FLAGS": "rflags"}
    out.lines += ["/* Puts the reply to a timeout fault into the message registers: the first `length` registers of `regs`. */",
                  "LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_TimeoutReply_new(seL4_Bool resume, seL4_UserContext regs,",
                  "                                                             seL4_Word length)", "{"]
    out.lines += [f"    seL4_SetMR({index}, regs.{member.get(word, word.lower())});" for index, word in enumerate(reply)]
    out.lines += ["    return seL4_MessageInfo_new(!resume, 0, 0, length);", "}"]
    return out


def headers(cfg):
    """All headers of this module by path."""
    return {
        "sel4/shared_types_gen.h": message_types(cfg),
        "sel4/sel4_arch/types_gen.h": fault_types(cfg),
        "sel4/sel4_arch/faults.h": fault_enums(cfg),
        "sel4/faults.h": fault_readers(cfg),
    }
