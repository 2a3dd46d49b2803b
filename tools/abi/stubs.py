"""Writes interfaces/sel4_client.h: one C function for each invocation."""

import re

from statement import PREFIX
from writer import Header

REGISTERS = 4

# Members of the structures that travel in messages.
STRUCTURES = {
    "VCPUContext": ("eax", "ebx", "ecx", "edx", "esi", "edi", "ebp"),
    "ARM_SMCContext": ("x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7"),
}


class Argument:
    """One parameter of a stub, parsed from "name: Type [place]"."""

    def __init__(self, text):
        self.name, rest = text.split(": ", 1)
        self.type, _, self.place = rest.partition(" ")
        self.bits = re.fullmatch(r"bits (\d+)(?:\.\.(\d+))?", self.place)

    @property
    def is_cap(self):
        return self.place == "cap"

    @property
    def is_input_structure(self):
        return self.place == "in"

    @property
    def is_output_structure(self):
        return self.place.startswith("out")

    def declaration(self):
        name = {"CapRights": "seL4_CapRights_t"}.get(self.type, PREFIX + self.type)
        pointer = "*" if self.is_input_structure or self.is_output_structure else ""
        return f"{name} {pointer}{self.name}"

    def word(self):
        """C expression of the argument as a message word or as its part of one."""
        if self.type == "CapRights":
            return f"{self.name}.words[0]"
        if self.type == "Bool":
            value = f"({self.name} & 0x1ull)"
        elif self.type.startswith("Uint"):
            value = f"({self.name} & {(1 << int(self.type[4:])) - 1:#x}ull)"
        else:
            value = self.name
        if self.bits and int(self.bits[1]):
            value = f"({value} << {self.bits[1]})"
        return value


def message_words(arguments, cfg):
    """C expressions of the message words, in order."""
    words = []
    in_shared_word = False
    for argument in arguments:
        if argument.is_cap or argument.is_output_structure:
            in_shared_word = False
            continue
        if argument.is_input_structure:
            words += [f"{argument.name}->{member}" for member in structure(argument, cfg)]
        elif argument.bits and in_shared_word:
            words[-1] += f" | {argument.word()}"
        else:
            words.append(argument.word())
        in_shared_word = bool(argument.bits)
    return words


def structure(argument, cfg):
    return cfg.context if argument.type == "UserContext" else STRUCTURES[argument.type]


def function(entry):
    """Name of the stub; those of additions say whose they are."""
    return f"{'pecan_' if entry['group'] == 'pecan' else PREFIX}{entry['stub']}"


def result_type(entry):
    return f"{PREFIX}{entry['stub']}_t"


def result_structure(entry, results):
    name = f"{PREFIX}{entry['stub']}"
    return [f"struct {name} {{", "    int error;", *(f"    {PREFIX}{r.type} {r.name};" for r in results), "};",
            f"typedef struct {name} {name}_t;", ""]


def stub(entry, cfg):
    """Lines of one stub."""
    arguments = [Argument(a) for a in entry["args"]]
    results = [Argument(r) for r in entry.get("results", [])]
    words = message_words(arguments, cfg)
    caps = [a for a in arguments if a.is_cap]
    outputs = [a for a in arguments if a.is_output_structure]
    lines = result_structure(entry, results) if results else []
    parameters = ", ".join([f"{PREFIX}{entry['service']} _service"] + [a.declaration() for a in arguments])
    lines += [f"/* {entry['text'][0].upper()}{entry['text'][1:]}. */",
              f"LIBSEL4_INLINE {result_type(entry) if results else 'seL4_Error'} {function(entry)}({parameters})", "{"]
    if results:
        lines.append(f"    {result_type(entry)} result = {{0}};")
    lines.append(f"    seL4_MessageInfo_t tag = seL4_MessageInfo_new({entry['label']}, 0, {len(caps)}, {len(words)});")
    for index in range(REGISTERS):
        lines.append(f"    seL4_Word mr{index} = {words[index] if index < len(words) else '0'};")
    lines.append("")
    lines += [f"    seL4_SetCap({index}, {cap.name});" for index, cap in enumerate(caps)]
    lines += [f"    seL4_SetMR({index}, {word});" for index, word in enumerate(words) if index >= REGISTERS]
    lines += ["    tag = seL4_CallWithMRs(_service, tag, &mr0, &mr1, &mr2, &mr3);",
              "    seL4_Error error = (seL4_Error)seL4_MessageInfo_get_label(tag);"]
    failure = ["        " + line for line in (f"seL4_SetMR({i}, mr{i});" for i in range(REGISTERS))]
    if results:
        lines += ["    result.error = error;", "    if (error != seL4_NoError) {", *failure, "        return result;", "    }"]
        for index, result in enumerate(results):
            source = f"mr{index}" if index < REGISTERS else f"seL4_GetMR({index})"
            lines.append(f"    result.{result.name} = ({PREFIX}{result.type}){source};")
        lines.append("    return result;")
    else:
        if outputs:
            lines += ["    if (error != seL4_NoError) {", *failure, "        return error;", "    }"]
            for index, member in enumerate(structure(outputs[0], cfg)):
                source = f"mr{index}" if index < REGISTERS else f"seL4_GetMR({index})"
                lines.append(f"    {outputs[0].name}->{member} = {source};")
        else:
            lines += ["    if (error != seL4_NoError) {", *failure, "    }"]
        lines.append("    return error;")
    return lines + ["}", ""]


def client_header(cfg):
    """The header with all stubs of the configuration."""
    out = Header("One function for each invocation. Words of an error are left in the first message registers.")
    out.lines += ["#include <autoconf.h>", "#include <sel4/types.h>", "#include <sel4/errors.h>",
                  "#include <sel4/functions.h>", "#include <sel4/syscalls.h>", "#include <sel4/invocation.h>",
                  "#include <sel4/sel4_arch/invocation.h>", "#include <sel4/arch/invocation.h>", ""]
    for entry in cfg.invocations:
        if "stub" in entry:
            out.lines += stub(entry, cfg)
    out.lines += [
        "/* As seL4_SchedControl_ConfigureFlags without flags: a constant-bandwidth scheduling context. */",
        "LIBSEL4_INLINE seL4_Error seL4_SchedControl_Configure(seL4_SchedControl _service, seL4_SchedContext schedcontext,",
        "                                                      seL4_Time budget, seL4_Time period, seL4_Word extra_refills,",
        "                                                      seL4_Word badge)", "{",
        "    return seL4_SchedControl_ConfigureFlags(_service, schedcontext, budget, period, extra_refills, badge,",
        "                                            seL4_SchedContext_NoFlag);", "}",
    ]
    return out
