#!/usr/bin/python3
"""A disk's driver, its client, and the owner of the PCI buses are restarted under load, hundreds of times: no byte is wrong."""

import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from disk import disk_flags  # noqa: E402
from machine import OUT, Checks, Machine  # noqa: E402

FAULTS = 300


def survives_faults(machine, device):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "disk"
        path.write_bytes(bytes(1 << 20))
        system = OUT / "systems" / "disk_faults" / "debug"
        with Machine(system=system, seconds=150, flags=disk_flags(path, machine, device)) as running:
            running.expect("tester: faults [^$]*tester: done")
            found = dict(re.findall(r"tester: ([a-z ]+) (\d+)", running.console.match[0]))
    numbers = {name: int(number) for name, number in found.items()}
    print(f"\nfigure disk on {machine}{device}, {numbers['faults']} faults: {numbers['operations']} operations, "
          f"sent again {numbers['sent again']} times, {numbers['wrong bytes']} wrong bytes")
    # The last wait is for answers after the last fault: all were recovered from.
    assert numbers["faults"] == FAULTS, numbers
    assert numbers["wrong bytes"] == 0 and numbers["refused"] == 0, numbers
    assert numbers["interruptions"] >= FAULTS * 0.9 and numbers["sent again"] > FAULTS / 2, numbers


def main():
    checks = Checks()
    checks.run("faults on pc, line interrupt", survives_faults, "pc", ",vectors=0")
    checks.run("faults on q35, message interrupts", survives_faults, "q35", "")
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
