#!/usr/bin/python3
"""Runs tests/kernel/machine on every CPU model, and injects non-maskable interrupts while it asks for them."""

import os
import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import CPU_MODELS, Checks, Machine  # noqa: E402

INJECTIONS = 300


def inject(monitor_path):
    """Sends up to INJECTIONS non-maskable interrupts through QEMU's monitor; the machine ends when it has had enough."""
    with socket.socket(socket.AF_UNIX) as monitor:
        monitor.connect(str(monitor_path))
        try:
            for _ in range(INJECTIONS):
                monitor.sendall(b"nmi\n")
                monitor.recv(4096)
                time.sleep(0.002)
        except ConnectionError:
            return


def passes(variant, cpu):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "monitor"
        flags = ["-chardev", f"socket,id=nmi,path={path},server=on,wait=off", "-mon", "chardev=nmi"]
        with Machine(program="machine_test", variant=variant, cpu=cpu, seconds=60, flags=flags) as machine:
            machine.expect("inject now")
            before = machine.console.before
            inject(path)
            machine.expect("end of test")
            output = before + machine.console.before
            status = machine.end()
    assert status == 0, f"ended with status {status}"
    failed = [line for line in output.splitlines() if line.startswith("not ok")]
    assert not failed, f"{len(failed)} checks failed: {failed[0]}"


def main():
    checks = Checks()
    for variant in "debug", "release":
        for cpu in CPU_MODELS:
            checks.run(f"{variant} kernel on {cpu}", passes, variant, cpu)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
