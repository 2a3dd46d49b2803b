#!/usr/bin/python3
"""docs/first-component.md, followed to the letter: its files, built with its commands outside the tree, say what it says."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pexpect

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/system"))
from machine import OUT, Checks  # noqa: E402

PAGE = (TOP / "docs/first-component.md").read_text()


def blocks(language):
    """The fenced blocks of a language; the empty one is what the terminal shows."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [text for name, text in fences if name == language]


def runs(folder, *lines):
    """`make run` in the folder prints the lines of the page."""
    environment = os.environ | {"MICROKIT_SDK": str(OUT.resolve() / "sdk"), "BUILD_DIR": "build"}
    console = pexpect.spawn("make", ["run"], cwd=folder, env=environment, timeout=60, encoding="utf-8")
    console.logfile_read = sys.stdout
    try:
        for line in lines:
            console.expect_exact(line)
    finally:
        console.send("\x01x")
        console.expect(pexpect.EOF, timeout=10)
        console.close()
    assert console.exitstatus == 0, f"make run ended with {console.exitstatus}"


def main():
    checks = Checks()
    programs, systems, makefiles = blocks("c"), blocks("xml"), blocks("make")
    shown = [line for block in blocks("") for line in block.splitlines() if "says" in line or "notified" in line]
    with tempfile.TemporaryDirectory(prefix="pecan-first-") as name:
        folder = Path(name)
        (folder / "greeter.c").write_text(programs[0])
        (folder / "greeter.system").write_text(systems[0])
        (folder / "Makefile").write_text(makefiles[0])
        checks.run("the first component", runs, folder, shown[0])
        (folder / "visitor.c").write_text(programs[1])
        (folder / "greeter.system").write_text(systems[0].replace("</system>", systems[1] + "</system>"))
        (folder / "Makefile").write_text(re.sub("PROGRAMS := .*", re.search(r"`(PROGRAMS := [^`]*)`", PAGE)[1], makefiles[0]))
        checks.run("the second component", runs, folder, shown[1], shown[2])
        report = (folder / "build/report.txt").read_text()
        assert "notify greeter" in report
        left = subprocess.run(["make", "clean"], cwd=folder, capture_output=True, text=True,
                              env=os.environ | {"MICROKIT_SDK": str(OUT.resolve() / "sdk"), "BUILD_DIR": "build"})
        assert left.returncode == 0 and not (folder / "build").exists()
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
