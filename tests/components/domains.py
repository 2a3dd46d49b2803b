#!/usr/bin/python3
"""Scheduling domains, on a kernel that has 16: wrong schedules are refused, and a right one shares the processor out."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["OUT"] = f"{os.environ['BUILD']}/component-domains/{os.environ['ARCH']}"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
import tool  # noqa: E402
from errors import DOMAIN_CASES  # noqa: E402
from machine import OUT, TOP, Checks, Machine  # noqa: E402

ICOUNT = ["-icount", "shift=0,sleep=off"]


def build():
    subprocess.run(["make", f"BUILD={OUT.parent}", "OPTIONS=NUM_DOMAINS=16", f"{OUT}/systems/domains/debug/image",
                    f"{OUT}/systems/hello/debug/image"],
                   cwd=TOP, check=True)


def takes_turns():
    with Machine(system=OUT / "systems/domains/debug", seconds=60, flags=ICOUNT) as system:
        for start in range(1, 4):
            system.expect(f"modest: start {start}")
        system.expect("modest: done")


def main():
    checks = Checks()
    if not checks.run("a kernel and an SDK with 16 domains", build):
        return checks.status
    checks.run("a domain runs beside one that never stops, and is restarted", takes_turns)
    with tempfile.TemporaryDirectory(prefix="pecan-domains-") as name:
        tool.prepare(Path(name))
        for title, text, error in DOMAIN_CASES:
            checks.run(title, tool.says, Path(name), text, error)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
