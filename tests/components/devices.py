#!/usr/bin/python3
"""Frames go to QEMU's user network and come back, and random bytes come, on both machines, also behind bridges."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import OUT, Checks, Machine  # noqa: E402

SYSTEM = OUT / "systems" / "devices" / "debug"


NETWORK = "virtio-net-pci,netdev=net,mac=52:54:00:12:34:56,"
# On pc the source of random bytes, on q35 the network card is behind two bridges.
BEHIND_BRIDGES = {
    "pc": ["pci-bridge,id=outer,chassis_nr=1,addr=6", "pci-bridge,id=inner,chassis_nr=2,bus=outer,addr=1",
           "virtio-rng-pci,bus=inner,addr=2", NETWORK + "addr=4"],
    "q35": ["pcie-root-port,id=outer,chassis=1,addr=6", "pcie-pci-bridge,id=inner,bus=outer",
            NETWORK + "bus=inner,addr=3", "virtio-rng-pci,addr=5"]}


# The interrupt lines of these places are those of devices.system, on both machines.
WITH_LINES = [NETWORK + "addr=3,vectors=0", "virtio-rng-pci,addr=5,vectors=0"]


def net_and_rng(machine, devices):
    flags = ["-machine", machine, "-netdev", "user,id=net"]
    for device in devices:
        flags += ["-device", device]
    with Machine(system=SYSTEM, seconds=60, flags=flags) as system:
        system.expect("client: the card's address ends with 86\r")
        # QEMU's user network has addresses 52:55:...
        system.expect("client: from an address that begins with 82\r")
        system.expect("client: all answered: 200\r")
        system.expect("client: of 64 random words differ 64\r")


def nothing_there():
    with Machine(system=SYSTEM, seconds=60) as system:
        system.expect("virtio-net: no card")
        system.expect("virtio-rng: no device")
        system.expect("client: no card")


def main():
    checks = Checks()
    for machine in ("pc", "q35"):
        checks.run(f"network card and random bytes on {machine}, one behind bridges", net_and_rng, machine, BEHIND_BRIDGES[machine])
        checks.run(f"network card and random bytes on {machine}, line interrupts", net_and_rng, machine, WITH_LINES)
    checks.run("devices that are not there", nothing_there)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
