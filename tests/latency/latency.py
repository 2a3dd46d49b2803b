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


def boot(arguments, folder, scenario, flags):
    """Runs one scenario; returns (exit status, what it printed)."""
    folder_of_kernel = OUT / arguments.variant
    program = folder / "latency.elf"
    program_settings.write(folder_of_kernel / "latency.elf", program, scenario)
    command = ["tools/run/boot", "--kernel", folder_of_kernel / "kernel32.elf", "--module", program, "--cpu", arguments.cpu,
               "--icount", "--timeout", "120", "--", *flags]
    process = subprocess.run(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                             errors="replace")
    print(process.stdout, flush=True)
    return process.returncode, process.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=("debug", "release"), default="debug")
    parser.add_argument("--cpu", default="max")
    parser.add_argument("--only", type=int, help="number of a scenario")
    arguments = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="pecan-latency-") as name:
        folder = Path(name)
        status, listing = boot(arguments, folder, LIST, [])
        names = dict(re.findall(r"scenario (\d+): (.*?)\r?$", listing, re.MULTILINE))
        if status or not names:
            print(f"not ok the list of scenarios: status {status}")
            return 1
        for number, scenario in names.items():
            if arguments.only not in (None, int(number)):
                continue
            title = f"{scenario}, {arguments.variant} kernel"
            measure = stretch.Measurement(OUT / arguments.variant / "kernel.elf", folder / f"stretch-{number}")
            status, printed = boot(arguments, folder, int(number), measure.flags)
            if status or "\ndone" not in printed.replace("\r", ""):
                print(f"not ok {title}: the run ended with status {status}")
                failed = 1
            if not measure.report(title):
                failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
