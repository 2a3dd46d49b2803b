#!/usr/bin/python3
"""Servers that a supervisor kills, lets hang and corrupts come back, and init's memory and slots are what they were."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import OUT, Checks, Machine  # noqa: E402

ICOUNT = ["-icount", "shift=0,sleep=off"]


def faults():
    with Machine(system=OUT / "systems/inject/debug", seconds=100, flags=ICOUNT) as system:
        system.expect(r"tester: (\d+) passed, (\d+) failed")
        passed, failed = map(int, system.console.match.groups())
    assert failed == 0 and passed > 300, f"{passed} passed, {failed} failed"


def main():
    checks = Checks()
    checks.run("killed, hung and corrupted servers come back, and leave nothing behind", faults)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
