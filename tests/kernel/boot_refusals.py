#!/usr/bin/python3
"""A machine that cannot be started says why on the console and ends with the status of a panic."""

import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import Checks  # noqa: E402

OUT = Path(os.environ["OUT"])
STATUS_PANIC = 125


def load_headers(data):
    """Where the headers of the ELF file's segments are."""
    first, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
    headers = range(first, first + 56 * count, 56)
    return [at for at in headers if struct.unpack_from("<I", data, at) == (1,)]


def damaged(folder, program, name):
    """The path of a copy of `program` that is wrong in the way `name` says."""
    data = bytearray(program.read_bytes())
    if name == "text":
        data = bytearray(b"This is no program.\n" * 100)
    elif name == "empty":
        data = bytearray(b"\n")
    elif name == "truncated":
        del data[0x1800:]
    elif name == "32-bit":
        data[4] = 1
    elif name == "other machine":
        data[18:20] = struct.pack("<H", 183)
    elif name == "entry":
        data[24:32] = struct.pack("<Q", 0x7000_0000)
    elif name == "kernel address":
        (headers,) = struct.unpack_from("<Q", data, 32)
        struct.pack_into("<Q", data, headers + 16, 0xFFFF_FFFF_8000_0000)
    elif name == "overlap":
        first, second = load_headers(data)[:2]
        data[second + 16:second + 24] = data[first + 16:first + 24]
    elif name == "larger than memory":
        last = max(load_headers(data), key=lambda at: struct.unpack_from("<Q", data, at + 16))
        struct.pack_into("<Q", data, last + 40, 1 << 30)
    path = folder / "module"
    path.write_bytes(data)
    return path


def refuses(variant, text, module=None, cpu="max", mem="64M"):
    command = ["tools/run/boot", "--timeout", "30", "--cpu", cpu, "--mem", mem, "--kernel",
               str(OUT / variant / "kernel32.elf")]
    command += ["--module", str(module)] if module else []
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    print(run.stdout, run.stderr)
    assert text in run.stdout, f"the console does not say {text!r}"
    assert run.returncode == STATUS_PANIC, f"ended with status {run.returncode}"


# row: boot.refuse.not_elf boot.refuse.truncated boot.refuse.overlap boot.refuse.kernel_range boot.refuse.entry
MODULES = [
    ("text", "it is not an ELF file"),
    ("empty", "shorter than an ELF header"),
    ("truncated", "is it truncated?"),
    ("32-bit", "not a 64-bit ELF file"),
    ("other machine", "another machine than x86_64"),
    ("entry", "entry point lies outside"),
    ("kernel address", "outside the addresses of user programs"),
    ("overlap", "a segment overlaps an earlier one"),
    ("larger than memory", "no free region behind the kernel is that large"),
]

PROCESSORS = [
    ("qemu32", "64-bit long mode"),
    ("max,-pdpe1gb,-pat,-syscall", "It lacks: page attribute table, SYSCALL, 1 GiB pages"),
]


def main():
    checks = Checks()
    for variant in "debug", "release":
        program = OUT / variant / "hello.elf"
        for name, text in MODULES:
            with tempfile.TemporaryDirectory() as folder:
                module = damaged(Path(folder), program, name)
                checks.run(f"{variant}: root task, {name}", refuses, variant, text, module=module)
        # row: boot.refuse.no_module
        checks.run(f"{variant}: no root task", refuses, variant, "there is no root task")
        for cpu, text in PROCESSORS:
            checks.run(f"{variant}: on {cpu}", refuses, variant, text, module=program, cpu=cpu)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
