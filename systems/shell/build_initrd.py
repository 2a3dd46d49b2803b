#!/usr/bin/python3
"""Builds the archive (cpio, newc format) of the files that the shell system starts with.

The same inputs give the same bytes: no dates, owners or inode numbers of the building machine are in it.
"""

import argparse
import os
import stat
import subprocess
from pathlib import Path

DIRECTORIES = ["bin", "etc", "root", "sbin", "tests", "tests/programs", "tmp", "usr", "usr/bin", "usr/sbin", "var", "var/log", "var/run"]


class Archive:
    """Entries in the order in which they are added; a parent must come before its children."""

    def __init__(self):
        self.bytes = bytearray()
        self.names = set()

    def add(self, name, mode, data=b""):
        if name in self.names:
            return
        self.names.add(name)
        encoded = name.encode() + b"\0"
        fields = [len(self.names), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0]
        if name == "TRAILER!!!":
            fields[0] = 0
        self.bytes += b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        self.pad()
        self.bytes += data
        self.pad()

    def pad(self):
        self.bytes += bytes(-len(self.bytes) % 4)

    def add_directory(self, name):
        self.add(name, stat.S_IFDIR | (0o1777 if name == "tmp" else 0o755))

    def add_tree(self, top):
        for path in sorted(top.rglob("*")):
            name = str(path.relative_to(top))
            if path.is_symlink():
                self.add(name, stat.S_IFLNK | 0o777, os.readlink(path).encode())
            elif path.is_dir():
                self.add_directory(name)
            else:
                executable = path.stat().st_mode & 0o111
                self.add(name, stat.S_IFREG | (0o755 if executable else 0o644), path.read_bytes())


def applets(busybox):
    """The paths, without leading slash, under which the binary wants to be called."""
    output = subprocess.run([str(busybox.resolve()), "--list-full"], check=True, capture_output=True, text=True).stdout
    return [name for name in output.split() if name != "bin/busybox"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--busybox", type=Path, required=True, help="static busybox; its applets become links to it")
    parser.add_argument("--root", type=Path, required=True, help="tree that is copied as it is")
    parser.add_argument("programs", nargs="*", type=Path, help="programs for /tests/programs")
    arguments = parser.parse_args()

    archive = Archive()
    for name in DIRECTORIES:
        archive.add_directory(name)
    archive.add("bin/busybox", stat.S_IFREG | 0o755, arguments.busybox.read_bytes())
    for name in applets(arguments.busybox):
        archive.add(name, stat.S_IFLNK | 0o777, b"/bin/busybox")
    archive.add_tree(arguments.root)
    for program in arguments.programs:
        archive.add(f"tests/programs/{program.name}", stat.S_IFREG | 0o755, program.read_bytes())
    archive.add("TRAILER!!!", 0)

    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_bytes(archive.bytes)


if __name__ == "__main__":
    main()
