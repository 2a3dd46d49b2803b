#!/usr/bin/python3
"""Model-checks the ring (ring.pml) with SPIN: the ring as it is, and with mistakes, each of which must be found.

With --long, the ring as it is with more entries and restarts (some minutes).
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

MODEL = Path(__file__).resolve().parent / "ring.pml"
FOLDER = Path(os.environ.get("OUT", "build/x86_64")) / "ring" / "model"

NONE = {"PRODUCER_RESTARTS": 0, "CONSUMER_RESTARTS": 0}
PRODUCER = {"PRODUCER_RESTARTS": 1, "CONSUMER_RESTARTS": 0}
CONSUMER = {"PRODUCER_RESTARTS": 0, "CONSUMER_RESTARTS": 1}
BOTH = {"PRODUCER_RESTARTS": 1, "CONSUMER_RESTARTS": 1}

RIGHT = {
    "without restarts": {"ITEMS": 5, **NONE},
    "the producer restarts": {"ITEMS": 2, **PRODUCER},
    "the consumer restarts": {"ITEMS": 3, **CONSUMER},
    "both restart": {"ITEMS": 1, **BOTH},
}
RIGHT_LONG = {
    "without restarts": {"ITEMS": 7, **NONE},
    "the producer restarts twice": {"ITEMS": 3, "PRODUCER_RESTARTS": 2, "CONSUMER_RESTARTS": 0},
    "the consumer restarts twice": {"ITEMS": 3, "PRODUCER_RESTARTS": 0, "CONSUMER_RESTARTS": 2},
    "both restart": {"ITEMS": 3, **BOTH},
}
# The mistake, the smallest setting that shows it, and what it leads to: a wrong or torn entry, or a lost wake-up.
TORN, ASLEEP = "STAMP|peer", "arrived"
MISTAKES = {
    "NO_RELEASE": (NONE, TORN),
    "NO_ACQUIRE": (NONE, TORN),
    "RELEASE_BEFORE_COPY": (NONE, TORN),
    "NO_PUBLISH_FENCE": (NONE, ASLEEP),
    "NO_RELEASE_FENCE": (NONE, ASLEEP),
    "NO_PRODUCER_SLEEP_FENCE": (NONE, ASLEEP),
    "NO_CONSUMER_SLEEP_FENCE": (NONE, ASLEEP),
    "NO_LAST_LOOK": (NONE, ASLEEP),
    "NO_REQUEST": (NONE, ASLEEP),
    "NO_EPOCH_FIRST": (PRODUCER, TORN),
    "NO_LOOK_AFTER_COPY": (PRODUCER, TORN),
    "NO_FENCE_AFTER_COPY": (PRODUCER, TORN),
    "NO_START_NOTIFICATION": (NONE, ASLEEP),
}


def check(name, settings, optimization):
    """Searches all states; returns (states, the violated assertion or None)."""
    folder = FOLDER / name.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    options = [f"-D{key}" if value is None else f"-D{key}={value}" for key, value in settings.items()]
    subprocess.run(["spin", "-a", *options, MODEL], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["gcc", optimization, "-w", "-DSAFETY", "-DVECTORSZ=256", "-DCOLLAPSE", "-o", "search", "pan.c"], cwd=folder,
                   check=True)
    # -m: the longest path kept; the search must not be cut off there.
    output = subprocess.run(["./search", "-m100000", "-n"], cwd=folder, check=True, capture_output=True, text=True).stdout
    if "max search depth too small" in output or "errors:" not in output:
        sys.exit(f"not ok {name}: the search was cut off:\n{output}")
    violated = re.search(r"^pan:1: (.*)$", output, re.MULTILINE)
    return int(re.search(r"(\d+) states, stored", output)[1]), violated and violated[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true")
    long = parser.parse_args().long
    failed = False
    for name, settings in (RIGHT_LONG if long else RIGHT).items():
        states, violated = check(name, settings, "-O2")
        failed |= bool(violated)
        print(f"not ok {name}: {violated}" if violated else f"ok {name}", flush=True)
        print(f"figure ring model, {name}: {states} states", flush=True)
    for name, (restarts, effect) in ({} if long else MISTAKES).items():
        # A mistake shows within a few thousand states: compiling the search is what takes time.
        _, violated = check(name, {"ITEMS": 5 if restarts is NONE else 2, name: None, **restarts}, "-O0")
        found = bool(violated and re.search(effect, violated))
        failed |= not found
        print(f"ok finds {name}" if found else f"not ok finds {name}: {violated}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
