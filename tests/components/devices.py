#!/usr/bin/python3
"""Frames go to QEMU's user network and come back, and random bytes come, on both machines."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import OUT, Checks, Machine  # noqa: E402

SYSTEM = OUT / "systems" / "devices" / "debug"


def net_and_rng(machine):
    flags = ["-machine", machine, "-netdev", "user,id=net", "-device",
             "virtio-net-pci,netdev=net,addr=4,mac=52:54:00:12:34:56", "-device", "virtio-rng-pci,addr=5"]
    with Machine(system=SYSTEM, seconds=60, flags=flags) as system:
        system.expect("client: the card's address ends with 86\r")
        # QEMU's user network has addresses 52:55:...
        system.expect("client: from an address that begins with 82\r")
        system.expect("client: all answered: 200\r")


def random_words():
    with Machine(system=SYSTEM, seconds=60, flags=["-device", "virtio-rng-pci,addr=5"]) as system:
        system.expect("virtio-rng: started")
        system.expect("client: of 64 random words differ 64\r")


def nothing_there():
    with Machine(system=SYSTEM, seconds=60) as system:
        system.expect("virtio-net: no card")
        system.expect("virtio-rng: no device")
        system.expect("client: no card")


def main():
    checks = Checks()
    for machine in ("pc", "q35"):
        checks.run(f"network card on {machine}", net_and_rng, machine)
    checks.run("random bytes", random_words)
    checks.run("devices that are not there", nothing_there)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
