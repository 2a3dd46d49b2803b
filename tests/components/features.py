#!/usr/bin/python3
"""What a description may say is what programs find, and a program can be replaced at run time: systems that check themselves."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import OUT, Checks, Machine  # noqa: E402

FEATURES = {"memory": 31, "parent": 14, "heap": 4, "waiter": 9, "caller": 5, "ticker": 5}
UPDATE = {"operator": 100}
LINES = [
    r"init: deep failed: write at 0x7fffffff9[0-9a-f]{3}, at rip 0x[0-9a-f]+ \(its stack is too small\?\)",
    r"memory: microkit_notify: invalid channel 6\r",
    r"interrupt 33\r",
    r"careless does not define fault\(\)\r\n.*init: careless failed: write at 0x0",
    r"(mute-m{58}) does not define protected\(\)\r\n.*init: \1 failed: write at 0x0",
]


def passes(name, counts, *lines, **machine):
    """The domains of a system report as many checks as they have, all passed; before the last report there are some lines."""
    reports, text = {}, ""
    with Machine(system=OUT / "systems" / name / "debug", seconds=40, **machine) as system:
        while len(reports) < len(counts):
            domain, passed, failed = system.expect(r"(\w+): (\d+) passed, (\d+) failed").groups()
            assert failed == "0", f"{domain}: {failed} failed"
            reports[domain] = int(passed)
            text += system.console.before
    assert reports == counts, reports
    for line in lines:
        assert re.search(line, text), f"nothing is {line}"


def main():
    checks = Checks()
    checks.run("regions, variables, ports, capabilities, children and their faults", passes, "features", FEATURES, *LINES)
    checks.run("the same on an old processor with little memory", passes, "features", FEATURES, *LINES, cpu="nehalem", mem="64M")
    checks.run("updates", passes, "update", UPDATE)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
