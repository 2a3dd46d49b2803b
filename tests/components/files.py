#!/usr/bin/python3
"""A file system under load: the owner of the PCI buses, the disk's driver, the block server, the file server and the load are restarted hundreds
of times, and the power is cut: no byte is wrong, nothing that was committed is lost, and e2fsck finds nothing."""

import random
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "system"))
from disk import disk_flags  # noqa: E402
from machine import OUT, Checks, Machine  # noqa: E402

SYSTEM = OUT / "systems" / "files" / "debug"
PAGE = 4096
FILE_SYSTEM_START = 1 << 20  # on the disk (systems/shell/make_disk.py)
FAULTS = 80
CUTS = 4
FILES = 6
PAGE_MAGIC = 0x65676170656C6966


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def make_disk(path):
    """One partition with an empty file system."""
    made = run(TESTS.parent / "systems/shell/make_disk.py", "--output", path, "--mib", "34")
    assert made.returncode == 0, made.stderr


def checked_partition(path, folder):
    """A copy of the file system, its journal replayed; e2fsck finds nothing wrong with it."""
    part = folder / "checked"
    part.write_bytes(path.read_bytes()[FILE_SYSTEM_START:])
    replayed = run("/sbin/e2fsck", "-y", "-E", "journal_only", part)
    assert replayed.returncode in (0, 1), replayed.stdout + replayed.stderr
    orphans = run("/sbin/e2fsck", "-p", part)
    assert orphans.returncode in (0, 1), orphans.stdout + orphans.stderr
    checked = run("/sbin/e2fsck", "-fn", part)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    return part


def word(file, generation, page, place):
    """As in files/load.c."""
    return ((file << 56) + (generation << 24) + (page << 12) + place) * 0x9E3779B97F4A7C15 % 2**64


def generations(part, folder, number):
    """Of the pages of a file, each of which is whole; none if there is no such file."""
    dumped = folder / "dumped"
    dumped.unlink(missing_ok=True)
    run("/sbin/debugfs", "-R", f"dump /file-{number} {dumped}", part)
    if not dumped.exists():
        return []
    content = dumped.read_bytes()
    assert len(content) % PAGE == 0, f"file {number} has {len(content)} bytes"
    found = []
    for page in range(len(content) // PAGE):
        words = struct.unpack_from("<512Q", content, page * PAGE)
        generation = words[2]
        right = (PAGE_MAGIC, number, generation, page, len(content) // PAGE)
        assert words[:5] == right, f"file {number}, page {page}: {words[:5]} is not {right}"
        assert all(words[i] == word(number, generation, page, i) for i in range(5, 512)), f"file {number}, page {page} is torn"
        found.append(generation)
    return found


def nothing_committed_is_lost(part, folder, committed):
    for number in range(FILES):
        found = generations(part, folder, number)
        if number not in committed:
            continue
        wanted = committed[number]
        assert found and min(found) >= wanted, f"file {number} has generations {found}, and {wanted} was committed"


def commits(text):
    return {int(number): int(generation) for number, generation in re.findall(r"load: committed (\d+) (\d+)\r", text)}


def flags_of(path, machine):
    """The host does not wait for its own disk: what QEMU has written stays when QEMU is killed."""
    flags = disk_flags(path, machine)
    flags[3] += ",cache=unsafe"
    return flags


def survives_faults(machine):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "disk"
        make_disk(path)
        with Machine(system=SYSTEM, seconds=150, flags=flags_of(path, machine)) as system:
            system.expect("tester: faults [^$]*tester: done")
            text = system.console.before + system.console.match[0]
        numbers = {what: int(number) for what, number in re.findall(r"tester: ([a-z ]+) (\d+)", text)}
        print(f"\nfigure files -machine {machine}: {numbers['faults']} faults, {numbers['operations']} operations, "
              f"sent again {numbers['sent again']} times, {numbers['wrong bytes']} wrong bytes")
        assert numbers["faults"] == FAULTS and numbers["wrong bytes"] == 0 and numbers["refused"] == 0, numbers
        nothing_committed_is_lost(checked_partition(path, folder), folder, commits(text))


def survives_power_cuts(machine):
    """The same disk again and again: what the server finds after a cut, it mends by itself."""
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "disk"
        make_disk(path)
        for _ in range(CUTS):
            with Machine(system=SYSTEM, seconds=60, flags=flags_of(path, machine)) as system:
                text = ""
                for _ in range(chance.randrange(10, 40)):
                    system.expect(r"load: committed \d+ \d+\r")
                    text += system.console.match[0]
                system.stop()
            assert "wrong" not in text, text
            nothing_committed_is_lost(checked_partition(path, folder), folder, commits(text))


def says_that_there_is_no_disk():
    with Machine(system=SYSTEM, seconds=60) as system:
        system.expect("fs: no disk")
        system.expect("load: attach14 0")


def main():
    checks = Checks()
    checks.run("everybody is restarted", survives_faults, "q35")
    checks.run("the power is cut", survives_power_cuts, "pc")
    checks.run("there is no disk", says_that_there_is_no_disk)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
