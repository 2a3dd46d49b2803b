"""What the tests need to know of a 64-bit ELF file: symbols, and where an address is in the file."""

import struct
from bisect import bisect_right
from pathlib import Path

SECTION_SYMBOLS = 2
SEGMENT_LOAD = 1
TYPE_FUNCTION = 2


class ElfFile:
    def __init__(self, path):
        self.data = Path(path).read_bytes()
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path} is not a 64-bit ELF file")
        (self.segments_at, self.sections_at) = struct.unpack_from("<QQ", self.data, 32)
        (self.segment_bytes, self.segment_count, self.section_bytes, self.section_count) = struct.unpack_from(
            "<4H", self.data, 54)
        self.symbols = {}
        self.functions = []
        self._read_symbols()
        self.function_starts = [start for start, _, _ in self.functions]

    def _section(self, index):
        """(type, address, offset, size, link)"""
        _, kind, _, address, offset, size, link = struct.unpack_from("<IIQQQQI", self.data,
                                                                     self.sections_at + index * self.section_bytes)
        return kind, address, offset, size, link

    def _read_symbols(self):
        for index in range(self.section_count):
            kind, _, offset, size, link = self._section(index)
            if kind != SECTION_SYMBOLS:
                continue
            names = self._section(link)[2]
            for at in range(offset, offset + size, 24):
                name_at, info, _, _, value, length = struct.unpack_from("<IBBHQQ", self.data, at)
                name = self.data[names + name_at:self.data.index(b"\0", names + name_at)].decode()
                if not name:
                    continue
                self.symbols[name] = value
                if info & 15 <= TYPE_FUNCTION and value:
                    self.functions.append((value, length, name))
        self.functions.sort(key=lambda symbol: (symbol[0], symbol[1]))

    def symbol(self, name):
        return self.symbols[name]

    def segments(self):
        """(offset in the file, virtual address, physical address, bytes in the file, bytes in memory) of each."""
        for index in range(self.segment_count):
            kind, _, offset, virtual, physical, in_file, in_memory, _ = struct.unpack_from(
                "<IIQQQQQQ", self.data, self.segments_at + index * self.segment_bytes)
            if kind == SEGMENT_LOAD:
                yield offset, virtual, physical, in_file, in_memory

    def offset_of(self, address):
        for offset, virtual, _, in_file, _ in self.segments():
            if virtual <= address < virtual + in_file:
                return offset + address - virtual
        raise ValueError(f"{address:#x} is not in the file")

    def name_of(self, address):
        """The symbol at or before the address."""
        index = bisect_right(self.function_starts, address) - 1
        if index < 0:
            return f"{address:#x}"
        start, _, name = self.functions[index]
        return name if start == address else f"{name}+{address - start:#x}"
