"""Measures the kernel's longest stretch with interrupts off, by the plugin kernel_stretch (README.md)."""

import os
from collections import Counter
from pathlib import Path

import elf_file

LIMIT = 10_000
BUILD = Path(os.environ.get("BUILD", "build"))
LOOK = "hal_interrupt_is_pending"
# DebugDumpScheduler: prints a line for each thread there is.
EXEMPT = "print_threads"


class Measurement:
    """Pass `flags` to QEMU; when it has ended, call `report`."""

    def __init__(self, kernel, output):
        self.elf = elf_file.ElfFile(kernel)
        self.output = Path(output)
        plugin = (BUILD / "plugins" / "kernel_stretch.so").resolve()
        exempt = f",exempt={self.elf.symbol(EXEMPT):#x}" if EXEMPT in self.elf.symbols else ""
        self.flags = ["-plugin", f"{plugin},look={self.elf.symbol(LOOK):#x}{exempt},output={self.output}"]

    def read(self):
        """The plugin's lines, by their first word; each a list of its words in pairs as a dictionary."""
        lines = {}
        for line in self.output.read_text().splitlines():
            kind, value, *rest = line.split()
            pairs = dict(zip(rest[::2], rest[1::2]))
            lines.setdefault(kind, []).append((int(value, 0), pairs))
        return lines

    def report(self, name):
        """Prints the figure, the histogram, and where a stretch above the limit was; returns whether it is within."""
        if not self.output.exists():
            print(f"not ok {name}: the plugin has left no result")
            return False
        lines = self.read()
        longest, where = lines["longest"][0]
        entry = self.elf.name_of(int(where["entry"], 0))
        start = f"after a look, entered at {entry}" if where["after_look"] == "1" else f"from {entry}"
        passage = max((int(pairs["passage"]) for _, pairs in lines.get("entry", [])), default=0)
        print(f"figure {name}: longest stretch with interrupts off {longest} instructions ({start}), "
              f"longest passage {passage}, {where['stretches']} stretches"
              + (f", {where['exempt']} of {EXEMPT} not counted" if where["exempt"] != "0" else ""))
        self.print_entries(lines)
        self.print_histogram(lines)
        is_within = longest <= LIMIT
        print(f"{'ok' if is_within else 'not ok'} {name}: no stretch is longer than {LIMIT} instructions"
              + ("" if is_within else f": {longest} {start}"))
        self.print_path(lines)
        return is_within

    def print_entries(self, lines):
        stubs = {}
        for pc, pairs in lines.get("entry", []):
            name = self.elf.name_of(pc).split("+")[0]
            count, stretch, passage = stubs.get(name, (0, 0, 0))
            stubs[name] = (count + int(pairs["count"]), max(stretch, int(pairs["stretch"])),
                           max(passage, int(pairs["passage"])))
        print("entries: times, longest stretch, longest passage")
        for name, (count, stretch, passage) in stubs.items():
            print(f"  {name:<36} {count:>10} {stretch:>8} {passage:>10}")

    @staticmethod
    def print_histogram(lines):
        print("stretches by length in instructions:")
        for limit, pairs in lines.get("below", []):
            print(f"  below {limit:>8}  {pairs['count']:>10}")

    def print_path(self, lines):
        """Which functions the longest stretch was spent in."""
        spent, blocks = Counter(), Counter()
        for pc, pairs in lines.get("block", []):
            function = self.elf.name_of(pc).split("+")[0]
            spent[function] += int(pairs["instructions"])
            blocks[function] += 1
        print("the longest stretch by function: instructions, blocks")
        for function, instructions in spent.most_common(12):
            print(f"  {function:<36} {instructions:>8} {blocks[function]:>8}")
