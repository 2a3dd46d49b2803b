#!/usr/bin/python3
"""Connections live through kills of the card's driver and are reset by kills of the network server, and no byte is wrong."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import OUT, TOP, Checks, Machine  # noqa: E402

SYSTEM = OUT / "systems" / "net" / "debug"
SERVE = TOP / "tests" / "components" / "net" / "serve.py"
REFUSED, UNREACHABLE = 10, 9


def expect_ourselves(system):
    system.expect(f"client: connected to nobody, result {REFUSED}\r")
    for said in ("connected to ourselves, result 0", "accepted, result 0", "loopback is right 1", "closed, result 0",
                 "datagram sent, result 0", "datagram of bytes 5000"):
        system.expect(f"client: {said}\r")


def with_card(machine):
    flags = ["-machine", machine, "-netdev", "user,id=net,guestfwd=tcp:10.0.2.100:7-cmd:/bin/cat,"
             f"guestfwd=tcp:10.0.2.100:80-cmd:{SERVE}",
             "-device", "virtio-net-pci,netdev=net,addr=4,mac=52:54:00:12:34:56"]
    with Machine(system=SYSTEM, seconds=100, flags=flags) as system:
        system.expect("client: has a card 1\r")
        expect_ourselves(system)
        system.expect("client: answer to the echo, kind 0\r\nclient: from the address that ends with 2\r")
        for said in ("connected to the echo, result 0", "echo is right 1", "fetched 1", "kills 16",
                     "fetched while the server is killed 0", "resets 1", "network is back 1", "fetched again 1",
                     "wrong bytes 0", "bad reports 0"):
            system.expect(f"client: {said}\r")
        system.expect("client: done")


def without_card():
    with Machine(system=SYSTEM, seconds=60) as system:
        system.expect("client: has a card 0\r")
        expect_ourselves(system)
        system.expect(f"client: connected to outside, result {UNREACHABLE}\r")
        system.expect("client: wrong bytes 0\r\nclient: bad reports 0\r\nclient: done")


def main():
    checks = Checks()
    checks.run("network card", with_card, "pc")
    checks.run("no network card", without_card)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
