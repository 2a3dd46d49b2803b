#!/usr/bin/python3
"""A program reads and writes a disk through the ring of its driver, on both machines, with each kind of interrupt."""

import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import OUT, Checks, Machine  # noqa: E402

SYSTEM = OUT / "systems" / "disk" / "debug"
SECTOR, BLOCK, READ = 512, 4096, 8 * 4096
WRITTEN = 128 * SECTOR


def written_block():
    """What systems/disk/client.c writes."""
    return bytes((place * 31 + place // 256) % 256 for place in range(BLOCK))


def disk_flags(path, machine, device=""):
    return ["-machine", machine, "-drive", f"if=none,id=disk,format=raw,file={path}",
            "-device", f"virtio-blk-pci,drive=disk,addr=3{device}"]


def reads_and_writes(machine, device, interrupts):
    content = random.Random(1).randbytes(1 << 20)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "disk"
        path.write_bytes(content)
        with Machine(system=SYSTEM, seconds=60, flags=disk_flags(path, machine, device)) as system:
            system.expect(f"virtio-blk: started, with {interrupts}")
            system.expect("client: first result 0\r")
            system.expect(f"client: the sum of 32 KiB is {sum(content[:READ])}\r")
            system.expect("client: written with result 0\r")
            system.expect("client: flushed with result 0\r")
            system.expect("client: read back, wrong bytes: 0\r")
            system.expect("client: beyond the end: result 1\r")
            system.expect("client: the size: result 0\r")
            system.expect(f"client: sectors: {len(content) // SECTOR}\r")
            system.expect("client: no such buffer: result 1\r")
            system.expect("client: done")
        wanted = content[:WRITTEN] + written_block() + content[WRITTEN + BLOCK:]
        if path.read_bytes() != wanted:
            raise AssertionError("the disk does not hold what was written, and nothing else")


def read_only_disk_refuses():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "disk"
        path.write_bytes(bytes(1 << 20))
        flags = disk_flags(path, "pc")
        flags[3] += ",readonly=on"
        with Machine(system=SYSTEM, seconds=60, flags=flags) as system:
            system.expect("client: first result 0\r")
            system.expect("client: written with result 1\r")
            system.expect("client: done")


def missing_disk_is_an_error():
    with Machine(system=SYSTEM, seconds=60) as system:
        system.expect("virtio-blk: no disk")
        system.expect("client: first result 3\r")
        system.expect("client: done")


def main():
    checks = Checks()
    for machine in ("pc", "q35"):
        checks.run(f"disk on {machine}, message interrupts", reads_and_writes, machine, "", "message interrupts")
    checks.run("disk on pc, line interrupt", reads_and_writes, "pc", ",vectors=0", "the line interrupt")
    # This one offers no flush.
    checks.run("disk on q35, line interrupt, no cache", reads_and_writes, "q35",
               ",vectors=0,write-cache=off,config-wce=off", "the line interrupt")
    checks.run("a read-only disk refuses to be written", read_only_disk_refuses)
    checks.run("requests to a disk that is not there are answered", missing_disk_is_an_error)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
