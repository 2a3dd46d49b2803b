#!/usr/bin/python3
"""`make run` gives the terminal to the machine and ends with its status."""

import os
import subprocess
import sys
from pathlib import Path

import pexpect

from machine import TOP, Checks, QuotingLog
from shell import CONTROL_C, PROMPT, announced

SECONDS = 90


def make(*arguments):
    """`make run` on a terminal of its own."""
    process = pexpect.spawn("make", [*arguments, "run"], cwd=TOP, timeout=SECONDS, encoding="utf-8",
                            codec_errors="replace", dimensions=(25, 200))
    process.logfile_read = QuotingLog()
    return process


def expect_status(process, expected):
    """Waits for the end of make."""
    process.expect(pexpect.EOF)
    process.close()
    assert process.exitstatus == expected, f"status {process.exitstatus}, not {expected}"


def shell_ends(command, expected, *arguments):
    process = make(*arguments)
    process.expect(PROMPT)
    process.send(command + "\r")
    expect_status(process, expected)


def control_c_is_the_shells():
    process = make()
    process.expect(PROMPT)
    process.send(announced("sleep 100") + "\r")
    process.expect("begun")
    process.send(CONTROL_C)
    process.expect(PROMPT)
    process.send("exit $(($? + 1))\r")
    expect_status(process, 131)


def kernel_stops():
    """A root task that is none."""
    (Path(os.environ["OUT"]) / os.environ["VARIANT"] / "no-program.elf").write_text("not an ELF file\n")
    expect_status(make("PROGRAM=no-program"), 125)


def watchdog():
    expect_status(make("BOOT=tools/run/boot --timeout 1"), 124)


def silent_end():
    """An emulator that ends before it has begun."""
    expect_status(make("QEMU=/bin/false"), 126)


def dry_run():
    """After a run that failed, too, nothing is executed and nothing has failed."""
    process = subprocess.run(["make", "-n", "run"], cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert process.returncode == 0 and "tools/run/boot" in process.stdout, f"status {process.returncode}"


def other_goals():
    process = subprocess.run(["make", "no-such-goal"], cwd=TOP, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert process.returncode == 2, f"status {process.returncode}"


def main():
    checks = Checks()
    for status in 0, 3, 200:
        checks.run(f"exit {status}", shell_ends, f"exit {status}", status)
    checks.run("two jobs", shell_ends, "exit 4", 4, "-j2")
    checks.run("poweroff", shell_ends, "poweroff", 0)
    checks.run("Ctrl-C", control_c_is_the_shells)
    checks.run("panic", kernel_stops)
    checks.run("watchdog", watchdog)
    checks.run("an emulator that does not start", silent_end)
    checks.run("dry run", dry_run)
    checks.run("other goals", other_goals)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
