#!/usr/bin/python3
"""The shell's terminal is on the screen and the PC's keyboard too, the supervisor's behind Alt-F2; programs learn how large it is.

It boots from the CD image, with a graphics card that has no driver: the screen is the one that the boot loader has set up."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "components"))
from console import connected  # noqa: E402
from machine import Checks  # noqa: E402
from pecanctl import ps  # noqa: E402
from shell import Shell  # noqa: E402
from terminals import COLUMNS, LINES, Screen, press  # noqa: E402


def types_and_sees(shell, monitor, screen):
    """On the keyboard: the terminal is as large as the screen from then on."""
    shell.type("clear; stty size")
    shell.rest()
    press(monitor, "s", "t", "t", "y", "spc", "s", "i", "z", "e", "ret")
    shell.expect(rf"{LINES} {COLUMNS}\r")
    screen.wait_for(["24 200", "root@pecan:/# stty size", f"{LINES} {COLUMNS}", "root@pecan:/#"])


def resizes(shell, monitor):
    """A program is told when somebody types elsewhere."""
    shell.type("""sh -c "trap 'echo re''sized' WINCH; echo rea''dy; read line\"""")
    shell.expect("ready\r")
    press(monitor, "ret")
    shell.expect("resized\r")
    shell.rest()


def switches(monitor, screen):
    press(monitor, "alt-f2", "h", "e", "l", "p", "ret")
    screen.wait_until(lambda lines: any("restart" in line for line in lines))
    press(monitor, "alt-f1")
    screen.wait_until(lambda lines: lines[0] == "24 200")


def comes_back(shell, screen):
    """The driver begins with a dark screen."""
    shell.output_of("clear; echo before")
    screen.wait_for(["before", "root@pecan:/#"])
    shell.output_of("pecanctl kill framebuffer")
    screen.wait_for(["before", "root@pecan:/# pecanctl kill framebuffer", "root@pecan:/#"])
    assert ps(shell, "framebuffer")[3] == "1", "it was not restarted"


def shows_logs(shell, monitor, screen):
    """What was said before is there, and what is said now comes."""
    press(monitor, "alt-f3")
    screen.wait_until(lambda lines: any(line.endswith("] framebuffer: display: started") for line in lines))
    shell.output_of("pecanctl kill log")
    screen.wait_until(lambda lines: any(line.endswith("] init: log failed: killed by a supervisor") for line in lines)
                      and sum("display: started" in line for line in lines) == 1)
    press(monitor, "alt-f1")


def main():
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "monitor"
        flags = ["-vga", "vmware", "-monitor", f"unix:{place},server=on,wait=off"]
        with Shell(seconds=120, iso=True, flags=flags) as shell, connected(place) as monitor:
            screen = Screen(monitor, folder)
            checks.run("a command typed on the keyboard", types_and_sees, shell, monitor, screen)
            checks.run("SIGWINCH", resizes, shell, monitor)
            checks.run("the supervisor's terminal on the screen", switches, monitor, screen)
            checks.run("logs on the third terminal", shows_logs, shell, monitor, screen)
            checks.run("the screen when its driver was killed", comes_back, shell, screen)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
