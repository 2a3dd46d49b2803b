#!/usr/bin/python3
"""Builds the kernel with each of the mistakes in bugs.toml, and proves that the model finds each within its number of steps.

    find_bugs.py [--only NAME] [--measure]

Only the changed file is compiled (of a header: the one source `unit`, with it); the rest comes from $OUT/host/plain. A mistake that stops or crashes the kernel counts as
found. --measure prints how many steps it took, whatever the limit.
"""

import argparse
import os
import re
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PLAIN = Path(os.environ["OUT"]) / "host" / "plain"
WORK = Path(os.environ["OUT"]) / "host" / "bugs"
STEPS_TAKEN = re.compile(r"after (\d+) steps in all")
JOBS = 2
SECONDS = 300


def objects():
    """Everything that the model test is linked from, in the order of paths."""
    parts = [PLAIN / "kernel", PLAIN / "tests/host/model", PLAIN / "tests/model"]
    found = [path for part in parts for path in sorted(part.rglob("*.o"))]
    return found + [PLAIN / "tests/host/hal_host.o", PLAIN / "tests/host/hal_host_objects.o"]


def build(bug):
    """Returns the program with the mistake in it."""
    folder = WORK / bug["name"]
    folder.mkdir(parents=True, exist_ok=True)
    source = Path(bug["file"])
    text = source.read_text()
    if text.count(bug["before"]) != 1:
        raise ValueError(f"the text to replace occurs {text.count(bug['before'])} times in {source}")
    copy = folder / source.relative_to("kernel")
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(text.replace(bug["before"], bug["after"]))
    unit = Path(bug.get("unit", source))
    changed, program = folder / (unit.name + ".o"), folder / "model_test"
    compiler, *flags = (PLAIN / "flags").read_text().split()
    flags = [flag for flag in flags if not flag.startswith("-W") and flag not in ("-MMD", "-MP", "-g")]
    # The copy of a header is found before the header itself.
    subprocess.run([compiler, "-I", folder, *flags, "-w", "-c", copy if unit == source else unit, "-o", changed], check=True)
    original = PLAIN / unit.with_suffix(".o")
    subprocess.run([compiler, *(changed if path == original else path for path in objects()), "-o", program], check=True)
    return program


def run(bug, steps):
    """Returns after how many steps it was found, or None."""
    try:
        result = subprocess.run([build(bug), "--seed", "1", "--steps", str(steps), "--no-shrink"], capture_output=True,
                                text=True, errors="replace", timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return None
    if result.returncode == 0:
        return None
    taken = STEPS_TAKEN.search(result.stdout)
    return int(taken[1]) if taken else 0


def check(bug, measure):
    """Returns the line to print and the steps taken."""
    try:
        taken = run(bug, 1000000 if measure else bug["steps"])
    except (ValueError, subprocess.CalledProcessError) as error:
        return f"not ok {bug['name']}: {error}", None
    if taken is None:
        return f"not ok {bug['name']}: not found in {bug['steps']} steps ({bug['what']})", None
    note = f" after {taken} of {bug['steps']} steps" if measure else ""
    return f"ok {bug['name']}{note}", taken


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--measure", action="store_true")
    arguments = parser.parse_args()
    bugs = tomllib.loads(Path(__file__).with_name("bugs.toml").read_text())["bug"]
    bugs = [bug for bug in bugs if arguments.only in bug["name"]]
    found = []
    with ThreadPoolExecutor(JOBS) as pool:
        for line, taken in pool.map(lambda bug: check(bug, arguments.measure), bugs):
            print(line, flush=True)
            found += [taken] if taken is not None else []
    print(f"figure seeded bugs found by the model: {len(found)} of {len(bugs)}; "
          f"half of them within {sorted(found)[len(found) // 2] if found else 0} steps")
    return 0 if len(found) == len(bugs) else 1


if __name__ == "__main__":
    sys.exit(main())
