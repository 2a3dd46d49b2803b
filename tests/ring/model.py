#!/usr/bin/python3
"""Model-checks the ring (ring.pml) and pairs of rings (pair.pml) with SPIN: as they are, and with mistakes, each to be found.

With --long, as they are with more entries and restarts (some minutes).
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = Path(os.environ.get("OUT", "build/x86_64")) / "ring" / "model"

NONE = {"PRODUCER_RESTARTS": 0, "CONSUMER_RESTARTS": 0}
PRODUCER = {"PRODUCER_RESTARTS": 1, "CONSUMER_RESTARTS": 0}
CONSUMER = {"PRODUCER_RESTARTS": 0, "CONSUMER_RESTARTS": 1}
BOTH = {"PRODUCER_RESTARTS": 1, "CONSUMER_RESTARTS": 1}
PAIR = {"CLIENT_RESTARTS": 1, "SERVER_RESTARTS": 1}

RIGHT = {
    "ring": ("ring.pml", {"ITEMS": 5, **NONE}),
    "ring, the producer restarts": ("ring.pml", {"ITEMS": 2, **PRODUCER}),
    "ring, the consumer restarts": ("ring.pml", {"ITEMS": 3, **CONSUMER}),
    "ring, both restart": ("ring.pml", {"ITEMS": 1, **BOTH}),
    "pair, both restart": ("pair.pml", PAIR),
}
RIGHT_LONG = {
    "ring": ("ring.pml", {"ITEMS": 7, **NONE}),
    "ring, the producer restarts twice": ("ring.pml", {"ITEMS": 3, "PRODUCER_RESTARTS": 2, "CONSUMER_RESTARTS": 0}),
    "ring, the consumer restarts twice": ("ring.pml", {"ITEMS": 3, "PRODUCER_RESTARTS": 0, "CONSUMER_RESTARTS": 2}),
    "ring, both restart": ("ring.pml", {"ITEMS": 3, **BOTH}),
    "pair, both restart twice": ("pair.pml", {"CLIENT_RESTARTS": 2, "SERVER_RESTARTS": 2}),
}
# The mistake, the smallest setting that shows it, and what it leads to: a wrong or torn entry, a lost wake-up, or a device
# that works on the buffer for a client that is no more.
TORN, ASLEEP, FOREIGN = "STAMP|peer", "arrived|is_answered", "client_number"
FEW, MANY = {"ITEMS": 2}, {"ITEMS": 5}
MISTAKES = {
    "NO_RELEASE": ("ring.pml", MANY | NONE, TORN),
    "NO_ACQUIRE": ("ring.pml", MANY | NONE, TORN),
    "RELEASE_BEFORE_COPY": ("ring.pml", MANY | NONE, TORN),
    "NO_PUBLISH_FENCE": ("ring.pml", MANY | NONE, ASLEEP),
    "NO_RELEASE_FENCE": ("ring.pml", MANY | NONE, ASLEEP),
    "NO_PRODUCER_SLEEP_FENCE": ("ring.pml", MANY | NONE, ASLEEP),
    "NO_CONSUMER_SLEEP_FENCE": ("ring.pml", MANY | NONE, ASLEEP),
    "NO_LAST_LOOK": ("ring.pml", MANY | NONE, ASLEEP),
    "NO_REQUEST": ("ring.pml", MANY | NONE, ASLEEP),
    "NO_EPOCH_FIRST": ("ring.pml", FEW | PRODUCER, TORN),
    "NO_LOOK_AFTER_COPY": ("ring.pml", FEW | PRODUCER, TORN),
    "NO_FENCE_AFTER_COPY": ("ring.pml", FEW | PRODUCER, TORN),
    "NO_START_NOTIFICATION": ("ring.pml", MANY | NONE, ASLEEP),
    "SEPARATE_RINGS": ("pair.pml", PAIR, FOREIGN),
    "NO_ACCEPTANCE": ("pair.pml", PAIR, FOREIGN),
    "ACCEPT_AT_ONCE": ("pair.pml", PAIR, FOREIGN),
    "NO_ACCEPT_NOTIFICATION": ("pair.pml", PAIR, ASLEEP),
}


def check(name, model, settings, optimization):
    """Searches all states; returns (states, the violated assertion or None)."""
    folder = FOLDER / name.replace(" ", "-").replace(",", "")
    folder.mkdir(parents=True, exist_ok=True)
    options = [f"-D{key}" if value is None else f"-D{key}={value}" for key, value in settings.items()]
    subprocess.run(["spin", "-a", *options, HERE / model], cwd=folder, check=True, stdout=subprocess.DEVNULL)
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
    is_long = parser.parse_args().long
    failed = False
    for name, (model, settings) in (RIGHT_LONG if is_long else RIGHT).items():
        states, violated = check(name, model, settings, "-O2")
        failed |= bool(violated)
        print(f"not ok {name}: {violated}" if violated else f"ok {name}", flush=True)
        print(f"figure model of the {name}: {states} states", flush=True)
    for name, (model, settings, effect) in ({} if is_long else MISTAKES).items():
        # A mistake shows within a few thousand states: compiling the search is what takes time.
        _, violated = check(name, model, {name: None, **settings}, "-O0")
        found = bool(violated and re.search(effect, violated))
        failed |= not found
        print(f"ok finds {name}" if found else f"not ok finds {name}: {violated}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
