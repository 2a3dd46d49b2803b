#!/usr/bin/python3
"""tools/run/boot and `pecan run` tell the ways a machine can end apart: tiny kernels that end in each of them."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HEADER = """
    .text
    .long 0x1badb002, 0, -0x1badb002
    .globl _start
_start:
"""
WRITE_EXIT_PORT = "mov ${value}, %eax; mov $0xf4, %dx; out %eax, %dx; 1: hlt; jmp 1b\n"
WRITE_BOTH_PORTS = "mov ${status}, %al; mov $0xf8, %dx; out %al, %dx; " + WRITE_EXIT_PORT
RESET = "mov $0xfe, %al; out %al, $0x64; 1: hlt; jmp 1b\n"
TRIPLE_FAULT = ".data; none: .word 0; .long 0; .text; lidt none; int3\n"
HANG = "cli; 1: hlt; jmp 1b\n"

BOTH = [
    ("status 0", WRITE_EXIT_PORT.format(value=0), 0),
    ("status 3", WRITE_EXIT_PORT.format(value=3), 3),
    ("status 119", WRITE_EXIT_PORT.format(value=119), 119),
    ("status 200", WRITE_BOTH_PORTS.format(status=200, value=119), 200),
    ("status 0 by both ports", WRITE_BOTH_PORTS.format(status=0, value=0), 0),
    ("panic after a status", WRITE_BOTH_PORTS.format(status=200, value=0x7F), 125),
    ("reset", RESET, 0),
    ("panic", WRITE_EXIT_PORT.format(value=0x7F), 125),
]
BOOT = [
    *((*case, []) for case in BOTH),
    ("triple fault", TRIPLE_FAULT, 123, []),
    ("watchdog", HANG, 124, ["--timeout", "2"]),
    ("no such CPU", HANG, 126, ["--cpu", "none"]),
]
RUN = [
    *((*case, []) for case in BOTH),
    ("no such CPU", HANG, 126, ["--", "-cpu", "none"]),
]


def make_kernel(folder, code):
    source = folder / "kernel.S"
    kernel = folder / "sel4_32.elf"
    source.write_text(HEADER + code)
    subprocess.run([os.environ["CC"], "-m32", "-nostdlib", "-static", "-Wl,--build-id=none", "-Wl,-Ttext=0x100000",
                    "-Wl,-z,max-page-size=4096", "-Wl,--no-warn-rwx-segments", "-o", kernel, source], check=True)
    return kernel


def boot(kernel, flags):
    return ["tools/run/boot", "--mem", "64M", "--timeout", "20", *flags, "--kernel", kernel]


def run(kernel, flags):
    """The kernel is beside the image, which it does not look at."""
    image = kernel.parent / "image"
    image.write_bytes(b"image")
    return [Path(os.environ["BUILD"]) / "host/pecan-checked", "run", image, *flags]


def main():
    failed = False
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"  # the tool's memory is its process's
    with tempfile.TemporaryDirectory() as folder:
        for tool, command, cases in ("boot", boot, BOOT), ("pecan run", run, RUN):
            for name, code, expected, flags in cases:
                kernel = make_kernel(Path(folder), code)
                status = subprocess.run(command(kernel, flags), stdin=subprocess.DEVNULL, timeout=60).returncode
                print(f"ok {tool}: {name}" if status == expected else f"not ok {tool}: {name}: status {status}, not {expected}", flush=True)
                failed |= status != expected
    return failed


if __name__ == "__main__":
    sys.exit(main())
