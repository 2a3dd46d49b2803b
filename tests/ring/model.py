#!/usr/bin/python3
"""Model-checks the ring (ring.pml), pairs of rings (pair.pml) and streams (stream.pml) with SPIN: as they are, and with mistakes, each
to be found.

With --long, as they are with more entries, bytes and restarts (some minutes).
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
BYTES = {"LEFT_SENDS": 5, "RIGHT_SENDS": 0, "RESTARTS": 0}
RESTARTED = {"LEFT_SENDS": 2, "RIGHT_SENDS": 0, "RESTARTS": 1}
BOTH_WAYS = {"LEFT_SENDS": 1, "RIGHT_SENDS": 1, "RESTARTS": 1}
SEVERAL = {"WANTED_BYTES": 2, "WANTED_ROOM": 1}

RIGHT = {
    "ring": ("ring.pml", {"ITEMS": 5, **NONE}),
    "ring, the producer restarts": ("ring.pml", {"ITEMS": 2, **PRODUCER}),
    "ring, the consumer restarts": ("ring.pml", {"ITEMS": 3, **CONSUMER}),
    "ring, both restart": ("ring.pml", {"ITEMS": 1, **BOTH}),
    "pair, both restart": ("pair.pml", PAIR),
    "stream": ("stream.pml", BYTES),
    "stream that wakes for several bytes, either side restarts": ("stream.pml", RESTARTED | SEVERAL),
    "stream both ways, either side restarts": ("stream.pml", BOTH_WAYS),
}
RIGHT_LONG = {
    "ring": ("ring.pml", {"ITEMS": 7, **NONE}),
    "ring, the producer restarts twice": ("ring.pml", {"ITEMS": 3, "PRODUCER_RESTARTS": 2, "CONSUMER_RESTARTS": 0}),
    "ring, the consumer restarts twice": ("ring.pml", {"ITEMS": 3, "PRODUCER_RESTARTS": 0, "CONSUMER_RESTARTS": 2}),
    "ring, both restart": ("ring.pml", {"ITEMS": 3, **BOTH}),
    "pair, both restart twice": ("pair.pml", {"CLIENT_RESTARTS": 2, "SERVER_RESTARTS": 2}),
    "stream": ("stream.pml", {"LEFT_SENDS": 8, "RIGHT_SENDS": 0, "RESTARTS": 0}),
    "stream, either side restarts": ("stream.pml", {"LEFT_SENDS": 4, "RIGHT_SENDS": 0, "RESTARTS": 1}),
    "stream that wakes for several bytes, two restarts": ("stream.pml", {"LEFT_SENDS": 3, "RIGHT_SENDS": 0, "RESTARTS": 2} | SEVERAL),
    "stream both ways": ("stream.pml", {"LEFT_SENDS": 3, "RIGHT_SENDS": 2, "RESTARTS": 0}),
    "stream both ways, two restarts": ("stream.pml", {"LEFT_SENDS": 1, "RIGHT_SENDS": 1, "RESTARTS": 2}),
}
# The mistake, the smallest setting that shows it, and what it leads to: a wrong or torn entry, a wrong byte, a lost wake-up (or lost
# bytes, for which their receiver waits), or a device that works on the buffer for a client that is no more.
TORN, WRONG, ASLEEP, FOREIGN = "STAMP|peer", r"bytes\[|early", r"arrived|is_answered|passed\[0\]", "client_number"
FEW, MANY = {"ITEMS": 2}, {"ITEMS": 5}
MISTAKES = [
    ("NO_RELEASE", "ring.pml", MANY | NONE, TORN),
    ("NO_ACQUIRE", "ring.pml", MANY | NONE, TORN),
    ("RELEASE_BEFORE_COPY", "ring.pml", MANY | NONE, TORN),
    ("NO_PUBLISH_FENCE", "ring.pml", MANY | NONE, ASLEEP),
    ("NO_RELEASE_FENCE", "ring.pml", MANY | NONE, ASLEEP),
    ("NO_PRODUCER_SLEEP_FENCE", "ring.pml", MANY | NONE, ASLEEP),
    ("NO_CONSUMER_SLEEP_FENCE", "ring.pml", MANY | NONE, ASLEEP),
    ("NO_LAST_LOOK", "ring.pml", MANY | NONE, ASLEEP),
    ("NO_REQUEST", "ring.pml", MANY | NONE, ASLEEP),
    ("NO_EPOCH_FIRST", "ring.pml", FEW | PRODUCER, TORN),
    ("NO_LOOK_AFTER_COPY", "ring.pml", FEW | PRODUCER, TORN),
    ("NO_FENCE_AFTER_COPY", "ring.pml", FEW | PRODUCER, TORN),
    ("NO_START_NOTIFICATION", "ring.pml", MANY | NONE, ASLEEP),
    ("SEPARATE_RINGS", "pair.pml", PAIR, FOREIGN),
    ("NO_ACCEPTANCE", "pair.pml", PAIR, FOREIGN),
    ("ACCEPT_AT_ONCE", "pair.pml", PAIR, FOREIGN),
    ("NO_ACCEPT_NOTIFICATION", "pair.pml", PAIR, ASLEEP),
    ("NO_RELEASE", "stream.pml", BYTES, WRONG),
    ("NO_ACQUIRE", "stream.pml", BYTES, WRONG),
    ("TAKE_BEFORE_COPY", "stream.pml", BYTES, WRONG),
    ("NO_PUBLISH_FENCE", "stream.pml", BYTES, ASLEEP),
    ("NO_BYTES_FENCE", "stream.pml", BYTES, ASLEEP),
    ("NO_ROOM_FENCE", "stream.pml", BYTES, ASLEEP),
    ("LOOK_FIRST", "stream.pml", BYTES, ASLEEP),
    ("NO_START_NOTIFICATION", "stream.pml", BOTH_WAYS, ASLEEP),
    ("START_EMPTY", "stream.pml", RESTARTED, ASLEEP),
]


def check(name, model, settings, compiler):
    """Searches all states; returns (states, the violated assertion or None)."""
    folder = FOLDER / name.replace(" ", "-").replace(",", "")
    folder.mkdir(parents=True, exist_ok=True)
    options = [f"-D{key}" if value is None else f"-D{key}={value}" for key, value in settings.items()]
    subprocess.run(["spin", "-a", *options, HERE / model], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*compiler, "-w", "-DSAFETY", "-DVECTORSZ=256", "-DCOLLAPSE", "-o", "search", "pan.c"], cwd=folder,
                   check=True)
    # -m: the longest path kept; the search must not be cut off there. -w: 2^22 slots for states; clearing more takes its time.
    output = subprocess.run(["./search", "-m100000", "-w22", "-n"], cwd=folder, check=True, capture_output=True, text=True).stdout
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
        states, violated = check(name, model, settings, ["gcc", "-O1"])
        failed |= bool(violated)
        print(f"not ok {name}: {violated}" if violated else f"ok {name}", flush=True)
        print(f"figure model of the {name}: {states} states", flush=True)
    for name, model, settings, effect in [] if is_long else MISTAKES:
        # A mistake shows within a few thousand states: compiling the search is what takes time.
        _, violated = check(f"{name} in {model}", model, {name: None, **settings}, ["clang", "-O0"])
        found = bool(violated and re.search(effect, violated))
        failed |= not found
        print(f"ok finds {name} in {model}" if found else f"not ok finds {name} in {model}: {violated}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
