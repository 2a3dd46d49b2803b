#!/usr/bin/python3
"""init restarts domains a thousand times in every way, and a supervisor kills, hangs and corrupts them: its memory and slots are what they were.

Instructions are counted (icount), so that times do not depend on the host.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import OUT, Checks, Machine  # noqa: E402

ICOUNT = ["-icount", "shift=0,sleep=off"]


def passes(system, least):
    """The tester's last line: nothing failed, and at least so many checks passed."""
    system.expect(r"(\d+) passed, (\d+) failed")
    passed, failed = map(int, system.console.match.groups())
    assert failed == 0 and passed >= least, f"{passed} passed, {failed} failed"


def restarts():
    with Machine(system=OUT / "systems/restart/debug", seconds=100, flags=ICOUNT) as system:
        system.expect(r"restart takes (\d+) counts")
        print(f"\nfigure restart of a server of 6 pages: {system.console.match[1]} instructions")
        system.expect(r"restarts 1000: free KiB (\d+), slots (\d+)")
        passes(system, 3000)


def faults():
    with Machine(system=OUT / "systems/inject/debug", seconds=100, flags=ICOUNT) as system:
        system.expect(r"init: active gives up: as it was told\?\r")
        system.expect("init: active gives up: something has written to unused memory\r")
        passes(system, 300)


def main():
    checks = Checks()
    checks.run("1000 restarts leave memory and slots as they were; limits, delays, heartbeats, overruns", restarts)
    checks.run("killed, hung and corrupted servers come back, and leave nothing behind", faults)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
