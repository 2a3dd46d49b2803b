#!/usr/bin/python3
"""Time and random bytes: wake-ups are neither early nor late, also for who waits while the time server is restarted; random words differ, whatever
sources there are. QEMU counts instructions: the load of the host does not count."""

import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import OUT, Checks, Machine  # noqa: E402

SYSTEM = OUT / "systems" / "services" / "debug"
MOST_DELAY_US = 100
ICOUNT = ["-icount", "shift=0,sleep=off"]


def client_says(system, server_says):
    """What the client says. The random server's line is left out: when a device answers, it comes amid the client's."""
    text = ""
    while server_says not in text or "client: done" not in text.replace(server_says, ""):
        text += system.expect("(?s).+")[0]
    return text.replace(server_says, "")


def check(server_says, *flags, cpu="max"):
    """All words differ, the server says what sources it has, and wake-ups come when they should."""
    with Machine(system=SYSTEM, cpu=cpu, seconds=60, flags=[*ICOUNT, *flags]) as system:
        text = client_says(system, server_says)
    figures = {name: int(value) for name, value in re.findall(r"client: (.*) (\d+)\r", text)}
    delay, seconds = figures.pop("worst delay in us"), figures.pop("seconds")
    print(f"\nfigure the latest wake-up by the time server came {delay} us late")
    if figures != {"random words": 320, "the same": 0, "a wrong call gives": 1, "early": 0, "time went back": 0, "asked again": 2}:
        raise AssertionError(figures)
    if delay > MOST_DELAY_US:
        raise AssertionError(f"a wake-up came {delay} us late")
    if abs(time.time() - seconds) > 60:
        raise AssertionError(f"the clock shows {seconds} at {time.time()}")


def main():
    checks = Checks()
    checks.run("time, and random bytes from a device", check, "random: there is a device of random bytes\r\n",
               "-device", "virtio-rng-pci,addr=5")
    checks.run("time, and random bytes without any source", check,
               "random: no source yet but how long things take: what comes may be guessed\r\n", cpu="nehalem")
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
