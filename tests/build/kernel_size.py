#!/usr/bin/python3
"""The release kernel's code and read-only data, without what only boot uses (sections .boot*), must stay small."""

import os
import subprocess
import sys

LIMIT = 64 * 1024


def resident_sections(kernel):
    """(name, bytes) of the sections that are loaded, read-only, and not for boot only."""
    listing = subprocess.run(["readelf", "-SW", kernel], check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        fields = line.partition("]")[2].split()
        if len(fields) < 7 or not all(c in "0123456789abcdef" for c in fields[4]):
            continue
        name, flags = fields[0], fields[6]
        if "A" in flags and "W" not in flags and not name.startswith(".boot"):
            yield name, int(fields[4], 16)


def main():
    kernel = os.path.join(os.environ["OUT"], "release", "kernel.elf")
    sections = list(resident_sections(kernel))
    for name, size in sections:
        print(f"{name:20} {size:7}")
    total = sum(size for _, size in sections)
    print(f"figure release kernel, code and read-only data: {total} bytes (limit {LIMIT})")
    verdict = "ok" if 0 < total <= LIMIT else "not ok"
    print(f"{verdict} release kernel holds at most {LIMIT} bytes: {total}")
    return verdict != "ok"


if __name__ == "__main__":
    sys.exit(main())
