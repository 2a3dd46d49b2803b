"""Writes the reference page of the interface (Markdown) for one configuration."""

import rows
import stubs
from statement import PREFIX
from writer import write_if_changed


def table(headings, lines):
    """A Markdown table."""
    result = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return result + ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines] + [""]


def calls(cfg):
    registers = cfg.messages["registers"][cfg.arch]
    words = ", ".join(registers["message"])
    page = ["## System calls", "",
            f"The number is in {registers['number']}, the capability (on return: the badge) in {registers['cap']}, the info "
            f"word in {registers['info']}, the first message words in {words}, the reply object in {registers['reply']}, "
            f"the destination of a combined call in {registers['destination']}.", ""]
    return page + table(("number", "call", "in this configuration"),
                        [(c["number"], f"seL4_{c['name']}", "yes" if cfg.has(c) else f"no: needs {c['when']}")
                         for c in cfg.syscalls])


def messages(cfg):
    limits = cfg.messages["limits"]
    page = ["## Messages", "",
            f"At most {limits['max_length']} words and {limits['max_extra_caps']} capabilities; the first "
            f"{limits['message_registers']} words travel in CPU registers.", ""]
    page += table(("info word field", "bits"), [(f["name"], f"{f['shift'] + f['width'] - 1}..{f['shift']}")
                                                for f in reversed(cfg.messages["info"])])
    offset = 0
    fields = []
    for field in cfg.messages["buffer"]:
        fields.append((offset, field["name"], field["words"]))
        offset += 8 * field["words"]
    page += table(("offset", "IPC buffer field", "words"), fields)
    return page + table(("bit", "right"), list(enumerate(r["name"] for r in cfg.messages["right"])))


def errors(cfg):
    page = ["## Errors", "", "An invocation that fails answers with the error as label and these message words.", ""]
    page += table(("label", "error", "words"), [(i, f"seL4_{e['name']}", "; ".join(e["words"]))
                                                for i, e in enumerate(cfg.errors["error"])])
    return page + table(("type", "lookup failure", "words after the type"),
                        [(i, f"seL4_{e['name']}", ", ".join(e["words"])) for i, e in enumerate(cfg.errors["lookup"])])


def objects(cfg):
    lines = []
    for entry in cfg.types:
        if "bits" in entry:
            size = f"2^{cfg.bits_of_type(entry)} bytes"
        else:
            size = f"2^(size_bits + {cfg.sizes['SLOT']}) bytes" if entry.get("slot") else "2^size_bits bytes"
        lines.append((entry["number"], entry["name"], size))
    return ["## Objects", "", "Types of `seL4_Untyped_Retype`.", ""] + table(("type", "name", "size"), lines)


def invocations(cfg):
    page = ["## Invocations", "", "Made with `seL4_Call` on a capability; the label selects the operation.", ""]
    for entry in cfg.invocations + cfg.own_invocations:
        if "stub" not in entry:
            continue
        arguments = [stubs.Argument(a) for a in entry["args"]]
        parameters = ", ".join([f"{PREFIX}{entry['service']} _service"] + [a.declaration() for a in arguments])
        page += [f"### {PREFIX}{entry['stub']}", "", f"{entry['text'][0].upper()}{entry['text'][1:]}.", "",
                 f"    {stubs.function(entry)}({parameters})", "", f"* label {entry['number']} ({entry['label']})"]
        caps = [a.name for a in arguments if a.is_cap]
        if caps:
            page.append(f"* extra capabilities: {', '.join(caps)}")
        words = stubs.message_words(arguments, cfg)
        if words:
            page.append(f"* message words: {', '.join(f'`{w}`' for w in words)}")
        if "results" in entry:
            page.append(f"* results: {', '.join(r.split(':')[0] for r in entry['results'])}")
        page.append("")
    return page


def faults(cfg):
    return ["## Faults", ""] + table(
        ("label", "fault", "message words", "a reply sets", "restarts on"),
        [(f["label"], f["name"], ", ".join(cfg.words_of_fault(f)), cfg.reply_words_of_fault(f), f["restart"])
         for f in cfg.faults])


def boot(cfg):
    page = ["## Boot", ""] + table(("slot", "initial capability"), [(i, s["name"]) for i, s in enumerate(cfg.boot["slot"])])
    offset = 0
    fields = []
    for field in cfg.boot["info"]["fields"]:
        fields.append((offset, field["name"], "region" if field.get("region") else "word"))
        offset += 16 if field.get("region") else 8
    fields.append((offset, "untypedList", f"{cfg.value(cfg.boot['info']['max_untypeds'])} entries"))
    page += table(("offset", "boot information", "kind"), fields)
    return page + table(("id", "extra chunk", "bytes"), [(f"{c['id']:#x}", c["name"], c.get("bytes", "varies"))
                                                         for c in cfg.boot["extra"]])


def trace(cfg):
    return ["## Trace", ""] + table(("kind", "event", "means"), [(e["kind"], e["name"], e["text"]) for e in cfg.trace["event"]])


def all_rows(cfg):
    page = ["## Checks, errors and effects", "",
            "In each table in the order in which they are done: where two things are wrong the first is reported.", ""]
    tables = {}
    for name, row in rows.read_rows(cfg.arch).items():
        group, key = name.rsplit(".", 1)
        tables.setdefault(group, []).append((key, *row))
    for group, lines in tables.items():
        page += [f"### {group}", ""] + table(("row", "when", "then"), lines)
    return page


def configuration(cfg):
    return ["## Configuration", ""] + table(("option", "value"),
                                            [(name, int(v) if isinstance(v, bool) else v) for name, v in cfg.options.items()])


def write(cfg, path):
    """Writes the page to `path`."""
    page = [f"# The kernel interface: {cfg.arch}, {cfg.variant}", "",
            "Generated from the interface statement in `abi/`; how to read it is in `docs/interface.md`.", ""]
    for part in (calls, messages, errors, objects, invocations, faults, boot, trace, all_rows, configuration):
        page += part(cfg)
    write_if_changed(path, "\n".join(page).rstrip() + "\n")
