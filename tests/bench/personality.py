#!/usr/bin/python3
"""What Linux calls cost on Pecan's personality and on Debian's Linux kernel: the same binary, the same QEMU and flags."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / folder) for folder in ("tests/system", "tools/bench", "systems/shell")]
from build_initrd import Archive  # noqa: E402
import bench  # noqa: E402
import measure  # noqa: E402
from shell import Shell  # noqa: E402

OUT = Path(os.environ.get("OUT", "build/x86_64"))
LINUX = TOP / "third_party" / "cache" / "linux" / "vmlinuz"
PROGRAM = OUT / "programs" / "cost"
SECONDS = 300


def on_pecan():
    with Shell(cpu=measure.CPU, variant="release", seconds=SECONDS, flags=["-icount", "shift=0,sleep=off"]) as shell:
        return measure.parse_output(shell.output_of("/tests/programs/cost", SECONDS))


def on_linux(folder):
    """The program is the first process; the first files hold nothing else. It resets the machine when it is done."""
    archive = Archive()
    archive.add("init", stat.S_IFREG | 0o755, PROGRAM.read_bytes())
    archive.add("TRAILER!!!", 0)
    initrd = folder / "linux.cpio"
    initrd.write_bytes(bytes(archive.bytes))
    command = ["tools/run/boot", "--kernel", LINUX, "--module", initrd, "--cpu", measure.CPU, "--icount", "--timeout", str(SECONDS),
               "--", "-append", "console=ttyS0 quiet panic=-1"]
    process = subprocess.run(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")
    text = re.sub(r"\r+\n", "\n", process.stdout)
    return measure.parse_output(text)


def main():
    folder = OUT / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    pecan, linux = on_pecan(), on_linux(folder.resolve())
    print(f"\n{'Linux call':<20}{'Pecan':>10}{'max':>12}{'Linux':>10}{'max':>12}{'ratio':>8}")
    for name, ours in pecan.items():
        theirs = linux[name]
        print(f"{name:<20}{ours['median']:>10}{ours['max']:>12}{theirs['median']:>10}{theirs['max']:>12}"
              f"{ours['median'] / theirs['median']:>8.2f}")
    bench.personality_write({"pecan": pecan, "linux": linux})
    return 0


if __name__ == "__main__":
    sys.exit(main())
