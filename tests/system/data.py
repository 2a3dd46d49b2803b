#!/usr/bin/python3
"""Files on a disk: in the shell, over the death of every component below, and over a new start of the machine."""

import subprocess
import sys
import tempfile

from machine import TOP, Checks
from shell import Shell, expect_output

COMPONENTS = ["fs", "virtio-blk", "block", "pci"]
# A program's file is copied again and again, made certain, and each copy is summed up.
LOAD = "(while true; do cat /bin/busybox > /data/copy; sync; md5sum < /data/copy; rm /data/copy; done > /tmp/sums 2>&1) &"


def disk_flags(image):
    return ["-drive", f"if=none,id=disk,format=raw,file={image}", "-device", "virtio-blk-pci,drive=disk,addr=3"]


def programs_work(shell):
    output = shell.output_of("/tests/programs/disk; echo status $?", 100)
    assert "status 0" in output and "not ok" not in output, output


def components_die(shell):
    """All that lies below the files dies in turn while they are written: every sum is right, and none is missing."""
    shell.output_of(LOAD)
    for component in COMPONENTS * 2:
        shell.output_of(f"sleep 1; pecanctl kill {component}", 30)
    shell.output_of("sleep 2; kill %1; wait; sync", 60)
    count = int(shell.output_of("wc -l < /tmp/sums", 20))
    assert count > 3, f"{count} copies were made"
    expect_output(shell, "[ \"$(sort -u /tmp/sums)\" = \"$(md5sum < /bin/busybox)\" ]; echo $?", "0\n")


def files_last(image):
    with Shell(flags=disk_flags(image), variant="release") as shell:
        expect_output(shell, "mkdir /data/kept && cp /bin/busybox /data/kept/b", "")
        expect_output(shell, "echo kept > /data/kept/k", "")
        shell.type("exit 3")
        assert shell.end(30) == 3
    with Shell(flags=disk_flags(image), variant="release", cpu="haswell") as shell:
        expect_output(shell, "cat /data/kept/k; cmp /bin/busybox /data/kept/b && echo same", "kept\nsame\n")
        expect_output(shell, "df /data | grep -c ' /data$'", "1\n")
        shell.type("poweroff")
        assert shell.end(30) == 0


def without_a_disk():
    with Shell() as shell:
        output = shell.output_of("/tests/programs/disk none; echo status $?")
        assert "ok no_disk" in output and "status 0" in output, output


def main():
    checks = Checks()
    with tempfile.NamedTemporaryFile(suffix=".img") as file:
        subprocess.run([TOP / "systems/shell/make_disk.py", "--output", file.name, "--mib", "64"], check=True)
        with Shell(seconds=200, flags=disk_flags(file.name)) as shell:
            checks.run("programs", programs_work, shell)
            checks.run("components below die", components_die, shell)
        checks.run("files last", files_last, file.name)
    checks.run("no disk", without_a_disk)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
