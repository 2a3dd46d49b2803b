#!/usr/bin/python3
"""Runs the hostile-input test on one kernel and one CPU model, and measures how long the kernel keeps interrupts off.

Under --icount the same seed gives the same run, to the instruction. README.md says how to look into a run that failed.
"""

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
NEVER = (1 << 64) - 1


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", choices=("debug", "release"), default="debug")
    parser.add_argument("--cpu", default="max")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calls", type=int, default=1_000_000, help="random and mutated calls together")
    parser.add_argument("--least", type=int, help="successes wanted of each invocation; default: a thousandth of the calls")
    parser.add_argument("--trace-from", type=int, default=NEVER, metavar="CALL", help="print each call from here on (debug)")
    parser.add_argument("--timeout", type=int, default=380, help="seconds")
    parser.add_argument("--no-stretch", action="store_true", help="do not measure the time with interrupts off")
    return parser.parse_args()


def prepare_program(arguments, folder):
    """A copy of the program with its settings written in."""
    least = arguments.calls // 1000 if arguments.least is None else arguments.least
    program_settings.write(OUT / arguments.variant / "hostile.elf", folder / "hostile.elf", arguments.seed,
                           arguments.calls // 2, arguments.calls // 2, least, arguments.trace_from)
    return folder / "hostile.elf"


def main():
    arguments = parse_arguments()
    kernel = OUT / arguments.variant
    with tempfile.TemporaryDirectory(prefix="pecan-hostile-") as name:
        folder = Path(name)
        program = prepare_program(arguments, folder)
        measure = None if arguments.no_stretch else stretch.Measurement(kernel / "kernel.elf", folder / "stretch")
        command = ["tools/run/boot", "--kernel", kernel / "kernel32.elf", "--module", program, "--cpu", arguments.cpu,
                   "--icount", "--timeout", str(arguments.timeout), "--", *(measure.flags if measure else [])]
        process = subprocess.Popen(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                   errors="replace")
        output = []
        for line in process.stdout:
            print(line, end="", flush=True)
            output.append(line)
        status = process.wait()
        if status:
            print(f"not ok the run ends: status {status}, seed {arguments.seed}")
        if calls := re.search(r"calls: (\d+) random, (\d+) mutated", "".join(output)):
            print(f"figure {arguments.variant} kernel on {arguments.cpu}: {calls[1]} random and {calls[2]} mutated calls, "
                  f"seed {arguments.seed}")
        if measure and not measure.report(f"hostile input, {arguments.variant} kernel on {arguments.cpu}"):
            status = 1
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main())
