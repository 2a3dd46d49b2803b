#!/usr/bin/python3
"""What a description may say is what programs find: `features/` checks itself."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import OUT, Checks, Machine  # noqa: E402

ALL_CHECKS = {"memory": 22, "parent": 12}


def features(**machine):
    reports = {}
    with Machine(system=OUT / "systems/features/debug", seconds=40, **machine) as system:
        while len(reports) < len(ALL_CHECKS):
            name, passed, failed = system.expect(r"(\w+): (\d+) passed, (\d+) failed").groups()
            assert failed == "0", f"{name}: {failed} failed"
            reports[name] = int(passed)
    assert reports == ALL_CHECKS, reports


def main():
    checks = Checks()
    checks.run("regions, variables, ports, capabilities, children and their faults", features)
    checks.run("the same on an old processor with little memory", features, cpu="nehalem", mem="64M")
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
