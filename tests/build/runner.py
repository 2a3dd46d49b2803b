#!/usr/bin/python3
"""tests/run counts what a test prints, and nothing that fails, hangs or leaves processes behind goes unnoticed."""

import importlib.machinery
import importlib.util
import sys
import tempfile
import time
from pathlib import Path

LOADER = importlib.machinery.SourceFileLoader("run", str(Path(__file__).parent.parent / "run"))
run = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", LOADER))
sys.dont_write_bytecode = True
LOADER.exec_module(run)

# name, output, exit status, ran out of time, passed, failed
CASES = [
    ("two passed", "ok a\nok b\n", 0, False, 2, 0),
    ("one of two failed", "ok a\nnot ok b: why\n", 1, False, 1, 1),
    ("a failure counts whatever the status", "ok a\nnot ok b: why\n", 0, False, 1, 1),
    ("a sum", "12 passed, 3 failed\n", 1, False, 12, 3),
    ("a sum and its failures are not counted twice", "not ok b: why\n12 passed, 1 failed\n", 1, False, 12, 1),
    ("a silent success", "", 0, False, 1, 0),
    ("a silent failure", "", 3, False, 0, 1),
    ("a crash after successes", "ok a\nok b\n", 139, False, 2, 1),
    ("out of time", "ok a\n", None, True, 1, 1),
    ("only lines that begin so", "this is ok a\nsmoke\n", 0, False, 1, 0),
]


def check(name, holds, why=""):
    print(f"ok {name}" if holds else f"not ok {name}: {why}")
    return not holds


def main():
    failed = False
    for name, output, status, timed_out, passed, failures in CASES:
        outcome = run.Outcome(output, status, timed_out)
        counts = (outcome.passed, outcome.failed)
        failed |= check(name, counts == (passed, failures), f"{counts}")
    with tempfile.NamedTemporaryFile() as log:
        start = time.monotonic()
        outcome = run.run_command("sleep 60 & sleep 60", 0.5, Path(log.name))
        failed |= check("a hanging test is ended", outcome[:2] == (None, True) and time.monotonic() - start < 5, f"{outcome}")
        outcome = run.run_command("python3 -c 'while __import__(\"time\").process_time() < 0.3: pass'", 60, Path(log.name))
        failed |= check("time of the processor is counted", outcome[:2] == (0, False) and 0.3 <= outcome[2] < 5, f"{outcome}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
