#!/usr/bin/python3
"""The Linux programs of tests/programs, started from the shell, on old and new CPUs and with little memory."""

import re
import sys

from machine import Checks
from shell import Shell

PROGRAMS = ["poll", "processes", "signals", "memory", "files", "float", "hostile", "sockets", "epoll", "network",
            "poll-glibc", "processes-glibc", "signals-glibc", "sockets-glibc", "network-glibc"]
MACHINES = [{"cpu": "max", "variant": "debug"}, {"cpu": "haswell", "variant": "release"},
            {"cpu": "nehalem", "variant": "debug"}]


def relay_results(shell, command):
    """Runs a program and repeats its results; it must have some and end with status 0."""
    output = shell.output_of(f"/tests/programs/{command}; echo status $?", 100)
    results = re.findall(r"^(?:not )?ok .*", output, re.MULTILINE)
    print("\n" + "\n".join(re.sub("ok ", f"ok {command}: ", line, count=1) for line in results), flush=True)
    assert results, "it printed no result"
    assert "status 0" in output, "it failed"


def crash_is_reported(shell):
    """The program dies alone, with its registers in the log; the shell learns the signal."""
    output = shell.output_of("/tests/programs/divide-by-zero; echo status $?")
    assert "SIGFPE" in output and re.search(r"rax [0-9a-f]{16}", output), output
    assert "status 136" in output, output
    assert shell.output_of("echo alive") == "alive\n"


def main():
    checks = Checks()
    for machine in MACHINES:
        where = " ".join(machine.values())
        with Shell(seconds=300, **machine) as shell:
            checks.run(f"crash on {where}", crash_is_reported, shell)
            for program in PROGRAMS:
                if not checks.run(f"{program} on {where}", relay_results, shell, program):
                    shell.recover()
    with Shell(mem="64M", variant="release") as shell:
        checks.run("all memory used", relay_results, shell, "memory all")
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
