#!/usr/bin/python3
"""Bytes go through the second serial port and back; keys and the mouse are heard."""

import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from machine import OUT, Checks, Machine  # noqa: E402

SYSTEM = OUT / "systems" / "console" / "debug"
TEXT = b"".join(b"line %d of the text\n" % number for number in range(1000))


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


def receive(port, most=4096):
    """What comes next, at least a byte; an exception when QEMU has ended."""
    got = port.recv(most)
    if not got:
        raise AssertionError("the port is closed")
    return got


def comes_back(serial, text):
    """All of the text comes back in capitals, in order."""
    got = b""
    while len(got) < len(text):
        got += receive(serial)
    if got != text.upper():
        raise AssertionError(f"other bytes came back: {got[:80]}")


def echoes(serial):
    serial.sendall(TEXT)
    comes_back(serial, TEXT)


def types(system, monitor):
    for key, code in (("a", 0x1E), ("ret", 0x1C), ("up", 0xC8)):
        monitor.sendall(f"sendkey {key}\n".encode())
        system.expect(f"client: key down {code}\r")
        system.expect(f"client: key up {code}\r")


def holds(system, serial, monitor):
    """More comes than the port and its ring hold while the client takes nothing: the rest stays where it is."""
    text = b"!" + TEXT
    serial.sendall(text)
    types(system, monitor)
    monitor.sendall(b"sendkey g\n")
    comes_back(serial, text)
    system.expect("client: key up 34\r")


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
    system.expect("client: ready")


def main():
    checks = Checks()
    for machine in ("pc", "q35"):
        with tempfile.TemporaryDirectory() as folder:
            serial, monitor = Path(folder) / "serial", Path(folder) / "monitor"
            flags = ["-machine", machine, "-serial", f"unix:{serial},server=on,wait=off", "-monitor",
                     f"unix:{monitor},server=on,wait=off"]
            with Machine(system=SYSTEM, seconds=100, flags=flags) as system:
                if not checks.run(f"keyboard and mouse are found on {machine}", starts, system):
                    continue
                with connected(serial) as port, connected(monitor) as commands:
                    checks.run(f"bytes come back from the serial port on {machine}", echoes, port)
                    checks.run(f"keys on {machine}", types, system, commands)
                    checks.run(f"mouse on {machine}", moves, system, commands)
                    checks.run(f"bytes wait for a client that takes none on {machine}", holds, system, port, commands)
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
