#!/usr/bin/python3
"""The smallest root task runs on every CPU model, with little and much memory, from the CD image, and under gdb."""

import os
import re
import subprocess
import sys

from machine import CPU_MODELS, Checks, Machine

GREETING = r"Hello from the first program: (\d+) MiB of memory"


def greets(least_mib, most_mib, **machine):
    """Boots hello; it must greet, have the memory it should have, and end the machine with status 0."""
    with Machine(program="hello", seconds=60, **machine) as hello:
        mib = int(hello.expect(GREETING)[1])
        status = hello.end()
    assert status == 0, f"ended with status {status}"
    assert least_mib <= mib <= most_mib, f"{mib} MiB of untyped memory, not {least_mib} to {most_mib}"


def stops_in_debugger():
    """gdb stops in the root task and in the kernel, and knows the names of the callers there."""
    flags = "-batch -ex 'break printf' -ex continue -ex backtrace -ex 'break kernel_syscall' -ex continue -ex backtrace"
    make = subprocess.run(["make", "debug", "PROGRAM=hello", f"GDBFLAGS={flags}"], capture_output=True, text=True,
                          timeout=60, env=os.environ | {"VARIANT": "debug"})
    print(make.stdout, make.stderr)
    for frame in r"#0 +printf", r"#1 .* in main .*hello\.c", r"#0 +kernel_syscall", r"#1 .* in syscall_entry":
        assert re.search(frame, make.stdout), f"gdb shows no frame {frame}"


def main():
    checks = Checks()
    for variant in "debug", "release":
        for cpu in CPU_MODELS:
            checks.run(f"{variant} kernel on {cpu}", greets, 490, 512, variant=variant, cpu=cpu, mem="512M")
        checks.run(f"{variant} kernel with 64 MiB", greets, 50, 64, variant=variant, mem="64M")
        checks.run(f"{variant} kernel with 3 GiB", greets, 3040, 3072, variant=variant, mem="3G")
        checks.run(f"{variant} kernel with 6 GiB", greets, 6100, 6144, variant=variant, mem="6G")
        checks.run(f"{variant} kernel from the CD image", greets, 490, 512, variant=variant, mem="512M", iso=True)
    checks.run("debugger", stops_in_debugger)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
