#!/usr/bin/python3
"""Measures the longest stretch with interrupts off in scenarios where the kernel has much to do at once."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / "tools" / "plugins"), str(TOP / "tests" / "support")]
import program_settings  # noqa: E402
import stretch  # noqa: E402

OUT = Path(os.environ.get("OUT", "build/x86_64"))
LIST = (1 << 64) - 1


def boot(arguments, program, flags):
    """Runs a root task; returns (exit status, what it printed)."""
    command = ["tools/run/boot", "--kernel", OUT / arguments.variant / "kernel32.elf", "--module", program,
               "--cpu", arguments.cpu, "--icount", "--timeout", "120", "--", *flags]
    process = subprocess.run(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                             errors="replace")
    print(process.stdout, flush=True)
    return process.returncode, process.stdout


def run_scenario(arguments, folder, scenario, flags):
    program_settings.write(OUT / arguments.variant / "latency.elf", folder / "latency.elf", scenario)
    return boot(arguments, folder / "latency.elf", flags)


def measure(arguments, folder, title, run):
    """Measures `run`, which takes flags for QEMU and returns (exit status, output); returns whether all is well."""
    measurement = stretch.Measurement(OUT / arguments.variant / "kernel.elf", folder / "stretch")
    measurement.output.unlink(missing_ok=True)
    status, printed = run(measurement.flags)
    if status:
        print(f"not ok {title}: the run ended with status {status}")
    return measurement.report(title) and status == 0


def measure_scenarios(arguments, folder):
    status, listing = run_scenario(arguments, folder, LIST, [])
    names = dict(re.findall(r"scenario (\d+): (.*?)\r?$", listing, re.MULTILINE))
    if status or not names:
        print(f"not ok the list of scenarios: status {status}")
        return False
    results = [measure(arguments, folder, f"{name}, {arguments.variant} kernel",
                       lambda flags: run_scenario(arguments, folder, int(number), flags))
               for number, name in names.items() if arguments.only in (None, int(number))]
    return all(results)


def measure_program(arguments, folder):
    program = OUT / arguments.variant / f"{arguments.program}.elf"
    return measure(arguments, folder, f"{arguments.program}, {arguments.variant} kernel",
                   lambda flags: boot(arguments, program, [*flags, *arguments.flags]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=("debug", "release"), default="debug")
    parser.add_argument("--cpu", default="max")
    parser.add_argument("--only", type=int, help="number of a scenario")
    parser.add_argument("--program", help="measure this root task instead, for example conformance")
    parser.add_argument("flags", nargs="*", help="further flags for QEMU, after --")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pecan-latency-") as name:
        run = measure_program if arguments.program else measure_scenarios
        return 0 if run(arguments, Path(name)) else 1


if __name__ == "__main__":
    sys.exit(main())
