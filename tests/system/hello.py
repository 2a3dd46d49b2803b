#!/usr/bin/python3
"""The smallest root task runs on every CPU model, with little and much memory, from the CD image, and under gdb."""

import re
import subprocess
import sys

from machine import CPU_MODELS, OUT, Checks, Machine

GREETING = r"Hello from the first program: (\d+) MiB of memory"


def greets(least_mib, most_mib, **machine):
    """Boots hello; it must greet, have the memory it should have, and end the machine with status 0."""
    with Machine(program="hello", seconds=60, **machine) as hello:
        mib = int(hello.expect(GREETING)[1])
        status = hello.end()
    assert status == 0, f"ended with status {status}"
    assert least_mib <= mib <= most_mib, f"{mib} MiB of untyped memory, not {least_mib} to {most_mib}"


def debug_hello(*commands):
    """Runs gdb's commands through `make debug`; returns what gdb showed and what the machine printed."""
    flags = "-batch " + " ".join(f"-ex '{command}'" for command in commands)
    make = subprocess.run(["make", "debug", "PROGRAM=hello", "VARIANT=debug", f"GDBFLAGS={flags.replace('$', '$$')}"],
                          capture_output=True, text=True, timeout=60)
    console = (OUT / "debug" / "debug-console.log").read_text()
    print(make.stdout, make.stderr, console)
    return make.stdout, console


def expect_all(text, *patterns):
    for pattern in patterns:
        assert re.search(pattern, text), f"nothing matches {pattern}"


def debugger_names_callers():
    shown, _ = debug_hello("break printf", "continue", "backtrace", "break kernel_syscall", "continue", "backtrace")
    expect_all(shown, r"#0 +printf", r"#1 .* in main .*hello\.c", r"#0 +kernel_syscall", r"#1 .* in syscall_slow")


def panic_names_callers():
    """While the root task prints a character, the function that puts it on the console turns into a panic."""
    _, console = debug_hello("break printf", "continue", "break *hal_console_put", "continue", "delete",
                             "set $rdi = kernel_symbols[0].name", "jump *panic")
    expect_all(console, r"Kernel panic: \w+", r'Current thread \S+ "\w+"', r"  [0-9a-f]{16}  panic \+ 0x",
               r"  [0-9a-f]{16}  kernel_syscall \+ 0x", r"  [0-9a-f]{16}  syscall_slow \+ 0x")


def main():
    checks = Checks()
    for variant in "debug", "release":
        for cpu in CPU_MODELS:
            checks.run(f"{variant} kernel on {cpu}", greets, 490, 512, variant=variant, cpu=cpu, mem="512M")
        checks.run(f"{variant} kernel with 64 MiB", greets, 50, 64, variant=variant, mem="64M")
        checks.run(f"{variant} kernel with 3 GiB", greets, 3040, 3072, variant=variant, mem="3G")
        checks.run(f"{variant} kernel with 6 GiB", greets, 6100, 6144, variant=variant, mem="6G")
        checks.run(f"{variant} kernel from the CD image", greets, 490, 512, variant=variant, mem="512M", iso=True)
    checks.run("debugger shows the names of callers", debugger_names_callers)
    checks.run("panic prints the names of callers", panic_names_callers)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
