#!/usr/bin/python3
"""What a description may say is what programs find, and a program can be replaced at run time: systems that check themselves."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import OUT, Checks, Machine  # noqa: E402

FEATURES = {"memory": 22, "parent": 12, "waiter": 7, "caller": 1}
UPDATE = {"operator": 36}
OVERFLOW = r"init: deep failed: write at 0x7fffffff9[0-9a-f]{3}, at rip 0x[0-9a-f]+ \(its stack is too small\?\)"


def passes(name, counts, *lines, **machine):
    """After some lines the domains of a system report as many checks as they have, all passed."""
    reports = {}
    with Machine(system=OUT / "systems" / name / "debug", seconds=40, **machine) as system:
        for line in lines:
            system.expect(line)
        while len(reports) < len(counts):
            domain, passed, failed = system.expect(r"(\w+): (\d+) passed, (\d+) failed").groups()
            assert failed == "0", f"{domain}: {failed} failed"
            reports[domain] = int(passed)
    assert reports == counts, reports


def main():
    checks = Checks()
    checks.run("regions, variables, ports, capabilities, children and their faults", passes, "features", FEATURES, OVERFLOW)
    checks.run("the same on an old processor with little memory", passes, "features", FEATURES, OVERFLOW, cpu="nehalem", mem="64M")
    checks.run("updates", passes, "update", UPDATE)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
