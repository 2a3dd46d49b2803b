#!/usr/bin/python3
"""The examples of the SDK, built as an outsider builds them, do what their sources say."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import OUT, Checks, Machine  # noqa: E402


def says(name, *lines, **machine):
    with Machine(system=OUT / "systems" / name / "debug", seconds=40, **machine) as example:
        for line in lines:
            example.expect(line)


def main():
    checks = Checks()
    checks.run("hello greets", says, "hello", "hello, world, says hello")
    checks.run("a client calls a passive server", says, "client-server", "server: ready", "client: sum 1, words 1",
               "client: sum 3, words 1", "client: sum 6, words 1", "server: notified, the sum is 6",
               "client: the server says goodbye")
    checks.run("a driver gets interrupts and passes them on", says, "driver", "driver: the clock runs",
               "driver: tick 1\r", "listener: heard 1\r", "driver: tick 2\r", "listener: heard 2\r", "driver: tick 3\r",
               "listener: heard 3\r")
    checks.run("a client of a ring gets all answers from a server that fails", says, "squares", "server: start 1",
               "init: server failed: exception 6", "server: start 2", "client: 1000 squares, their sum is 332833500")
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
