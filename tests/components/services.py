#!/usr/bin/python3
"""Time and random bytes: wake-ups are neither early nor late, also for who waits while the time server is restarted; random words differ, whatever
sources there are. QEMU counts instructions: the load of the host does not count."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import OUT, Checks, Machine  # noqa: E402

SYSTEM = OUT / "systems" / "services" / "debug"
MOST_DELAY_US = 100
ICOUNT = ["-icount", "shift=0,sleep=off"]


def time_passes(system):
    system.expect("client: a wrong call gives 1\r")
    system.expect("client: early 0\r\nclient: time went back 0\r\nclient: asked again 2\r")
    delay = int(system.expect(r"client: worst delay in us (\d+)\r")[1])
    seconds = int(system.expect(r"client: seconds (\d+)\r\nclient: done")[1])
    print(f"\nfigure the latest wake-up by the time server came {delay} us late")
    if delay > MOST_DELAY_US:
        raise AssertionError(f"a wake-up came {delay} us late")
    if abs(time.time() - seconds) > 60:
        raise AssertionError(f"the clock shows {seconds} at {time.time()}")


def random_words(said, *flags, cpu="max"):
    """All words differ; the server says what sources it has."""
    with Machine(system=SYSTEM, cpu=cpu, seconds=60, flags=[*ICOUNT, *flags]) as system:
        system.expect(said)
        system.expect("client: random words 320\r\nclient: the same 0\r")
        time_passes(system)


def main():
    checks = Checks()
    checks.run("time, and random bytes from a device", random_words, "random: there is a device", "-device", "virtio-rng-pci,addr=5")
    checks.run("time, and random bytes without any source", random_words, "random: no source yet", cpu="nehalem")
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
