#!/usr/bin/python3
"""Components use the libraries of third_party and check what comes; one system has them all."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "system"), str(TESTS / "components")]
from console import connected  # noqa: E402
from machine import OUT, Checks, Machine  # noqa: E402

WANTED = {"libc": 28, "filesystem": 140, "network": 26, "terminal": 26}


def reports(system, results):
    """Waits for all components; puts what they count, and where the file system is, in `results`."""
    while len(results) < len(WANTED) + 1:
        found = system.expect(r"(\w+): (\d+) passed, (\d+) failed|image at (0x\w+), (\d+) bytes").groups()
        if found[0]:
            results[found[0]] = (int(found[1]), int(found[2]))
        else:
            results["image"] = (int(found[3], 16), int(found[4]))


def passes(results, domain):
    assert results.get(domain) == (WANTED[domain], 0), results.get(domain)


def save_memory(monitor, place, path):
    address, size = place
    monitor.sendall(f'pmemsave {address} {size} "{path}"\n'.encode())
    for _ in range(100):
        if path.exists() and path.stat().st_size == size:
            return
        time.sleep(0.1)
    raise AssertionError("no memory from QEMU")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


def is_good(image):
    """e2fsprogs' programs find nothing wrong with what the component left, and read its file."""
    check = run("/sbin/e2fsck", "-fn", image)
    assert check.returncode == 0, check.stdout + check.stderr
    text = run("/sbin/debugfs", "-R", "cat /folder/text", image).stdout
    assert text == "a file that a component wrote\n", text


def main():
    checks = Checks()
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        monitor, image = Path(folder) / "monitor", Path(folder) / "image"
        with Machine(system=OUT / "systems" / "third_party" / "debug", seconds=60,
                     flags=["-monitor", f"unix:{monitor},server=on,wait=off"]) as system:
            if checks.run("all components report", reports, system, results):
                with connected(monitor) as commands:
                    checks.run("the file system is saved", save_memory, commands, results["image"], image)
        for domain in WANTED:
            checks.run(f"{domain} in a component", passes, results, domain)
        checks.run("the file system is in order", is_good, image)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
