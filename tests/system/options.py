#!/usr/bin/python3
"""Another set of interface options is a build option: the kernel and a program built with it agree and boot."""

import os
import subprocess
import sys

from machine import Checks, Machine

SETS = {
    "larger root CNode, domains, IOMMU numbers": ("ROOT_CNODE_SIZE_BITS=17 NUM_DOMAINS=16 IOMMU=1", 1 << 17),
    "hardware debug numbers": ("HARDWARE_DEBUG_API=1", 1 << 13),
}


def boots_with(options, slot_count):
    folder = os.environ["BUILD"] + "/options"
    out = f"{folder}/{os.environ['ARCH']}"
    subprocess.run(["make", f"BUILD={folder}", f"OPTIONS={options}", f"{out}/debug/kernel32.elf", f"{out}/debug/hello.elf"],
                   check=True)
    with Machine(program="hello", out=out) as hello:
        empty = int(hello.expect(r"(\d+) empty slots")[1])
        assert hello.end() == 0
    assert slot_count * 7 // 8 < empty < slot_count, f"{empty} empty slots of {slot_count}"


def main():
    checks = Checks()
    for name, (options, slot_count) in SETS.items():
        checks.run(name, boots_with, options, slot_count)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
