#!/usr/bin/python3
"""Drivers, their clients, and the owner of the PCI buses are restarted under load, hundreds of times: no byte is wrong."""

import io
import re
import struct
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path += [str(TESTS / "system"), str(TESTS.parent / "systems/shell")]
from disk import disk_flags  # noqa: E402
from machine import OUT, Checks, Machine  # noqa: E402
from make_disk import SECTOR, TABLE_SECTORS, write_table  # noqa: E402

FAULTS = 300
LOAD_SECTORS = 1024


def partitioned_disk():
    """Two partitions of zeros: the load has the second."""
    partitions = [("other", 34, 99), ("load", 100, 100 + LOAD_SECTORS - 1)]
    sectors = partitions[-1][2] + 1 + TABLE_SECTORS + 1
    image = io.BytesIO(bytes(sectors * SECTOR))
    write_table(image, sectors, partitions)
    return image.getvalue()


def record(*entries):
    """A boot record, or one of a logical partition; `entries` are (type, first sector, sectors)."""
    packed = b"".join(struct.pack("<4xB3xII", *entry) for entry in entries)
    return (bytes(446) + packed).ljust(SECTOR - 2, b"\0") + b"\x55\xaa"


def disk_with_logical_partitions():
    """The same with a boot record, and two more in an extended partition behind them, each behind a record of its own."""
    first, each = 100 + LOAD_SECTORS, 50
    image = bytearray((first + 2 * each) * SECTOR)
    image[:SECTOR] = record((0x83, 34, 66), (0x83, 100, LOAD_SECTORS), (0x05, first, 2 * each))
    image[first * SECTOR:(first + 1) * SECTOR] = record((0x83, 1, each - 1), (0x05, each, each))
    image[(first + each) * SECTOR:(first + each + 1) * SECTOR] = record((0x83, 1, each - 1))
    return image


def survives_faults(name, flags, resent, begin=""):
    with Machine(system=OUT / "systems" / name / "debug", seconds=150, flags=flags) as system:
        system.expect(begin)
        system.expect("tester: faults [^$]*tester: done")
        found = dict(re.findall(r"tester: ([a-z ]+) (\d+)", system.console.match[0]))
    numbers = {what: int(number) for what, number in found.items()}
    print(f"\nfigure {name} {' '.join(flags[:2])}: {numbers['faults']} faults, {numbers['operations']} operations, "
          f"sent again {numbers['sent again']} times, {numbers['wrong bytes']} wrong bytes")
    # The tester's last wait is for answers after the last fault: all were recovered from.
    assert numbers["faults"] == FAULTS, numbers
    assert numbers["wrong bytes"] == 0 and numbers["refused"] == 0, numbers
    assert numbers["interruptions"] >= FAULTS * 0.9 and numbers["sent again"] in resent, numbers


def disk_survives(machine, device, disk, partitions):
    """The load notices restarts of itself and of the block server, but not those of the driver behind that."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "disk"
        path.write_bytes(disk)
        survives_faults("disk_faults", disk_flags(path, machine, device),
                        resent=range(FAULTS // 4, FAULTS // 2), begin=f"block: partitions: {partitions}\r")


def network_survives(machine):
    survives_faults("net_faults", ["-machine", machine, "-netdev", "user,id=net", "-device",
                                   "virtio-net-pci,netdev=net,addr=4,mac=52:54:00:12:34:56"],
                    resent=range(FAULTS // 2, FAULTS))


def main():
    checks = Checks()
    checks.run("disk on pc, line interrupt", disk_survives, "pc", ",vectors=0", partitioned_disk(), "1 2")
    checks.run("disk on q35, message interrupts", disk_survives, "q35", "", disk_with_logical_partitions(), "1 2 5 6")
    checks.run("network card on pc", network_survives, "pc")
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
