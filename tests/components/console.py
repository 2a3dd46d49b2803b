#!/usr/bin/python3
"""Bytes go through the second serial port and back; keys and the mouse are heard; the clock shows the time."""

import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import OUT, Checks, Machine  # noqa: E402

SYSTEM = OUT / "systems" / "console" / "debug"
TEXT = b"".join(b"line %d of the text\n" % number for number in range(300))


def connected(path):
    """A socket that QEMU has made, or is about to."""
    for _ in range(100):
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(str(path))
            client.settimeout(60)
            return client
        except OSError:
            client.close()
            time.sleep(0.1)
    raise AssertionError(f"no socket {path}")


def echoes(serial):
    """All of the text comes back in capitals, in order; no more of it is under way than the port's ring holds."""
    sent, got = 0, b""
    while len(got) < len(TEXT):
        if sent - len(got) < 500 and sent < len(TEXT):
            sent += serial.send(TEXT[sent:sent + 100])
            continue
        part = serial.recv(4096)
        if not part:
            raise AssertionError("the port is closed")
        got += part
    if got != TEXT.upper():
        raise AssertionError(f"other bytes came back: {got[:80]}")


def types(system, monitor):
    for key, code in (("a", 0x1E), ("ret", 0x1C), ("up", 0xC8)):
        monitor.sendall(f"sendkey {key}\n".encode())
        system.expect(f"client: key down {code}\r")
        system.expect(f"client: key up {code}\r")


def moves(system, monitor):
    monitor.sendall(b"mouse_move 30 20\n")
    system.expect("client: moved 30 down 20\r")
    monitor.sendall(b"mouse_button 1\n")
    system.expect("client: buttons 1\r")
    monitor.sendall(b"mouse_button 0\n")
    system.expect("client: buttons 0\r")
    monitor.sendall(b"mouse_move 5 -7\n")
    system.expect("client: moved 5 up 7\r")


def starts(system):
    system.expect("ps2: keyboard\r\nps2: mouse\r\n")
    seconds = int(system.expect(r"client: seconds (\d+)\r\nclient: ready")[1])
    if abs(time.time() - seconds) > 60:
        raise AssertionError(f"the clock shows {seconds} at {time.time()}")


def main():
    checks = Checks()
    for machine in ("pc", "q35"):
        with tempfile.TemporaryDirectory() as folder:
            serial, monitor = Path(folder) / "serial", Path(folder) / "monitor"
            flags = ["-machine", machine, "-serial", f"unix:{serial},server=on,wait=off", "-monitor",
                     f"unix:{monitor},server=on,wait=off"]
            with Machine(system=SYSTEM, seconds=100, flags=flags) as system:
                if not checks.run(f"keyboard, mouse and clock are found on {machine}", starts, system):
                    continue
                with connected(serial) as port, connected(monitor) as commands:
                    checks.run(f"bytes come back from the serial port on {machine}", echoes, port)
                    checks.run(f"keys on {machine}", types, system, commands)
                    checks.run(f"mouse on {machine}", moves, system, commands)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
