#!/usr/bin/python3
"""Makes the disk of the shell system: a partition table (GPT) with one partition, and an empty ext4 file system on it.

Tests use write_table for other partitions.
"""

import argparse
import os
import struct
import subprocess
import uuid
import zlib

SECTOR = 512
ENTRIES, ENTRY_BYTES = 128, 128
TABLE_SECTORS = ENTRIES * ENTRY_BYTES // SECTOR
FIRST_USABLE = 2 + TABLE_SECTORS
FIRST = 2048  # sector of the partition
LINUX_DATA = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
# What the file server knows (user/servers/fs): blocks of 4 KiB, a journal, directories without an index.
FILE_SYSTEM = ["-q", "-F", "-t", "ext4", "-b", "4096", "-J", "size=4", "-O", "^dir_index", "-L", "data"]


def usable_end(sectors):
    """The last sector that partitions may have, of so many."""
    return sectors - 1 - TABLE_SECTORS - 1


def header(here, other, table, sectors, disk, table_crc):
    """A header of the table: at `here`, with its copy at `other`."""
    fields = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, here, other, FIRST_USABLE, usable_end(sectors),
                         disk.bytes_le, table, ENTRIES, ENTRY_BYTES, table_crc)
    crc = zlib.crc32(fields)
    return (fields[:16] + struct.pack("<I", crc) + fields[20:]).ljust(SECTOR, b"\0")


def write_table(image, sectors, partitions):
    """The table and its copy on a disk of so many sectors; `partitions` are (name, first sector, last sector)."""
    entries = (struct.pack("<16s16sQQQ72s", LINUX_DATA.bytes_le, uuid.uuid4().bytes_le, first, last, 0, name.encode("utf-16-le"))
               for name, first, last in partitions)
    table = b"".join(entries).ljust(ENTRIES * ENTRY_BYTES, b"\0")
    disk, crc = uuid.uuid4(), zlib.crc32(table)
    protective = struct.pack("<446xB3sB3sII48x2s", 0, b"\0\x02\0", 0xEE, b"\xff\xff\xff", 1, sectors - 1, b"\x55\xaa")
    image.write(protective + header(1, sectors - 1, 2, sectors, disk, crc) + table)
    image.seek((sectors - 1 - TABLE_SECTORS) * SECTOR)
    image.write(table + header(sectors - 1, 1, sectors - 1 - TABLE_SECTORS, sectors, disk, crc))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True)
    parser.add_argument("--mib", type=int, default=256)
    arguments = parser.parse_args()
    unfinished = arguments.output + ".new"
    sectors = (arguments.mib << 20) // SECTOR
    last = usable_end(sectors)
    with open(unfinished, "wb") as image:
        image.truncate(arguments.mib << 20)
        write_table(image, sectors, [("data", FIRST, last)])
    subprocess.run(["/sbin/mke2fs", *FILE_SYSTEM, "-E", f"offset={FIRST * SECTOR}", unfinished,
                    f"{(last - FIRST + 1) * SECTOR // 4096 * 4}k"],
                   check=True)
    os.rename(unfinished, arguments.output)


if __name__ == "__main__":
    main()
