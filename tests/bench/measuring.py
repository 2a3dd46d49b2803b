#!/usr/bin/python3
"""The kernel for measuring gives benchmark programs what they look for, on every CPU model."""

import os
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "system"))
from machine import CPU_MODELS, Checks, Machine  # noqa: E402


def offers_all(cpu):
    with Machine(program="measuring", variant="bench", cpu=cpu, seconds=60) as machine:
        machine.expect("end of test")
        output = machine.console.before
        status = machine.end()
    assert status == 0, f"ended with status {status}"
    failed = [line for line in output.splitlines() if line.startswith("not ok")]
    assert not failed, f"{len(failed)} checks failed: {failed[0]}"


def prints_nothing():
    header = Path(os.environ.get("OUT", "build/x86_64")) / "bench/gen/kernel/abi/config.h"
    assert "#define CONFIG_PRINTING 0" in header.read_text(), "it prints"


def main():
    checks = Checks()
    checks.run("no printing in the kernel for measuring", prints_nothing)
    for cpu in CPU_MODELS:
        checks.run(f"kernel for measuring on {cpu}", offers_all, cpu)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
