"""Writes the settings of a test into a copy of its program: `struct settings settings` of the program, all 64-bit words."""

import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools" / "plugins"))
import elf_file  # noqa: E402


def write(source, target, *words):
    program = bytearray(Path(source).read_bytes())
    elf = elf_file.ElfFile(source)
    place = elf.offset_of(elf.symbol("settings"))
    program[place:place + 8 * len(words)] = struct.pack(f"<{len(words)}Q", *words)
    Path(target).write_bytes(program)
