#!/usr/bin/python3
"""What a program draws is on the screen of a bochs-display, as QEMU shows it."""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from console import connected  # noqa: E402
from machine import OUT, Checks, Machine  # noqa: E402

SYSTEM = OUT / "systems" / "display" / "debug"
SYSTEM_Q35 = OUT / "systems" / "display_q35" / "debug"
WIDTH, HEIGHT, HIDDEN = 800, 600, 10


def wanted_picture():
    """What tests/components/display/client.c draws and shows, as QEMU writes it."""
    pixels = bytearray()
    for y in range(HEIGHT - HIDDEN):
        for x in range(WIDTH):
            pixels += bytes((x & 255, y & 255, (x ^ y) & 255))
    return b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + bytes(pixels) + bytes(3 * WIDTH * HIDDEN)


def screen_dump(monitor, path, size):
    monitor.sendall(f"screendump {path}\n".encode())
    for _ in range(100):
        if path.exists() and path.stat().st_size == size:
            return path.read_bytes()
        time.sleep(0.1)
    raise AssertionError("no picture of this size from QEMU")


def shows(machine, image):
    with tempfile.TemporaryDirectory() as folder:
        monitor = Path(folder) / "monitor"
        flags = ["-machine", machine, "-vga", "none", "-device", "bochs-display,addr=6", "-monitor",
                 f"unix:{monitor},server=on,wait=off"]
        with Machine(system=image, seconds=60, flags=flags) as system:
            system.expect("display: started\r\nclient: width 800\r\nclient: shown")
            with connected(monitor) as commands:
                wanted = wanted_picture()
                if screen_dump(commands, Path(folder) / "picture", len(wanted)) != wanted:
                    raise AssertionError("the screen shows something else")


def no_screen():
    with Machine(system=SYSTEM, seconds=60, flags=["-vga", "none"]) as system:
        system.expect("display: no screen\r\nclient: width 0\r\nclient: shown")


def main():
    checks = Checks()
    for machine in ("pc", "q35"):
        checks.run(f"a picture on {machine}", shows, machine, SYSTEM)
    checks.run("a picture on q35, with configuration space in memory", shows, "q35", SYSTEM_Q35)
    checks.run("without a screen nothing is drawn", no_screen)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
