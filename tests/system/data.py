#!/usr/bin/python3
"""Files on a disk: in the shell, over the death and update of components below, and over a new start of the machine."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from machine import OUT, TOP, Checks
from shell import Shell, expect_output

SYSTEM = TOP / "systems/shell/shell.system"
COMPONENTS = ["fs", "virtio-blk", "block", "pci"]
# Components that get a new program, its file, and what the new one says in other words than the old one.
UPDATES = [("fs", "fs.elf", b"\0mounted\0", b"\0updated\0"), ("virtio-blk", "virtio_blk.elf", b": started", b": updated")]
FILE_SYSTEM_BYTES = 1 << 20  # where the file system begins on the disk (systems/shell/make_disk.py)
FAILING_WRITES, FAILING_TABLES = 3, 2
# A program's file is copied again and again, made certain, and each copy is summed up.
LOAD = "(while true; do cat /bin/busybox > /data/copy; sync; md5sum < /data/copy; rm /data/copy; done > /tmp/sums 2>&1) &"


def disk_flags(image):
    return ["-drive", f"if=none,id=disk,format=raw,file={image}", "-device", "virtio-blk-pci,drive=disk,addr=3"]


def make_update(name, output, *search):
    subprocess.run([OUT / "sdk/bin/pecan", "update", SYSTEM, "--domain", name, "--search-path", *search, OUT / "components/debug",
                    OUT, "--board", "x86_64_generic", "--config", "debug", "-o", output], check=True, stdout=subprocess.DEVNULL)


def updates_fit():
    """The update of every component goes through the supervisor's region."""
    description = SYSTEM.read_text()
    room = int(re.search(r'memory_region name="update" size="(\w+)"', description)[1], 0)
    names = re.findall(r'<protection_domain name="([^"]*)"', description)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            make_update(name, Path(folder) / name)
        sizes = {name: (Path(folder) / name).stat().st_size for name in names}
    assert len(names) > 15 and all(size <= room for size in sizes.values()), sizes


def make_updates(image):
    """Puts updates on the disk: programs that are like those that run, but say something else when they start."""
    with tempfile.TemporaryDirectory() as folder:
        for name, file, before, after in UPDATES:
            program = (OUT / "components/debug" / file).read_bytes()
            assert before in program, f"{file} no longer says {before}"
            (Path(folder) / file).write_bytes(program.replace(before, after))
            update = Path(folder) / f"{name}.update"
            make_update(name, update, folder)
            subprocess.run(["/sbin/debugfs", "-w", "-R", f"write {update} {update.name}",
                            f"{image}?offset={FILE_SYSTEM_BYTES}"], check=True, stderr=subprocess.DEVNULL)


def programs_work(shell):
    output = shell.output_of("/tests/programs/disk; echo status $?", 100)
    assert "status 0" in output and "not ok" not in output, output


def sums_are_right(shell):
    """Ends the load: every sum is right, and none is missing."""
    shell.output_of("sleep 2; kill %1; wait; sync", 60)
    count = int(shell.output_of("wc -l < /tmp/sums", 20))
    assert count > 3, f"{count} copies were made"
    expect_output(shell, "[ \"$(sort -u /tmp/sums)\" = \"$(md5sum < /bin/busybox)\" ]; echo $?", "0\n")


def components_die(shell):
    """All that lies below the files dies in turn while they are written."""
    shell.output_of(LOAD)
    for component in COMPONENTS * 2:
        expect_output(shell, f"sleep 1; pecanctl kill {component}", "")
    sums_are_right(shell)


def components_change(shell):
    """Programs that lie below the files get new ones while they are written."""
    shell.output_of(LOAD)
    for name, *_ in UPDATES:
        update = f"pecanctl update {name} /data/{name}.update; echo status $?; sleep 1"
        expect_output(shell, update, "status 0\n")
    shell.output_of("pecanctl kill fs; sleep 1")
    for name, *_ in UPDATES:
        assert f"{name}: updated" in shell.output_of(f"pecanctl log {name} 1", 30)
    sums_are_right(shell)


def linux_dies(shell):
    """The personality itself, while the disk is at work for it: another one comes, and has as much memory, and what was certain."""
    expect_output(shell, "cp /bin/busybox /data/certain && sync", "")
    accounts = shell.output_of("pecanctl memory")
    for number in range(1, 4):
        shell.output_of(LOAD)
        shell.type("sleep 1; pecanctl kill linux")
        shell.expect("Linux starts again; its programs are gone")
        shell.rest(60)
        shell.output_of("stty cols 200")
        expect_output(shell, "cmp /bin/busybox /data/certain && echo same", "same\n")
        line = shell.output_of("pecanctl ps | grep ^linux").split()
        assert line[1] == "runs" and line[3] == str(number) and line[-1] == "killed", line
        assert "cp " not in shell.output_of("ps"), "a program has survived"
    assert shell.output_of("pecanctl memory") == accounts


def log_sector(image):
    """Of the disk, where the second block of the file system's log is: the first of the first transaction."""
    blocks = subprocess.run(["/sbin/debugfs", "-R", "blocks <8>", f"{image}?offset={FILE_SYSTEM_BYTES}"], check=True,
                            capture_output=True, text=True).stdout.split()
    return FILE_SYSTEM_BYTES // 512 + int(blocks[1]) * 8


def table_reads(image):
    """Reads of the partition table at either end, for the block server's first starts; the firmware reads the first sector, too."""
    last = Path(image).stat().st_size // 512 - 1
    return [{"iotype": "read", "sector": sector} for sector in (0, 0, last) for _ in range(FAILING_TABLES)]


def the_disk_fails(image, failing):
    """Some requests of the disk fail, in the servers' second and third start, too: programs get errors, until the disk can be written."""
    blocks = {"driver": "raw", "node-name": "disk", "file": {
        "driver": "blkdebug", "image": {"driver": "file", "filename": image},
        "inject-error": [{"event": "none", "once": True, **request} for request in failing]}}
    flags = ["-blockdev", json.dumps(blocks), "-device", "virtio-blk-pci,drive=disk,addr=3"]
    with Shell(flags=flags, seconds=90) as shell:
        output = shell.output_of("errors=0; until dd if=/bin/busybox of=/data/late bs=64k conv=fsync; do errors=$((errors+1)); sleep 1; done; "
                                 "cmp /bin/busybox /data/late && echo same after $errors errors", 80)
        assert re.search(r"same after [1-9]\d* errors\n", output), output
        assert "more luck with the disk" in shell.output_of("pecanctl log init 40")


def files_last(image):
    with Shell(flags=disk_flags(image), variant="release") as shell:
        expect_output(shell, "mkdir /data/kept && cp /bin/busybox /data/kept/b", "")
        expect_output(shell, "echo kept > /data/kept/k", "")
        expect_output(shell, "mkfifo /tmp/p; /tests/programs/disk map /data/kept/m > /tmp/p & head -n 1 /tmp/p", "mapped\n")
        shell.type("exit 3")
        assert shell.end(30) == 3
    with Shell(flags=disk_flags(image), variant="release", cpu="haswell") as shell:
        expect_output(shell, "cat /data/kept/k /data/kept/m; cmp /bin/busybox /data/kept/b && echo same", "kept\nmapped\nsame\n")
        expect_output(shell, "df /data | grep -c ' /data$'", "1\n")
        shell.type("poweroff")
        assert shell.end(30) == 0


def without_a_disk():
    with Shell() as shell:
        output = shell.output_of("/tests/programs/disk none; echo status $?")
        assert "ok no_disk" in output and "status 0" in output, output
        # Another driver might find one.
        log = shell.output_of("pecanctl kill virtio-blk; sleep 2; pecanctl log init 20")
        assert re.search("block gives up: .*[^$]*fs gives up: ", log), log
        assert "No such device" in shell.output_of("ls /data/f")


def main():
    checks = Checks()
    with tempfile.NamedTemporaryFile(suffix=".img") as file:
        subprocess.run([TOP / "systems/shell/make_disk.py", "--output", file.name, "--mib", "64"], check=True)
        make_updates(file.name)
        with Shell(seconds=200, flags=disk_flags(file.name)) as shell:
            checks.run("programs", programs_work, shell)
            checks.run("components below die", components_die, shell)
            checks.run("components below are updated", components_change, shell)
            checks.run("Linux dies", linux_dies, shell)
        checks.run("files last", files_last, file.name)
        writes = [{"iotype": "write"}] * FAILING_WRITES
        checks.run("a disk that fails when it is mounted", the_disk_fails, file.name, writes + table_reads(file.name))
        writes = [{"iotype": "write", "sector": log_sector(file.name)}] * FAILING_WRITES
        checks.run("a disk that fails when it is in use", the_disk_fails, file.name, writes)
    checks.run("an update fits for each component", updates_fit)
    checks.run("no disk", without_a_disk)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
