"""Helpers to write generated C files."""

BANNER = "/* Generated from the interface statement in abi/ by tools/abi/generate.py: do not edit. */"


def write_if_changed(path, text):
    """Writes `text` unless the file already holds it, so that make sees no change where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def c_number(value):
    """A constant that both the C compiler and the assembler accept."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if value < 0:
        return f"({value})"
    return hex(value) if value >= 4096 else str(value)


def c_string(text):
    """A C string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Header:
    """Collects the lines of one header."""

    def __init__(self, summary, pragma_once=True):
        self.lines = [BANNER, f"/* {summary} */"]
        if pragma_once:
            self.lines.append("#pragma once")
        self.lines.append("")

    def line(self, text=""):
        self.lines.append(text)

    def comment(self, text):
        self.lines.append(f"/* {text} */")

    def define(self, name, value, comment=None):
        """A plain #define; `value` is a number or text."""
        shown = value if isinstance(value, str) else c_number(value)
        self.lines.append(f"#define {name} {shown}" + (f" /* {comment} */" if comment else ""))

    def enum(self, name, entries, typedef=None, prefix_lines=()):
        """An enum of (name, value) pairs; a value of None continues the numbering."""
        self.lines.append(("typedef " if typedef else "") + f"enum{' ' + name if name else ''} {{")
        self.lines += list(prefix_lines)
        for entry, value in entries:
            self.lines.append(f"    {entry}," if value is None else f"    {entry} = {value},")
        self.lines.append(f"}} {typedef};" if typedef else "};")

    def c_only(self, lines):
        """Lines that the assembler must not see."""
        self.lines += ["#ifndef __ASSEMBLER__", *lines, "#endif"]

    def text(self):
        return "\n".join(self.lines).rstrip() + "\n"
